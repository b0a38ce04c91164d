use attractor_core::MemoryPrior;
use burn::tensor::Tensor;
use proptest::prelude::*;

use super::{Similarity, SparseHopfieldConfig, entmax, tsallis};
use crate::testing::*;
use crate::{GaussianMixtureConfig, HopfieldConfig};

const SIMILARITIES: [Similarity; 2] = [Similarity::Dot, Similarity::SquaredDistance];

fn prior(similarity: Similarity, alpha: f32, beta: f32, dim: usize) -> super::SparseHopfield {
    SparseHopfieldConfig {
        similarity,
        alpha,
        beta,
    }
    .init(dim, &device())
    .unwrap()
}

/// alpha-entmax in f64, by bisection to the last bit.
fn oracle(scores: &[f32], alpha: f64) -> Vec<f64> {
    let x: Vec<f64> = scores
        .iter()
        .map(|&s| (alpha - 1.0) * f64::from(s))
        .collect();
    let top = x.iter().copied().fold(f64::MIN, f64::max);
    let raw = |tau: f64| -> Vec<f64> {
        x.iter()
            .map(|x| (x - tau).max(0.0).powf(1.0 / (alpha - 1.0)))
            .collect()
    };
    let (mut low, mut high) = (top - 1.0, top);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if raw(middle).iter().sum::<f64>() >= 1.0 {
            low = middle
        } else {
            high = middle
        }
    }
    raw(low)
}

#[test]
fn edges() {
    for similarity in SIMILARITIES {
        for alpha in [1.3, 1.5, 2.0] {
            check_edges(Box::new(prior(similarity, alpha, 0.7, 4)));
        }
    }
}

#[test]
fn wrong_parameters_are_errors() {
    let error = SparseHopfieldConfig {
        alpha: 1.0,
        ..SparseHopfieldConfig::default()
    };
    let error = error.init(3, &device()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SparseHopfieldConfig.alpha: must be finite and at least 1.01, found 1"
    );
    let error = SparseHopfieldConfig {
        beta: 0.0,
        ..SparseHopfieldConfig::default()
    };
    assert!(
        error
            .init(3, &device())
            .unwrap_err()
            .to_string()
            .starts_with("SparseHopfieldConfig.beta: ")
    );
}

/// By hand: sparsemax of (1, 0.5, -1) has support 2 and tau 0.25; ties share.
#[test]
fn known_values() {
    let scores = tensor(&[1.0, 0.5, -1.0, 2.0, 2.0, 2.0], 3);
    let p = host(entmax(scores.clone(), 2.0));
    assert_close(
        &p,
        &[0.75, 0.25, 0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
        1e-6,
        "sparsemax",
    );
    // The maximum of p.s - T(p): (1 + 0.75 ...) worked out from the definition.
    let t = host(tsallis(entmax(scores, 2.0), 2.0));
    assert_close(
        &t,
        &[(0.5625 + 0.0625 - 1.0) / 2.0, (1.0 / 3.0 - 1.0) / 2.0],
        1e-6,
        "T",
    );
}

/// A pattern ahead of all others by 1 / (beta (alpha - 1)) is the answer, to the last bit.
#[test]
fn well_separated_patterns_are_recalled_exactly() {
    let codes = normal(1, 20, 16).mul_scalar(3.0);
    for alpha in [1.4, 1.5, 2.0, 3.0] {
        let mut prior = prior(Similarity::SquaredDistance, alpha, 1.0, 16);
        prior.store(codes.clone()).unwrap();
        let cues = codes.clone() + normal(2, 20, 16).mul_scalar(0.1);
        assert_eq!(
            host(prior.attract(cues).unwrap()),
            host(codes.clone()),
            "alpha {alpha}"
        );
    }
}

/// Towards alpha 1 the priors with softmax appear, energies included: half the distance to 1, half
/// the difference.
#[test]
fn softmax_is_the_limit() {
    let (codes, states) = (normal(3, 12, 6), normal(4, 5, 6));
    for similarity in SIMILARITIES {
        let (mut soft, scale): (Box<dyn MemoryPrior>, f32) = match similarity {
            Similarity::Dot => (
                Box::new(HopfieldConfig { beta: 0.8 }.init(6, &device()).unwrap()),
                1.0,
            ),
            Similarity::SquaredDistance => {
                let sigma = 0.8f32.sqrt().recip();
                let config = GaussianMixtureConfig { sigma };
                (Box::new(config.init(6, &device()).unwrap()), 0.8)
            }
        };
        soft.store(codes.clone()).unwrap();
        let (answer, energy) = soft.attract_with_energy(states.clone()).unwrap();
        let difference = |alpha: f32| {
            let mut sparse = prior(similarity, alpha, 0.8, 6);
            sparse.store(codes.clone()).unwrap();
            let (ours, our_energy) = sparse.attract_with_energy(states.clone()).unwrap();
            let of_answer = host((ours - answer.clone()).abs().max())[0];
            let of_energy = our_energy - energy.clone().div_scalar(scale);
            [of_answer, host(of_energy.abs().max())[0]]
        };
        for (near, far) in difference(1.02).into_iter().zip(difference(1.04)) {
            assert!(
                near < 0.2 && near < 0.6 * far && near > 0.4 * far,
                "{near} {far}"
            );
        }
    }
}

/// Rows in host memory and tensor operations, which serve other devices and gradients.
#[test]
fn both_ways_agree() {
    let tracked = |scores: Tensor<2>| scores.to_device(&device().autodiff());
    for (alpha, edge) in [
        (1.05, 1e-4),
        (1.3, 1e-5),
        (1.5, 1e-5),
        (2.0, 1e-5),
        (2.5, 2e-4),
    ] {
        for (seed, scale) in [(1, 0.3f32), (2, 3.0), (3, 60.0)] {
            let scores = normal(seed, 40, 900).mul_scalar(scale);
            let (weights, psi) = super::separate(scores.clone(), alpha).unwrap();
            let (other, other_psi) = super::separate(tracked(scores.clone()), alpha).unwrap();
            let other = host(other.inner());
            let what = format!("alpha {alpha}, scale {scale}");
            assert_close(&host(weights.clone()), &other, edge, &what);
            assert_close(&host(psi), &host(other_psi.inner()), 1e-4, &what);
            assert_eq!(host(entmax(scores, alpha)), host(weights));
        }
    }
    let broken = tensor(&[1.0, f32::NAN, 0.0, 2.0, 1.0, 0.0], 3);
    let weights = host(entmax(broken, 1.5));
    assert!(weights[..3].iter().all(|p| p.is_nan()));
    assert!((weights[3..].iter().sum::<f32>() - 1.0).abs() < 1e-6);
}

#[test]
fn order_does_not_matter() {
    let codes = host(normal(5, 9, 4));
    let mut forward = prior(Similarity::Dot, 1.5, 1.0, 4);
    let mut backward = prior(Similarity::Dot, 1.5, 1.0, 4);
    forward.store(tensor(&codes, 4)).unwrap();
    for row in codes.chunks_exact(4).rev() {
        backward.store(tensor(row, 4)).unwrap();
    }
    let states = normal(6, 7, 4);
    let (a, b) = (
        forward.attract(states.clone()).unwrap(),
        backward.attract(states).unwrap(),
    );
    assert_close(&host(a), &host(b), 1e-5, "reversed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn separations_match_their_definition(seed in 0u64..1000, scale in 0.1f32..5.0) {
        let scores = normal(seed, 6, 19).mul_scalar(scale);
        let rows = host(scores.clone());
        for alpha in [1.2, 1.5, 1.7, 2.0, 2.5, 4.0] {
            let ours = host(entmax(scores.clone(), alpha));
            for (ours, scores) in ours.chunks_exact(19).zip(rows.chunks_exact(19)) {
                prop_assert!((ours.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                for (a, b) in ours.iter().zip(oracle(scores, alpha.into())) {
                    // Near the edge of the support p is the power 1 / (alpha - 1) of a difference
                    // that is known to the precision of its terms: above 2 that power magnifies.
                    let edge = f64::from(f32::EPSILON).powf(1.0 / (f64::from(alpha) - 1.0));
                    let error = (f64::from(*a) - b).abs();
                    prop_assert!(error < 2e-4 + 4.0 * edge, "alpha {}: {} {}", alpha, a, b);
                }
            }
        }
    }

    #[test]
    fn descent_and_gradient(seed in 0u64..500, beta in 0.3f32..2.0, which in 0usize..4) {
        let alpha = [1.3, 1.5, 2.0, 3.0][which];
        for similarity in SIMILARITIES {
            let mut prior = prior(similarity, alpha, beta, 5);
            prior.store(normal(seed, 17, 5)).unwrap();
            check_descent(&prior, normal(seed + 1, 8, 5));
            check_gradient(&prior, normal(seed + 2, 4, 5), 2e-2);
        }
    }

    /// Cues in several groups equal cues in one.
    #[test]
    fn rows_are_independent(seed in 0u64..500) {
        let mut prior = prior(Similarity::SquaredDistance, 1.5, 1.0, 3);
        prior.store(normal(seed, 11, 3)).unwrap();
        let states = normal(seed + 1, 5, 3);
        let all = host(prior.attract(states.clone()).unwrap());
        for row in 0..5 {
            let one = host(prior.attract(states.clone().narrow(0, row, 1)).unwrap());
            assert_close(&one, &all[row * 3..(row + 1) * 3], 1e-6, "alone");
        }
    }
}
