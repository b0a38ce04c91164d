use attractor_core::burn::tensor::Tensor;
use attractor_core::model::Identity;
use attractor_core::{Energy, Inference, MemoryPrior, Problem, Result, Stopping};
use proptest::prelude::*;

use super::PredictiveCodingConfig;
use crate::testing::*;

/// A prior that does not pull at all.
#[derive(Debug)]
struct Flat;

impl Energy for Flat {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(states.sum_dim(1).squeeze_dim::<1>(1).mul_scalar(0.0))
    }
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(states.zeros_like())
    }
}

impl MemoryPrior for Flat {
    fn name(&self) -> &'static str {
        "flat"
    }
    fn store(&mut self, _: Tensor<2>) -> Result<()> {
        Ok(())
    }
    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(states)
    }
    fn attract_scale(&self) -> Option<f32> {
        Some(1.0)
    }
    fn len(&self) -> usize {
        0
    }
    fn dim(&self) -> usize {
        CODE
    }
    fn clear(&mut self) {}
}

/// Without a prior and with linear layers, the code is the least-squares solution.
#[test]
fn converges_to_least_squares() {
    let parts = Parts::linear(5);
    let problem = Problem {
        prior: &Flat,
        ..parts.problem()
    };
    let config = PredictiveCodingConfig {
        rate: 0.1,
        stopping: Stopping {
            max_steps: 20_000,
            tolerance: 1e-8,
            check_every: 100,
        },
        ..PredictiveCodingConfig::default()
    };
    let recall = config.init().unwrap().infer(&problem).unwrap();
    // Normal equations: the residual is orthogonal to the decoder's columns.
    let residual = parts.cues.clone() - parts.model.decoder.forward(recall.state);
    let projected = parts.model.decoder.layers()[0].adjoint(residual);
    assert!(host(projected).iter().all(|value| value.abs() < 1e-3));
}

#[test]
fn a_model_without_layers_is_an_error() {
    let parts = Parts::linear(1);
    let model = Identity::new(CODE).unwrap();
    let problem = Problem {
        model: &model,
        ..parts.problem()
    };
    let error = PredictiveCodingConfig::default()
        .init()
        .unwrap()
        .infer(&problem)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "predictive coding needs a decoder that is a chain of layers, which the model `identity` \
         does not offer"
    );
}

#[test]
fn fixed_predictions_differ_but_descend_from_the_same_start() {
    let parts = Parts::nonlinear(4);
    let run = |fixed_predictions| {
        let config = PredictiveCodingConfig {
            fixed_predictions,
            ..PredictiveCodingConfig::reference(0.05, 10)
        };
        config.init().unwrap().infer(&parts.problem()).unwrap()
    };
    let (free, fixed) = (run(false), run(true));
    assert_eq!(free.energy_first, fixed.energy_first);
    assert_ne!(host(free.state), host(fixed.state));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// For a small rate the free energy falls at every step.
    #[test]
    fn free_energy_descends(seed in 0u64..500) {
        let parts = Parts::nonlinear(seed);
        let config = PredictiveCodingConfig::reference(0.02, 40);
        let recall = config.init().unwrap().infer(&parts.problem()).unwrap();
        for pair in recall.trace.term("free energy").unwrap().values.windows(2) {
            for (after, before) in pair[1].iter().zip(&pair[0]) {
                prop_assert!(*after <= before + 1e-4 * before.abs().max(1.0), "{after} {before}");
            }
        }
    }

    #[test]
    fn rows_are_independent(seed in 0u64..500, row in 0..ROWS) {
        let parts = Parts::nonlinear(seed);
        let inference = PredictiveCodingConfig::default().init().unwrap();
        let all = inference.infer(&parts.problem()).unwrap();
        let one = inference.infer(&parts.problem_of(parts.cues.clone().narrow(0, row, 1))).unwrap();
        for (a, b) in host(one.state).iter().zip(&host(all.state)[row * CODE..]) {
            prop_assert!((a - b).abs() < 1e-4, "{} {}", a, b);
        }
    }
}
