//! Run folders: `results.jsonl`, `cells.jsonl` and the rest, on reading, resuming and merging.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use attractor::evaluation::experiment::{Experiment, Overrides, Preset, Resolved};
use attractor::evaluation::record::Metric;
use attractor::evaluation::run::merge;
use attractor::evaluation::{Cell, Hardware, Measurement, RunFolder, RunInfo, RunWriter, table};

use super::{each, head};
use crate::scratch;

/// Between the contents of two files.
const BETWEEN: u8 = 0xff;
/// Which files an input holds: two of them by its first byte.
const PAIRS: [[&str; 2]; 4] = [
    ["results.jsonl", "cells.jsonl"],
    ["training.jsonl", "figures/panel-a.json"],
    ["run.toml", "reference.json"],
    ["figures/trace-a.json", "cite.bib"],
];
const EXPERIMENT: &str = include_str!("../../../../experiments/annabi-mnist.toml");

static CONFIG: LazyLock<Resolved> = LazyLock::new(|| {
    let experiment = Experiment::parse(EXPERIMENT, "annabi-mnist.toml");
    let experiment = experiment.expect("an experiment of the repository");
    let resolved = experiment.resolve(Preset::Smoke, &Overrides::default(), &|_| true);
    resolved.expect("an experiment of the repository")
});

fn info() -> RunInfo {
    RunInfo {
        commit: "0".into(),
        version: "0".into(),
        backend: "flex".into(),
        hardware: Hardware::default(),
        data: Vec::new(),
    }
}

/// Begins a run and finishes some of its cells.
fn begun(dir: &Path, cells: &[Cell]) {
    let mut run = RunWriter::create(dir, &CONFIG, &info(), None).expect("an empty folder");
    for cell in cells {
        let appended = run.append(cell, &measured(), 1.0);
        appended.expect("a cell that is not finished");
    }
}

fn measured() -> Vec<Measurement> {
    let one = |metric, value| Measurement {
        metric,
        value,
        n: 10,
    };
    vec![
        one(Metric::RetrievalRate, 50.0),
        one(Metric::PixelMse, 0.25),
    ]
}

/// Which pair of files, then one, a byte of 255, and the other.
pub(super) fn run(data: &[u8]) {
    let ([pair], rest) = head::<1>(data);
    let pair = PAIRS[usize::from(pair) % PAIRS.len()];
    let mut parts = rest.splitn(2, |&byte| byte == BETWEEN);
    let cells = CONFIG.cells();
    let dir = scratch::empty("run");
    begun(&dir, &cells[..2]);
    for (name, bytes) in pair.iter().zip(parts.by_ref()) {
        std::fs::write(dir.join(name), bytes).expect("a temporary file can be written");
    }
    let Ok(folder) = RunFolder::open(&dir) else {
        return;
    };
    let _ = (folder.training(), folder.panels(), folder.traces());
    let _ = (folder.reference(), folder.citations(), folder.missing());
    let before = folder.records();
    let ledger = folder.ledger();
    if before.is_ok() {
        let _ = table::text(&folder);
    }
    merged(&dir, &cells, before.is_ok());
    let Ok(mut run) = RunWriter::resume(&dir, &CONFIG, &info()) else {
        return;
    };
    let (Ok(ledger), Some(next)) = (ledger, cells.iter().find(|cell| !run.is_finished(cell)))
    else {
        return;
    };
    // What was read before is there after another cell, and that cell is.
    run.append(next, &measured(), 1.0)
        .expect("a cell that is not finished");
    drop(run);
    let folder = RunFolder::open(&dir).expect("a run that was resumed");
    let after = folder.ledger().expect("a run that was resumed");
    assert_eq!(after.len(), ledger.len() + 1);
    assert_eq!(after[..ledger.len()], ledger);
    if let Ok(before) = before {
        let records = folder.records().expect("records were read before");
        assert_eq!(records[..before.len()], before);
        assert_eq!(records.len(), before.len() + measured().len());
        assert!(
            records[before.len()..]
                .iter()
                .all(|record| record.cell() == *next)
        );
    }
}

/// Joins the folder with a sound one.
fn merged(dir: &Path, cells: &[Cell], readable: bool) {
    let sound: PathBuf = scratch::empty("sound");
    begun(&sound, &cells[1..3]);
    let out = scratch::empty("merged");
    if let Ok(summary) = merge(&[sound.as_path(), dir], &out) {
        assert!(readable);
        let joined = RunFolder::open(&out).expect("a run that was joined");
        let ledger = joined.ledger().expect("a run that was joined");
        assert_eq!(ledger.len(), summary.cells);
        assert!(
            cells[1..3]
                .iter()
                .all(|cell| ledger.iter().any(|entry| entry.cell == *cell))
        );
        let counted: usize = ledger.iter().map(|entry| entry.records).sum();
        let records = joined.records().expect("a run that was joined");
        assert_eq!(records.len(), counted);
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let dir = scratch::empty("seed");
    begun(&dir, &CONFIG.cells()[..3]);
    let content = |name: &str| std::fs::read(dir.join(name)).unwrap_or_default();
    let pair = |pair: [&str; 2]| [content(pair[0]), vec![BETWEEN], content(pair[1])].concat();
    let mut seeds = Vec::new();
    for (kind, names) in (0..).zip(PAIRS) {
        seeds.extend(each(&[&[kind]], &[pair(names)]));
    }
    let cell = r#""cell":{"experiment":"annabi-mnist","system":"GMM","representation":"vae","dataset":"mnist","task":"mask","level":16,"n_stored":10,"seed":0}"#;
    let training = r#"{"model":"mnist-vae","seed":0,"epoch":1,"loss_per_image":2.5,"seconds":0.1}"#;
    let panel = format!(
        r#"{{{cell},"caption":"c","rows":["stored"],"columns":1,"marks":[[0,0]],"judged":true,"rejected":[],"file":"panel-a.png"}}"#
    );
    let trace = format!(r#"{{{cell},"terms":[{{"name":"total","values":[2.0,1.0]}}]}}"#);
    for (kind, first, second) in [(1, &format!("{training}\n"), &panel), (3, &trace, &trace)] {
        let bytes = [first.as_bytes(), &[BETWEEN], second.as_bytes()].concat();
        seeds.extend(each(&[&[kind]], &[bytes]));
    }
    seeds
}
