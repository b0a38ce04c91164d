//! Through the interface of all memories.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Merge, Outcome, Persist, Recognise, Restore,
};
use attractor_testing::{device, host, normal, tensor};

use super::example;
use super::{EntropicConfig, EntropicMemory, Range, Register};
use crate::UNDEFINED;

/// Through the interface of all memories: a stored pattern is recognised and comes back within half a level,
/// alone as in a batch; a foreign one is rejected.
#[test]
fn the_memory_reads_what_it_wrote() {
    let config = EntropicConfig {
        rows: 64,
        sigma: 1e-3,
        range: Range::Fixed {
            low: -5.0,
            high: 5.0,
        },
        ..EntropicConfig::new(6)
    };
    let mut memory = config.init(&device()).unwrap();
    assert_eq!(
        memory.read(normal(1, 2, 6)).unwrap_err(),
        Error::EmptyMemory
    );
    let patterns = normal(1, 3, 6);
    memory.write(patterns.clone()).unwrap();
    assert_eq!((memory.len(), memory.dim()), (3, 6));
    let recall = memory.read(patterns.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass; 3]);
    let all = host(recall.state);
    for (found, expected) in all.iter().zip(host(patterns.clone())) {
        assert!((found - expected).abs() <= 5.0 / 63.0 + 1e-6);
    }
    let alone = memory.read(patterns.clone().narrow(0, 2, 1)).unwrap();
    assert_eq!(host(alone.state), all[12..]);
    let scores = memory.familiarity(patterns.clone()).unwrap();
    assert!(host(scores).iter().all(|&score| score >= 1.0));
    let foreign = tensor(&[4.0; 6], 6);
    let recall = memory.read(foreign.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Rejected]);
    assert_eq!(host(recall.state), [0.0; 6]);
    assert_eq!(host(memory.familiarity(foreign.clone()).unwrap()), [-6.0]);
    // Of the foreign cue nothing is known: any stored column value may come.
    let unknown = tensor(&[0.0; 6], 6);
    let recall = memory.complete(foreign, unknown).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass]);
    let before = memory.clone();
    memory.write(tensor(&[1.0; 6], 6)).unwrap();
    memory.unregister(tensor(&[1.0; 6], 6)).unwrap();
    assert_eq!(memory.register(), before.register());
    let message = memory.remove(0).unwrap_err().to_string();
    assert!(
        message.contains("patterns that are kept one by one"),
        "{message}"
    );
    memory.clear();
    assert!(memory.is_empty() && memory.register().sums() == [0; 6]);
}

/// The range of the first write: percentiles, outliers at the ends, columns that do not vary.
#[test]
fn the_first_write_gives_the_range() {
    let mut memory = EntropicConfig::new(2).init(&device()).unwrap();
    let constant = tensor(&[1.0, 2.0, 1.0, 2.0], 2);
    let message = memory.write(constant).unwrap_err().to_string();
    assert_eq!(
        message,
        "patterns: the first write must vary in some column, or `range` be fixed, found 2 equal rows"
    );
    assert!(memory.is_empty() && memory.quantiser().is_none());
    memory.write(tensor(&[0.0, 2.0, 1.0, 2.0], 2)).unwrap();
    let quantiser = memory.quantiser().unwrap();
    assert_eq!(quantiser.constant(), [1]);
    assert!((quantiser.minima()[0] - 0.005).abs() < 1e-12);
    let message = memory.write(tensor(&[0.5, f32::NAN], 2)).unwrap_err();
    assert!(
        message
            .to_string()
            .starts_with("patterns: expected finite numbers")
    );
    assert_eq!(memory.len(), 2);
    // Two memories with ranges of their own do not merge.
    let mut other = EntropicConfig::new(2).init(&device()).unwrap();
    other.write(tensor(&[0.0, 2.0, 3.0, 2.0], 2)).unwrap();
    let message = memory.clone().merge(other).unwrap_err().to_string();
    assert!(
        message.contains("levels between the same numbers"),
        "{message}"
    );
    let merged = memory.clone().merge(memory.clone()).unwrap();
    assert_eq!(merged.len(), 4);
}

#[test]
fn files_give_back_what_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    let mut memory = EntropicConfig::new(5).init(&device()).unwrap();
    memory.save(&path).unwrap();
    assert!(EntropicMemory::load(&path, &device()).unwrap().is_empty());
    memory.write(normal(3, 9, 5)).unwrap();
    memory.save(&path).unwrap();
    let loaded = EntropicMemory::load(&path, &device()).unwrap();
    assert_eq!(loaded.register(), memory.register());
    let cues = normal(3, 4, 5);
    assert_eq!(
        host(loaded.read(cues.clone()).unwrap().state),
        host(memory.read(cues).unwrap().state)
    );
    let message = Register::load(&path, &device()).unwrap_err().to_string();
    assert!(
        message.contains("expected the kind `entropic-register`, found `eam`"),
        "{message}"
    );
    let mut register = example();
    register.register(&[UNDEFINED; 4]).unwrap();
    register.save(&path).unwrap();
    assert_eq!(Register::load(&path, &device()).unwrap(), register);
}
