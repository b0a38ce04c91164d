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

/// Gaussian errors with a first pass on the first entries alone.
#[derive(Debug, Clone)]
struct Short {
    exact: Gaussian,
    kept: usize,
}

impl ObservationModel for Short {
    fn name(&self) -> &'static str {
        "short"
    }
    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
        self.exact.energy(cues, decoded)
    }
    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
        self.exact.gradient(cues, decoded)
    }
    fn shortlist(&self) -> Option<usize> {
        Some(self.kept)
    }
    fn rough_energies(&self, cues: &Tensor<2>, candidates: Tensor<2>) -> Tensor<2> {
        let few = |rows: Tensor<2>| rows.narrow(1, 0, DATA / 2);
        self.exact.energies(&few(cues.clone()), few(candidates))
    }
    fn boxed(&self) -> Box<dyn ObservationModel> {
        Box::new(self.clone())
    }
}

/// A first pass that keeps all but one gives the answer of the full search; one that keeps a single code gives its own.
#[test]
fn a_shortlist_is_compared_exactly() {
    for seed in 0..6 {
        let parts = Parts::nonlinear(seed);
        let stored = parts.prior.codes.dims()[0];
        let answer = |observation: &dyn ObservationModel| {
            let problem = Problem {
                observation,
                ..parts.problem()
            };
            let recall = ModeSearch.infer(&problem).unwrap();
            (host(recall.state), recall.energy_last)
        };
        let exact = Gaussian::new(0.5).unwrap();
        let short = |kept| Short { exact, kept };
        let full = answer(&exact);
        let (most, one) = (answer(&short(stored - 1)), answer(&short(1)));
        for row in 0..ROWS {
            assert!(most.1[row] >= full.1[row] && one.1[row] >= most.1[row]);
        }
        let cues = &parts.cues;
        let decoded = parts.model.decoder.forward(parts.prior.codes.clone());
        let prior =
            attractor_core::Energy::energy(&parts.prior, parts.prior.codes.clone()).unwrap();
        let rough = host(short(1).rough_energies(cues, decoded) + prior.unsqueeze_dim(0));
        for (row, rough) in rough.chunks_exact(stored).enumerate() {
            let best = (0..stored)
                .min_by(|&a, &b| rough[a].total_cmp(&rough[b]))
                .unwrap();
            let codes = host(parts.prior.codes.clone());
            assert_eq!(
                one.0[row * CODE..(row + 1) * CODE],
                codes[best * CODE..(best + 1) * CODE]
            );
        }
    }
}
