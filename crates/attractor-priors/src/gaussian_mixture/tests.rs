use attractor_core::{Energy, MemoryPrior};
use burn::tensor::Tensor;
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

/// The mixture whose energy divided by beta is the dense associative memory with the L2 log-sum-exp.
fn dense(beta: f32, codes: &Tensor<2>) -> super::GaussianMixture {
    let mut prior = prior(beta.sqrt().recip(), codes.dims()[1]);
    prior.store(codes.clone()).unwrap();
    prior
}

/// A single pattern: a parabola, left in one step.
#[test]
fn one_pattern_is_a_parabola() {
    let code = normal(20, 1, 6);
    for beta in [0.5f32, 10.0, 300.0] {
        let prior = dense(beta, &code);
        let states = normal(21, 5, 6);
        let expected = (states.clone() - code.clone())
            .square()
            .sum_dim(1)
            .mul_scalar(0.5);
        let energy = prior.energy(states.clone()).unwrap().div_scalar(beta);
        assert_close(&host(energy), &host(expected), 1e-5, "energy");
        for row in host(prior.attract(states).unwrap()).chunks_exact(6) {
            assert_eq!(row, host(code.clone()));
        }
    }
}

/// With equal norms the energies of Ramsauer's network and of the L2 log-sum-exp differ by a constant.
#[test]
fn energies_differ_by_a_constant_when_norms_are_equal() {
    let (beta, codes) = (3.0, normal(22, 15, 6));
    let codes = codes.clone() / codes.square().sum_dim(1).sqrt();
    let mut hopfield = HopfieldConfig { beta }.init(6, &device()).unwrap();
    hopfield.store(codes.clone()).unwrap();
    let states = normal(23, 20, 6);
    let ours = dense(beta, &codes)
        .energy(states.clone())
        .unwrap()
        .div_scalar(beta);
    let difference = host(ours - hopfield.energy(states).unwrap());
    // +1/2 |m|^2, which is 1/2.
    assert_close(&difference, &[0.5; 20], 1e-5, "difference");
}

/// All patterns of an orthant-balanced set: their mean is stationary, a minimum while beta < 4 D in
/// units where entries are 0 and 1 / sqrt(D).
#[test]
fn the_centroid_is_stationary_and_a_minimum_below_four_times_the_width() {
    let dim = 5;
    let one = (dim as f32).sqrt().recip();
    let all: Vec<f32> = (0..1usize << dim)
        .flat_map(|k| (0..dim).map(move |i| if k >> i & 1 == 1 { one } else { 0.0 }))
        .collect();
    let codes = tensor(&all, dim);
    let centre = codes.clone().mean_dim(0);
    for (beta, minimum) in [(18.0, true), (22.0, false)] {
        let prior = dense(beta, &codes);
        let gradient = prior.gradient(centre.clone()).unwrap().div_scalar(beta);
        assert!(host(gradient).iter().all(|g| g.abs() < 1e-6));
        // Curvature along an entry, from the slope beside the centre: 1 - beta / (4 D).
        let step = 1e-2;
        let mut beside = host(centre.clone());
        beside[0] += step;
        let slope = host(prior.gradient(tensor(&beside, dim)).unwrap())[0] / beta;
        assert_eq!(slope > 0.0, minimum, "beta {beta}: slope {slope}");
        let curvature = 1.0 - beta / (4.0 * dim as f32);
        assert!(
            (slope / step - curvature).abs() < 1e-2,
            "{} {curvature}",
            slope / step
        );
    }
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

    /// E(x - a g) <= E(x) - a (1 - a / 2) |g|^2 for 0 < a < 2 and any beta, with g the free part of
    /// the gradient where entries are held.
    #[test]
    fn descent_lemma(seed in 0u64..500, log_beta in -1.0f32..2.778, alpha in 0.05f32..1.95, held in 0usize..4) {
        let beta = 10f32.powf(log_beta);
        let prior = dense(beta, &normal(seed, 12, 6).mul_scalar(0.3));
        let states = normal(seed + 1, 9, 6).mul_scalar(0.4);
        let free = tensor(&[0, 1, 2, 3, 4, 5].map(|i| f32::from(u8::from(i >= held))), 6);
        let gradient = prior.gradient(states.clone()).unwrap().div_scalar(beta) * free;
        let energy = |states| host(prior.energy(states).unwrap().div_scalar(beta));
        let before = energy(states.clone());
        let after = energy(states - gradient.clone().mul_scalar(alpha));
        let squares = host(gradient.square().sum_dim(1));
        for row in 0..9 {
            let bound = before[row] - alpha * (1.0 - 0.5 * alpha) * squares[row];
            let rounding = 4e-6 * before[row].abs().max(1.0) + 4e-6 / beta;
            prop_assert!(after[row] <= bound + rounding, "{} above {}", after[row], bound);
        }
    }

    /// Scaling states and codes by c and beta by 1 / c^2 leaves the weights as they are; a gradient
    /// step of length 1 is the read.
    #[test]
    fn scale_covariance_and_unit_step(seed in 0u64..500, beta in 0.5f32..20.0, c in 0.2f32..5.0) {
        let (codes, states) = (normal(seed, 8, 5), normal(seed + 1, 6, 5));
        let plain = dense(beta, &codes);
        let answer = plain.attract(states.clone()).unwrap();
        let scaled = dense(beta / (c * c), &codes.mul_scalar(c));
        let other = scaled.attract(states.clone().mul_scalar(c)).unwrap().div_scalar(c);
        assert_close(&host(other), &host(answer.clone()), 1e-4, "scaled");
        let step = states.clone() - plain.gradient(states).unwrap().div_scalar(beta);
        assert_close(&host(step), &host(answer), 1e-5, "unit step");
    }
}
