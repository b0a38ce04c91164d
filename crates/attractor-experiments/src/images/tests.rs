use attractor::datasets::DataRoot;
use attractor::evaluation::experiment::{Experiment, Overrides, Preset, Resolved};

use crate::{Draft, FoundSet, Result, find, overrides_of};

const TOML: &str = r#"
name = "tiny"
title = "t"
description = "d"
source = "s"
protocol = "images"

[[parts]]
name = "recall"
title = "t"
measure = "recall"
dataset = "builtin-glyphs"
charts = ["retrieval_rate"]
n_stored = [10]
tasks = [{ task = "clean" }, { task = "noise", levels = [0.4] }]
effort = ["blocks", "max_cues"]
[parts.options]
train_images = 5000
test_images = 1000
blocks = 100
cues_per_block = 5
thresholds = { vae = 5.0, pixel = 2.0 }
model = { kind = "mnist-vae", features = 4, code = 6, epochs = 1, batch = 10, learning_rate = 0.001, beta = 0.1 }
[[parts.series]]
name = "GMM"
representation = "pixel"
options = { recipe = "gmm", max_cues = 20 }

[presets.smoke]
seeds = 1
parts.recall.options = { train_images = 20, test_images = 20, blocks = 2 }
[presets.cpu]
seeds = 1
[presets.paper]
seeds = 1
"#;

fn resolved(overrides: &Overrides, preset: Preset) -> Resolved {
    let experiment = Experiment::parse(TOML, "tiny.toml").unwrap();
    experiment.resolve(preset, overrides, &|_| true).unwrap()
}

/// Shortages and why not comparable, with the sizes used: training images, test images, blocks.
type Fitted = (Vec<String>, Option<String>, [i64; 3]);

fn fit(overrides: &Overrides, train: usize, test: usize) -> Result<Fitted> {
    let mut part = resolved(overrides, Preset::Paper).parts.remove(0);
    let set = |source, images| FoundSet { source, images };
    let protocol = (find("images").unwrap().new)();
    let (train, test) = (set("data/a", train), set("data/b", test));
    let reason = protocol.fit(&mut part, overrides, train, test)?;
    let sizes = ["train_images", "test_images", "blocks"];
    let sizes = sizes.map(|key| part.options[key].as_integer().unwrap());
    Ok((part.shortages, reason, sizes))
}

#[test]
fn what_is_there_is_what_is_recorded() {
    let none = Overrides::default();
    let whole = fit(&none, 5000, 1000).unwrap();
    assert_eq!(whole, (Vec::new(), None, [5000, 1000, 100]));
    let (shortages, reason, sizes) = fit(&none, 10, 205).unwrap();
    assert_eq!(sizes, [10, 205, 20]);
    assert_eq!(
        reason.as_deref(),
        Some("training images 10 instead of 5000")
    );
    assert_eq!(
        shortages,
        [
            "training images 10 instead of 5000, as data/a holds 10 images",
            "blocks 20 instead of 100, as data/b holds 205 images"
        ]
    );
}

#[test]
fn numbers_asked_for_are_had_or_refused() {
    let train = Overrides::default().with_option("train_images", 40);
    assert_eq!(fit(&train, 40, 1000).unwrap().2[0], 40);
    let message = fit(&train, 39, 1000).unwrap_err().to_string();
    assert_eq!(message, "data/a: expected 40 training images, found 39");
    let blocks = Overrides::default().with_option("blocks", 3);
    let message = fit(&blocks, 5000, 29).unwrap_err().to_string();
    assert_eq!(
        message,
        "data/b: expected 30 images for its blocks, found 29"
    );
    for (train, test) in [(0, 1000), (5000, 9)] {
        assert!(fit(&Overrides::default(), train, test).is_err());
    }
}

#[test]
fn mistakes_are_named_before_data_are_loaded() {
    let root = DataRoot::from_environment(None);
    let none = Overrides::default();
    for (from, to, expected) in [
        (
            "cues_per_block = 5",
            "cues_per_block = 0",
            "`cues_per_block` must be at least 1",
        ),
        (
            "cues_per_block = 5",
            "cues_per_block = 11",
            "must be at most n_stored (10), found 11",
        ),
        (
            "test_images = 20,",
            "test_images = 19,",
            "at least blocks x n_stored (20), found 19",
        ),
        (
            "pixel = 2.0",
            "pixel = -2.0",
            "`thresholds.pixel` must be finite and greater than 0",
        ),
        (
            "beta = 0.1",
            "beta = nan",
            "`model.beta` must be finite and at least 0, found NaN",
        ),
        (
            "max_cues = 20",
            "max_cues = 0",
            "`max_cues` must be at least 1",
        ),
        (
            "code = 6",
            "code = 4000000",
            "`model.code` must be at most 1000000, found 4000000",
        ),
        (
            "recipe = \"gmm\"",
            "recipe = \"gmm\", treshold = 1.0",
            "unknown field `treshold`",
        ),
        (
            "vae = 5.0,",
            "vae = 5.0, codes = 1.0,",
            "unknown field `codes`",
        ),
        ("task = \"clean\"", "task = \"clear\"", "task `clear`"),
        (
            "measure = \"recall\"",
            "measure = \"recal\"",
            "unknown `measure` `recal`; known: recall",
        ),
        (
            "representation = \"pixel\"",
            "representation = \"vector\"",
            "must be `vae` or `pixel`",
        ),
    ] {
        assert!(TOML.contains(from), "{from}");
        let text = TOML.replacen(from, to, 1);
        let experiment = Experiment::parse(&text, "tiny.toml").unwrap();
        let drafted = Draft::new(&experiment, Preset::Smoke, &none, &root);
        let message = drafted
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(message.contains(expected), "{to}: {message}");
    }
}

#[test]
fn overrides_are_those_of_the_protocol() {
    let experiment = Experiment::parse(TOML, "tiny.toml").unwrap();
    let overrides = overrides_of(&experiment, [("epochs", 7.into()), ("max-cues", 3.into())]);
    let resolved = resolved(&overrides.unwrap(), Preset::Cpu);
    let part = &resolved.parts[0];
    assert_eq!(part.options["model"]["epochs"].as_integer(), Some(7));
    assert_eq!(part.series[0].options["max_cues"].as_integer(), Some(3));
    let other = Experiment::parse(&TOML.replace("\"images\"", "\"capacity\""), "x").unwrap();
    let message = overrides_of(&other, [("epochs", 7.into())]).unwrap_err();
    let expected = "--epochs does not apply to `tiny`: it has none of its own";
    assert_eq!(message.to_string(), expected);
    let message = overrides_of(&experiment, [("queries", 7.into())]).unwrap_err();
    let expected = "its own are --weights, --epochs, --train-images, --blocks";
    assert!(message.to_string().contains(expected), "{message}");
}
