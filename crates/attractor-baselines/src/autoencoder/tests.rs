use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::{AssociativeMemory, Error, Forget, GenerativeModel, Outcome, Posterior};
use burn::tensor::Tensor;

use super::{AutoencoderConfig, AutoencoderRecall};
use crate::testing::*;

/// e(x) = x, g(z) = rate (z - point) + point, except that data above 100 overflow.
#[derive(Debug)]
struct Contraction {
    point: Vec<f32>,
    rate: f32,
}

impl GenerativeModel for Contraction {
    fn name(&self) -> &'static str {
        "contraction"
    }

    fn data_dim(&self) -> usize {
        self.point.len()
    }

    fn latent_dim(&self) -> usize {
        self.point.len()
    }

    fn encode(&self, data: Tensor<2>) -> Posterior {
        let overflow = data.clone().greater_scalar(100.0);
        Posterior {
            mean: data.clone().mask_fill(overflow, f32::INFINITY),
            log_variance: data,
        }
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        let point = tensor(&self.point, self.point.len());
        (codes - point.clone()).mul_scalar(self.rate) + point
    }

    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let data = self.decode(codes);
        let gradient = cotangent(data.clone()).mul_scalar(self.rate);
        (data, gradient)
    }
}

fn memory(rate: f32, config: AutoencoderConfig) -> AutoencoderRecall {
    let model = Contraction {
        point: vec![1.0, -2.0],
        rate,
    };
    let mut memory = config.init(Arc::new(model), &device()).unwrap();
    memory.write(tensor(&[0.0, 0.0, 3.0, 3.0], 2)).unwrap();
    memory
}

#[test]
fn contract() {
    check_contract(|| {
        let model = Arc::new(Identity::new(4).unwrap());
        AutoencoderConfig::default().init(model, &device()).unwrap()
    });
}

#[test]
fn iterates_to_the_fixed_point_of_the_reconstruction() {
    let config = AutoencoderConfig {
        iterations: 60,
        tolerance: 1e-6,
    };
    let recall = memory(0.5, config)
        .read(tensor(&[9.0, 0.0, 1.0, -2.0], 2))
        .unwrap();
    assert_eq!(recall.outcomes, [Outcome::Converged; 2]);
    assert!((20..30).contains(&recall.steps[0]), "{:?}", recall.steps);
    assert_eq!(recall.steps[1], 1);
    assert_close(
        &host(recall.data()),
        &[1.0, -2.0, 1.0, -2.0],
        1e-5,
        "fixed point",
    );
    assert_eq!(host(recall.state), host(recall.decoded.unwrap()));
}

#[test]
fn stops_at_the_limit() {
    let cue = tensor(&[9.0, 0.0], 2);
    for (iterations, outcome) in [(1, Outcome::SinglePass), (3, Outcome::MaxSteps)] {
        let config = AutoencoderConfig {
            iterations,
            tolerance: 0.0,
        };
        let recall = memory(0.5, config).read(cue.clone()).unwrap();
        assert_eq!((recall.outcomes[0], recall.steps[0]), (outcome, iterations));
        let left = 0.5f32.powi(iterations as i32);
        assert_close(
            &host(recall.state),
            &[1.0 + 8.0 * left, -2.0 + 2.0 * left],
            1e-6,
            "state",
        );
    }
}

#[test]
fn a_diverging_row_stops_at_its_last_finite_state_and_harms_no_other() {
    let config = AutoencoderConfig {
        iterations: 50,
        tolerance: 1e-6,
    };
    let memory = memory(2.0, config);
    let cues = [3.0, -2.0, 1.0, -2.0];
    let recall = memory.read(tensor(&cues, 2)).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Diverged, Outcome::Converged]);
    // 1 + 2^(t+1) passes 100 at t = 6, and the next reconstruction overflows.
    assert_eq!(recall.steps, [7, 1]);
    assert_eq!(host(recall.state.clone()), [129.0, -2.0, 1.0, -2.0]);
    for row in 0..2 {
        let alone = memory.read(tensor(&cues[2 * row..][..2], 2)).unwrap();
        assert_eq!(
            host(alone.state),
            host(recall.state.clone())[2 * row..][..2]
        );
        assert_eq!(alone.steps[0], recall.steps[row]);
    }
}

#[test]
fn writing_and_forgetting_change_no_answer() {
    let mut memory = memory(0.5, AutoencoderConfig::default());
    let cue = tensor(&[9.0, 0.0], 2);
    let before = state(&memory, cue.clone());
    memory.write(tensor(&[8.0, 8.0], 2)).unwrap();
    memory.remove(0).unwrap();
    assert_eq!(state(&memory, cue.clone()), before);
    assert_eq!(host(memory.stored_states().unwrap()), [3.0, 3.0, 8.0, 8.0]);
    memory.clear();
    assert_eq!(memory.read(cue).unwrap_err(), Error::EmptyMemory);
}

#[test]
fn misuse_is_an_error() {
    assert!(toml::from_str::<AutoencoderConfig>("steps = 3").is_err());
    let config: AutoencoderConfig = toml::from_str("iterations = 3").unwrap();
    assert_eq!(
        config,
        AutoencoderConfig {
            iterations: 3,
            ..Default::default()
        }
    );
    let message = |config: AutoencoderConfig| {
        let model = Arc::new(Identity::new(4).unwrap());
        config.init(model, &device()).unwrap_err().to_string()
    };
    assert_eq!(
        message(AutoencoderConfig {
            iterations: 0,
            tolerance: 0.0
        }),
        "AutoencoderConfig.iterations: must be at least 1, found 0"
    );
    assert_eq!(
        message(AutoencoderConfig {
            iterations: 1,
            tolerance: f32::NAN
        }),
        "AutoencoderConfig.tolerance: must be finite and at least 0, found NaN"
    );
}
