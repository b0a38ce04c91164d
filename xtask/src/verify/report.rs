//! What `verify` prints.

use crate::out::{complain, say};
use anyhow::Result;

use super::golden::{Check, Golden};

/// Names of unread arrays that are spelt out.
const SPELT_OUT: usize = 5;

/// What came of it beside the checks.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Systems whose files are absent, with these files.
    pub(super) skipped: Vec<(&'static str, Vec<&'static str>)>,
    /// Systems whose files do not fit, or which could not be run.
    pub(super) errors: Vec<(&'static str, anyhow::Error)>,
    /// Files that no check knows.
    pub(super) unknown: Vec<String>,
}

impl Notes {
    fn lines(&self, golden: &Golden) -> Vec<String> {
        let places = golden.places();
        let mut lines = Vec::new();
        for (system, files) in &self.skipped {
            let files = files.join(", ");
            lines.push(format!("skipped: {system}: no {files} in {places}"));
        }
        let misses = golden.misses.iter();
        lines.extend(misses.map(|miss| format!("known to miss: {miss}")));
        if !self.unknown.is_empty() {
            let files = self.unknown.join(", ");
            lines.push(format!("no check for this file: {files}"));
        }
        for (file, unused) in golden.unused() {
            let spelt_out = unused.len().min(SPELT_OUT);
            let mut line = format!("not compared: {file}: {}", unused[..spelt_out].join(", "));
            if unused.len() > spelt_out {
                line += &format!(" and {} more", unused.len() - spelt_out);
            }
            lines.push(line);
        }
        lines
    }

    /// One JSON object per check; everything else goes to standard error.
    pub(super) fn print_json(&self, golden: &Golden) -> Result<()> {
        for check in &golden.checks {
            say!("{}", serde_json::to_string(check)?);
        }
        for line in self.lines(golden) {
            complain!("{line}");
        }
        self.print_errors();
        Ok(())
    }

    pub(super) fn print_table(&self, golden: &Golden) {
        let mut table = crate::list::plain([
            "system",
            "check",
            "ours",
            "expected",
            "difference",
            "tolerance",
            "verdict",
        ]);
        for check in &golden.checks {
            table.add_row([
                check.system.to_owned(),
                check.check.clone(),
                format!("{:.6}", check.ours),
                format!("{:.6}", check.expected),
                format!("{:.1e}", check.difference),
                format!("{:.0e}", check.tolerance),
                check.verdict.to_owned(),
            ]);
        }
        say!("{table}\n");
        for line in self.lines(golden) {
            say!("{line}");
        }
        let (total, failed) = (golden.checks.len(), failed(&golden.checks));
        let mut count = format!("{total} checks, {failed} failed");
        for (number, what) in [
            (golden.misses.len(), "known to miss"),
            (self.errors.len(), "systems with errors"),
            (self.skipped.len(), "systems skipped"),
        ] {
            if number > 0 {
                count += &format!(", {what}: {number}");
            }
        }
        say!("{count}");
        self.print_errors();
    }

    fn print_errors(&self) {
        for (system, error) in &self.errors {
            complain!("error: {system}: {error:#}");
        }
    }
}

pub(super) fn failed(checks: &[Check]) -> usize {
    checks.iter().filter(|check| check.failed()).count()
}
