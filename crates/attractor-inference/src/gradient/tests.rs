use attractor_core::burn::tensor::Tensor;
use attractor_core::observation::{Gaussian, Masked};
use attractor_core::{
    Energy, Inference, MemoryPrior, ObservationModel, Outcome, Problem, Result, Stopping,
};
use proptest::prelude::*;

use super::{GradientConfig, Rule, Scaling};
use crate::testing::*;

fn rules() -> [Rule; 3] {
    [
        Rule::adam(0.05),
        Rule::Descent {
            rate: 0.05,
            momentum: 0.5,
        },
        Rule::LineSearch { rate: 0.5 },
    ]
}

#[test]
fn all_rules_find_the_same_minimum() {
    let parts = Parts::linear(7);
    let mut found: Vec<Vec<f32>> = Vec::new();
    for rule in rules() {
        let stopping = Stopping {
            max_steps: 3000,
            tolerance: 1e-7,
            check_every: 10,
        };
        let config = GradientConfig {
            rule,
            stopping,
            ..GradientConfig::default()
        };
        let recall = config.init().unwrap().infer(&parts.problem()).unwrap();
        found.push(recall.energy_last);
    }
    for other in &found[1..] {
        for (a, b) in found[0].iter().zip(other) {
            assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "{found:?}");
        }
    }
}

#[test]
fn line_search_descends_at_every_step() {
    let parts = Parts::nonlinear(3);
    let config = GradientConfig {
        rule: Rule::LineSearch { rate: 10.0 },
        keep_best: false,
        stopping: Stopping::after(30),
        ..GradientConfig::default()
    };
    let recall = config.init().unwrap().infer(&parts.problem()).unwrap();
    for pair in recall.trace.term("total").unwrap().values.windows(2) {
        for (after, before) in pair[1].iter().zip(&pair[0]) {
            assert!(*after <= before + 1e-5 * before.abs().max(1.0));
        }
    }
}

#[test]
fn a_rate_far_too_large_diverges_with_a_word() {
    let parts = Parts::linear(2);
    let config = GradientConfig {
        rule: Rule::Descent {
            rate: 1e6,
            momentum: 0.0,
        },
        keep_best: false,
        stopping: Stopping {
            max_steps: 200,
            tolerance: 1e-6,
            check_every: 1,
        },
        ..GradientConfig::default()
    };
    let recall = config.init().unwrap().infer(&parts.problem()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Diverged; ROWS]);
    assert!(host(recall.state).iter().all(|value| value.is_finite()));
}

#[test]
fn bad_configurations_are_errors() {
    let config = GradientConfig {
        rule: Rule::adam(0.0),
        ..GradientConfig::default()
    };
    assert_eq!(
        config.init().unwrap_err().to_string(),
        "Rule::Adam.rate: must be finite and greater than 0, found 0"
    );
    let rule = Rule::Descent {
        rate: 1.0,
        momentum: 1.0,
    };
    let config = GradientConfig {
        rule,
        ..GradientConfig::default()
    };
    assert_eq!(
        config.init().unwrap_err().to_string(),
        "Rule::Descent.momentum: must be at least 0 and below 1, found 1"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The end is never above the start.
    #[test]
    fn energy_does_not_end_higher(seed in 0u64..500, which in 0usize..3) {
        let parts = Parts::nonlinear(seed);
        let config = GradientConfig {
            rule: rules()[which],
            stopping: Stopping::after(25),
            ..GradientConfig::default()
        };
        let recall = config.init().unwrap().infer(&parts.problem()).unwrap();
        for (last, first) in recall.energy_last.iter().zip(&recall.energy_first) {
            prop_assert!(*last <= first + 1e-5 * first.abs().max(1.0));
        }
    }

    /// Per-cue sums: a cue alone equals the same cue in a batch. Batch means: it does not matter
    /// to the objective's minimum, which is why per cue is the default.
    #[test]
    fn rows_are_independent(seed in 0u64..500, row in 0..ROWS) {
        let parts = Parts::nonlinear(seed);
        let config = GradientConfig { scaling: Scaling::PerCue, ..GradientConfig::default() };
        let inference = config.init().unwrap();
        let all = inference.infer(&parts.problem()).unwrap();
        let one = inference.infer(&parts.problem_of(parts.cues.clone().narrow(0, row, 1))).unwrap();
        for (a, b) in host(one.state).iter().zip(&host(all.state)[row * CODE..]) {
            prop_assert!((a - b).abs() < 1e-3, "{} {}", a, b);
        }
    }
}

/// A prior that is flat, and says so, further than 1 from the origin.
#[derive(Debug)]
struct Island;

impl Energy for Island {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(states.square().sum_dim(1).squeeze_dim(1).clamp_max(1.0))
    }
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        let energy: Tensor<2> = self.energy(states.clone())?.unsqueeze_dim(1);
        let outside = energy.greater_equal_scalar(1.0).expand(states.shape());
        Ok(states.mul_scalar(2.0).mask_fill(outside, 0.0))
    }
}

impl MemoryPrior for Island {
    fn name(&self) -> &'static str {
        "island"
    }
    fn store(&mut self, _: Tensor<2>) -> Result<()> {
        Ok(())
    }
    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(states.clone() - self.gradient(states)?.mul_scalar(0.5))
    }
    fn energy_ceiling(&self) -> Option<f32> {
        Some(1.0)
    }
    fn len(&self) -> usize {
        1
    }
    fn dim(&self) -> usize {
        3
    }
    fn clear(&mut self) {}
}

/// A problem on data themselves: rows of three numbers, one inside the island, one outside.
fn on_data(inference: &dyn Inference, known: Option<&[f32]>) -> Result<attractor_core::Recall> {
    let model = attractor_core::model::Identity::new(3).unwrap();
    let cues = Tensor::<2>::from_data([[0.5f32, 0.5, 0.0], [2.0, 0.0, 1.0]], &device());
    let plain = Gaussian::new(1.0).unwrap();
    let masked;
    let observation: &dyn ObservationModel = match known {
        None => &plain,
        Some(known) => {
            let known = Tensor::<1>::from_data(known, &device()).reshape([2, 3]);
            masked = Masked::new(plain.boxed(), known, [2, 3]).unwrap();
            &masked
        }
    };
    inference.infer(&Problem {
        model: &model,
        observation,
        prior: &Island,
        start: cues.clone(),
        cues,
    })
}

#[test]
fn rows_that_stand_still_at_the_ceiling_have_not_converged() {
    let descent = GradientConfig {
        rule: Rule::Descent {
            rate: 0.1,
            momentum: 0.0,
        },
        scaling: Scaling::PriorOnly,
        keep_best: false,
        stopping: Stopping {
            max_steps: 200,
            tolerance: 1e-6,
            check_every: 1,
        },
        ..GradientConfig::default()
    }
    .init()
    .unwrap();
    let fixed_point = crate::FixedPointConfig::default().init().unwrap();
    for inference in [&descent as &dyn Inference, &fixed_point] {
        let recall = on_data(inference, None).unwrap();
        assert_eq!(recall.outcomes, [Outcome::Converged, Outcome::Clipped]);
        let state = host(recall.state);
        assert!(
            state[..3].iter().all(|value| value.abs() < 1e-4),
            "{state:?}"
        );
        assert_eq!(state[3..], [2.0, 0.0, 1.0]);
    }
}

#[test]
fn known_entries_are_held_while_the_others_descend() {
    let config = GradientConfig {
        rule: Rule::Descent {
            rate: 0.1,
            momentum: 0.0,
        },
        scaling: Scaling::PriorOnly,
        keep_best: false,
        hold_known: true,
        stopping: Stopping::after(200),
    };
    let inference = config.init().unwrap();
    let recall = on_data(&inference, Some(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0])).unwrap();
    let state = host(recall.state);
    assert_eq!(state[0], 0.5);
    assert!(state[1].abs() < 1e-6, "{state:?}");
    let message = on_data(&inference, None).unwrap_err().to_string();
    assert!(message.contains("a mask of known entries"), "{message}");
    let parts = Parts::linear(1);
    let message = inference.infer(&parts.problem()).unwrap_err().to_string();
    assert!(message.contains("codes that are the data"), "{message}");
}
