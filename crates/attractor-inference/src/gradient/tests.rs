use attractor_core::{Inference, Outcome, Stopping};
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
