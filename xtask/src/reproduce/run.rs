//! One run on its way into a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Result;
use attractor::core::Backend;
use attractor::evaluation::{
    Cell, Measurement, Reference, Resolved, RunFolder, RunInfo, RunSummary, RunWriter, report,
    runner, table,
};

use attractor_experiments::{Draft, citations};

use super::Args;
use super::observer::Terminal;
use crate::out::{self, complain, say};

/// Time between two reports of an unfinished run, which is what a killed run leaves.
const REPORT_EVERY: Duration = Duration::from_secs(60);
/// The same, in times that a report took: reports of large runs must not slow them down.
const REPORT_SHARE: u32 = 50;

/// Operations a second that the forecast reckons with: two cores without a GPU.
const FLOPS: f64 = 2e10;

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The run folder.
    pub(super) dir: PathBuf,
    /// Whether every cell is on disk.
    pub(super) complete: bool,
}

/// The first line: what runs, and on what.
pub(super) fn headline(config: &Resolved, backend: Backend) -> String {
    let missing: Vec<String> = config
        .parts
        .iter()
        .filter(|part| part.fallback)
        .map(|part| format!("{} for {}", part.dataset, part.name))
        .collect();
    let note = match missing.is_empty() {
        true => String::new(),
        false => format!(
            " (stand-ins: {}: the data set is not present, figures are not comparable with published \
             ones; see `cargo xtask data`)",
            missing.join(", ")
        ),
    };
    format!(
        "{} at preset {} on {}{note}; backend {backend}",
        config.title,
        config.preset,
        config.dataset()
    )
}

/// The second line: what the run will cost.
pub(super) fn forecast(draft: &Draft<'_>) -> String {
    let (cells, work) = (draft.config.cells().len(), draft.work);
    let mut text = format!("{cells} cells");
    if work.flops > 0.0 {
        text.push_str(&format!(
            ", about {:.1e} operations ({} at {FLOPS:.0e} a second), {:.0} MiB",
            work.flops,
            duration(work.flops / FLOPS),
            work.bytes / f64::from(1 << 20)
        ));
    }
    if draft.unknown > 0 && draft.unknown < cells {
        text.push_str(&format!(", and {} cells of unknown cost", draft.unknown));
    }
    text
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// The folder of a run, refused if it holds another: known before data are loaded.
pub(super) fn claim(args: &Args, config: &Resolved) -> Result<PathBuf> {
    let dir = folder(args, config);
    if !args.resume {
        RunFolder::check_free(&dir)?;
    }
    Ok(dir)
}

/// As told, or the newest fitting one to resume, or a new one.
fn folder(args: &Args, config: &Resolved) -> PathBuf {
    if let Some(dir) = &args.out {
        return dir.clone();
    }
    let dataset = config.dataset().replace(", ", "+");
    let stem = format!(
        "{}-{}-{dataset}-{}",
        config.experiment, args.preset, args.backend
    );
    // Names of one's own files may be paths.
    let stem = stem.replace(['/', '\\', ':'], "-");
    let runs = Path::new("runs");
    let numbered = |number: usize| match number {
        1 => runs.join(&stem),
        number => runs.join(format!("{stem}-{number}")),
    };
    let free = (1..)
        .find(|&number| !numbered(number).exists())
        .unwrap_or(1);
    numbered(if args.resume { (free - 1).max(1) } else { free })
}

/// One run on its way into a folder.
pub(super) struct Run<'a> {
    args: &'a Args,
    clock: Instant,
    pub(super) dir: PathBuf,
    pub(super) writer: RunWriter,
    cells: Vec<Cell>,
    pub(super) terminal: Terminal,
    stop: &'a Arc<AtomicBool>,
    summary: RunSummary,
}

impl<'a> Run<'a> {
    /// Begins or resumes in a folder that was claimed.
    pub(super) fn begin(
        args: &'a Args,
        dir: PathBuf,
        config: &Resolved,
        info: &RunInfo,
        reference: Option<&Reference>,
        stop: &'a Arc<AtomicBool>,
    ) -> Result<Self> {
        let clock = Instant::now();
        let mut writer = if args.resume {
            RunWriter::create_or_resume(&dir, config, info, reference)?
        } else {
            RunWriter::create(&dir, config, info, reference)?
        };
        writer.set_citations(&citations(config))?;
        say!("run folder: {}", dir.display());
        let all = config.cells();
        Ok(Self {
            args,
            clock,
            dir,
            writer,
            cells: match args.shard {
                Some(shard) => shard.select(all),
                None => all,
            },
            terminal: Terminal::new(),
            stop,
            summary: RunSummary::default(),
        })
    }

    pub(super) fn cells(
        &mut self,
        mut execute: impl FnMut(&Cell, &mut RunWriter) -> Result<Vec<Measurement>>,
    ) -> Result<()> {
        let (writer, terminal) = (&mut self.writer, &mut self.terminal);
        let mut next: Option<Instant> = None;
        let ended = runner::run_cells(&self.cells, writer, terminal, self.stop, |cell, writer| {
            if writer.finished() > 0 && next.is_none_or(|next| next <= Instant::now()) {
                next = Some(report_so_far(writer.folder()));
            }
            execute(cell, writer).map_err(|error| format!("{error:#}"))
        });
        if ended.is_err() {
            // What is on disk is worth a report, whatever keeps the run from going on.
            report_so_far(self.writer.folder());
        }
        self.summary = ended?;
        Ok(())
    }

    /// Prints the table and writes the report.
    pub(super) fn end(mut self) -> Result<Ended> {
        self.terminal.finish();
        let summary = &self.summary;
        for (cell, message) in &summary.failed {
            complain!("failed: {cell}: {message}");
        }
        say!("{}", table::text(self.writer.folder())?);
        let path = report::write(self.writer.folder())?;
        say!(
            "{} of {} cells, {:.0} s; report: {}",
            self.cells.len() - summary.left - summary.failed.len(),
            self.cells.len(),
            self.clock.elapsed().as_secs_f64(),
            path.display()
        );
        if summary.left > 0 {
            let line = format!("continue with: {}", again(self.args, &self.dir));
            match out::is_closed() {
                true => complain!("{line}"),
                false => say!("{line}"),
            }
        }
        Ok(Ended {
            complete: summary.is_complete(),
            dir: self.dir,
        })
    }
}

/// Writes the report of what is finished; when the next one is due.
fn report_so_far(folder: &RunFolder) -> Instant {
    let clock = Instant::now();
    if let Err(error) = report::write(folder) {
        let error = anyhow::Error::from(error);
        complain!("no report so far: {error:#}");
    }
    Instant::now() + REPORT_EVERY.max(clock.elapsed() * REPORT_SHARE)
}

/// The command line of this process with `--resume`, for this experiment and run folder.
pub(super) fn again(args: &Args, dir: &Path) -> String {
    let mut words: Vec<String> = vec!["cargo".into(), "xtask".into()];
    let given = std::env::args_os().skip(1);
    let mut given = given.map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = given.next() {
        match word.as_str() {
            "--resume" | "--train-only" => {}
            "--out" => drop(given.next()),
            "all" if words.last().is_some_and(|last| last == "reproduce") => {
                words.push(quoted(&args.experiment));
            }
            word if word.starts_with("--out=") => {}
            _ => words.push(quoted(&word)),
        }
    }
    words.extend(["--out".into(), quoted(&dir.display().to_string())]);
    words.push("--resume".into());
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || "-_=./,:+@%".contains(ch);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_with_blanks_are_quoted() {
        assert_eq!(quoted("mask=16,24"), "mask=16,24");
        assert_eq!(quoted("VAE encoder only"), "'VAE encoder only'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
