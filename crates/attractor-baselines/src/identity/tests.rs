use attractor_core::{AssociativeMemory, Error, Forget};

use super::EncoderOnlyConfig;
use crate::testing::*;

#[test]
fn contract() {
    check_contract(|| EncoderOnlyConfig::new(4).init(&device()).unwrap());
}

#[test]
fn answers_with_the_cue_and_keeps_the_patterns() {
    let mut memory = EncoderOnlyConfig::new(3).init(&device()).unwrap();
    let patterns = normal_vec(1, "patterns", 6);
    memory.write(tensor(&patterns, 3)).unwrap();
    let cues = normal_vec(1, "cues", 12);
    assert_eq!(state(&memory, tensor(&cues, 3)), cues);
    check_single_pass(&memory, tensor(&cues, 3));
    memory.remove(0).unwrap();
    assert_eq!(host(memory.stored_states().unwrap()), patterns[3..]);
    assert_eq!(
        memory.remove(1).unwrap_err(),
        Error::Index {
            what: "pattern",
            len: 1,
            index: 1
        }
    );
    memory.clear();
    assert_eq!(
        memory.read(tensor(&cues, 3)).unwrap_err(),
        Error::EmptyMemory
    );
}

#[test]
fn misuse_is_an_error() {
    assert!(toml::from_str::<EncoderOnlyConfig>("dim = 3\ndepth = 1").is_err());
    assert_eq!(
        EncoderOnlyConfig::new(0)
            .init(&device())
            .unwrap_err()
            .to_string(),
        "EncoderOnlyConfig.dim: must be at least 1, found 0"
    );
}
