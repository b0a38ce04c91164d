//! Numbers of the authors' own code, on a small network with two particles.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Complete};

use super::support::from_golden;
use crate::testing::{device, host};

/// Rounding of `f32` over 50 Adam iterations; our largest difference is 7e-6.
const TOLERANCE: f64 = 2e-5;

fn close(what: &str, ours: impl IntoIterator<Item = f64>, expected: &[f32]) {
    let ours: Vec<f64> = ours.into_iter().collect();
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (ours, &expected) in ours.iter().zip(expected) {
        let expected = f64::from(expected);
        let difference = (ours - expected).abs() / expected.abs().max(1.0);
        assert!(difference <= TOLERANCE, "{what}: {ours} for {expected}");
    }
}

#[test]
fn writes_reads_and_forgetting_agree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = Weights::read(&path.join("../../fixtures/golden/bayespcn.safetensors")).unwrap();
    let stage = |memory: &crate::BayesPcn, stage: &str| {
        for (k, layer) in (0..2).flat_map(|k| (0..3).map(move |layer| (k, layer))) {
            let ours = &memory.posterior(k).unwrap()[layer];
            let name = format!("{stage}/net{k}/layer{layer}");
            let mean = file.values(&format!("{name}/R")).unwrap();
            close(&name, ours.mean().to_vec(), mean);
            let covariance = file.values(&format!("{name}/U")).unwrap();
            // Theirs is a multiple of the identity for the top layer, ours its one number.
            let size = ours.covariance().len();
            close(&name, ours.covariance().to_vec(), &covariance[..size]);
        }
        let weights = file.values(&format!("{stage}/log_weights")).unwrap();
        close(stage, memory.log_weights().to_vec(), weights);
    };
    let wide = |state| host::<2>(state).into_iter().map(f64::from);
    let rows = |name: &str| file.tensor::<2>(name, [4, 24], &device()).unwrap();

    let mut memory = from_golden(&file, 1);
    stage(&memory, "init");
    for row in 0..4 {
        memory.write(rows("patterns").narrow(0, row, 1)).unwrap();
        stage(&memory, &format!("write{}", row + 1));
    }
    for repeats in [1, 3] {
        memory.config.repeats = repeats;
        let read = memory.read(rows("cue_noisy")).unwrap();
        let name = format!("read_auto_repeat{repeats}");
        close(&name, wide(read.state), file.values(&name).unwrap());
    }
    memory.config.repeats = 1;
    let read = memory.complete(rows("cue_partial"), rows("known")).unwrap();
    let expected = file.values("read_hetero").unwrap();
    close("read_hetero", wide(read.state), expected);
    memory.forget(0.3).unwrap();
    stage(&memory, "forget0.3");
}
