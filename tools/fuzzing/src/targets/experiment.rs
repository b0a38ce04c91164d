//! Experiment files, and the tables of published numbers beside them.

use std::path::PathBuf;

use attractor::datasets::DataRoot;
use attractor::evaluation::experiment::{Experiment, Overrides, Preset};
use attractor::evaluation::record::{Level, Metric, Representation};
use attractor::evaluation::{Cell, Measurement, Reference};
use attractor_experiments::Draft;

use super::{each, head};
use crate::scratch;

/// Cells of the largest experiment of which every cell is checked here.
const CELLS: usize = 300;

/// A byte (even: an experiment, odd: a table of published numbers), then the text.
pub(super) fn run(data: &[u8]) {
    let ([kind], rest) = head::<1>(data);
    let text = String::from_utf8_lossy(rest);
    if kind % 2 == 1 {
        reference(&text);
        return;
    }
    let Ok(experiment) = Experiment::parse(&text, "own.toml") else {
        return;
    };
    let (overrides, root) = (Overrides::default(), DataRoot::default());
    for preset in Preset::ALL {
        let Ok(config) = experiment.resolve(preset, &overrides, &|_| true) else {
            continue;
        };
        let cells = config.cells().len();
        assert_eq!(config.config_hash(), config.config_hash());
        if cells > CELLS {
            continue;
        }
        let _ = Draft::new(&experiment, preset, &overrides, &root).map(|draft| draft.config);
    }
}

fn reference(text: &str) {
    let read = scratch::file("reference.json", text.as_bytes(), |path| {
        Reference::load(path)
    });
    let Ok(table) = read else {
        return;
    };
    let cell = Cell {
        experiment: "annabi-cifar10".into(),
        system: "GMM".into(),
        representation: Representation::Vae,
        dataset: "cifar10".into(),
        task: "mask".into(),
        level: Level::NONE,
        n_stored: 100,
        seed: 0,
    };
    for &metric in Metric::ALL {
        let measured = Measurement {
            metric,
            value: 50.0,
            n: 10,
        };
        let judged = table.judge(&cell, measured, None);
        assert_eq!(judged.is_some(), table.lookup(&cell, metric).is_some());
    }
}

/// The files of the repository in a folder below its root, with that suffix.
pub(super) fn files(folder: &str, suffix: &str) -> Vec<Vec<u8>> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let entries = std::fs::read_dir(root.join(folder)).expect("the repository has that folder");
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|found| found == suffix))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| std::fs::read(path).expect("a file of the repository can be read");
    paths.iter().map(read).collect()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = each(&[&[0]], &files("experiments", "toml"));
    seeds.extend(each(&[&[1]], &files("experiments/reference", "json")));
    seeds
}
