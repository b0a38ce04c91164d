use attractor_core::{Energy, MemoryPrior};
use proptest::prelude::*;

use super::GaussianMixtureConfig;
use crate::HopfieldConfig;
use crate::testing::*;

fn prior(sigma: f32, dim: usize) -> super::GaussianMixture {
    GaussianMixtureConfig { sigma }
        .init(dim, &device())
        .unwrap()
}

#[test]
fn golden() {
    for sigma in ["0.1", "0.5", "1.5"] {
        let mut prior = prior(sigma.parse().unwrap(), 8);
        check_golden_iterations(&mut prior, &format!("gmm_sigma{sigma}"));
        let golden = crate::testing::golden("priors");
        let cue = golden.tensor("cue", [5, 8], &device()).unwrap();
        let key = format!("gmm_energy_sigma{sigma}");
        let energy = host(prior.energy(cue).unwrap());
        assert_close(&energy, golden.values(&key).unwrap(), 1e-5, &key);
    }
}

#[test]
fn edges() {
    check_edges(Box::new(prior(0.1, 5)));
}

#[test]
fn limits_of_sigma() {
    let codes = normal(1, 30, 6);
    let cues = normal(2, 10, 6);
    let mut sharp = prior(1e-4, 6);
    sharp.store(codes.clone()).unwrap();
    let (nearest, _) = {
        let mut store = attractor_core::kernel::PatternStore::new(6, &device()).unwrap();
        store.push(codes.clone()).unwrap();
        attractor_core::kernel::nearest(&store, cues.clone()).unwrap()
    };
    let answer = host(sharp.attract(cues.clone()).unwrap());
    let all = host(codes.clone());
    for (row, k) in nearest.into_iter().enumerate() {
        assert_eq!(answer[row * 6..(row + 1) * 6], all[k * 6..(k + 1) * 6]);
    }
    let mut flat = prior(1e6, 6);
    flat.store(codes.clone()).unwrap();
    let mean = host(codes.mean_dim(0));
    for row in host(flat.attract(cues).unwrap()).chunks_exact(6) {
        assert_close(row, &mean, 1e-5, "mean of all codes");
    }
}

#[test]
fn equals_hopfield_when_norms_are_equal() {
    let codes = normal(3, 20, 7);
    let norms = codes.clone().square().sum_dim(1).sqrt();
    let codes = codes / norms;
    let (mut mixture, mut hopfield) = (
        prior(0.5, 7),
        HopfieldConfig { beta: 4.0 }.init(7, &device()).unwrap(),
    );
    mixture.store(codes.clone()).unwrap();
    hopfield.store(codes).unwrap();
    let cues = normal(4, 9, 7);
    assert_close(
        &host(mixture.attract(cues.clone()).unwrap()),
        &host(hopfield.attract(cues).unwrap()),
        1e-5,
        "equal norms",
    );
}

#[test]
fn wrong_sigma_is_an_error() {
    let error = GaussianMixtureConfig { sigma: 0.0 }
        .init(3, &device())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "GaussianMixtureConfig.sigma: must be finite and greater than 0, found 0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn properties(seed in 0u64..500, sigma in 0.3f32..2.0) {
        let mut prior = prior(sigma, 5);
        prior.store(normal(seed, 17, 5)).unwrap();
        check_descent(&prior, normal(seed + 1, 8, 5));
        check_gradient(&prior, normal(seed + 2, 4, 5), 2e-2);
        check_order_and_repetition(&|| Box::new(super::GaussianMixtureConfig { sigma }.init(5, &device()).unwrap()), seed);
    }
}
