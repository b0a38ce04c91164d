//! Which pattern a mixture settles on.

use attractor_core::{AssociativeMemory, Complete, Error, Forget};

use super::{MixtureWeights, StoredMixtureConfig};
use crate::testing::{device, host, tensor};

#[test]
fn stored_mixtures_find_the_pattern_that_their_weights_prefer() {
    let long = [3.0, 0.0];
    let short = [0.0, 1.0];
    let memory = |weights| {
        let config = StoredMixtureConfig {
            sigma: 0.1,
            weights,
            ..StoredMixtureConfig::new(2)
        };
        let mut memory = config.init(&device()).unwrap();
        assert_eq!(
            memory.read(tensor(&short, 2)).unwrap_err(),
            Error::EmptyMemory
        );
        memory.write(tensor(&[long, short].concat(), 2)).unwrap();
        memory
    };
    // Nearer to the short one, but with the larger product with the long one.
    let cue = tensor(&[0.5, 0.9], 2);
    for (weights, expected) in [
        (MixtureWeights::Euclidean, short),
        (MixtureWeights::Dot, long),
        (MixtureWeights::Published, short),
    ] {
        let recall = memory(weights).read(cue.clone()).unwrap();
        let found = host(recall.state);
        assert!(
            (found[0] - expected[0]).abs() < 1e-6,
            "{weights:?} {found:?}"
        );
        assert!(recall.energy_last[0] <= recall.energy_first[0]);
    }
    let mut euclidean = memory(MixtureWeights::Euclidean);
    let known = tensor(&[1.0, 0.0], 2);
    let state = euclidean
        .complete(tensor(&[2.9, 0.9], 2), known)
        .unwrap()
        .state;
    let state = host(state);
    assert_eq!(state[0], 2.9);
    assert!(state[1].abs() < 1e-6);
    euclidean.remove(0).unwrap();
    assert!(euclidean.remove(1).is_err());
    assert_eq!(host(euclidean.stored_states().unwrap()), short);
}

/// A mask that is none is refused, whatever is wrong with it.
#[test]
fn masks_hold_0_or_1_in_the_shape_of_the_cues() {
    let mut memory = StoredMixtureConfig::new(2).init(&device()).unwrap();
    memory.write(tensor(&[1.0, 0.0], 2)).unwrap();
    let message = |known: &[f32], width| {
        let answer = memory.complete(tensor(&[1.0, 0.0], 2), tensor(known, width));
        answer.unwrap_err().to_string()
    };
    assert_eq!(
        message(&[0.5, 1.0], 2),
        "known: must hold 0 or 1, found 0.5"
    );
    assert!(message(&[f32::NAN, 1.0], 2).contains("must hold 0 or 1"));
    assert!(matches!(
        memory.complete(tensor(&[1.0, 0.0], 2), tensor(&[1.0, 1.0, 0.0, 0.0], 2)),
        Err(Error::Rows { .. })
    ));
    assert!(matches!(
        memory.complete(tensor(&[1.0, 0.0], 2), tensor(&[1.0, 1.0, 0.0], 3)),
        Err(Error::Width { .. })
    ));
}
