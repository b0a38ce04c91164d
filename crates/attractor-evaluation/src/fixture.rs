//! A small experiment and a deterministic executor, for the tests of this crate.

use std::path::Path;

use crate::experiment::{Experiment, Overrides, Preset, Resolved};
use crate::record::{Cell, Measurement, Metric};
use crate::run::{DataHash, RunInfo};
use crate::{Hardware, Reference, Representation};

pub(crate) const TOML: &str = r#"
name = "tiny"
title = "A tiny <experiment>"
description = "Two memories under two corruptions."
source = "Nobody & Co, 2022"
dataset = "cifar10"
fallback_dataset = "builtin"
n_stored = [10]
cues_per_block = 5
tasks = [{ task = "clean" }, { task = "noise", levels = [0.1, 0.4] }]
thresholds = { vae = 5.0, pixel = 2.0 }

[model]
kind = "cifar-vae"
features = 8
code = 16
epochs = 3
batch = 20
learning_rate = 0.0001
beta = 0.1

[presets.smoke]
train_images = 100
test_images = 20
blocks = 2
seeds = 1
systems = ["GMM/vae"]
tasks = [{ task = "noise", levels = [0.4] }]
model = { features = 4, epochs = 1 }
options = { iterations = 3 }

[presets.cpu]
train_images = 1000
test_images = 200
blocks = 20
seeds = 2

[presets.paper]
train_images = 50000
test_images = 1000
blocks = 100
seeds = 2

[[systems]]
name = "GMM"
recipe = "gmm"
representation = "vae"

[[systems]]
name = "GMM"
recipe = "gmm"
representation = "pixel"
threshold = 1.5

[[systems]]
name = "BP, robust (ours)"
recipe = "bp-gmm"
representation = "vae"
ours = true
max_cues = 200
tasks = [{ task = "noise" }]
options = { observation = "laplace", iterations = 100 }
"#;

pub(crate) fn experiment() -> Experiment {
    Experiment::parse(TOML, Path::new("tiny.toml")).unwrap()
}

pub(crate) fn resolved(preset: Preset) -> Resolved {
    experiment().resolve(preset, &Overrides::default()).unwrap()
}

pub(crate) fn info(backend: &str) -> RunInfo {
    RunInfo {
        commit: "0123abc".into(),
        version: "0.1.0".into(),
        backend: backend.into(),
        hardware: Hardware {
            cpu: "Example <9000>".into(),
            threads: 2,
            memory_mib: 4096,
            system: "Linux, x86_64".into(),
            accelerator: None,
        },
        data: vec![DataHash {
            name: "cifar-10-binary.tar.gz".into(),
            sha256: "c4a3".into(),
        }],
    }
}

pub(crate) fn reference() -> Reference {
    serde_json::from_str(
        r#"{
            "short": "authors' code", "source": "authors", "data": "CIFAR-10",
            "protocol": "100 blocks", "note": "none", "n_stored": 10,
            "tolerance": {"retrieval_rate": 3.0},
            "vae_training": [{"epoch": 1, "loss_per_image": 51.3}, {"epoch": 2, "loss_per_image": 34.3}],
            "results": [
                {"system": "GMM", "representation": "vae", "task": "clean", "level": null,
                 "cues": 1000, "retrieval_rate": 100.0, "latent_distance": 0.0},
                {"system": "GMM", "representation": "vae", "task": "noise", "level": 0.1,
                 "cues": 1000, "retrieval_rate": 90.0, "latent_distance": 0.5},
                {"system": "GMM", "representation": "vae", "task": "noise", "level": 0.4,
                 "cues": 1000, "retrieval_rate": 95.0, "latent_distance": 0.5},
                {"system": "GMM", "representation": "pixel", "task": "noise", "level": 0.4,
                 "cues": 1000, "retrieval_rate": 77.0, "latent_distance": 0.5}
            ]
        }"#,
    )
    .unwrap()
}

/// Measurements that depend on the cell alone.
pub(crate) fn measure(cell: &Cell) -> Vec<Measurement> {
    let level = cell.level.value().unwrap_or(0.0);
    let penalty = if cell.representation == Representation::Pixel {
        20.0
    } else {
        0.0
    };
    let rate = 100.0 - 50.0 * level - penalty * level + cell.seed as f64 * 0.5;
    let rate = rate.min(100.0);
    [
        (Metric::RetrievalRate, rate),
        (Metric::LatentDistance, 0.1 + level / 3.0),
        (Metric::PixelMse, 0.007 + level / 100.0),
    ]
    .map(|(metric, value)| Measurement {
        metric,
        value,
        n: 500,
    })
    .to_vec()
}
