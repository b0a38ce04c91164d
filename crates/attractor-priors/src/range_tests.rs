//! Every prior at every magnitude: the answer of f64, or an error that names the entry.

use attractor_core::{Error, MemoryPrior, Result, rng};

use crate::gaussian_mixture::GaussianMixtureConfig;
use crate::hopfield::HopfieldConfig;
use crate::kernelised::{FeatureScale, KernelisedConfig, MapKind};
use crate::learned_precision::{LearnedPrecisionConfig, Precision};
use crate::random_features::{FeatureKind, RandomFeaturesConfig};
use crate::slot_mixture::SlotMixtureConfig;
use crate::sparse_hopfield::{Similarity, SparseHopfieldConfig};
use crate::testing::*;

const DIM: usize = 4;
const CODES: usize = 9;
const SCALES: [f32; 15] = [
    1e-40, 1e-30, 1e-20, 1e-18, 1e-15, 1e-8, 1e-3, 1.0, 1e3, 1e8, 1e12, 1e17, 1e20, 1e25, 1e30,
];

fn values(seed: u64, rows: usize, scale: f32) -> Vec<f32> {
    let mut values = rng::normal_vec(&mut rng::stream(seed, "magnitudes"), rows * DIM);
    values.iter_mut().for_each(|value| *value *= scale);
    values
}

/// Codes of a scale; states near some, far from all, as small and as large as numbers are.
fn codes_and_states(scale: f32) -> (Vec<f32>, Vec<f32>) {
    let codes = values(1, CODES, scale);
    let noise = values(2, 5, 0.1 * scale);
    let mut states: Vec<f32> = codes.iter().zip(noise).map(|(m, e)| m + e).collect();
    states.extend(values(3, 2, scale));
    for other in [1e30, 1e9, 1e-9, 1e-30, 1e-41] {
        states.extend(values(4, 1, other));
    }
    (codes, states)
}

fn pairs<'a>(a: &'a [f32], b: &'a [f32]) -> impl Iterator<Item = (f64, f64)> + 'a {
    let pairs = a.iter().zip(b);
    pairs.map(|(&a, &b)| (f64::from(a), f64::from(b)))
}

fn squares(a: &[f32], b: &[f32]) -> f64 {
    pairs(a, b).map(|(a, b)| (a - b).powi(2)).sum()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    pairs(a, b).map(|(a, b)| a * b).sum()
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - top).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

fn sparsemax(scores: &[f64]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sorted: Vec<f64> = scores.iter().map(|score| score - top).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, 0.0);
    for (at, score) in sorted.into_iter().enumerate() {
        sum += score;
        let found = (sum - 1.0) / (at + 1) as f64;
        if score > found {
            tau = found;
        }
    }
    let raw = |score: &f64| (score - top - tau).max(0.0);
    scores.iter().map(raw).collect()
}

fn named(error: &Error) {
    assert!(
        matches!(error, Error::TooLarge { .. } | Error::NonFinite { .. }),
        "{error}"
    );
}

/// Weights of codes for a state, at a scale.
type Weigh<'a> = dyn Fn(f32, &[f32], &[f32]) -> Vec<f64> + 'a;

/// One prior: made for a scale, if its temperature can be, and its weights of codes for a state.
struct Case<'a> {
    name: &'a str,
    make: &'a dyn Fn(f32) -> Result<Box<dyn MemoryPrior>>,
    weights: &'a Weigh<'a>,
}

impl Case<'_> {
    /// How many scales are answered rather than refused.
    fn run(&self) -> usize {
        let mut answered = 0;
        for scale in SCALES {
            let (codes, states) = codes_and_states(scale);
            let mut prior = match (self.make)(scale) {
                Ok(prior) => prior,
                Err(error) => {
                    assert!(matches!(error, Error::Config { .. }), "{error}");
                    continue;
                }
            };
            if let Err(error) = prior.store(tensor(&codes, DIM)) {
                named(&error);
                assert!(prior.is_empty());
                continue;
            }
            answered += 1;
            self.compare(&*prior, scale, &codes, &states);
        }
        answered
    }

    fn compare(&self, prior: &dyn MemoryPrior, scale: f32, codes: &[f32], states: &[f32]) {
        let (answers, energies) = prior.attract_with_energy(tensor(states, DIM)).unwrap();
        let (answers, energies) = (host(answers), host(energies));
        let largest = codes.iter().fold(0.0f32, |top, x| top.max(x.abs()));
        let slack = 2e-3 * f64::from(largest) + 1e-44;
        for (row, state) in states.chunks_exact(DIM).enumerate() {
            let weights = (self.weights)(scale, codes, state);
            let found = &answers[row * DIM..(row + 1) * DIM];
            for (p, &found) in found.iter().enumerate() {
                let column = codes.iter().skip(p).step_by(DIM);
                let mixed = column.zip(&weights).map(|(&m, w)| f64::from(m) * w);
                let expected: f64 = mixed.sum();
                assert!(
                    (f64::from(found) - expected).abs() <= slack,
                    "{} at {scale:e}, state {state:?}: {found:e}, expected {expected:e}",
                    self.name
                );
            }
            let energy = energies[row];
            assert!(energy.is_finite(), "{} at {scale:e}: {energy}", self.name);
            // Alone as in the batch.
            let alone = host(prior.attract(tensor(state, DIM)).unwrap());
            for (alone, found) in alone.iter().zip(found) {
                let error = (f64::from(*alone) - f64::from(*found)).abs();
                assert!(error <= 0.1 * slack, "{} {alone} {found}", self.name);
            }
        }
    }
}

fn weights(
    codes: &[f32],
    state: &[f32],
    score: impl Fn(&[f32], &[f32]) -> f64,
    separate: fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let scores: Vec<f64> = codes
        .chunks_exact(DIM)
        .map(|code| score(code, state))
        .collect();
    separate(&scores)
}

/// A temperature that fits the scale, as far as single precision holds it.
fn beta(scale: f32) -> f32 {
    (5.0 / f64::from(scale).powi(2)).clamp(1e-36, 1e36) as f32
}

fn sigma(scale: f32) -> f32 {
    0.3 * scale
}

#[test]
fn gaussian_mixture() {
    let case = Case {
        name: "gaussian mixture",
        make: &|scale| {
            let sigma = sigma(scale);
            Ok(Box::new(
                GaussianMixtureConfig { sigma }.init(DIM, &device())?,
            ))
        },
        weights: &|scale, codes, state| {
            let variance = f64::from(sigma(scale) * sigma(scale));
            let score = |m: &[f32], u: &[f32]| -0.5 * squares(m, u) / variance;
            weights(codes, state, score, softmax)
        },
    };
    assert_eq!(case.run(), 9);
    for bad in [1e-20, 1e20] {
        let error = GaussianMixtureConfig { sigma: bad }.init(DIM, &device());
        let message = error.unwrap_err().to_string();
        assert!(message.contains("sigma: must have a square"), "{message}");
    }
}

#[test]
fn hopfield() {
    let case = Case {
        name: "hopfield",
        make: &|scale| {
            let beta = beta(scale);
            Ok(Box::new(HopfieldConfig { beta }.init(DIM, &device())?))
        },
        weights: &|scale, codes, state| {
            let score = |m: &[f32], u: &[f32]| f64::from(beta(scale)) * dot(m, u);
            weights(codes, state, score, softmax)
        },
    };
    assert_eq!(case.run(), 12);
    let mut prior = HopfieldConfig { beta: 1.0 }.init(2, &device()).unwrap();
    let message = prior.store(tensor(&[1.0, 2.0, 3.0, -2e20], 2)).unwrap_err();
    assert_eq!(
        message.to_string(),
        "codes: expected rows with squared norms up to 1e37, found -2e20 at row 1, column 1"
    );
}

#[test]
fn sparse_hopfield() {
    for similarity in [Similarity::Dot, Similarity::SquaredDistance] {
        let case = Case {
            name: "sparse hopfield",
            make: &|scale| {
                let config = SparseHopfieldConfig {
                    similarity,
                    alpha: 2.0,
                    beta: beta(scale),
                };
                Ok(Box::new(config.init(DIM, &device())?))
            },
            weights: &|scale, codes, state| {
                let beta = f64::from(beta(scale));
                let score = |m: &[f32], u: &[f32]| match similarity {
                    Similarity::Dot => beta * dot(m, u),
                    Similarity::SquaredDistance => -0.5 * beta * squares(m, u),
                };
                weights(codes, state, score, sparsemax)
            },
        };
        assert_eq!(case.run(), 12);
    }
}

#[test]
fn kernelised() {
    let config = |scale, features| KernelisedConfig {
        features,
        beta: if features == FeatureScale::Raw {
            beta(scale)
        } else {
            10.0
        },
        map: MapKind::Identity,
        ..KernelisedConfig::default()
    };
    let raw = Case {
        name: "kernelised, raw",
        make: &|scale| {
            let config = config(scale, FeatureScale::Raw);
            Ok(Box::new(config.init(DIM, &device())?))
        },
        weights: &|scale, codes, state| {
            let score = |m: &[f32], u: &[f32]| f64::from(beta(scale)) * dot(m, u);
            weights(codes, state, score, softmax)
        },
    };
    assert_eq!(raw.run(), 12);
    let unit = Case {
        name: "kernelised, unit",
        make: &|scale| {
            // Codes below the normal numbers are nothing.
            if scale < 1e-37 {
                return Err(Error::config("scale", "too small", scale));
            }
            let config = config(scale, FeatureScale::Unit);
            Ok(Box::new(config.init(DIM, &device())?))
        },
        weights: &|_, codes, state| {
            let norm = |x: &[f32]| dot(x, x).sqrt();
            // A state below the normal numbers loses its direction little by little.
            let length = norm(state).max(f32::MIN_POSITIVE.into());
            let score = |m: &[f32], u: &[f32]| 10.0 * dot(m, u) / norm(m) / length - norm(m).ln();
            weights(codes, state, score, softmax)
        },
    };
    assert_eq!(unit.run(), SCALES.len() - 1);
}

#[test]
fn learned_precision() {
    let case = Case {
        name: "learned precision",
        make: &|scale| {
            let log = -2.0 * sigma(scale).ln();
            let precision = Precision::from_log_diagonal(&[log; DIM], &device())?;
            let prior = LearnedPrecisionConfig::default().init(DIM, &device())?;
            Ok(Box::new(prior.with_precision(precision)?))
        },
        weights: &|scale, codes, state| {
            let factor = f64::from((0.5 * -2.0 * sigma(scale).ln()).exp());
            let score = |m: &[f32], u: &[f32]| -0.5 * squares(m, u) * factor * factor;
            weights(codes, state, score, softmax)
        },
    };
    // The largest state, whitened, leaves single precision where codes are small.
    let mut answered = 0;
    for scale in SCALES.into_iter().filter(|&scale| scale >= 1e-3) {
        let (codes, states) = codes_and_states(scale);
        let mut prior = (case.make)(scale).unwrap();
        prior.store(tensor(&codes, DIM)).unwrap();
        case.compare(&*prior, scale, &codes, &states);
        answered += 1;
    }
    assert_eq!(answered, 9);
    let mut prior = (case.make)(1e-30).unwrap();
    let error = prior.store(tensor(&[1e30; DIM], DIM)).unwrap_err();
    named(&error);
    assert!(prior.is_empty() && prior.stored().unwrap().codes().is_err());
    prior.store(tensor(&values(1, 3, 1e-30), DIM)).unwrap();
    let lost = host(prior.attract(tensor(&[1e30; DIM], DIM)).unwrap());
    assert!(lost.iter().all(|value| value.is_nan()), "{lost:?}");
}

#[test]
fn slot_mixture() {
    for scale in SCALES {
        let sigma = 1e-2 * scale;
        let config = SlotMixtureConfig { sigma, slots: 2 };
        let Ok(mut prior) = config.init(DIM, &device()) else {
            assert!(!(1e-16..1e20).contains(&scale), "{scale}");
            continue;
        };
        let (codes, states) = codes_and_states(scale);
        prior.store(tensor(&codes, DIM)).unwrap();
        let (answers, energies) = prior.attract_with_energy(tensor(&states, DIM)).unwrap();
        assert!(host(energies).iter().all(|energy| energy.is_finite()));
        let answers = host(answers);
        for (row, state) in states.chunks_exact(DIM).enumerate() {
            let swapped = [state[2], state[3], state[0], state[1]];
            let least = |code: &[f32]| squares(code, state).min(squares(code, &swapped));
            let score = |code: &[f32], _: &[f32]| -0.5 * least(code) / f64::from(sigma).powi(2);
            let weights = weights(&codes, state, score, softmax);
            let Some(best) = weights.iter().position(|&weight| weight > 1.0 - 1e-6) else {
                continue;
            };
            let (found, code) = (&answers[row * DIM..][..DIM], &codes[best * DIM..][..DIM]);
            for (found, code) in found.iter().zip(code) {
                let error = (f64::from(*found) - f64::from(*code)).abs();
                assert!(error <= 1e-4 * f64::from(scale), "{scale:e}, {state:?}");
            }
        }
    }
}

#[test]
fn random_features() {
    for features in [FeatureKind::SinCos, FeatureKind::Cos, FeatureKind::Positive] {
        let config = RandomFeaturesConfig {
            features,
            count: 200,
            beta: 2.0,
            ..RandomFeaturesConfig::default()
        };
        let mut prior = config.init(DIM, &device()).unwrap();
        for huge in [1e6, 1e20, 1e30] {
            let mut codes = values(1, 3, 1.0);
            codes[6] = huge;
            let error = prior.store(tensor(&codes, DIM)).unwrap_err();
            let place = matches!(
                error,
                Error::TooLarge {
                    row: 1,
                    column: 2,
                    ..
                }
            );
            assert!(place, "{error}");
            assert!(prior.is_empty());
        }
        prior.store(tensor(&values(1, 3, 1.0), DIM)).unwrap();
        let ordinary = values(1, 2, 0.9);
        let alone = host(prior.attract(tensor(&ordinary, DIM)).unwrap());
        for huge in [1e18, 1e25, 1e30] {
            let mut states = ordinary.clone();
            states.extend(values(5, 1, huge));
            let answers = host(prior.attract(tensor(&states, DIM)).unwrap());
            assert_close(&answers[..2 * DIM], &alone, 1e-5, "beside a huge state");
            // Nothing is known there, and nothing is claimed.
            let lost = answers[2 * DIM..].iter().all(|value| value.is_nan());
            assert!(lost, "{features:?} {huge:e}: {answers:?}");
        }
    }
}

#[test]
fn a_state_that_is_no_number_has_no_answer() {
    let priors: [Box<dyn MemoryPrior>; 4] = [
        Box::new(
            GaussianMixtureConfig::default()
                .init(DIM, &device())
                .unwrap(),
        ),
        Box::new(HopfieldConfig::default().init(DIM, &device()).unwrap()),
        Box::new(
            SparseHopfieldConfig::default()
                .init(DIM, &device())
                .unwrap(),
        ),
        Box::new(
            LearnedPrecisionConfig::default()
                .init(DIM, &device())
                .unwrap(),
        ),
    ];
    for mut prior in priors {
        prior.store(tensor(&values(1, 3, 1.0), DIM)).unwrap();
        let mut states = values(2, 2, 1.0);
        states[1] = f32::NAN;
        let found = host(prior.attract(tensor(&states, DIM)).unwrap());
        assert!(
            found[..DIM].iter().any(|value| value.is_nan()),
            "{}",
            prior.name()
        );
        assert!(found[DIM..].iter().all(|value| value.is_finite()));
    }
}
