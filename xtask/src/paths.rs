//! Where things lie in the workspace.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use attractor::evaluation::Experiment;

/// The workspace's root: of the clone that Cargo runs this program in, which may be another than the one
/// it was built in when clones share a target directory; otherwise of the clone it was built in.
pub(crate) fn root() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .filter(|folder| folder.ends_with("xtask") && folder.join("Cargo.toml").exists())
        .unwrap_or(built);
    manifest.parent().unwrap_or(&manifest).to_path_buf()
}

/// The experiment of that name, or in the file of that path.
pub(crate) fn experiment(name: &str) -> Result<Experiment> {
    if name.ends_with(".toml") || name.contains(std::path::is_separator) {
        return Ok(Experiment::load(name)?);
    }
    let path = root().join("experiments").join(format!("{name}.toml"));
    if !path.exists() {
        let known: Vec<String> = experiments()?
            .into_iter()
            .map(|experiment| experiment.name)
            .collect();
        anyhow::bail!(
            "unknown experiment `{name}`; known: {}, all, or the path of a file of your own (NAME.toml)",
            known.join(", ")
        );
    }
    Ok(Experiment::load(path)?)
}

/// Every experiment, by name.
pub(crate) fn experiments() -> Result<Vec<Experiment>> {
    Experiment::load_all(root().join("experiments")).context("the experiment files")
}

/// The experiment that one report about all begins with: what all memories have in common.
const SHARED: &str = "shared";

/// Every experiment in the order of a report about all.
pub(crate) fn chapters() -> Result<Vec<Experiment>> {
    let mut all = experiments()?;
    all.sort_by_key(|experiment| experiment.name != SHARED);
    Ok(all)
}

/// The commit that is checked out, with a mark if files have changed since.
pub(crate) fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .current_dir(root())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    match git(&["rev-parse", "--short=12", "HEAD"]) {
        None => "unknown".into(),
        Some(commit) => match git(&["status", "--porcelain", "--untracked-files=no"]) {
            Some(changes) if changes.is_empty() => commit,
            _ => format!("{commit}+changes"),
        },
    }
}
