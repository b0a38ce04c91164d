//! `cargo xtask report`: reports written again, from run folders alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use attractor::evaluation::report::{self, Entry, Outcome};
use attractor::evaluation::{Experiment, RunFolder};

use crate::out::say;

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run folders, or folders of run folders, which get one report about all of them
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    for dir in &args.dirs {
        if let Ok(folder) = RunFolder::open(dir) {
            say!("report: {}", report::write(&folder)?.display());
            continue;
        }
        let runs = runs_in(dir)?;
        for (_, folder) in &runs {
            say!("report: {}", report::write(folder)?.display());
        }
        let entries: Vec<Entry> = runs
            .into_iter()
            .map(|(name, folder)| Entry {
                name,
                outcome: Outcome::Run(folder.dir().to_owned()),
            })
            .collect();
        let index = report::write_index(dir, &entries)?;
        say!("all of them: {}", index.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// The run folders in a folder by the names of their experiments, in the order of `reproduce all`, others
/// behind; of several of one experiment all.
pub(crate) fn runs_in(dir: &Path) -> Result<Vec<(String, RunFolder)>> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("could not list {}", dir.display()))?;
    let mut runs = Vec::new();
    for entry in entries {
        if let Ok(folder) = RunFolder::open(entry?.path()) {
            runs.push((folder.config().experiment.clone(), folder));
        }
    }
    if runs.is_empty() {
        bail!("{} is no run folder and holds none", dir.display());
    }
    let order: Vec<String> = crate::paths::chapters()?
        .into_iter()
        .map(|e: Experiment| e.name)
        .collect();
    let place = |name: &String| {
        order
            .iter()
            .position(|other| other == name)
            .unwrap_or(order.len())
    };
    runs.sort_by(|a, b| (place(&a.0), a.1.dir()).cmp(&(place(&b.0), b.1.dir())));
    Ok(runs)
}
