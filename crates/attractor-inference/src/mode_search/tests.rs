use attractor_core::burn::tensor::Tensor;
use attractor_core::observation::{Gaussian, Truncated};
use attractor_core::{Inference, ObservationModel, Problem};

use super::ModeSearch;
use crate::testing::*;

/// By the definition, one pair at a time.
#[test]
fn finds_the_lowest_energy() {
    for seed in 0..8 {
        let parts = Parts::nonlinear(seed);
        let problem = parts.problem();
        let recall = ModeSearch.infer(&problem).unwrap();
        let codes = &parts.prior.codes;
        let stored = host(codes.clone());
        for row in 0..ROWS {
            let cue = parts.cues.clone().narrow(0, row, 1);
            let energies: Vec<f32> = (0..codes.dims()[0])
                .map(|k| {
                    let code = codes.clone().narrow(0, k, 1);
                    let decoded = parts.model.decoder.forward(code.clone());
                    let prior = attractor_core::Energy::energy(&parts.prior, code).unwrap();
                    host(parts.observation.energy(&cue, decoded) + prior)[0]
                })
                .collect();
            let best = (0..energies.len()).min_by(|&a, &b| energies[a].total_cmp(&energies[b]));
            let at = best.unwrap();
            let state = host(recall.state.clone());
            assert_eq!(
                state[row * CODE..(row + 1) * CODE],
                stored[at * CODE..(at + 1) * CODE]
            );
            assert!((recall.energy_last[row] - energies[at]).abs() < 1e-4);
        }
    }
}

/// A robust observation sees past an occlusion that misleads the squared error.
#[test]
fn robust_observations_ignore_an_occlusion() {
    let mut parts = Parts::linear(3);
    let decoded = parts.model.decoder.forward(parts.prior.codes.clone());
    let [stored, _] = decoded.dims();
    // A third of the entries are far off.
    let mut values = host(decoded);
    for row in values.chunks_exact_mut(DATA) {
        row[..3].fill(6.0);
    }
    parts.cues = Tensor::from_data(
        attractor_core::burn::tensor::TensorData::new(values, [stored, DATA]),
        &device(),
    );
    let right = |observation: &dyn ObservationModel| {
        let problem = Problem {
            observation,
            ..parts.problem()
        };
        let state = host(ModeSearch.infer(&problem).unwrap().state);
        let codes = host(parts.prior.codes.clone());
        state
            .chunks_exact(CODE)
            .zip(codes.chunks_exact(CODE))
            .filter(|(a, b)| a == b)
            .count()
    };
    let truncated = right(&Truncated::new(0.01, 0.001).unwrap());
    let squared = right(&Gaussian::new(0.001).unwrap());
    assert_eq!(truncated, stored);
    assert!(squared < stored, "squared error finds all {stored} as well");
}
