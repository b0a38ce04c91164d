//! CIFAR-10's binary records.

use attractor::datasets::cifar10::{self, RECORD_BYTES};

use super::{each, head};
use crate::scratch;

/// How many records are expected (0: any number), then the file.
pub(super) fn run(data: &[u8]) {
    let ([records], rest) = head::<1>(data);
    let expected = (records > 0).then(|| usize::from(records));
    let (mut pixels, mut labels) = (vec![9], vec![9]);
    let read = scratch::file("batch.bin", rest, |path| {
        cifar10::read_file(path, expected, &mut pixels, &mut labels)
    });
    let count = labels.len() - 1;
    match read {
        Ok(()) => {
            assert_eq!(rest.len(), count * RECORD_BYTES);
            assert!(expected.is_none_or(|expected| expected == count));
            assert!(labels[1..].iter().all(|&label| label < 10));
        }
        Err(error) => {
            assert_eq!(count, 0, "{error}");
        }
    }
    assert_eq!(pixels.len(), 1 + count * (RECORD_BYTES - 1));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let record = |label: u8| [vec![label], vec![5; RECORD_BYTES - 1]].concat();
    let two = [record(3), record(9)].concat();
    each(
        &[&[0], &[1], &[2]],
        &[record(0), record(10), two, Vec::new()],
    )
}
