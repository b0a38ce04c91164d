//! Numbers of the authors' own code, on a small network with two particles.

use std::path::Path;

use attractor_core::weights::Weights;

use crate::bayespcn::golden::compare;
use crate::testing::device;

/// Rounding of `f32` over 50 Adam iterations; our largest difference is 7e-6.
const TOLERANCE: f64 = 2e-5;

#[test]
fn writes_reads_and_forgetting_agree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = Weights::read(&path.join("../../fixtures/golden/bayespcn.safetensors")).unwrap();
    let all = compare(&file, &device()).unwrap();
    // Three for each of six stages, and three recalls.
    assert_eq!(all.len(), 21);
    for comparison in all {
        let name = comparison.name;
        assert_eq!(comparison.ours.len(), comparison.expected.len(), "{name}");
        for (&ours, &expected) in comparison.ours.iter().zip(&comparison.expected) {
            let (ours, expected) = (f64::from(ours), f64::from(expected));
            let difference = (ours - expected).abs() / expected.abs().max(1.0);
            assert!(difference <= TOLERANCE, "{name}: {ours} for {expected}");
        }
    }
}
