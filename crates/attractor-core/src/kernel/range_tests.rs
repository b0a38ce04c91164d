//! The read over all magnitudes against sums in f64, and rows beside rows that leave the range.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use super::similarity::Rule;
use super::*;
use crate::backend::Backend;
use crate::{check, rng};

const DIM: usize = 5;
/// From below the normal numbers of single precision to near their end.
const SCALES: [f32; 12] = [
    1e-40, 1e-30, 1e-22, 1e-19, 1e-10, 1e-3, 1.0, 1e8, 1e15, 2e19, 1e25, 1e30,
];

fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

fn tensor(values: &[f32]) -> Tensor<2> {
    let shape = [values.len() / DIM, DIM];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device())
}

fn store(values: &[f32]) -> PatternStore {
    let mut store = PatternStore::new(DIM, &device())
        .unwrap()
        .with_block_rows(7)
        .unwrap();
    store.push(tensor(values)).unwrap();
    store
}

fn normal(seed: u64, rows: usize, scale: f32) -> Vec<f32> {
    let mut values = rng::normal_vec(&mut rng::stream(seed, "range"), rows * DIM);
    values.iter_mut().for_each(|value| *value *= scale);
    values
}

/// Answer and log-sum-exp of one cue.
fn oracle(patterns: &[f32], cue: &[f32], score: Score) -> (Vec<f64>, f64) {
    let scores: Vec<f64> = patterns
        .chunks_exact(DIM)
        .map(|pattern| {
            let pairs = pattern.iter().zip(cue);
            let pairs = pairs.map(|(&m, &u)| (f64::from(m), f64::from(u)));
            match score {
                Score::Dot { beta } => f64::from(beta) * pairs.map(|(m, u)| m * u).sum::<f64>(),
                Score::SquaredDistance { variance } => {
                    let squares: f64 = pairs.map(|(m, u)| (m - u).powi(2)).sum();
                    -squares / (2.0 * f64::from(variance))
                }
            }
        })
        .collect();
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|s| (s - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mean = (0..DIM).map(|p| {
        let values = patterns.chunks_exact(DIM).map(|m| f64::from(m[p]));
        values.zip(&weights).map(|(m, w)| m * w).sum::<f64>() / sum
    });
    (mean.collect(), max + sum.ln())
}

/// Every row of a read is the oracle's, to `tolerance` of the largest entry stored.
fn compare(patterns: &[f32], cues: &[f32], score: Score, tolerance: f64) {
    let partial = read(&store(patterns), tensor(cues), score).unwrap();
    let answers = check::to_host(partial.mean().unwrap()).unwrap();
    let energies = check::to_host(partial.log_sum_exp().unwrap()).unwrap();
    let largest = patterns.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    // Of subnormal numbers the last digit is a large part.
    let slack = tolerance * f64::from(largest) + 2.0 * f64::from(f32::from_bits(1));
    for (row, cue) in cues.chunks_exact(DIM).enumerate() {
        let (answer, energy) = oracle(patterns, cue, score);
        let found = &answers[row * DIM..(row + 1) * DIM];
        for (&found, expected) in found.iter().zip(&answer) {
            assert!(
                (f64::from(found) - expected).abs() <= slack,
                "{score:?}, cue {cue:?}: {found:e}, expected {expected:e}"
            );
        }
        let energy = energy.clamp(-1e38, 1e38);
        let found = f64::from(energies[row]);
        assert!(
            (found - energy).abs() <= 1e-4 * energy.abs().max(1.0),
            "{score:?}, cue {cue:?}: energy {found:e}, expected {energy:e}"
        );
    }
}

/// Temperatures that fit the patterns, as far as single precision holds them, and extreme ones.
fn scores(scale: f32) -> Vec<Score> {
    let square = f64::from(scale) * f64::from(scale);
    let mut all = Vec::new();
    for factor in [0.01, 1.0, 30.0] {
        let (beta, variance) = ((factor / square) as f32, (square / factor) as f32);
        let held = 1e-37..1e37;
        if held.contains(&beta) {
            all.push(Score::Dot { beta });
        }
        if held.contains(&variance) {
            all.push(Score::SquaredDistance { variance });
        }
    }
    for extreme in [1e-37, 1e37] {
        all.push(Score::SquaredDistance { variance: extreme });
        all.push(Score::Dot { beta: extreme });
    }
    all
}

#[test]
fn every_magnitude_is_read_as_in_f64() {
    for (at, scale) in SCALES.into_iter().enumerate() {
        let patterns = normal(at as u64, 40, scale);
        let mut cues = normal(100 + at as u64, 18, scale);
        cues.extend_from_slice(&patterns[..4 * DIM]);
        for score in scores(scale) {
            compare(&patterns, &cues, score, 1e-4);
        }
    }
}

#[test]
fn cues_of_every_magnitude_meet_patterns_of_every_other() {
    for (at, patterns) in SCALES.into_iter().enumerate() {
        let stored = normal(at as u64, 20, patterns);
        for cues in SCALES {
            let cues = normal(7, 3, cues);
            let square = (patterns * patterns).clamp(1e-37, 1e37);
            compare(
                &stored,
                &cues,
                Score::SquaredDistance { variance: square },
                1e-3,
            );
        }
    }
}

/// One huge pattern must not decide how the others are compared.
#[test]
fn ordinary_patterns_beside_a_huge_one() {
    for huge in [1e10, 1e19, 1e30] {
        let mut patterns = normal(1, 20, 1.0);
        patterns.extend(normal(2, 1, huge));
        let cues = normal(3, 9, 1.0);
        for score in [
            Score::SquaredDistance { variance: 0.1 },
            Score::SquaredDistance { variance: 1e-6 },
        ] {
            let rest = &patterns[..20 * DIM];
            let read = |patterns: &[f32]| {
                let partial = read(&store(patterns), tensor(&cues), score).unwrap();
                check::to_host(partial.mean().unwrap()).unwrap()
            };
            for (with, without) in read(&patterns).into_iter().zip(read(rest)) {
                assert!((with - without).abs() < 1e-4, "{with} {without}");
            }
        }
    }
}

#[test]
fn rows_beside_rows_beyond_the_range_are_read_as_without_them() {
    let patterns = normal(1, 60, 1.0);
    let ordinary = normal(2, 20, 1.0);
    for score in [
        Score::Dot { beta: 2.0 },
        Score::SquaredDistance { variance: 0.01 },
        Score::SquaredDistance { variance: 1e-7 },
    ] {
        let read = |cues: &[f32]| {
            let partial = read(&store(&patterns), tensor(cues), score).unwrap();
            let answers = check::to_host(partial.mean().unwrap()).unwrap();
            (answers, check::to_host(partial.max).unwrap())
        };
        let (answers, scores) = read(&ordinary);
        for other in [1e3, 1e9, 1e18, 1e30, 1e-30, 1e-40] {
            let mut cues = ordinary.clone();
            for row in [0, 7, 19] {
                cues[row * DIM..(row + 1) * DIM].copy_from_slice(&normal(row as u64, 1, other));
            }
            let (found, found_scores) = read(&cues);
            for row in (0..20).filter(|row| ![0, 7, 19].contains(row)) {
                let entries = row * DIM..(row + 1) * DIM;
                for (found, alone) in found[entries.clone()].iter().zip(&answers[entries]) {
                    assert!((found - alone).abs() < 1e-6, "{score:?} {other}");
                }
                assert_eq!(found_scores[row], scores[row]);
            }
        }
    }
}

#[test]
fn distances_of_the_nearest_are_exact_at_every_magnitude() {
    for scale in SCALES {
        let mut patterns = normal(4, 30, scale);
        patterns.extend([0.0; DIM]);
        let mut cues = normal(5, 12, scale);
        cues.extend_from_slice(&patterns[..2 * DIM]);
        cues.extend([scale; DIM]);
        cues.extend([1e30; DIM]);
        cues.extend([1e-40; DIM]);
        let (indices, distances) = nearest(&store(&patterns), tensor(&cues)).unwrap();
        for (row, cue) in cues.chunks_exact(DIM).enumerate() {
            let all: Vec<f64> = patterns
                .chunks_exact(DIM)
                .map(|pattern| squared_distance(pattern, cue).sqrt())
                .collect();
            let least = all.iter().copied().fold(f64::INFINITY, f64::min);
            let error = (distances[row] - least).abs();
            assert!(error <= 1e-6 * least, "{cue:?}: {} {least}", distances[row]);
            assert_eq!(distances[row], all[indices[row]]);
        }
    }
}

#[test]
fn distances_from_black_and_in_one_batch() {
    let mut black = PatternStore::new(4, &device()).unwrap();
    let rows = |values: &[f32]| {
        let shape = [values.len() / 4, 4];
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device())
    };
    black.push(rows(&[0.0; 4])).unwrap();
    let cues = [[0.9f32; 4], [2.0; 4], [10.0, 0.0, 0.0, 0.0], [0.0; 4]];
    let (_, found) = nearest(&black, rows(cues.as_flattened())).unwrap();
    for (found, expected) in found.into_iter().zip([1.8, 4.0, 10.0, 0.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

/// What is composed of tensors gives no number where single precision does not reach.
#[test]
fn tensors_say_where_their_range_ends() {
    let patterns = normal(1, 20, 1.0);
    let mut cues = normal(2, 3, 1.0);
    cues[DIM..2 * DIM].fill(1e25);
    let score = Score::SquaredDistance { variance: 0.5 };
    let of_tensors = device::read(
        &store(&patterns),
        &store(&patterns),
        tensor(&cues),
        Rule::Score(score),
    )
    .unwrap();
    let answers = check::to_host(of_tensors.mean().unwrap()).unwrap();
    for (row, cue) in cues.chunks_exact(DIM).enumerate() {
        let found = &answers[row * DIM..(row + 1) * DIM];
        if row == 1 {
            assert!(found.iter().all(|value| value.is_nan()), "{found:?}");
            continue;
        }
        let (expected, _) = oracle(&patterns, cue, score);
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-4);
        }
    }
    // Patterns beyond it: the answer of f64.
    let patterns = normal(3, 20, 1e25);
    let store = store(&patterns);
    let cues = tensor(&patterns[..2 * DIM]);
    let score = Score::SquaredDistance { variance: 1e37 };
    let found = device::read(&store, &store, cues.clone(), Rule::Score(score)).unwrap();
    let found = check::to_host(found.mean().unwrap()).unwrap();
    assert_eq!(found, patterns[..2 * DIM]);
}

#[test]
fn a_cue_that_is_no_number_has_no_answer() {
    let patterns = normal(1, 8, 1.0);
    let mut cues = normal(2, 2, 1.0);
    cues[3] = f32::NAN;
    for score in [
        Score::Dot { beta: 1.0 },
        Score::SquaredDistance { variance: 1.0 },
    ] {
        let partial = read(&store(&patterns), tensor(&cues), score).unwrap();
        let answers = check::to_host(partial.mean().unwrap()).unwrap();
        assert!(answers[..DIM].iter().all(|value| value.is_nan()));
        assert!(answers[DIM..].iter().all(|value| value.is_finite()));
    }
}

#[test]
fn shards_whose_scores_cannot_be_compared_do_not_merge() {
    let score = Score::SquaredDistance { variance: 1e-37 };
    let cue = tensor(&[0.0; DIM]);
    let part = |at: f32| read(&store(&[at; DIM]), cue.clone(), score).unwrap();
    let error = part(10.0).merge(part(20.0)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Partial::merge: needs scores")
    );
    let merged = part(0.0).merge(part(20.0)).unwrap();
    assert_eq!(merged.best_indices().unwrap(), [0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any exponents of patterns, cues and temperature, and values that cancel.
    #[test]
    fn any_exponents(seed in 0u64..1000, patterns in -38i32..31, cues in -38i32..31,
                     temperature in -37i32..37, shift in -3i32..3) {
        let power = |exponent: i32| 10f64.powi(exponent) as f32;
        let mut stored = normal(seed, 12, power(patterns));
        let mut cues = normal(seed + 1, 4, power(cues));
        for values in [&mut stored, &mut cues] {
            values.iter_mut().for_each(|value| *value += power(patterns + shift));
        }
        compare(&stored, &cues, Score::SquaredDistance { variance: power(temperature) }, 2e-3);
    }

    /// Distances between any rows.
    #[test]
    fn squared_distances_of_any_exponents(seed in 0u64..1000, a in -30i32..19, b in -30i32..19) {
        let (a, b) = (10f64.powi(a) as f32, 10f64.powi(b) as f32);
        let (mut left, mut right) = (normal(seed, 6, a), normal(seed + 1, 5, b));
        left.extend_from_slice(&right[..DIM]);
        right.extend(normal(3, 1, 1.0));
        let found = squared_distances(tensor(&left), tensor(&right)).unwrap();
        let found = check::to_host(found).unwrap();
        let columns = right.len() / DIM;
        for (i, a) in left.chunks_exact(DIM).enumerate() {
            for (j, b) in right.chunks_exact(DIM).enumerate() {
                let expected = squared_distance(a, b);
                let error = (f64::from(found[i * columns + j]) - expected).abs();
                prop_assert!(error <= 1e-4 * expected + 1e-44, "{error} {expected}");
            }
        }
    }
}
