//! Windows of wider images, and cues that look beside them.

use attractor_datasets::{Corruption, ImageSet, ImageShape};
use proptest::prelude::*;

/// Pixel value `10 image + column`, in two rows.
fn wide(images: usize, width: usize) -> ImageSet {
    let pixels = (0..images * 2 * width)
        .map(|at| (at / (2 * width) * 10 + at % width) as u8)
        .collect();
    let shape = ImageShape::new(1, 2, width);
    ImageSet::new("wide", shape, pixels, vec![0; images], vec!["a".into()]).unwrap()
}

fn bytes(rows: &[f32]) -> Vec<u8> {
    rows.iter()
        .map(|value| (value * 255.0).round() as u8)
        .collect()
}

proptest! {
    #[test]
    fn a_shift_is_another_crop(
        width in 2usize..12, start in 0usize..4, len in 1usize..8, shift in 0usize..6,
    ) {
        prop_assume!(start + len <= width);
        let set = wide(3, width);
        let narrow = set.crop_columns(start..start + len).unwrap();
        prop_assert_eq!(narrow.columns_beside(), (start, width - start - len));
        let cues = Corruption::Shift { columns: shift }.of_images(&narrow, &[2, 0], 1, 0);
        if start + len + shift <= width {
            let other = set.crop_columns(start + shift..start + len + shift).unwrap();
            let cues = cues.unwrap();
            prop_assert_eq!(&cues.cues, &other.rows(&[2, 0]).unwrap());
            prop_assert!(cues.known.iter().all(|&known| known == 1.0));
        } else {
            prop_assert!(cues.is_err());
        }
        prop_assert_eq!(
            narrow.shifted_rows(&[1], -(start as isize)).unwrap(),
            set.crop_columns(0..len).unwrap().rows(&[1]).unwrap()
        );
    }
}

#[test]
fn the_papers_shift() {
    let set = wide(2, 76);
    let stored = set.crop_columns(0..64).unwrap();
    assert_eq!(stored.shape, ImageShape::new(1, 2, 64));
    let corruption = Corruption::from_task("shift", Some(12.0)).unwrap();
    assert_eq!(corruption.to_string(), "shift 12");
    let cues = bytes(&corruption.of_images(&stored, &[0], 0, 0).unwrap().cues);
    assert_eq!(cues[..64], (12..76).collect::<Vec<u8>>());
    assert_eq!(
        bytes(&stored.rows(&[0]).unwrap())[..64],
        (0..64).collect::<Vec<u8>>()
    );
}

#[test]
fn other_corruptions_act_on_the_window() {
    let stored = wide(2, 10).crop_columns(2..8).unwrap();
    let noise = Corruption::Noise { std: 0.2 };
    let direct = noise
        .apply(&stored.rows(&[1]).unwrap(), stored.shape, 3, 5)
        .unwrap();
    assert_eq!(noise.of_images(&stored, &[1], 3, 5).unwrap(), direct);
}

#[test]
fn windows_survive_selection_and_crop_again() {
    let set = wide(4, 10).crop_columns(1..9).unwrap();
    let chosen = set.select(&[3, 1]).unwrap();
    assert_eq!(
        chosen.shifted_rows(&[0], 1).unwrap(),
        set.shifted_rows(&[3], 1).unwrap()
    );
    let again = set.crop_columns(2..4).unwrap();
    assert_eq!(again.columns_beside(), (3, 5));
    assert_eq!(bytes(&again.shifted_rows(&[0], -3).unwrap()), [0, 1, 0, 1]);
    assert_eq!(set.subset(0..4).unwrap(), set);
}

#[test]
fn the_fingerprint_covers_what_is_beside() {
    let (a, b) = (wide(1, 6), wide(1, 7));
    let (a, b) = (a.crop_columns(0..5).unwrap(), b.crop_columns(0..5).unwrap());
    assert_eq!(a.pixels(), b.pixels());
    assert_ne!(a.fingerprint, b.fingerprint);
}

#[test]
fn impossible_windows_and_shifts() {
    let set = wide(1, 6);
    for range in [0..0, 4..4, 0..7, 6..7] {
        assert!(set.crop_columns(range).is_err());
    }
    let narrow = set.crop_columns(0..4).unwrap();
    let shift = Corruption::Shift { columns: 3 };
    let message = shift
        .of_images(&narrow, &[0], 0, 0)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("found 3, with 2 to the right of images of 1x2x4"),
        "{message}"
    );
    let message = shift.of_images(&set, &[0], 0, 0).unwrap_err().to_string();
    assert!(message.contains("with 0 to the right"), "{message}");
    let rows = narrow.rows(&[0]).unwrap();
    let message = shift
        .apply(&rows, narrow.shape, 0, 0)
        .unwrap_err()
        .to_string();
    assert!(message.contains("of_images"), "{message}");
    assert!(narrow.shifted_rows(&[1], 1).is_err());
    let huge = Corruption::Shift {
        columns: usize::MAX,
    };
    assert!(huge.of_images(&narrow, &[0], 0, 0).is_err());
}
