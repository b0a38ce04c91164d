//! As a part of the variational memory: energy, gradient, attract, store.

use attractor_core::{Error, MemoryPrior, StoredCodes};
use proptest::prelude::*;

use super::*;
use crate::HopfieldConfig;
use crate::kernelised::Start;

const SCALES: [FeatureScale; 2] = [FeatureScale::Unit, FeatureScale::Raw];

#[test]
fn edges() {
    for map in [MapKind::Identity, MapKind::Learned] {
        for features in SCALES {
            for alpha in [1.0, 1.5, 2.0] {
                let config = KernelisedConfig {
                    map,
                    features,
                    alpha,
                    ..KernelisedConfig::default()
                };
                check_edges(Box::new(config.init(5, &device()).unwrap()));
            }
        }
    }
}

#[test]
fn wrong_configurations_are_named() {
    let message = |config: KernelisedConfig| config.init(4, &device()).unwrap_err().to_string();
    let mut config = KernelisedConfig {
        alpha: 0.9,
        ..KernelisedConfig::default()
    };
    assert_eq!(
        message(config.clone()),
        "KernelisedConfig.alpha: must be 1 or finite and at least 1.01, found 0.9"
    );
    config.alpha = 1.0;
    config.separation.width = Some(3);
    assert_eq!(
        message(config.clone()),
        "SeparationConfig.start = identity expects features of 4 entries, as a code, but \
         SeparationConfig.width has 3"
    );
    config.separation.start = Start::Gaussian;
    assert!(config.clone().init(4, &device()).is_ok());
    config.separation.tau_end = 2.0;
    assert!(message(config).starts_with("SeparationConfig.tau_end: must not exceed tau_start"));
    let map = normal(1, 3, 5);
    let memory = KernelisedConfig::identity(1.0).init(4, &device()).unwrap();
    assert!(matches!(
        memory.with_map(map),
        Err(Error::Width {
            expected: 4,
            found: 5,
            ..
        })
    ));
}

/// As an experiment file asks for it.
#[test]
fn options_reach_the_map() {
    let build = |text: &str| crate::build(&text.parse().unwrap(), 6, &device());
    let options = "kind = 'kernelised'\nbeta = 50.0\nfeatures = 'raw'\n\
        separation = { loss = 'average', width = 4, start = 'gaussian', iterations = 20 }";
    let mut memory = build(options).unwrap();
    memory.store(normal(1, 9, 6)).unwrap();
    let answer = memory.attract(normal(1, 9, 6)).unwrap();
    assert_eq!(answer.dims(), [9, 6]);
    let message = build("kind = 'kernelised'\nseparation = { tau = 1 }")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("kernelised: unknown field `tau`"),
        "{message}"
    );
}

/// (P1) The identity with raw features and softmax is the modern Hopfield network, one step of which
/// is an attention head.
#[test]
fn identity_is_the_modern_hopfield_network() {
    let (codes, states) = (normal(1, 30, 12), normal(2, 9, 12));
    for beta in [0.1, 1.0, 3.0] {
        let ours = holding(&codes, FeatureScale::Raw, (1.0, beta), None);
        let mut other = HopfieldConfig { beta }.init(12, &device()).unwrap();
        other.store(codes.clone()).unwrap();
        let (answer, energy) = ours.attract_with_energy(states.clone()).unwrap();
        let (expected, of_other) = other.attract_with_energy(states.clone()).unwrap();
        assert_close(&host(answer), &host(expected), 1e-6, "answer");
        assert_close(&host(energy), &host(of_other), 1e-6, "energy");
        // Attention in f64.
        let (q, k) = (host(states.clone()), host(codes.clone()));
        let single = attractor_core::Stopping::after(1);
        let read = host(ours.retrieve(states.clone(), single).unwrap().state);
        for (query, read) in q.chunks_exact(12).zip(read.chunks_exact(12)) {
            let scores = k.chunks_exact(12).map(|key| {
                let dot = query
                    .iter()
                    .zip(key)
                    .map(|(a, b)| f64::from(*a) * f64::from(*b));
                (f64::from(beta) * dot.sum::<f64>()).exp()
            });
            let scores: Vec<f64> = scores.collect();
            let total: f64 = scores.iter().sum();
            for (j, &value) in read.iter().enumerate() {
                let mixed = scores.iter().zip(k.chunks_exact(12));
                let mixed: f64 = mixed.map(|(s, key)| s / total * f64::from(key[j])).sum();
                assert!((f64::from(value) - mixed).abs() <= 1e-6 * mixed.abs().max(1.0));
            }
        }
    }
}

/// The first write of two codes learns W, later writes keep it, `clear` forgets it.
#[test]
fn the_map_is_learned_on_writing() {
    let codes = correlated(3, 20, 16, 0.9);
    let config = KernelisedConfig::default();
    let mut memory = config.clone().init(16, &device()).unwrap();
    memory.store(codes.clone().narrow(0, 0, 1)).unwrap();
    assert!(memory.map().is_none());
    memory.store(codes.clone().narrow(0, 1, 15)).unwrap();
    let report = memory.report().unwrap().clone();
    assert!(
        report.separation > 4.0 * report.separation_first,
        "{report:?}"
    );
    let separation = memory.separation().unwrap();
    assert!((separation.delta_min - report.separation).abs() < 1e-5);
    let map = host(memory.map().unwrap().clone());
    memory.store(codes.clone().narrow(0, 16, 4)).unwrap();
    assert_eq!(host(memory.map().unwrap().clone()), map);
    assert_eq!(host(memory.codes().unwrap()), host(codes.clone()));
    memory.refit().unwrap();
    assert_ne!(host(memory.map().unwrap().clone()), map);
    // A memory that never held the code that was removed has the same keys.
    let map = memory.map().unwrap().clone();
    memory.remove(7).unwrap();
    let rest = Tensor::cat(
        vec![
            codes.clone().narrow(0, 0, 7),
            codes.clone().narrow(0, 8, 12),
        ],
        0,
    );
    let mut other = config
        .clone()
        .init(16, &device())
        .unwrap()
        .with_map(map)
        .unwrap();
    other.store(rest).unwrap();
    let states = correlated(5, 6, 16, 0.5);
    assert_eq!(
        host(memory.attract(states.clone()).unwrap()),
        host(other.attract(states).unwrap())
    );
    memory.clear();
    assert!(memory.map().is_none() && memory.is_empty());
    // Features of another width, and back again.
    let mut narrow = config.clone();
    narrow.separation.width = Some(5);
    narrow.separation.start = Start::Gaussian;
    let mut memory = narrow.init(16, &device()).unwrap();
    for count in [1, 20] {
        memory.store(codes.clone().narrow(0, 0, count)).unwrap();
        assert_eq!(memory.width(), if count == 1 { 16 } else { 5 });
        memory.clear();
        assert_eq!((memory.width(), memory.len()), (16, 0));
    }
    // With `refit_below`, a code close to another makes it learn again.
    let config = KernelisedConfig {
        refit_below: Some(0.05),
        ..config
    };
    let mut memory = config.init(16, &device()).unwrap();
    memory.store(codes.clone().narrow(0, 0, 16)).unwrap();
    let map = host(memory.map().unwrap().clone());
    memory
        .store(codes.clone().narrow(0, 3, 1) + normal(8, 1, 16).mul_scalar(1e-3))
        .unwrap();
    assert_ne!(host(memory.map().unwrap().clone()), map);
}

#[test]
fn a_code_without_an_image_has_no_pull() {
    let codes = tensor(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0], 3);
    for alpha in [1.0, 2.0] {
        let memory = holding(&codes, FeatureScale::Unit, (alpha, 30.0), None);
        let answer = host(memory.attract(tensor(&[0.9, 0.1, 0.0], 3)).unwrap());
        assert_close(&answer, &[1.0, 0.0, 0.0], 1e-5, "answer");
        let nothing = memory
            .gradient_with_energy(Tensor::zeros([1, 3], &device()))
            .unwrap();
        assert_eq!(host(nothing.0), [0.0; 3]);
    }
}

fn descent_and_gradient_at(seed: u64, beta: f32, which: usize, rank: usize) {
    let alpha = [1.0, 1.5, 2.0][which];
    let codes = normal(seed, 17, 5);
    for features in SCALES {
        for map in [None, Some(random_map(seed + 3, 4, 5, rank))] {
            let memory = holding(&codes, features, (alpha, beta), map.clone());
            check_descent(&memory, normal(seed + 1, 8, 5));
            // Away from 0, where directions turn faster than finite differences can follow. The
            // sparse separations have kinked gradients: the milder the curvature, the smaller
            // the share of a kink within the difference.
            let mild = if alpha == 1.0 { beta } else { beta.min(0.8) };
            let memory = holding(&codes.clone().mul_scalar(0.5), features, (alpha, mild), map);
            let states = unit_rows(normal(seed + 2, 4, 5)).mul_scalar(2.0);
            let images = host(memory.features(states.clone()).unwrap().square().sum_dim(1));
            if images.iter().all(|square| *square > 0.3) {
                check_gradient(&memory, states, 2e-2);
            }
        }
    }
}

/// Found by the search below: sparsemax behind a map of one dimension.
#[test]
fn descent_and_gradient_through_a_map_of_rank_one() {
    descent_and_gradient_at(419, 3.088_142_6, 2, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn descent_and_gradient(seed in 0u64..500, beta in 0.3f32..4.0, which in 0usize..3, rank in 1usize..6) {
        descent_and_gradient_at(seed, beta, which, rank);
    }

    #[test]
    fn order_and_repetition(seed in 0u64..500, beta in 0.3f32..4.0) {
        for features in SCALES {
            let make = || -> Box<dyn MemoryPrior> {
                let config = KernelisedConfig { features, ..KernelisedConfig::identity(beta) };
                let map = random_map(seed, 4, 5, 4);
                Box::new(config.init(5, &device()).unwrap().with_map(map).unwrap())
            };
            check_order_and_repetition(&make, seed);
        }
    }
}
