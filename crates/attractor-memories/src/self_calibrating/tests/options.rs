//! Options: what they change, how they are kept, and which are refused.

use std::sync::Arc;

use attractor_core::{AssociativeMemory, Complete, Outcome, Persist, Restore};

use super::*;

#[test]
fn files_keep_memory_and_options() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let before = memory(strict(), &pictures(1, 9));
    before.save(&path).unwrap();
    let after = SelfCalibratingMemory::load(&path, &device()).unwrap();
    assert_eq!(after.config(), before.config());
    assert_eq!(
        host(after.stored_states().unwrap()),
        host(before.stored_states().unwrap())
    );
    let narrow = Arc::new(attractor_core::model::Identity::new(3).unwrap());
    let message = SelfCalibratingMemory::load_with(&path, narrow, &device());
    let message = message.unwrap_err().to_string();
    assert!(
        message.contains("expected the dim `3`, found `432`"),
        "{message}"
    );
    // A file without options is refused: defaults would be a guess.
    let mut stripped = attractor_core::weights::Weights::new();
    let was = [
        ("system", "self-calibrating"),
        ("model", "identity"),
        ("dim", "432"),
    ];
    for (key, text) in was {
        stripped.set_metadata(key, text);
    }
    stripped.write(&path).unwrap();
    let message = SelfCalibratingMemory::load(&path, &device()).unwrap_err();
    let message = message.to_string();
    assert!(
        message.contains("expected a configuration (metadata `config`), found none"),
        "{message}"
    );
}

#[test]
fn files_keep_a_calibration_that_is_still_right() {
    use attractor_core::file::{Loaders, Loading};

    let memory = memory(strict(), &pictures(1, 20));
    assert!(memory.section().unwrap().section("calibration").is_err());
    let measured = memory.calibration().unwrap();
    let saved = memory.section().unwrap();
    let device = device();
    let loaders = Loaders::new();
    let loading = Loading::new(&loaders, &device);
    let restored = |file: &_| SelfCalibratingMemory::restore(file, &loading);
    let known = restored(&saved).unwrap();
    assert_eq!(known.calibration.get(), Some(measured));
    // What is written next is as if it had never been saved.
    assert_eq!(known.section().unwrap(), saved);

    // Of another version or machine: measured again.
    for (probes, method) in [(vec![0.0; KINDS], "2"), (measured.novel().to_vec(), "0")] {
        let mut other = saved.clone();
        other.insert_doubles("calibration/probes", &[probes.len()], probes);
        other.set_metadata("calibration/method", method);
        let other = restored(&other).unwrap();
        assert_eq!(other.calibration.get(), None);
        assert_eq!(other.calibration().unwrap(), measured);
    }

    // Of something else.
    let mut broken = saved;
    broken.insert_doubles("calibration/stored", &[2], vec![2.0, 1.0]);
    let message = restored(&broken).unwrap_err().to_string();
    assert!(message.contains("expected a calibration"), "{message}");

    // It goes when what is stored changes.
    let mut known = known;
    known.remove(0).unwrap();
    assert_eq!(known.calibration.get(), None);
}

#[test]
fn refusals_say_what_was_expected() {
    let refused =
        |config: SelfCalibratingConfig| config.init(DIM, &device()).unwrap_err().to_string();
    let few = SelfCalibratingConfig {
        most_sites: 3,
        ..colour()
    };
    assert!(refused(few).contains("must be at least 16"));
    let sure = SelfCalibratingConfig {
        false_accept: Some(1.0),
        ..colour()
    };
    assert!(refused(sure).contains("must be between 0 and 1"));
    let many = SelfCalibratingConfig {
        channels: 7,
        ..colour()
    };
    assert!(refused(many).contains("must be between 1 and 4"));
    // Too few to judge by: nothing is rejected, and who asks is told.
    let memory = memory(strict(), &pictures(1, 3));
    let recall = memory.read(rows(&pictures(2, 1))).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass]);
    let message = memory
        .answers(rows(&pictures(2, 1)))
        .unwrap_err()
        .to_string();
    assert!(message.contains("at least 8 stored patterns"), "{message}");
    assert!(
        memory
            .complete(rows(&pictures(2, 1)), tensor(&[0.5; DIM], DIM))
            .is_err()
    );
}

/// Options of the observation model, by their names in files.
fn options(text: &str) -> Result<SelfCalibratingConfig, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn moved_pictures_are_known_where_that_is_asked_for() {
    let moved = options(
        "channels = 3\nheight = 12\nwidth = 12\nnuisances = [\"affine\", \"translation\"]\nfalse_accept = 0.01",
    )
    .unwrap();
    let stored = pictures(1, 20);
    let memory = memory(moved, &stored);
    // Three columns to the left; what comes in is grey.
    let shifted = |picture: &Vec<f32>| {
        let line = |row: &[f32]| [&row[3..], &[0.5; 3]].concat();
        picture.chunks_exact(SIDE).flat_map(line).collect()
    };
    let cues: Vec<Vec<f32>> = stored[..8].iter().map(shifted).collect();
    let recall = memory.read(rows(&cues)).unwrap();
    assert_eq!(host(recall.state), stored[..8].concat());
    let known = recall
        .outcomes
        .iter()
        .filter(|o| **o == Outcome::SinglePass);
    assert!(known.count() >= 7);
    let answers = memory.answers(rows(&cues[..1])).unwrap();
    assert_eq!(answers[0].evidence.placement.shift, [0.0, 3.0]);
}

#[test]
fn a_shortlist_finds_what_all_find() {
    let stored = pictures(1, 60);
    let few = SelfCalibratingConfig {
        shortlist: Some(12),
        ..strict()
    };
    let (all, few) = (memory(strict(), &stored), memory(few, &stored));
    for kind in 0..KINDS {
        let cues = damaged(&stored[..6], kind);
        let (all, few) = (
            all.read(rows(&cues)).unwrap(),
            few.read(rows(&cues)).unwrap(),
        );
        assert_eq!(host(few.state), host(all.state));
        assert_eq!(few.energy_last, all.energy_last);
    }
    let answers = few.answers(rows(&stored[..1])).unwrap();
    let zero = answers[0].posterior.iter().filter(|share| **share == 0.0);
    assert!(answers[0].accepted && zero.count() >= 48);
}

#[test]
fn options_are_kept_and_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let lit = options("channels = 3\nheight = 12\nwidth = 12\nnuisances = [\"gain\", \"gain_field\"]\nshortlist = 5").unwrap();
    let before = memory(lit.clone(), &pictures(1, 9));
    before.save(&path).unwrap();
    let after = SelfCalibratingMemory::load(&path, &device()).unwrap();
    assert_eq!(after.config(), &lit);
    let cues = rows(&damaged(&pictures(1, 9), 3));
    let (before, after) = (
        before.read(cues.clone()).unwrap(),
        after.read(cues).unwrap(),
    );
    assert_eq!(before.energy_last, after.energy_last);

    let refused = |text: &str| {
        let config = match options(text) {
            Err(message) => return message,
            Ok(config) => config,
        };
        config.init(DIM, &device()).unwrap_err().to_string()
    };
    for (text, reason) in [
        ("nuisances = [\"rain\"]", "unknown variant `rain`"),
        (
            "channels = 3\nnuisances = [\"turn\"]",
            "must come with height and width",
        ),
        (
            "channels = 3\nheight = 12",
            "must both be given, or neither",
        ),
        (
            "channels = 3\nheight = 11\nwidth = 12",
            "must hold the sites of the data",
        ),
        ("channels = 3\nshortlist = 0", "must be at least 1"),
        (
            "channels = 3\nheight = 12\nwidth = 12\nnuisances = [\"crop\"]\nshortlist = 9",
            "must be absent where nuisances move sites",
        ),
        (
            "channels = 3\nheight = 12\nwidth = 12\nnuisances = [\"turn\"]\nmost_sites = 100",
            "must be at least height x width",
        ),
    ] {
        let message = refused(text);
        assert!(message.contains(reason), "{text}: {message}");
    }
}
