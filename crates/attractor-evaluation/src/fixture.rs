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
protocol = "sums"

[[parts]]
name = "recall"
title = "Recall"
measure = "recall"
dataset = "cifar10"
fallback_dataset = "builtin"
charts = ["retrieval_rate"]
n_stored = [10]
tasks = [{ task = "clean" }, { task = "noise", levels = [0.1, 0.4] }]
effort = ["blocks", "max_cues"]
idle = { "model.weights" = ["images", "model.epochs"] }
files = ["model.weights"]

[parts.options]
cues = 5
blocks = 100
images = 50000
model = { kind = "cifar-vae", features = 8, epochs = 3 }

[[parts.series]]
name = "GMM"
representation = "vae"
options = { recipe = "gmm" }

[[parts.series]]
name = "GMM"
representation = "pixel"
options = { recipe = "gmm", threshold = 1.5 }

[[parts.series]]
name = "BP, robust (ours)"
representation = "vae"
ours = true
tasks = [{ task = "noise" }]
options = { recipe = "bp-gmm", max_cues = 200, memory = { kind = "laplace", iterations = 100 } }

[presets.smoke]
seeds = 1
[presets.smoke.parts.recall]
series = ["GMM/vae"]
tasks = [{ task = "noise", levels = [0.4] }]
options = { images = 100, blocks = 2, model.features = 4, model.epochs = 1, memory.iterations = 3 }

[presets.cpu]
seeds = 2
[presets.cpu.parts.recall.options]
images = 1000
blocks = 20

[presets.paper]
seeds = 2
"#;

pub(crate) fn experiment() -> Experiment {
    Experiment::parse(TOML, Path::new("tiny.toml")).unwrap()
}

pub(crate) fn resolved(preset: Preset) -> Resolved {
    experiment()
        .resolve(preset, &Overrides::default(), &|_| true)
        .unwrap()
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
            "trained": "cifar-vae",
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
