use super::*;
use crate::Error;
use crate::fixture::{TOML, experiment};

fn fit(preset: Preset, overrides: &Overrides, train: usize, test: usize) -> Result<Resolved> {
    let experiment = experiment();
    let resolved = experiment.resolve(preset, overrides)?;
    let set = |source, images| FoundSet { source, images };
    experiment.fit(
        resolved,
        overrides,
        set("data/a", train),
        set("data/b", test),
    )
}

#[test]
fn what_is_there_is_what_is_recorded_and_compared() {
    let none = Overrides::default();
    let whole = fit(Preset::Paper, &none, 50_000, 1000).unwrap();
    assert_eq!(whole, experiment().resolve(Preset::Paper, &none).unwrap());
    assert_eq!(whole.not_comparable, None);

    let small = fit(Preset::Paper, &none, 10, 205).unwrap();
    let sizes = (small.train_images, small.test_images, small.blocks);
    assert_eq!(sizes, (10, 205, 20));
    let reason = small.not_comparable.as_deref();
    assert_eq!(reason, Some("training images 10 instead of 50000"));
    assert_eq!(
        small.shortages,
        [
            "training images 10 instead of 50000, as data/a holds 10 images",
            "blocks 20 instead of 100, as data/b holds 205 images"
        ]
    );
    // More blocks would have been cut from other images.
    let few = fit(Preset::Paper, &none, 50_000, 205).unwrap();
    let reason = few.not_comparable.as_deref();
    assert_eq!(reason, Some("test images 205 instead of 1000"));
    // Systems that learn need training images even where the model's weights are imported.
    let weights = Overrides {
        weights: Some("w".into()),
        ..Overrides::default()
    };
    let small = fit(Preset::Paper, &weights, 10, 1000).unwrap();
    let reason = small.not_comparable.as_deref();
    assert_eq!(reason, Some("training images 10 instead of 50000"));
    // A preset that uses less than there is says from how much its blocks are cut.
    let cpu = fit(Preset::Cpu, &none, 50_000, 1000).unwrap();
    assert_eq!((cpu.train_images, cpu.test_images), (1000, 1000));
    assert!(cpu.shortages.is_empty());
}

#[test]
fn numbers_asked_for_are_had_or_refused() {
    let train = Overrides {
        train_images: Some(40),
        ..Overrides::default()
    };
    assert_eq!(fit(Preset::Cpu, &train, 40, 1000).unwrap().train_images, 40);
    let message = fit(Preset::Cpu, &train, 39, 1000).unwrap_err().to_string();
    assert_eq!(message, "data/a: expected 40 training images, found 39");
    let blocks = Overrides {
        blocks: Some(3),
        ..Overrides::default()
    };
    let message = fit(Preset::Cpu, &blocks, 1000, 29).unwrap_err().to_string();
    assert_eq!(
        message,
        "data/b: expected 30 images for its blocks, found 29"
    );
    for (train, test) in [(0, 1000), (1000, 9)] {
        let refused = fit(Preset::Cpu, &Overrides::default(), train, test);
        assert!(matches!(refused, Err(Error::TooFewImages { .. })));
    }
}

#[test]
fn what_a_preset_changes_in_training_forbids_comparison() {
    for (patch, expected) in [
        ("batch = 7", "batch 7 instead of 20"),
        ("learning_rate = 0.5", "learning rate 0.5 instead of 0.0001"),
        ("beta = 0.2", "beta 0.2 instead of 0.1"),
        (
            "options = { order = \"fixed\" }",
            "model options changed by preset cpu",
        ),
    ] {
        let text = TOML.replace(
            "train_images = 1000\n",
            &format!("train_images = 50000\nmodel = {{ {patch} }}\n"),
        );
        let experiment = Experiment::parse(&text, "x").unwrap();
        let cpu = experiment
            .resolve(Preset::Cpu, &Overrides::default())
            .unwrap();
        assert_eq!(cpu.not_comparable.as_deref(), Some(expected));
    }
}

#[test]
fn counts_have_limits() {
    let overrides = |change: &dyn Fn(&mut Overrides)| {
        let mut overrides = Overrides::default();
        change(&mut overrides);
        let refused = experiment().resolve(Preset::Cpu, &overrides);
        refused.unwrap_err().to_string()
    };
    let message = overrides(&|o| o.seeds = Some(100_000_000_000));
    assert_eq!(
        message,
        "tiny.toml: `presets.cpu.seeds` must be at most 10000, found 100000000000"
    );
    // 3 conditions of two systems, 2 of one.
    let message = overrides(&|o| {
        o.seeds = Some(10_000);
        o.n_stored = Some((5..8).collect());
    });
    assert!(
        message.contains("`presets.cpu.seeds` must leave at most 200000 cells"),
        "{message}"
    );
    assert!(message.ends_with("found 240000 cells"), "{message}");
    let huge = TOML.replace("n_stored = [10]", "n_stored = [10000001]");
    let message = Experiment::parse(&huge, "x").unwrap_err().to_string();
    assert!(
        message.contains("`n_stored` must be at most 10000000"),
        "{message}"
    );
    let wide = TOML.replace("code = 16", "code = 4000000000");
    let message = Experiment::parse(&wide, "x").unwrap_err().to_string();
    assert!(
        message.contains("model.code` must be at most 1000000"),
        "{message}"
    );
}
