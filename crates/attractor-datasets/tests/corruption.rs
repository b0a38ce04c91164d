//! Corruptions: what they do, and that a row's corruption does not depend on its batch.

use attractor_core::burn::tensor::Device;
use attractor_core::rng;
use attractor_datasets::corruption::{MASK_VALUE, TASKS};
use attractor_datasets::{Corruption, ImageShape};
use proptest::prelude::*;

const SHAPE: ImageShape = ImageShape::new(3, 8, 6);

fn rows(count: usize, shape: ImageShape) -> Vec<f32> {
    rng::uniform_vec(&mut rng::stream(1, "rows"), count * shape.dim(), 0.0, 1.0)
}

fn any_corruption() -> impl Strategy<Value = Corruption> {
    prop_oneof![
        Just(Corruption::Clean),
        (0.0f32..2.0).prop_map(|std| Corruption::Noise { std }),
        (0usize..=6).prop_map(|side| Corruption::Mask { side }),
        Just(Corruption::Color),
    ]
}

proptest! {
    #[test]
    fn a_row_does_not_depend_on_its_batch(
        corruption in any_corruption(),
        seed: u64,
        first in 0u64..1_000_000,
        count in 1usize..6,
        chosen in 0usize..6,
    ) {
        let chosen = chosen % count;
        let batch = rows(count, SHAPE);
        let whole = corruption.apply(&batch, SHAPE, seed, first).unwrap();
        let range = chosen * SHAPE.dim()..(chosen + 1) * SHAPE.dim();
        let index = first + chosen as u64;
        let alone = corruption.apply(&batch[range.clone()], SHAPE, seed, index).unwrap();
        prop_assert_eq!(&whole.cues[range.clone()], &alone.cues[..]);
        prop_assert_eq!(&whole.known[range], &alone.known[..]);
    }

    #[test]
    fn a_mask_hides_exactly_its_square(seed: u64, row in 0u64..10_000, side in 0usize..=6) {
        let batch = rows(1, SHAPE);
        let out = Corruption::Mask { side }.apply(&batch, SHAPE, seed, row).unwrap();
        let hidden: Vec<usize> = (0..SHAPE.dim()).filter(|&i| out.known[i] == 0.0).collect();
        prop_assert_eq!(hidden.len(), SHAPE.channels * side * side);
        for (i, &value) in batch.iter().enumerate() {
            let hidden = out.known[i] == 0.0;
            prop_assert!(hidden || out.known[i] == 1.0);
            prop_assert_eq!(out.cues[i], if hidden { MASK_VALUE } else { value });
        }
        if side > 0 {
            // One square, equal in every plane.
            let plane = SHAPE.height * SHAPE.width;
            let first: Vec<usize> = hidden.iter().copied().filter(|&i| i < plane).collect();
            let (top, left) = (first[0] / SHAPE.width, first[0] % SHAPE.width);
            let square: Vec<usize> = (0..SHAPE.channels)
                .flat_map(|c| (0..side * side).map(move |k| {
                    c * plane + (top + k / side) * SHAPE.width + left + k % side
                }))
                .collect();
            prop_assert_eq!(hidden, square);
        }
    }

    #[test]
    fn noise_stays_in_range(seed: u64, std in 0.0f32..5.0) {
        let out = Corruption::Noise { std }.apply(&rows(2, SHAPE), SHAPE, seed, 0).unwrap();
        prop_assert!(out.cues.iter().all(|value| (0.0..=1.0).contains(value)));
        prop_assert!(out.known.iter().all(|&value| value == 1.0));
    }

    #[test]
    fn tasks_round_trip(corruption in any_corruption()) {
        let again = Corruption::from_task(corruption.task(), corruption.level()).unwrap();
        prop_assert_eq!(again, corruption);
        let json = serde_json::to_string(&corruption).unwrap();
        prop_assert_eq!(serde_json::from_str::<Corruption>(&json).unwrap(), corruption);
    }
}

#[test]
fn masks_reach_every_position() {
    let mut seen = std::collections::BTreeSet::new();
    for row in 0..400 {
        let out = Corruption::Mask { side: 5 }
            .apply(&rows(1, SHAPE), SHAPE, 0, row)
            .unwrap();
        seen.insert(out.known.iter().position(|&value| value == 0.0).unwrap());
    }
    // 8 - 5 + 1 rows times 6 - 5 + 1 columns.
    let expected: Vec<usize> = (0..4).flat_map(|y| [6 * y, 6 * y + 1]).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn noise_has_the_asked_deviation() {
    let shape = ImageShape::new(1, 100, 100);
    let grey = vec![0.5; shape.dim()];
    let out = Corruption::Noise { std: 0.1 }
        .apply(&grey, shape, 3, 0)
        .unwrap();
    let mean = out.cues.iter().sum::<f32>() / 1e4;
    let variance = out
        .cues
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        / 1e4;
    assert!((mean - 0.5).abs() < 0.005, "{mean}");
    assert!((variance.sqrt() - 0.1).abs() < 0.004, "{}", variance.sqrt());
}

#[test]
fn seeds_and_rows_differ() {
    let noise = Corruption::Noise { std: 0.2 };
    let batch = vec![0.5; SHAPE.dim()];
    let apply = |seed, row| noise.apply(&batch, SHAPE, seed, row).unwrap().cues;
    assert_ne!(apply(0, 0), apply(1, 0));
    assert_ne!(apply(0, 0), apply(0, 1));
}

#[test]
fn color_rotates_the_planes() {
    let shape = ImageShape::new(3, 1, 2);
    let out = Corruption::Color
        .apply(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], shape, 0, 0)
        .unwrap();
    assert_eq!(out.cues, [0.3, 0.4, 0.5, 0.6, 0.1, 0.2]);
}

#[test]
fn levels_are_decimal() {
    assert_eq!(Corruption::Noise { std: 0.1 }.level(), Some(0.1));
    assert_eq!(Corruption::Mask { side: 24 }.level(), Some(24.0));
    assert_eq!(Corruption::Noise { std: 0.4 }.to_string(), "noise 0.4");
    assert_eq!(
        Corruption::Dropout { share: 0.7 }.to_string(),
        "dropout 0.7"
    );
}

/// Names, levels and corruptions are found from each other.
#[test]
fn every_task_has_its_corruption() {
    let levels = [None, Some(0.5), Some(3.0)];
    for task in TASKS {
        let found = levels.map(|level| Corruption::from_task(task, level));
        let found: Vec<Corruption> = found.into_iter().flatten().collect();
        assert!(!found.is_empty(), "{task}");
        for corruption in found {
            assert_eq!(corruption.task(), task);
            let again = Corruption::from_task(task, corruption.level()).unwrap();
            assert_eq!(again, corruption);
        }
        assert!(Corruption::from_task(task, Some(-1.0)).is_err(), "{task}");
        assert!(
            Corruption::from_task(task, Some(f64::NAN)).is_err(),
            "{task}"
        );
    }
}

/// Permuted channels, noise, a square, in this order: outside the square the cue is near the permuted pattern.
#[test]
fn combined_is_one_after_the_other() {
    let (shape, side) = (ImageShape::new(3, 16, 16), 6);
    let pattern = [[0.2; 256], [0.5; 256], [0.8; 256]].concat();
    let out = Corruption::Combined { side }
        .apply(&pattern, shape, 1, 0)
        .unwrap();
    let hidden = out
        .mask()
        .unwrap()
        .iter()
        .filter(|known| **known == 0.0)
        .count();
    assert_eq!(hidden, 3 * side * side);
    for (plane, level) in [0.5, 0.8, 0.2].into_iter().enumerate() {
        let own = plane * 256..(plane + 1) * 256;
        let seen = out.cues[own.clone()].iter().zip(&out.known[own]);
        let seen: Vec<f32> = seen
            .filter(|(_, known)| **known == 1.0)
            .map(|(x, _)| *x)
            .collect();
        let mean = seen.iter().sum::<f32>() / seen.len() as f32;
        // Clipping takes some hundredths off at 0.2 and 0.8.
        assert!((mean - level).abs() < 0.07, "{mean} {level}");
        assert!(seen.iter().any(|x| (x - level).abs() > 0.1));
    }
}

#[test]
fn bad_corruptions() {
    let grey = ImageShape::new(1, 8, 6);
    let cases = [
        (
            Corruption::Mask { side: 7 },
            grey,
            "no larger than the image, found a side of 7",
        ),
        (
            Corruption::Color,
            grey,
            "expects 3 channels, but the image shape has 1x8x6",
        ),
        (
            Corruption::Noise { std: -1.0 },
            grey,
            "at least 0, found -1",
        ),
        (Corruption::Noise { std: f32::NAN }, grey, "found NaN"),
    ];
    for (corruption, shape, expected) in cases {
        let error = corruption
            .apply(&rows(1, shape), shape, 0, 0)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected),
            "expected `{expected}` in `{error}`"
        );
    }
    let clean = Corruption::Clean;
    let error = clean.apply(&[0.0; 50], grey, 0, 0).unwrap_err().to_string();
    assert!(error.contains("expected shape [n, 48]"), "{error}");
    let mut bad = rows(2, grey);
    bad[50] = f32::NAN;
    let error = clean.apply(&bad, grey, 0, 0).unwrap_err().to_string();
    assert!(error.contains("NaN at row 1, column 2"), "{error}");
    for (task, level) in [
        ("noise", None),
        ("noise", Some(-0.1)),
        ("noise", Some(f64::NAN)),
        ("mask", Some(2.5)),
        ("mask", None),
        ("clean", Some(1.0)),
        ("blur", None),
    ] {
        assert!(
            Corruption::from_task(task, level).is_err(),
            "{task} {level:?}"
        );
    }
    let error = Corruption::from_task("blur", None).unwrap_err().to_string();
    assert!(
        error.contains("known: clean, noise, mask, color, shift"),
        "{error}"
    );
}

#[test]
fn cues_go_to_a_device_as_rows() {
    let mask = Corruption::Mask { side: 3 };
    let out = mask.apply(&rows(3, SHAPE), SHAPE, 5, 100).unwrap();
    let (cues, known) = out.tensors(&Device::flex());
    assert_eq!(cues.dims(), [3, SHAPE.dim()]);
    assert_eq!(cues.into_data().try_into_vec::<f32>().unwrap(), out.cues);
    assert_eq!(known.into_data().try_into_vec::<f32>().unwrap(), out.known);
}
