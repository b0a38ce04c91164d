//! The best patterns against sorting all of them by scores in `f64`.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use super::host::{HostTop, Rows};
use super::similarity::Rule;
use super::*;
use crate::backend::Backend;
use crate::simd::Instructions;
use crate::{check, rng};

fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

fn tensor(values: &[f32], dim: usize) -> Tensor<2> {
    let shape = [values.len() / dim, dim];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device())
}

fn store(values: &[f32], dim: usize, block_rows: usize) -> PatternStore {
    let store = PatternStore::new(dim, &device()).unwrap();
    let mut store = store.with_block_rows(block_rows).unwrap();
    store.push(tensor(values, dim)).unwrap();
    store
}

/// Every pattern for a cue, the best first, by definition.
fn sorted(patterns: &[f32], cue: &[f32], rule: Rule<'_>) -> (Vec<(usize, f64)>, f64) {
    let scores = patterns
        .chunks_exact(cue.len())
        .map(|m| rule.of(m, cue) + 0.0);
    let mut all: Vec<(usize, f64)> = scores.enumerate().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let top = all[0].1;
    let sum = all.iter().map(|(_, score)| (score - top).exp()).sum();
    (all, sum)
}

fn compare(found: &TopK, patterns: &[f32], cues: &[f32], dim: usize, rule: Rule<'_>, k: usize) {
    for (row, (found, cue)) in found.rows().zip(cues.chunks_exact(dim)).enumerate() {
        let (all, sum) = sorted(patterns, cue, rule);
        assert_eq!(found.len(), k.min(all.len()), "{rule:?}");
        let top = all[0].1;
        for (found, (index, score)) in found.iter().zip(&all) {
            assert_eq!(
                (found.index, found.score),
                (*index, *score),
                "{rule:?} row {row}"
            );
            let expected = (score - top).exp() / sum;
            // A score in single precision is right to 1e-4, or computed again.
            assert!(
                (found.probability - expected).abs() < 3e-4,
                "{rule:?} row {row}: {found:?} {expected}"
            );
        }
        let total: f64 = found.iter().map(|found| found.probability).sum();
        assert!(total <= 1.0 + 1e-12);
        if k >= all.len() {
            assert!((total - 1.0).abs() < 1e-12);
        }
    }
}

const SCORES: [Score; 4] = [
    Score::Dot { beta: 0.5 },
    Score::Dot { beta: 20.0 },
    Score::SquaredDistance { variance: 1.0 },
    Score::SquaredDistance { variance: 0.01 },
];

#[test]
fn the_best_are_those_of_sorting_all() {
    for (n, b, dim, block) in [
        (1, 1, 1, 1),
        (7, 3, 5, 3),
        (257, 49, 12, 64),
        (1025, 100, 33, 500),
        (700, 2, 64, 90),
    ] {
        let mut rng = rng::stream(1, "top");
        let mut patterns = rng::normal_vec(&mut rng, n * dim);
        // Some twice.
        let copied = patterns[..(n / 3) * dim].to_vec();
        let at = patterns.len() - copied.len();
        patterns[at..].copy_from_slice(&copied);
        let mut cues = rng::normal_vec(&mut rng, b * dim);
        cues[..dim].copy_from_slice(&patterns[..dim]);
        let store = store(&patterns, dim, block);
        for score in SCORES {
            for k in [1, 3, 40, n, n + 5] {
                let found = top(&store, tensor(&cues, dim), score, k).unwrap();
                compare(&found, &patterns, &cues, dim, Rule::Score(score), k);
            }
        }
    }
}

#[test]
fn far_from_the_origin_and_out_of_range() {
    for (scale, shift) in [(1.0, 100.0), (1e-3, 10.0), (1e20, 0.0), (1e-25, 0.0)] {
        let (n, b, dim) = (120, 9, 6);
        let mut rng = rng::stream(2, "top");
        let mut numbers = |rows: usize| -> Vec<f32> {
            let numbers = rng::normal_vec(&mut rng, rows * dim).into_iter();
            numbers.map(|x| x * scale + shift).collect()
        };
        let (patterns, cues) = (numbers(n), numbers(b));
        let store = store(&patterns, dim, 50);
        for score in [SCORES[0], SCORES[2]] {
            let found = top(&store, tensor(&cues, dim), score, 4).unwrap();
            compare(&found, &patterns, &cues, dim, Rule::Score(score), 4);
            let rows = on_device::top(&store, tensor(&cues, dim), Rule::Score(score), 4).unwrap();
            let pairs = rows.iter().zip(cues.chunks_exact(dim));
            for (row, cue) in pairs {
                let expected = &sorted(&patterns, cue, Rule::Score(score)).0[..4];
                assert_eq!(row.best, expected, "{score:?} {scale} {shift}");
            }
        }
    }
}

#[test]
fn devices_find_the_same() {
    let (n, b, dim) = (300, 20, 9);
    let mut rng = rng::stream(3, "top");
    let patterns = rng::normal_vec(&mut rng, n * dim);
    let cues = rng::normal_vec(&mut rng, b * dim);
    // Every pattern thrice as far as possible from its copies: which of equal ones comes first is decided by rows.
    let patterns = [patterns.clone(), patterns.clone(), patterns].concat();
    let store = store(&patterns, dim, 70);
    for score in SCORES {
        for k in [1, 5, 100, 900] {
            let host = top(&store, tensor(&cues, dim), score, k).unwrap();
            let rows = on_device::top(&store, tensor(&cues, dim), Rule::Score(score), k).unwrap();
            for (row, (found, expected)) in rows.iter().zip(&host.rows).enumerate() {
                assert_eq!(found.best, expected.best, "{score:?} {k} {row}");
                assert!((found.sum / expected.sum - 1.0).abs() < 3e-4);
            }
        }
    }
}

/// All equal, more than any device would give: the first ones.
#[test]
fn of_equal_patterns_the_first_come_first() {
    let patterns = [[1.0f32, -2.0]; 500].concat();
    let store = store(&patterns, 2, 64);
    let cues = tensor(&[0.0, 0.0, 1.0, -2.0], 2);
    for score in SCORES {
        let found = top(&store, cues.clone(), score, 3).unwrap();
        let rows = on_device::top(&store, cues.clone(), Rule::Score(score), 3).unwrap();
        for (row, on_device) in found.rows().zip(rows) {
            let indices: Vec<usize> = row.iter().map(|found| found.index).collect();
            assert_eq!(indices, [0, 1, 2]);
            assert!((row[0].probability - 0.002).abs() < 1e-6, "{row:?}");
            let indices: Vec<usize> = on_device.best.iter().map(|found| found.0).collect();
            assert_eq!(indices, [0, 1, 2]);
        }
    }
}

#[test]
fn instruction_sets_find_the_same() {
    // Miri checks every access, thousands of times slower.
    let (sizes, counts): (&[_], &[_]) = match cfg!(miri) {
        true => (&[(61, 19)], &[1, 7, 17]),
        false => (&[(700, 19), (290, 300)], &[1, 7, 17, 64, 130]),
    };
    for &(n, dim) in sizes {
        for &cues in counts {
            let mut rng = rng::stream(4, "top");
            let patterns = rng::normal_vec(&mut rng, n * dim);
            let norms: Vec<f32> = patterns
                .chunks_exact(dim)
                .map(store::squared_norm)
                .collect();
            let queries = rng::normal_vec(&mut rng, cues * dim);
            let (first, second) = patterns.split_at(dim * 40);
            let rule = Rule::Score(Score::Dot { beta: 1.0 });
            let search = HostTop {
                keys: &[Rows::Single(first), Rows::Single(second)],
                dim,
                norms: &norms,
                bias_scale: 0.0,
                queries: &queries,
                offset: &vec![0.0; cues],
                cap: f32::MAX,
                refine: None,
                function: None,
                cues: &queries,
                slack: &vec![1e-3; cues],
                rule,
                most: 5,
            };
            for isa in Instructions::all() {
                for (found, cue) in search
                    .run_with(isa)
                    .into_iter()
                    .zip(queries.chunks_exact(dim))
                {
                    let best = found.best.sorted();
                    let best: Vec<_> = best.iter().map(|found| (found.index, found.rank)).collect();
                    assert_eq!(
                        best,
                        sorted(&patterns, cue, rule).0[..5],
                        "{isa:?} {n} {dim} {cues}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let (score, cue) = (Score::Dot { beta: 1.0 }, tensor(&[1.0, 2.0], 2));
    let empty = PatternStore::new(2, &device()).unwrap();
    let one = store(&[0.0, 1.0], 2, 4);
    let message = |found: crate::Result<TopK>| found.unwrap_err().to_string();
    assert_eq!(
        top(&empty, cue.clone(), score, 1),
        Err(crate::Error::EmptyMemory)
    );
    assert_eq!(
        message(top(&one, cue.clone(), score, 0)),
        "k: must be at least 1, found 0"
    );
    let nan = tensor(&[f32::NAN, 0.0], 2);
    assert!(message(top(&one, nan, score, 1)).starts_with("cues: expected finite"));
    let two = top(&one, tensor(&[1.0, 2.0, 3.0, 4.0], 2), score, 1).unwrap();
    let found = top(&one, cue.clone(), score, 1).unwrap();
    assert_eq!(
        message(found.clone().merge(two)),
        "TopK::merge: expected 1 rows, found 2"
    );
    let other = top(&one, cue, score, 2).unwrap();
    assert_eq!(
        message(found.merge(other)),
        "TopK::merge: needs the same k, found 1 and 2"
    );
    assert!(TopK::of_scores([vec![0.0, f64::NAN]], 1).is_err());
}

/// A mixture of Student's t: scores fall with the logarithm of distances.
#[derive(Debug, Clone)]
struct StudentT {
    nu: f64,
    variance: f64,
    dim: f64,
}

impl Similarity for StudentT {
    fn measure(&self) -> Measure {
        Measure::SquaredDistance
    }

    fn score(&self, distance: f64) -> f64 {
        -0.5 * (self.nu + self.dim) * (distance / (self.nu * self.variance)).ln_1p()
    }

    fn slope(&self, distance: f64) -> f64 {
        -0.5 * (self.nu + self.dim) / (self.nu * self.variance + distance)
    }

    fn steepest(&self) -> f64 {
        self.slope(0.0).abs()
    }
}

#[test]
fn a_mixture_of_student_t_is_read_in_blocks() {
    for (n, b, dim, shift) in [(700, 70, 12, 0.0), (90, 5, 40, 0.0), (90, 5, 8, 50.0)] {
        let mut rng = rng::stream(5, "student");
        let mut numbers = |rows: usize| -> Vec<f32> {
            let numbers = rng::normal_vec(&mut rng, rows * dim).into_iter();
            numbers.map(|x| x + shift).collect()
        };
        let (patterns, mut cues) = (numbers(n), numbers(b));
        cues[..dim].copy_from_slice(&patterns[dim..2 * dim]);
        let store = store(&patterns, dim, 100);
        let similarity = StudentT {
            nu: 2.0,
            variance: 0.05,
            dim: dim as f64,
        };
        let rule = Rule::Function(&similarity);
        let found = top_by(&store, tensor(&cues, dim), &similarity, 6).unwrap();
        compare(&found, &patterns, &cues, dim, rule, 6);
        let on_host = read_by(&store, &store, tensor(&cues, dim), &similarity).unwrap();
        let on_device = device::read(&store, &store, tensor(&cues, dim), rule).unwrap();
        // Devices compute no measure again: neither of patterns that are the cue, nor far from the origin.
        let plain = (shift == 0.0).then_some((on_device, 1));
        for (partial, first) in [Some((on_host, 0)), plain].into_iter().flatten() {
            let answers = check::to_host(partial.mean().unwrap()).unwrap();
            let logs = check::to_host(partial.log_sum_exp().unwrap()).unwrap();
            for (row, cue) in cues.chunks_exact(dim).enumerate().skip(first) {
                let (all, sum) = sorted(&patterns, cue, rule);
                let log = all[0].1 + sum.ln();
                assert!(
                    (f64::from(logs[row]) - log).abs() < 5e-4,
                    "{} {log}",
                    logs[row]
                );
                for p in 0..dim {
                    let weighed = |(index, score): &(usize, f64)| {
                        (score - log).exp() * f64::from(patterns[index * dim + p])
                    };
                    let expected: f64 = all.iter().map(weighed).sum();
                    let found = f64::from(answers[row * dim + p]);
                    assert!(
                        (found - expected).abs() < 2e-4 * (1.0 + f64::from(shift)),
                        "{found} {expected}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Searches of the parts of a store make up that of the whole, for any cut, k and blocks.
    #[test]
    fn parts_merge(seed in 0u64..1000, n in 2usize..120, cut in 1usize..119, block in 1usize..40, k in 1usize..20) {
        let dim = 3;
        let cut = cut.min(n - 1);
        let mut rng = rng::stream(seed, "top");
        // Few values, so that scores are often equal.
        let patterns: Vec<f32> = rng::normal_vec(&mut rng, n * dim).into_iter().map(f32::round).collect();
        let cues = rng::normal_vec(&mut rng, 5 * dim);
        let score = Score::SquaredDistance { variance: 0.3 };
        let part = |values: &[f32]| top(&store(values, dim, block), tensor(&cues, dim), score, k).unwrap();
        let merged = part(&patterns[..cut * dim]).merge(part(&patterns[cut * dim..])).unwrap();
        compare(&merged, &patterns, &cues, dim, Rule::Score(score), k);
        let rows = cues.chunks_exact(dim).map(|cue| {
            let scores = patterns.chunks_exact(dim).map(|m| Rule::Score(score).of(m, cue));
            scores.collect::<Vec<f64>>()
        });
        compare(&TopK::of_scores(rows, k).unwrap(), &patterns, &cues, dim, Rule::Score(score), k);
    }
}
