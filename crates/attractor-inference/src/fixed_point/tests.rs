use attractor_core::{Inference, Outcome, Stopping};
use proptest::prelude::*;

use super::FixedPointConfig;
use crate::testing::*;

#[test]
fn converges_and_says_so() {
    let parts = Parts::linear(1);
    let stopping = Stopping {
        max_steps: 2000,
        tolerance: 1e-6,
        check_every: 1,
    };
    let recall = FixedPointConfig { stopping }
        .init()
        .unwrap()
        .infer(&parts.problem())
        .unwrap();
    assert_eq!(recall.outcomes, [Outcome::Converged; ROWS]);
    assert!(
        recall.steps.iter().all(|&steps| steps > 1 && steps < 2000),
        "{:?}",
        recall.steps
    );
    let few = FixedPointConfig {
        stopping: Stopping::after(2),
    };
    let recall = few.init().unwrap().infer(&parts.problem()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::MaxSteps; ROWS]);
    assert_eq!(recall.steps, [2; ROWS]);
    assert_eq!(recall.trace.term("prior").unwrap().values.len(), 3);
}

#[test]
fn bad_configuration_is_an_error() {
    let stopping = Stopping {
        max_steps: 0,
        ..Stopping::default()
    };
    let error = FixedPointConfig { stopping }.init().unwrap_err();
    assert_eq!(
        error.to_string(),
        "Stopping.max_steps: must be at least 1, found 0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn energy_never_rises(seed in 0u64..500) {
        let parts = Parts::linear(seed);
        let recall = FixedPointConfig::default().init().unwrap().infer(&parts.problem()).unwrap();
        let values = &recall.trace.term("prior").unwrap().values;
        for pair in values.windows(2) {
            for (after, before) in pair[1].iter().zip(&pair[0]) {
                prop_assert!(*after <= before + 1e-4);
            }
        }
    }

    /// A cue read alone equals the same cue in a batch, also when rows converge at different steps.
    #[test]
    fn rows_are_independent(seed in 0u64..500, row in 0..ROWS) {
        let parts = Parts::linear(seed);
        let inference = FixedPointConfig {
            stopping: Stopping { max_steps: 60, tolerance: 1e-3, check_every: 2 },
        }.init().unwrap();
        let all = inference.infer(&parts.problem()).unwrap();
        let one = inference.infer(&parts.problem_of(parts.cues.clone().narrow(0, row, 1))).unwrap();
        prop_assert_eq!(one.steps[0], all.steps[row]);
        for (a, b) in host(one.state).iter().zip(&host(all.state)[row * CODE..]) {
            prop_assert!((a - b).abs() < 1e-5, "{} {}", a, b);
        }
    }
}
