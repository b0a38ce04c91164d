use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::{AssociativeMemory, Error};

use super::EncodedMemory;
use crate::testing::*;

#[test]
fn equals_the_inner_memory_behind_the_identity() {
    let patterns = normal(1, 7, 5);
    let mut inner = plain(5);
    inner.write(patterns.clone()).unwrap();
    let model = Arc::new(Identity::new(5).unwrap());
    let mut outer = EncodedMemory::new(model, Box::new(plain(5))).unwrap();
    assert_eq!(outer.read(normal(2, 3, 5)).unwrap_err(), Error::EmptyMemory);
    outer.write(patterns).unwrap();
    let cues = normal(2, 3, 5);
    assert_eq!(
        host(outer.read(cues.clone()).unwrap().data()),
        host(inner.read(cues).unwrap().state)
    );
    assert_eq!(outer.len(), 7);
}

#[test]
fn widths_must_fit() {
    let model = Arc::new(Identity::new(4).unwrap());
    let error = EncodedMemory::new(model, Box::new(plain(5))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the generative model expects codes of 4 entries, but the memory has 5"
    );
}
