//! What users get wrong, and the text that they read.

use attractor_core::{AssociativeMemory, Complete, Error, Forget, Merge, Restore};
use attractor_testing::{device, tensor};

use super::*;
use crate::{Design, FiringRate};

fn refusal(config: FiringRateConfig) -> String {
    config.init(&device()).unwrap_err().to_string()
}

#[test]
fn configurations_are_checked() {
    let plain = FiringRateConfig::new(100);
    type Change = fn(&mut FiringRateConfig);
    let cases: [(Change, &str); 12] = [
        (
            |c| c.dim = 1,
            "FiringRateConfig.dim: must be at least 2: a pattern has active and silent units, found 1",
        ),
        (
            |c| c.activation.slope = 0.0,
            "Activation.slope: must be finite and greater than 0, found 0",
        ),
        (
            |c| c.activation.threshold = f64::NAN,
            "Activation.threshold: must lie between -1e6 and 1e6, found NaN",
        ),
        (
            |c| c.currents.low = 2.0,
            "Currents: must have low < high, both between -1e6 and 1e6, found 2 and 0.95",
        ),
        (
            |c| c.activation.threshold = 50.0,
            "Currents: must have rates Phi(high) - Phi(low) of at least 1e-6",
        ),
        (
            |c| c.activation = Activation::new(Shape::RectifiedTanh, 0.95, 4.8),
            "Currents: must not lie on the kink of the rectified tanh, at its threshold, found 0.95",
        ),
        (
            |c| c.dynamics.step = 1.5,
            "Dynamics.step: must be at most 1: longer steps leave the range of rates, found 1.5",
        ),
        (
            |c| c.dynamics.duration = 1e9,
            "Dynamics.duration: must take at most 10000000 steps, found 1000000000",
        ),
        (
            |c| c.dynamics.noise = -1.0,
            "Dynamics.noise: must be finite and at least 0, found -1",
        ),
        (
            |c| c.recognised = 0.0,
            "FiringRateConfig.recognised: must be above 0 and at most 1, found 0",
        ),
        (
            |c| {
                c.design = Design::Known {
                    activity: 1.2,
                    overlap: 0.2,
                }
            },
            "activity q of the patterns: must lie between 0 and 1, found 1.2",
        ),
        (
            |c| {
                c.design = Design::Known {
                    activity: 0.2,
                    overlap: 1.0,
                }
            },
            "overlap r of the patterns: must be at least 0 and below 1, where all patterns are the same, found 1",
        ),
    ];
    for (change, expected) in cases {
        let mut config = plain;
        change(&mut config);
        let message = refusal(config);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn patterns_and_cues_are_checked_and_nothing_is_stored() {
    let mut memory = FiringRateConfig::new(4).init(&device()).unwrap();
    assert_eq!(
        memory.read(tensor(&[0.0; 4], 4)).unwrap_err(),
        Error::EmptyMemory
    );
    assert_eq!(memory.stored_states().unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.report().unwrap_err(), Error::EmptyMemory);
    let mut refuse = |rows: &[f32], dim: usize, expected: &str| {
        let message = memory.write(tensor(rows, dim)).unwrap_err().to_string();
        assert_eq!(message, expected);
        assert!(memory.is_empty());
    };
    refuse(
        &[1.0, 0.0, 0.0],
        3,
        "patterns: expected shape [n, 4], found [1, 3]",
    );
    refuse(
        &[1.0, 0.0, f32::NAN, 0.0],
        4,
        "patterns: expected finite numbers, found NaN at row 0, column 2",
    );
    refuse(
        &[1.0, 0.0, 0.5, 0.0],
        4,
        "patterns: every entry must be 0 or 1, found 0.5 at row 0, column 2",
    );
    refuse(
        &[1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        4,
        "patterns: every row must have active and silent units, found 4 active units of 4 in row 1",
    );
    refuse(
        &[0.0; 4],
        4,
        "patterns: every row must have active and silent units, found 0 active units of 4 in row 0",
    );
    refuse(
        &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
        4,
        "overlap r of the patterns: must be at least 0 and below 1, where all patterns are the same, found 1",
    );
    memory.write(tensor(&[1.0, 0.0, 0.0, 0.0], 4)).unwrap();
    let refused = |cues: &[f32]| memory.read(tensor(cues, 4)).unwrap_err().to_string();
    assert_eq!(
        refused(&[0.0, 0.5, 1.5, 0.0]),
        "cues: every rate must lie between 0 and 1, found 1.5 at row 0, column 2"
    );
    assert_eq!(
        refused(&[0.0, -0.5, 0.5, 0.0]),
        "cues: every rate must lie between 0 and 1, found -0.5 at row 0, column 1"
    );
    let cue = tensor(&[0.0; 4], 4);
    let driven = |input: &[f32]| {
        memory
            .read_driven(cue.clone(), tensor(input, 4))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        driven(&[0.0; 8]),
        "input currents: expected 1 rows, found 2"
    );
    assert_eq!(
        driven(&[2e6, 0.0, 0.0, 0.0]),
        "input currents: must lie between -1e6 and 1e6, found 2000000"
    );
    let half = memory
        .complete(cue.clone(), tensor(&[0.5; 4], 4))
        .unwrap_err();
    assert_eq!(half.to_string(), "known: must hold 0 or 1, found 0.5");
    let index = memory.remove(1).unwrap_err().to_string();
    assert_eq!(index, "pattern: expected an index below 1, found 1");
}

#[test]
fn dependent_patterns_have_no_exact_storage() {
    let mut config = FiringRateConfig::new(6);
    config.design = Design::Exact;
    let mut memory = config.init(&device()).unwrap();
    let rows = sets::fixed_count(1, 6, 0.5, 1).unwrap();
    memory.write(tensor(&rows, 6)).unwrap();
    let message = memory.write(tensor(&rows, 6)).unwrap_err().to_string();
    assert_eq!(
        message,
        "exact storage: expected linearly independent memories, for X^T I to have an inverse, found 2 patterns of 6 units that are not"
    );
    assert_eq!(memory.len(), 1);
    let many = sets::fixed_count(9, 6, 0.5, 3).unwrap();
    assert!(matches!(
        memory.write(tensor(&many, 6)),
        Err(Error::Guarantee { .. })
    ));
}

#[test]
fn what_cannot_be_merged_or_loaded_is_named() {
    let memory = |dim| FiringRateConfig::new(dim).init(&device()).unwrap();
    let message = memory(4).merge(memory(5)).unwrap_err().to_string();
    assert!(
        message.starts_with("FiringRate::merge expects FiringRateConfig { dim: 4"),
        "{message}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.safetensors");
    let mut file = attractor_core::weights::Weights::new();
    file.insert("other", &[1], vec![1.0]);
    file.write(&path).unwrap();
    let message = FiringRate::load(&path, &device()).unwrap_err().to_string();
    assert!(
        message.ends_with("expected the kind `firing_rate`, found none"),
        "{message}"
    );
    file.set_metadata("firing_rate", r#"{"dim": 4, "dimension": 3}"#);
    file.write(&path).unwrap();
    let message = FiringRate::load(&path, &device()).unwrap_err().to_string();
    assert!(message.contains("unknown field `dimension`"), "{message}");
    file.set_metadata("firing_rate", r#"{"dim": 4}"#);
    file.insert("patterns", &[1, 4], vec![1.0, 0.0, 2.0, 0.0]);
    file.write(&path).unwrap();
    let message = FiringRate::load(&path, &device()).unwrap_err().to_string();
    assert!(
        message.ends_with("patterns: every entry must be 0 or 1, found 2 at row 0, column 2"),
        "{message}"
    );
}

#[test]
fn sets_that_do_not_exist_are_refused() {
    let message = |set: attractor_core::Result<Vec<f32>>| set.unwrap_err().to_string();
    assert_eq!(
        message(sets::bernoulli(2, 10, 1.0, 0)),
        "activity: must be above 0 and below 1, found 1"
    );
    assert_eq!(
        message(sets::fixed_count(2, 10, 0.25, 0)),
        "activity x dim: must be a whole number of units that leaves active and silent ones, found 2.5"
    );
    assert!(message(sets::ideal(10, 0.2)).starts_with("activity^2 x dim: must be a whole number"));
    assert_eq!(
        message(sets::correlated(9, 100, (0.2, 0.4), 0)),
        "correlated patterns: must leave each correlated pattern units of its own, found 116 units needed of 100 for 9 patterns"
    );
    assert_eq!(
        message(sets::silenced(&[1.0], 1, 1.5, 0)),
        "keep: must lie between 0 and 1, found 1.5"
    );
}

/// Sets are what their names promise.
#[test]
fn sets_have_their_counts() {
    let count = |rows: &[f32]| rows.iter().filter(|x| **x == 1.0).count();
    let patterns = ideal(1000);
    assert_eq!(patterns.len(), 6);
    for set in [
        patterns,
        correlated(1000, 1),
        bits(&sets::fixed_count(9, 1000, 0.2, 5).unwrap(), 1000),
    ] {
        assert!((0..set.len()).all(|k| set.count(k) == 200));
    }
    let pairs = |set: &Patterns, expected| {
        (0..set.len()).all(|a| (0..a).all(|b| set.overlap(a, b) == expected))
    };
    assert!(pairs(&ideal(1000), 40) && pairs(&correlated(1000, 3), 80));
    let rows = sets::bernoulli(50, 1000, 0.2, 5).unwrap();
    assert!((count(&rows) as f64 / 50_000.0 - 0.2).abs() < 0.006);
    let cues = sets::silenced(&rows, 1000, 0.6, 1).unwrap();
    assert!((count(&cues) as f64 / count(&rows) as f64 - 0.6).abs() < 0.02);
    assert!(cues.iter().zip(&rows).all(|(cue, row)| cue <= row));
    let turned = sets::flipped(&rows, 1000, 0.1, 1).unwrap();
    for (a, b) in turned.chunks_exact(1000).zip(rows.chunks_exact(1000)) {
        assert_eq!(a.iter().zip(b).filter(|(a, b)| a != b).count(), 100);
    }
}
