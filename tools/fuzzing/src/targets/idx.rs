//! IDX images and labels, plain and gzip.

use attractor::datasets::idx::{self, EMNIST_DIGITS, MNIST};

use super::{bit, each, head};
use crate::{repair, scratch};

/// Flags (1: images packed, 2: labels packed, 4: transposed), where the labels begin (two bytes), images, labels.
pub(super) fn run(data: &[u8]) {
    let ([flags, low, high], rest) = head::<3>(data);
    let at = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
    let (images, labels) = rest.split_at(at);
    let packed = |bytes: &[u8], packed: bool| match packed {
        true => repair::gzip(bytes),
        false => bytes.to_vec(),
    };
    let family = if bit(flags, 2) {
        &EMNIST_DIGITS
    } else {
        &MNIST
    };
    scratch::file("images", &packed(images, bit(flags, 0)), |images| {
        if let Ok((shape, pixels)) = idx::read_images(images) {
            assert!(shape.dim() > 0 && pixels.len().is_multiple_of(shape.dim()));
        }
        scratch::file("labels", &packed(labels, bit(flags, 1)), |labels| {
            // Errors are sentences, however odd the file.
            let _ = idx::read_labels(labels).map_err(|error| error.to_string());
            if let Ok(set) = family.read(images, labels) {
                assert!(
                    set.labels
                        .iter()
                        .all(|&label| (label as usize) < set.classes.len())
                );
                if let Ok(rows) = set.rows(&(0..set.len().min(3)).collect::<Vec<_>>()) {
                    assert_eq!(rows.len(), set.len().min(3) * set.dim());
                }
            }
        });
    });
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let words = |words: &[u32]| {
        words
            .iter()
            .flat_map(|word| word.to_be_bytes())
            .collect::<Vec<u8>>()
    };
    let images = [words(&[idx::IMAGES_MAGIC, 2, 3, 2]), (0..12).collect()].concat();
    let labels = [words(&[idx::LABELS_MAGIC, 2]), vec![7, 3]].concat();
    let at = (images.len() as u16).to_le_bytes();
    let both = [&at[..], &images, &labels].concat();
    let packed = repair::gzip(&images);
    let at = (packed.len() as u16).to_le_bytes();
    let gz = [&[0][..], &at, &packed, &repair::gzip(&labels)].concat();
    let mut seeds = each(&[&[0], &[1], &[3], &[4]], &[both]);
    seeds.push(gz);
    seeds
}
