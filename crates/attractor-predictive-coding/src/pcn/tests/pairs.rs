//! Keys and values.

use attractor_core::{AssociativeMemory, Error, HeteroAssociative};
use burn::tensor::Tensor;

use super::support::*;
use crate::pcn::PcnConfig;
use crate::testing::device;

const IMAGE: usize = 96;
const CODE: usize = 64;

#[test]
fn either_side_recalls_the_other() {
    let config = PcnConfig {
        keys: IMAGE,
        ..rectified(IMAGE + CODE, 64)
    };
    let mut memory = config.init(&device()).unwrap();
    let (images, codes) = (uniform(1, 6, IMAGE), uniform(2, 6, CODE));
    memory.write_pairs(images.clone(), codes.clone()).unwrap();
    assert_eq!(memory.len(), 6);
    let both = Tensor::cat(vec![images.clone(), codes.clone()], 1);
    let clean = mean(&errors(&memory.read(both.clone()).unwrap().state, &both));
    let values = memory.recall_values(images.clone()).unwrap();
    assert_eq!(values.state.dims(), [6, CODE]);
    let error = mean(&errors(&values.state, &codes));
    assert!(error < 1e-3, "{error}");
    let keys = memory.recall_keys(codes).unwrap();
    let error = mean(&errors(&keys.state, &images));
    assert!(error < 5.0 * clean.max(1e-5), "{error} {clean}");
}

#[test]
fn pairs_that_do_not_fit_are_errors() {
    let config = PcnConfig {
        keys: 3,
        ..rectified(5, 8)
    };
    let mut memory = config.init(&device()).unwrap();
    let before = bytes(&memory);
    let write = memory.write_pairs(uniform(1, 2, 4), uniform(2, 2, 2));
    assert!(matches!(
        write,
        Err(Error::Width {
            what: "keys",
            expected: 3,
            ..
        })
    ));
    let write = memory.write_pairs(uniform(1, 2, 3), uniform(2, 2, 3));
    assert!(matches!(
        write,
        Err(Error::Width {
            what: "values",
            expected: 2,
            ..
        })
    ));
    let write = memory.write_pairs(uniform(1, 2, 3), uniform(2, 3, 2));
    assert!(matches!(
        write,
        Err(Error::Rows {
            expected: 2,
            found: 3,
            ..
        })
    ));
    let write = memory.write_pairs(rows(&[0.0, f64::NAN, 0.0], 3), uniform(2, 1, 2));
    assert!(matches!(
        write,
        Err(Error::NonFinite {
            what: "keys",
            column: 1,
            ..
        })
    ));
    assert_eq!(
        memory.recall_values(uniform(1, 1, 3)).unwrap_err(),
        Error::EmptyMemory
    );
    assert_eq!(
        memory.recall_keys(uniform(1, 1, 2)).unwrap_err(),
        Error::EmptyMemory
    );
    assert_eq!(bytes(&memory), before);
    let mut plain = rectified(5, 8).init(&device()).unwrap();
    let message = plain.write_pairs(uniform(1, 2, 3), uniform(2, 2, 2));
    assert!(message.unwrap_err().to_string().contains("without `keys`"));
}
