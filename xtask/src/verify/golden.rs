//! Folders of golden files, and the comparisons made with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context, Result};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::check::to_host;
use serde::Serialize;

use super::file::File;

const EXTENSION: &str = "safetensors";

/// One comparison.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) system: &'static str,
    pub(super) check: String,
    /// Our value at the entry that differs most.
    pub(super) ours: f64,
    /// The golden value there.
    pub(super) expected: f64,
    /// Largest difference, relative to values above 1.
    pub(super) difference: f64,
    pub(super) tolerance: f64,
    pub(super) verdict: &'static str,
}

impl Check {
    pub(super) fn failed(&self) -> bool {
        self.verdict == "FAIL"
    }
}

/// The golden files and the checks made so far.
pub(super) struct Golden {
    pub(super) device: Device,
    pub(super) checks: Vec<Check>,
    /// Checks that are known to miss their tolerance, and why.
    pub(super) misses: Vec<String>,
    /// Where files are looked for; the first that has one wins.
    folders: Vec<PathBuf>,
    files: BTreeMap<String, Rc<File>>,
}

impl Golden {
    pub(super) fn new(folders: Vec<PathBuf>, device: Device) -> Self {
        Self {
            device,
            checks: Vec::new(),
            misses: Vec::new(),
            folders,
            files: BTreeMap::new(),
        }
    }

    /// Names of the files that there are, without their extension.
    pub(super) fn present(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for folder in &self.folders {
            let fail = || format!("the folder of golden files {}", folder.display());
            for entry in folder.read_dir().with_context(fail)? {
                let path = entry.with_context(fail)?.path();
                if path.extension().is_some_and(|found| found == EXTENSION)
                    && let Some(stem) = path.file_stem()
                {
                    names.insert(stem.to_string_lossy().into_owned());
                }
            }
        }
        Ok(names)
    }

    /// The folders, for messages.
    pub(super) fn places(&self) -> String {
        let folders = self.folders.iter();
        let shown: Vec<String> = folders.map(|path| path.display().to_string()).collect();
        shown.join(" or ")
    }

    /// A file by its name without extension; read once.
    pub(super) fn file(&mut self, name: &str) -> Result<Rc<File>> {
        if let Some(file) = self.files.get(name) {
            return Ok(Rc::clone(file));
        }
        let paths = self
            .folders
            .iter()
            .map(|folder| folder.join(format!("{name}.{EXTENSION}")));
        let path = paths.into_iter().find(|path| path.exists());
        let path = path.with_context(|| format!("no {name}.{EXTENSION} in {}", self.places()))?;
        let file = Rc::new(File::read(&path)?);
        self.files.insert(name.to_owned(), Rc::clone(&file));
        Ok(file)
    }

    /// By file that was read: arrays that no check looked at.
    pub(super) fn unused(&self) -> Vec<(&str, Vec<String>)> {
        let files = self.files.iter();
        files
            .map(|(name, file)| (name.as_str(), file.unused()))
            .filter(|(_, unused)| !unused.is_empty())
            .collect()
    }

    /// Compares a tensor with an array of a golden file, which may cut a row into several axes.
    pub(super) fn compare<const D: usize>(
        &mut self,
        system: &'static str,
        file: &File,
        key: &str,
        ours: Tensor<D>,
        tolerance: f64,
    ) -> Result<()> {
        let (dims, shape) = (ours.dims(), file.shape(key)?);
        if shape.first() != dims.first()
            || shape.iter().product::<usize>() != dims.iter().product::<usize>()
        {
            let reason = format!("`{key}`: expected shape {dims:?}, found {shape:?}");
            return Err(file.misfit(reason).into());
        }
        let ours = to_host(ours)?;
        self.compare_values(system, key, &ours, file.values(key)?, tolerance)
    }

    /// Of a check that fails: that it is known to, and why. It is printed and counted by itself.
    pub(super) fn known_to_miss(&mut self, system: &str, check: &str, why: &str) {
        let own = |found: &&mut Check| found.system == system && found.check == check;
        if let Some(found) = self.checks.iter_mut().find(own)
            && found.failed()
        {
            found.verdict = "MISSES";
            let by = found.difference / found.tolerance;
            self.misses.push(format!(
                "{system}: {check}: {by:.1} times its tolerance; {why}"
            ));
        }
    }

    /// Compares numbers in the order in which they stand.
    pub(super) fn compare_values<A, B>(
        &mut self,
        system: &'static str,
        check: &str,
        ours: &[A],
        expected: &[B],
        tolerance: f64,
    ) -> Result<()>
    where
        A: Copy + Into<f64>,
        B: Copy + Into<f64>,
    {
        anyhow::ensure!(
            ours.len() == expected.len(),
            "{system} {check}: expected {} values, found {}",
            expected.len(),
            ours.len()
        );
        let (ours, expected, difference) = ours
            .iter()
            .zip(expected)
            .map(|(&ours, &expected)| {
                let (ours, expected): (f64, f64) = (ours.into(), expected.into());
                let difference = match ours == expected {
                    // Infinity as well.
                    true => 0.0,
                    false => (ours - expected).abs() / expected.abs().max(1.0),
                };
                // NaN is the largest difference there is.
                (
                    ours,
                    expected,
                    if difference.is_nan() {
                        f64::INFINITY
                    } else {
                        difference
                    },
                )
            })
            .max_by(|a, b| a.2.total_cmp(&b.2))
            .with_context(|| format!("{system} {check}: no values"))?;
        self.checks.push(Check {
            system,
            check: check.to_owned(),
            ours,
            expected,
            difference,
            tolerance,
            verdict: if difference <= tolerance {
                "pass"
            } else {
                "FAIL"
            },
        });
        Ok(())
    }
}
