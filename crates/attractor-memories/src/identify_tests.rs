//! Which pattern it was: by every memory of this crate.

use std::sync::Arc;

use attractor_core::kernel::Tags;
use attractor_core::model::Identity;
use attractor_core::{
    AssociativeMemory, Error, Forget, Identification, Identify, Persist, Restore, rng,
};
use attractor_inference::ModeSearch;

use crate::testing::*;
use crate::{EncodedMemory, SelfCalibratingConfig, SelfCalibratingMemory, VariationalMemory};

const DIM: usize = 3 * 8 * 8;

/// Smooth rows between 0 and 1.
fn rows(count: usize) -> Vec<f32> {
    let mut numbers = Vec::new();
    for index in 0..count {
        let mut stream = rng::indexed_stream(4, "identify", index as u64);
        let waves = rng::uniform_vec(&mut stream, 6, -1.0, 1.0);
        numbers.extend((0..DIM).map(|at| {
            let at = at as f32;
            let wave = |w: &[f32]| w[0] * (w[1] * at + 6.0 * w[2]).sin();
            0.5 + 0.25 * (wave(&waves[..3]) + wave(&waves[3..]))
        }));
    }
    numbers
}

fn calibrating() -> SelfCalibratingMemory {
    let config = SelfCalibratingConfig {
        channels: 3,
        ..SelfCalibratingConfig::default()
    };
    config.init(DIM, &device()).unwrap()
}

fn search(dim: usize) -> VariationalMemory {
    let observation = attractor_core::observation::Gaussian::new(0.1).unwrap();
    let model = Arc::new(Identity::new(dim).unwrap());
    VariationalMemory::new(
        model,
        Box::new(observation),
        mixture(dim),
        Box::new(ModeSearch),
    )
    .unwrap()
}

fn all() -> Vec<Box<dyn AssociativeMemory>> {
    let inner = Box::new(plain(DIM));
    let encoded = EncodedMemory::new(Arc::new(Identity::new(DIM).unwrap()), inner).unwrap();
    vec![
        Box::new(plain(DIM)),
        Box::new(search(DIM)),
        Box::new(encoded),
        Box::new(calibrating()),
    ]
}

#[test]
fn cues_are_named() {
    let stored = rows(12);
    for mut memory in all() {
        let name = memory.name();
        assert!(memory.capabilities().contains(&"identify"), "{name}");
        let identify = memory.as_identify_mut().unwrap();
        let labels = (0..12).map(|row| format!("row {row}"));
        let ids: Vec<u64> = (0..12).map(|row| 100 - row).collect();
        let patterns = tensor(&stored, DIM);
        identify
            .write_as(patterns, &Tags::ids(ids).with_labels(labels))
            .unwrap();
        let cues = tensor(&stored[3 * DIM..5 * DIM], DIM);
        let found = identify.nearest(cues.clone(), 3).unwrap();
        for (row, found) in found.iter().enumerate() {
            assert_eq!(found.candidates.len(), 3);
            let best = &found.candidates[0];
            assert_eq!((best.index, best.id), (3 + row, 97 - row as u64), "{name}");
            assert_eq!(
                best.label.as_deref(),
                Some(format!("row {}", 3 + row).as_str())
            );
            let scores: Vec<f64> = found.candidates.iter().map(|found| found.score).collect();
            assert!(scores.is_sorted_by(|a, b| a >= b), "{name}: {scores:?}");
            assert!(best.probability.unwrap() > 0.9, "{name}: {best:?}");
            let sum: f64 = found
                .candidates
                .iter()
                .filter_map(|found| found.probability)
                .sum();
            assert!(sum + found.none.unwrap_or(0.0) <= 1.0 + 1e-9, "{name}");
            assert_eq!(found.none.is_some(), name == "self-calibrating");
        }
        // Every pattern, where more are asked for.
        let everything = identify.nearest(cues.clone(), 100).unwrap();
        let total: f64 = everything[0]
            .candidates
            .iter()
            .filter_map(|found| found.probability)
            .sum();
        assert_eq!(everything[0].candidates.len(), 12);
        assert!(
            (total + everything[0].none.unwrap_or(0.0) - 1.0).abs() < 1e-6,
            "{name}: {total}"
        );
        let taken = identify.write_as(tensor(&stored[..DIM], DIM), &Tags::ids([97]));
        assert_eq!(
            taken.unwrap_err().to_string(),
            "ids: must be new to the memory, found 97"
        );
        assert!(identify.nearest(cues.clone(), 0).is_err());
        memory.as_forget().unwrap().remove_id(97).unwrap();
        let left = memory.as_identify().unwrap();
        assert!(
            left.nearest(cues, 12).unwrap()[0]
                .candidates
                .iter()
                .all(|found| found.id != 97)
        );
        assert_eq!(
            memory.as_forget().unwrap().remove_id(97),
            Err(Error::UnknownId { id: 97 })
        );
        assert_eq!(memory.len(), 11);
    }
}

/// A search among stored patterns says which one it found.
#[test]
fn recalls_say_which_pattern_they_are() {
    let stored = rows(10);
    for mut memory in [
        Box::new(search(DIM)) as Box<dyn AssociativeMemory>,
        Box::new(calibrating()),
    ] {
        memory.write(tensor(&stored, DIM)).unwrap();
        memory.as_forget().unwrap().remove(0).unwrap();
        let recall = memory.read(tensor(&stored[2 * DIM..4 * DIM], DIM)).unwrap();
        for row in 0..2 {
            let recalled = recall.recalled[row].unwrap();
            assert_eq!((recalled.index, recalled.id), (1 + row, 2 + row as u64));
            assert_eq!(recall.id(row), Some(2 + row as u64));
        }
    }
    let mut memory = plain(DIM);
    memory.write(tensor(&stored, DIM)).unwrap();
    let recall = memory.read(tensor(&stored[..DIM], DIM)).unwrap();
    assert_eq!(recall.id(0), None);
}

#[test]
fn what_was_never_stored_is_probably_nothing() {
    let (stored, mut memory) = (rows(24), calibrating());
    memory.write(tensor(&stored[..20 * DIM], DIM)).unwrap();
    let of_stored = memory.nearest(tensor(&stored[..4 * DIM], DIM), 1).unwrap();
    let of_none = memory.nearest(tensor(&stored[20 * DIM..], DIM), 1).unwrap();
    let none = |found: &[Identification]| -> Vec<f64> {
        found.iter().filter_map(|found| found.none).collect()
    };
    let (of_stored, of_none) = (none(&of_stored), none(&of_none));
    assert_eq!((of_stored.len(), of_none.len()), (4, 4));
    assert!(of_stored.iter().all(|none| *none < 0.1), "{of_stored:?}");
    let most = of_stored.into_iter().fold(0.0, f64::max);
    assert!(of_none.iter().all(|none| *none > most), "{of_none:?}");
    // Too few for a calibration: an order, and no numbers that nobody measured.
    let mut few = calibrating();
    few.write(tensor(&stored[..3 * DIM], DIM)).unwrap();
    let found = few.nearest(tensor(&stored[..DIM], DIM), 2).unwrap();
    assert_eq!(found[0].candidates[0].index, 0);
    assert_eq!(
        (found[0].candidates[0].probability, found[0].none),
        (None, None)
    );
}

/// Ids and labels are saved with the memory; what is deleted is in no file.
#[test]
fn names_are_saved_and_deleted_patterns_are_not() {
    let (mut stored, mut memory) = (rows(9), calibrating());
    stored[2 * DIM..3 * DIM].fill(0.123_456_7);
    let labels = (0..9).map(|row| format!("picture {row}"));
    memory
        .write_as(tensor(&stored, DIM), &Tags::labels(labels))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    let holds = |part: &[u8]| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(part.len()).any(|window| window == part)
    };
    let mark = 0.123_456_7f32.to_le_bytes();
    memory.save(&path).unwrap();
    assert!(holds(&mark) && holds(b"picture 2"));
    memory.remove_id(2).unwrap();
    memory.save(&path).unwrap();
    assert!(!holds(&mark) && !holds(b"picture 2"));
    let mut back = SelfCalibratingMemory::load(&path, &device()).unwrap();
    assert_eq!(back.pattern_ids().unwrap(), memory.pattern_ids().unwrap());
    back.write(tensor(&stored[..DIM], DIM)).unwrap();
    let ids = back.pattern_ids().unwrap();
    assert_eq!(ids.get(8), Some(9));
    assert_eq!(ids.label(3), Some("picture 3"));
}
