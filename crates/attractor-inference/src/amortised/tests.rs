use attractor_core::{Inference, Outcome};

use super::Amortised;
use crate::testing::*;

#[test]
fn answers_with_the_start() {
    let parts = Parts::linear(3);
    let problem = parts.problem();
    let recall = Amortised.infer(&problem).unwrap();
    assert_eq!(host(recall.state.clone()), host(problem.start.clone()));
    assert_eq!(recall.outcomes, [Outcome::SinglePass; ROWS]);
    assert_eq!(recall.energy_first, recall.energy_last);
}
