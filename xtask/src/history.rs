//! `cargo xtask history`: numbers by commit.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use anyhow::{Context, Result};
use attractor::evaluation::RunFolder;
use attractor::evaluation::report::write_history;

use crate::out::say;
use crate::report::runs_in;

/// Arguments of `history`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run folders, and folders of run folders
    #[arg(default_value = "runs", value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Folder of the page
    #[arg(long, default_value = "runs", value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut runs = Vec::new();
    for dir in &args.dirs {
        match RunFolder::open(dir) {
            Ok(folder) => runs.push(folder),
            Err(_) => runs.extend(runs_in(dir)?.into_iter().map(|(_, folder)| folder)),
        }
    }
    let commits = commits();
    let mut keyed = Vec::new();
    for run in runs {
        keyed.push((age(&run, &commits)?, run));
    }
    keyed.sort_by_key(|(age, _)| *age);
    let runs: Vec<RunFolder> = keyed.into_iter().map(|(_, run)| run).collect();
    let page = write_history(&args.out, &runs)?;
    say!("{} runs; history: {}", runs.len(), page.display());
    Ok(ExitCode::SUCCESS)
}

/// The commits of this branch, the oldest first; none without git.
fn commits() -> Vec<String> {
    let mut git = Command::new("git");
    let git = git
        .args(["log", "--format=%H", "--reverse", "--topo-order"])
        .current_dir(crate::paths::root());
    let text = git.output().ok().filter(|output| output.status.success());
    let text = text.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// By the latest commit that took part, unknown ones behind, and then by when the run began.
fn age(run: &RunFolder, commits: &[String]) -> Result<(usize, SystemTime)> {
    let place = |commit: &str| {
        let plain = commit.split('+').next().filter(|plain| !plain.is_empty())?;
        commits.iter().position(|hash| hash.starts_with(plain))
    };
    let latest = run
        .info()
        .iter()
        .map(|info| place(&info.commit).unwrap_or(commits.len()))
        .max();
    let file = run.dir().join("run.toml");
    let begun = file.metadata().and_then(|data| data.modified());
    let begun = begun.with_context(|| format!("could not look at {}", file.display()))?;
    Ok((latest.unwrap_or(commits.len()), begun))
}
