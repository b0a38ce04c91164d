//! Runs of experiments, killed and resumed until they end.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use attractor::core::weights::Weights;
use attractor::evaluation::run::{LedgerEntry, TrainingPoint};
use attractor::evaluation::{Record, RunFolder};

use super::kill::{Chaos, Tally, names, whole, xtask};

/// Cells of several systems, two of which are trained, on built-in images.
pub(super) const MEASURING: &[&str] = &[
    "reproduce",
    "annabi-cifar10",
    "--preset",
    "smoke",
    "--dataset",
    "builtin",
    "--train-images",
    "60",
    "--system",
    "GMM",
    "--system",
    "MCHN",
    "--system",
    "MemN2N",
    "--system",
    "VAE encoder only",
];
/// An autoencoder over several epochs, and a cell that shows what it learned.
const TRAINING: &[&str] = &[
    "reproduce",
    "annabi-mnist",
    "--preset",
    "smoke",
    "--dataset",
    "builtin-glyphs",
    "--train-images",
    "1200",
    "--epochs",
    "8",
    "--system",
    "VAE encoder only",
];

pub(super) fn measuring(chaos: &mut Chaos) -> Result<Tally> {
    resumed(chaos, MEASURING)
}

pub(super) fn training(chaos: &mut Chaos) -> Result<Tally> {
    resumed(chaos, TRAINING)
}

/// The command with its folder.
pub(super) fn into(arguments: &[&str], dir: &Path) -> Result<Command> {
    let mut command = xtask(arguments)?;
    command.arg("--out").arg(dir);
    Ok(command)
}

fn resumed(chaos: &mut Chaos, arguments: &[&str]) -> Result<Tally> {
    let sound = chaos.path("sound");
    let time = whole(&mut into(arguments, &sound)?)?;
    let expected = Numbers::of(&sound)?;
    let mut tally = Tally::default();
    tally.notes.push(format!(
        "{} cells, {} epochs, {:.1} s without a kill",
        expected.cells,
        expected.training.len(),
        time.as_secs_f64()
    ));
    let mut rounds = 0;
    while tally.kills < chaos.times {
        rounds += 1;
        let dir = chaos.path("killed");
        let mut before = Vec::new();
        while tally.kills < chaos.times && before.len() < expected.cells {
            let running = chaos.kill(into(arguments, &dir)?.arg("--resume"), time)?;
            tally.count(running);
            before = left(&dir, before, &mut tally);
        }
        let ended = whole(into(arguments, &dir)?.arg("--resume"));
        tally.expect_ok(
            "the run does not go on",
            ended.map_err(|error| format!("{error:#}")),
        );
        before = left(&dir, before, &mut tally);
        tally.expect(before.len() == expected.cells, || {
            format!("{} cells in the end", before.len())
        });
        if let Some(found) = tally.expect_ok("the run in the end", Numbers::of(&dir)) {
            tally.expect(found == expected, || {
                format!(
                    "other numbers than without a kill: {}",
                    expected.beside(&found)
                )
            });
        }
        std::fs::remove_dir_all(&dir).context("the killed run")?;
    }
    tally.notes.push(format!(
        "{rounds} runs to their end, numbers compared with those without a kill"
    ));
    Ok(tally)
}

/// What of a run does not depend on time.
#[derive(PartialEq)]
pub(super) struct Numbers {
    pub(super) cells: usize,
    records: Vec<Record>,
    training: Vec<TrainingPoint>,
}

impl Numbers {
    pub(super) fn of(dir: &Path) -> Result<Self> {
        let folder = RunFolder::open(dir)?;
        let mut records = folder.records()?;
        for record in &mut records {
            record.seconds = 0.0;
            if record.metric.is_time() {
                record.value = 0.0;
            }
        }
        records.sort_by_key(|record| (record.cell(), record.metric));
        let mut training = folder.training()?;
        training.iter_mut().for_each(|point| point.seconds = 0.0);
        Ok(Self {
            cells: folder.ledger()?.len(),
            records,
            training,
        })
    }

    /// The first difference of another run.
    fn beside(&self, other: &Self) -> String {
        let pairs = self.records.iter().zip(&other.records);
        if let Some((own, other)) = pairs.into_iter().find(|(own, other)| own != other) {
            return format!("expected {own:?}, found {other:?}");
        }
        let points = self.training.iter().zip(&other.training);
        if let Some((own, other)) = points.into_iter().find(|(own, other)| own != other) {
            return format!("expected {own:?}, found {other:?}");
        }
        let counts = |numbers: &Self| {
            let Self {
                cells,
                records,
                training,
            } = numbers;
            format!(
                "{cells} cells, {} records, {} epochs",
                records.len(),
                training.len()
            )
        };
        format!("expected {}, found {}", counts(self), counts(other))
    }

    /// Whether all records are among those of another run.
    pub(super) fn within(&self, other: &Self) -> bool {
        self.records
            .iter()
            .all(|record| other.records.contains(record))
    }
}

/// Looks at a folder after a kill; its ledger, which begins with the one before.
fn left(dir: &Path, before: Vec<LedgerEntry>, tally: &mut Tally) -> Vec<LedgerEntry> {
    if !dir.join("run.toml").exists() {
        tally.expect(before.is_empty(), || "run.toml is gone".into());
        return before;
    }
    let folder = tally.expect_ok("the run folder", RunFolder::open(dir));
    let Some(folder) = folder else { return before };
    let Some(ledger) = tally.expect_ok("the ledger", folder.ledger()) else {
        return before;
    };
    tally.expect(ledger.starts_with(&before), || {
        "a finished cell is lost".into()
    });
    let counted: usize = ledger.iter().map(|entry| entry.records).sum();
    if let Some(records) = tally.expect_ok("the records", folder.records()) {
        tally.expect(records.len() == counted, || {
            format!("{} records of {counted}", records.len())
        });
    }
    let mut cells: Vec<_> = ledger.iter().map(|entry| &entry.cell).collect();
    cells.sort();
    cells.dedup();
    tally.expect(cells.len() == ledger.len(), || {
        "a cell is finished twice".into()
    });
    tally.expect_ok("the curves", folder.training());
    tally.expect_ok("the pictures", folder.panels());
    tally.expect_ok("the energies", folder.traces());
    files(&folder, tally);
    ledger
}

/// Files that are there under their names are whole.
fn files(folder: &RunFolder, tally: &mut Tally) {
    let report = folder.dir().join("report.html");
    if let Ok(text) = std::fs::read_to_string(report) {
        tally.expect(text.trim_end().ends_with("</html>"), || {
            "half a report".into()
        });
    }
    for name in names(&folder.checkpoints()) {
        if name.ends_with(".safetensors") {
            tally.expect_ok(&name, Weights::read(&folder.checkpoints().join(&name)));
        }
    }
    for name in names(&folder.figures()) {
        let bytes = std::fs::read(folder.figures().join(&name)).unwrap_or_default();
        let whole = match name.rsplit('.').next() {
            Some("png") => bytes.ends_with(b"IEND\xaeB`\x82"),
            Some("svg") => bytes.trim_ascii_end().ends_with(b"</svg>"),
            _ => !bytes.is_empty(),
        };
        tally.expect(whole || name.starts_with('.'), || {
            format!("half a figure: {name}")
        });
    }
}
