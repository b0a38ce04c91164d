//! The read against a naive f64 oracle.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use super::*;
use crate::backend::Backend;
use crate::rng;

fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

fn tensor(values: &[f32], dim: usize) -> Tensor<2> {
    let shape = [values.len() / dim, dim];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device())
}

fn store(values: &[f32], dim: usize, block_rows: usize) -> PatternStore {
    let mut store = PatternStore::new(dim, &device())
        .unwrap()
        .with_block_rows(block_rows)
        .unwrap();
    store.push(tensor(values, dim)).unwrap();
    store
}

/// Answer and log-sum-exp per cue, computed directly in f64.
fn oracle(patterns: &[f32], cues: &[f32], dim: usize, score: Score) -> (Vec<f64>, Vec<f64>) {
    let (mut answers, mut energies) = (Vec::new(), Vec::new());
    for cue in cues.chunks_exact(dim) {
        let scores: Vec<f64> = patterns
            .chunks_exact(dim)
            .map(|pattern| {
                let pairs = pattern
                    .iter()
                    .zip(cue)
                    .map(|(&m, &u)| (f64::from(m), f64::from(u)));
                match score {
                    Score::Dot { beta } => f64::from(beta) * pairs.map(|(m, u)| m * u).sum::<f64>(),
                    Score::SquaredDistance { variance } => {
                        -pairs.map(|(m, u)| (m - u).powi(2)).sum::<f64>()
                            / (2.0 * f64::from(variance))
                    }
                }
            })
            .collect();
        let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = scores.iter().map(|s| (s - max).exp()).collect();
        let sum: f64 = weights.iter().sum();
        for p in 0..dim {
            let values = patterns
                .chunks_exact(dim)
                .map(|pattern| f64::from(pattern[p]));
            answers.push(values.zip(&weights).map(|(m, w)| m * w).sum::<f64>() / sum);
        }
        energies.push(max + sum.ln());
    }
    (answers, energies)
}

fn assert_close(ours: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (i, (&ours, &expected)) in ours.iter().zip(expected).enumerate() {
        let error = (f64::from(ours) - expected).abs() / expected.abs().max(1.0);
        assert!(
            error <= tolerance,
            "{what}[{i}]: ours {ours}, expected {expected}"
        );
    }
}

fn check_read(n: usize, b: usize, dim: usize, block: usize, score: Score, offset: f32) {
    let mut rng = rng::stream(1, "kernel");
    let shift = |mut values: Vec<f32>| {
        values.iter_mut().for_each(|value| *value += offset);
        values
    };
    let patterns = shift(rng::normal_vec(&mut rng, n * dim));
    let cues = shift(rng::normal_vec(&mut rng, b * dim));
    let (answer, energy) = oracle(&patterns, &cues, dim, score);
    let what = format!("n {n} b {b} d {dim} block {block} {score:?} offset {offset}");
    let store = store(&patterns, dim, block);
    let read_partial = read(&store, tensor(&cues, dim), score).unwrap();
    let tracked = read(&store, tensor(&cues, dim).autodiff(), score).unwrap();
    let host = read_partial
        .mean()
        .unwrap()
        .into_data()
        .try_into_vec::<f32>()
        .unwrap();
    // A score is a sum of `dim` rounded products: its error, and with it the relative error of a
    // weight, grows with the size of the scores.
    let reach = 3.0 * dim as f64 + f64::from(offset * offset);
    let tolerance = match score {
        Score::Dot { beta } => 1e-5 + 2.0 * f64::from(f32::EPSILON) * reach * f64::from(beta),
        Score::SquaredDistance { .. } => 2e-5,
    };
    assert_close(&host, &answer, tolerance, &format!("{what} mean"));
    let lse = read_partial
        .log_sum_exp()
        .unwrap()
        .into_data()
        .try_into_vec::<f32>()
        .unwrap();
    assert_close(&lse, &energy, 2e-5, &format!("{what} log-sum-exp"));
    // The composed form does not refine when gradients are tracked: compare where it need not.
    if offset == 0.0 && !matches!(score, Score::SquaredDistance { variance } if variance < 0.1) {
        let composed = tracked
            .mean()
            .unwrap()
            .inner()
            .into_data()
            .try_into_vec::<f32>()
            .unwrap();
        assert_close(
            &composed,
            &answer,
            tolerance.max(1e-4),
            &format!("{what} composed mean"),
        );
    }
}

#[test]
fn matches_the_oracle_over_awkward_sizes() {
    for (n, b, dim, block) in [
        (1, 1, 1, 1),
        (1, 5, 8, 4),
        (7, 3, 5, 3),
        (16, 16, 16, 16),
        (33, 17, 9, 8),
        (257, 49, 12, 64),
        (300, 65, 64, 1000),
        (1025, 100, 33, 500),
    ] {
        for score in [
            Score::Dot { beta: 0.5 },
            Score::Dot { beta: 20.0 },
            Score::SquaredDistance { variance: 1.0 },
            Score::SquaredDistance { variance: 0.01 },
        ] {
            check_read(n, b, dim, block, score, 0.0);
        }
    }
}

#[test]
fn large_offsets_do_not_cancel() {
    // Squared norms of about 6400 with distances of about 1: plain expansion in f32 is off by 1e-3
    // in the distance, 0.05 in these scores.
    check_read(
        200,
        20,
        64,
        64,
        Score::SquaredDistance { variance: 0.01 },
        10.0,
    );
}

#[test]
fn vanishing_and_growing_temperature() {
    let (n, dim) = (90, 6);
    let mut rng = rng::stream(2, "kernel");
    let patterns = rng::normal_vec(&mut rng, n * dim);
    let cues = rng::normal_vec(&mut rng, 20 * dim);
    let store = store(&patterns, dim, 32);
    let mean: Vec<f64> = (0..20 * dim)
        .map(|i| {
            let column = patterns.iter().skip(i % dim).step_by(dim);
            column.map(|&m| f64::from(m)).sum::<f64>() / n as f64
        })
        .collect();
    for score in [
        Score::Dot { beta: 1e-30 },
        Score::SquaredDistance { variance: 1e30 },
    ] {
        let answer = read(&store, tensor(&cues, dim), score)
            .unwrap()
            .mean()
            .unwrap();
        let answer = answer.into_data().try_into_vec::<f32>().unwrap();
        assert_close(&answer, &mean, 1e-5, "mean of all patterns");
    }
    // To infinity: exactly the best pattern, bit for bit.
    for score in [
        Score::Dot { beta: f32::MAX },
        Score::SquaredDistance { variance: 1e-38 },
    ] {
        let partial = read(&store, tensor(&cues, dim), score).unwrap();
        let answer = partial
            .mean()
            .unwrap()
            .into_data()
            .try_into_vec::<f32>()
            .unwrap();
        for (row, cue) in cues.chunks_exact(dim).enumerate() {
            let value = |pattern: &[f32]| match score {
                Score::Dot { .. } => pattern.iter().zip(cue).map(|(m, u)| m * u).sum::<f32>(),
                Score::SquaredDistance { .. } => -pattern
                    .iter()
                    .zip(cue)
                    .map(|(m, u)| (m - u).powi(2))
                    .sum::<f32>(),
            };
            let best = patterns
                .chunks_exact(dim)
                .max_by(|a, b| value(a).total_cmp(&value(b)))
                .unwrap();
            assert_eq!(&answer[row * dim..(row + 1) * dim], best);
        }
    }
}

#[test]
fn duplicates_and_ties_give_no_nan() {
    let patterns = [1.0, 2.0, 1.0, 2.0, -1.0, -2.0];
    let store = store(&patterns, 2, 2);
    for score in [
        Score::SquaredDistance { variance: 1e-6 },
        Score::Dot { beta: 1e6 },
    ] {
        let partial = read(&store, tensor(&[1.0, 2.0, 0.0, 0.0], 2), score).unwrap();
        let answer = partial
            .mean()
            .unwrap()
            .into_data()
            .try_into_vec::<f32>()
            .unwrap();
        assert_eq!(&answer[..2], [1.0, 2.0]);
        assert!(answer.iter().all(|value| value.is_finite()), "{answer:?}");
        // All three patterns are equally far from the origin.
        assert!((answer[2] - 1.0 / 3.0).abs() < 1e-6, "{answer:?}");
        assert_eq!(partial.best_indices().unwrap(), [0, 0]);
    }
}

#[test]
fn nearest_finds_the_pattern_and_its_distance() {
    let dim = 24;
    let mut rng = rng::stream(3, "kernel");
    let patterns: Vec<f32> = rng::normal_vec(&mut rng, 400 * dim)
        .iter()
        .map(|v| v + 5.0)
        .collect();
    let noise = rng::normal_vec(&mut rng, 400 * dim);
    let cues: Vec<f32> = patterns
        .iter()
        .zip(noise)
        .map(|(m, e)| m + 0.3 * e)
        .collect();
    let (indices, distances) = nearest(&store(&patterns, dim, 77), tensor(&cues, dim)).unwrap();
    for (row, cue) in cues.chunks_exact(dim).enumerate() {
        let distance = |pattern: &[f32]| {
            let squares = pattern
                .iter()
                .zip(cue)
                .map(|(&m, &u)| (f64::from(m) - f64::from(u)).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let best = (0..400)
            .map(|k| distance(&patterns[k * dim..(k + 1) * dim]))
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap();
        assert_eq!(indices[row], best.0);
        assert!((distances[row] - best.1).abs() < 1e-5 * best.1);
    }
}

#[test]
fn bad_input_is_an_error() {
    let empty = PatternStore::new(3, &device()).unwrap();
    let cue = tensor(&[1.0, 2.0, 3.0], 3);
    let score = Score::Dot { beta: 1.0 };
    assert_eq!(
        read(&empty, cue.clone(), score).unwrap_err(),
        crate::Error::EmptyMemory
    );
    let store = store(&[0.0; 6], 3, 4);
    assert_eq!(
        read(&store, tensor(&[1.0, 2.0], 2), score)
            .unwrap_err()
            .to_string(),
        "cues: expected shape [n, 3], found [1, 2]"
    );
    assert_eq!(
        read(&store, cue, Score::Dot { beta: f32::NAN })
            .unwrap_err()
            .to_string(),
        "Score::Dot.beta: must be finite and greater than 0, found NaN"
    );
    let mut store = store;
    assert_eq!(
        store
            .push(tensor(&[0.0, f32::NAN, 0.0], 3))
            .unwrap_err()
            .to_string(),
        "patterns: expected finite numbers, found NaN at row 0, column 1"
    );
    assert_eq!(store.len(), 2);
}

#[test]
fn a_huge_cue_leaves_the_others_alone() {
    let mut rng = rng::stream(8, "kernel");
    let patterns = rng::normal_vec(&mut rng, 40 * 4);
    let mut cues = rng::normal_vec(&mut rng, 3 * 4);
    let store = store(&patterns, 4, 16);
    let score = Score::Dot { beta: 3.0 };
    let read_all = |cues: &[f32]| {
        let answer = read(&store, tensor(cues, 4), score)
            .unwrap()
            .mean()
            .unwrap();
        answer.into_data().try_into_vec::<f32>().unwrap()
    };
    let before = read_all(&cues);
    cues[4..8].fill(1e15);
    let after = read_all(&cues);
    assert_eq!(before[..4], after[..4]);
    assert_eq!(before[8..], after[8..]);
    assert!(after.iter().all(|value| value.is_finite()));
}

#[test]
fn select_gathers_rows() {
    let patterns = rng::normal_vec(&mut rng::stream(9, "kernel"), 10 * 3);
    let store = store(&patterns, 3, 4);
    let rows = store
        .select(&[9, 0, 4, 4])
        .unwrap()
        .into_data()
        .try_into_vec::<f32>()
        .unwrap();
    let expected: Vec<f32> = [9, 0, 4, 4]
        .iter()
        .flat_map(|&k| patterns[k * 3..(k + 1) * 3].to_vec())
        .collect();
    assert_eq!(rows, expected);
    let message = store.select(&[10]).unwrap_err().to_string();
    assert_eq!(message, "pattern: expected an index below 10, found 10");
}

#[test]
fn partials_travel_through_files() {
    let mut rng = rng::stream(5, "kernel");
    let patterns = rng::normal_vec(&mut rng, 30 * 4);
    let partial = read(
        &store(&patterns, 4, 8),
        tensor(&patterns[..8], 4),
        Score::Dot { beta: 2.0 },
    )
    .unwrap();
    let back = Partial::from_weights(&partial.to_weights().unwrap(), &device()).unwrap();
    assert_eq!(back.count, 30);
    assert_eq!(
        back.best_indices().unwrap(),
        partial.best_indices().unwrap()
    );
    let (a, b) = (back.mean().unwrap(), partial.mean().unwrap());
    assert_eq!(a.into_data(), b.into_data());
}

#[test]
fn removing_a_pattern_equals_never_writing_it() {
    let patterns = rng::normal_vec(&mut rng::stream(6, "kernel"), 11 * 3);
    for index in 0..11 {
        let mut with = store(&patterns, 3, 4);
        with.remove(index).unwrap();
        let mut without = patterns.clone();
        without.drain(index * 3..(index + 1) * 3);
        assert_eq!(with.to_host().unwrap(), without);
        assert_eq!(with.squared_norms(), store(&without, 3, 4).squared_norms());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Shards merge into the whole, in any cut, and blocks of any size change nothing.
    #[test]
    fn shards_merge_exactly(seed in 0u64..1000, n in 2usize..120, cut in 1usize..119, block in 1usize..40) {
        let dim = 7;
        let cut = cut.min(n - 1);
        let mut rng = rng::stream(seed, "shards");
        let patterns = rng::normal_vec(&mut rng, n * dim);
        let cues = tensor(&rng::normal_vec(&mut rng, 5 * dim), dim);
        let score = Score::SquaredDistance { variance: 0.3 };
        let whole = read(&store(&patterns, dim, 1000), cues.clone(), score).unwrap();
        let first = read(&store(&patterns[..cut * dim], dim, block), cues.clone(), score).unwrap();
        let second = read(&store(&patterns[cut * dim..], dim, block), cues, score).unwrap();
        let merged = first.merge(second).unwrap();
        prop_assert_eq!(merged.best_indices().unwrap(), whole.best_indices().unwrap());
        let a = merged.mean().unwrap().into_data().try_into_vec::<f32>().unwrap();
        let b = whole.mean().unwrap().into_data().try_into_vec::<f32>().unwrap();
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() < 1e-5, "{} {}", a, b);
        }
    }

    /// A cue read alone equals the same cue in a batch.
    #[test]
    fn rows_are_independent(seed in 0u64..1000, n in 1usize..300, b in 1usize..70) {
        let dim = 9;
        let mut rng = rng::stream(seed, "rows");
        let patterns = rng::normal_vec(&mut rng, n * dim);
        let cues = rng::normal_vec(&mut rng, b * dim);
        let store = store(&patterns, dim, 50);
        let score = Score::Dot { beta: 1.5 };
        let all = read(&store, tensor(&cues, dim), score).unwrap().mean().unwrap();
        let all = all.into_data().try_into_vec::<f32>().unwrap();
        let row = (seed as usize) % b;
        let one = read(&store, tensor(&cues[row * dim..(row + 1) * dim], dim), score).unwrap();
        let one = one.mean().unwrap().into_data().try_into_vec::<f32>().unwrap();
        for (a, b) in one.iter().zip(&all[row * dim..]) {
            prop_assert!((a - b).abs() < 1e-6, "{} {}", a, b);
        }
    }

    /// Distances agree with the differences.
    #[test]
    fn squared_distances_match(seed in 0u64..1000, n in 1usize..20, m in 1usize..20) {
        let dim = 5;
        let mut rng = rng::stream(seed, "distances");
        let a: Vec<f32> = rng::normal_vec(&mut rng, n * dim).iter().map(|v| v + 20.0).collect();
        let b: Vec<f32> = rng::normal_vec(&mut rng, m * dim).iter().map(|v| v + 20.0).collect();
        let ours = squared_distances(tensor(&a, dim), tensor(&b, dim)).unwrap();
        let ours = ours.into_data().try_into_vec::<f32>().unwrap();
        for (i, a) in a.chunks_exact(dim).enumerate() {
            for (j, b) in b.chunks_exact(dim).enumerate() {
                let expected: f32 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                prop_assert!((ours[i * m + j] - expected).abs() < 1e-4 * expected.max(1.0));
            }
        }
    }
}
