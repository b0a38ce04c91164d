//! Children that are killed, and what was seen.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use attractor::core::rng::{self, Rng};
use rand::RngExt;
use tempfile::TempDir;

/// One kind of kill at work.
pub(super) struct Chaos {
    /// How many kills.
    pub(super) times: u64,
    rng: Rng,
    place: TempDir,
}

/// What a kind of kill has seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How often something was killed.
    pub(super) kills: u64,
    /// How often it was still at work; otherwise it had ended by itself.
    pub(super) running: u64,
    /// What must not be.
    pub(super) findings: Vec<String>,
    /// What is worth a line.
    pub(super) notes: Vec<String>,
}

impl Tally {
    pub(super) fn count(&mut self, running: bool) {
        self.kills += 1;
        self.running += u64::from(running);
    }

    /// Notes a finding unless all is well.
    pub(super) fn expect(&mut self, well: bool, finding: impl FnOnce() -> String) {
        if !well {
            let kill = self.kills;
            self.findings.push(format!("kill {kill}: {}", finding()));
        }
    }

    /// The value, or a finding.
    pub(super) fn expect_ok<T, E: std::fmt::Display>(
        &mut self,
        what: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.expect(false, || format!("{what}: {error}"));
                None
            }
        }
    }
}

impl Chaos {
    pub(super) fn new(purpose: &str, seed: u64, times: u64) -> Result<Self> {
        Ok(Self {
            times,
            rng: rng::stream(seed, purpose),
            place: tempfile::tempdir().context("a temporary folder")?,
        })
    }

    /// A path in a folder that is removed in the end.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Starts a child and kills it within a time, at a moment that is drawn; whether it was still at work.
    pub(super) fn kill(&mut self, command: &mut Command, within: Duration) -> Result<bool> {
        let moment = within.mul_f64(self.rng.random_range(0.0..1.0));
        let mut child = quiet(command)
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        std::thread::sleep(moment);
        let running = child.try_wait()?.is_none();
        child.kill()?;
        child.wait()?;
        Ok(running)
    }
}

/// Runs a child to its end; how long that took.
pub(super) fn whole(command: &mut Command) -> Result<Duration> {
    let begun = Instant::now();
    let output = quiet(command)
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} ended with {}: {errors}", output.status);
    }
    Ok(begun.elapsed())
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env_remove("ATTRACTOR_DATA")
        .env_remove("ATTRACTOR_MEMORY")
}

/// This program, with arguments.
pub(super) fn xtask(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program")?);
    command.args(arguments).current_dir(crate::paths::root());
    Ok(command)
}

/// The names of a folder's entries, sorted; none if there is no folder.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
