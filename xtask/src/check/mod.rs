//! `cargo xtask check`: what a review relies on, cheap checks first.

mod book;
mod downstream;
mod links;
mod markdown;
mod page;
mod readmes;
mod release;
mod tables;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::out::say;
use crate::paths;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these checks, in their own order; or `report` with run folders, whose reports are opened in a
    /// browser on a phone's width and on a desk's
    #[arg(value_name = "CHECK")]
    only: Vec<String>,
    /// Print the names of the checks
    #[arg(long)]
    list: bool,
    /// Also what a release needs: packages that build by themselves, no accidental break of the API
    #[arg(long)]
    release: bool,
    /// Write the READMEs of the crates from their front pages, instead of comparing them
    #[arg(long)]
    write: bool,
}

/// One check: a name, what it finds, and how it is made.
struct Check {
    name: &'static str,
    what: &'static str,
    run: fn(&Path) -> Result<Verdict>,
}

enum Verdict {
    Passed,
    /// The program it needs is not there.
    Skipped(String),
}

/// In order of cost.
const CHECKS: &[Check] = &[
    Check {
        name: "format",
        what: "rustfmt has nothing to change",
        run: format,
    },
    Check {
        name: "tables",
        what: "each row of a Markdown table has as many cells as its header, in docs and doc comments",
        run: |root| found(tables::check(root)?),
    },
    Check {
        name: "links",
        what: "links between the pages of the documentation lead somewhere",
        run: |root| found(links::check(root)?),
    },
    Check {
        name: "readmes",
        what: "the README of each crate is the front page of its documentation",
        run: |root| found(readmes::check(root)?),
    },
    Check {
        name: "book",
        what: "every page of docs/ is in its table of contents, and they make a book (mdbook)",
        run: book::check,
    },
    Check {
        name: "unused",
        what: "no dependency is named that nothing uses (cargo-machete)",
        run: unused,
    },
    Check {
        name: "deny",
        what: "licences, bans and sources of dependencies (cargo-deny; advisories need a network)",
        run: deny,
    },
    Check {
        name: "lint",
        what: "clippy on all targets, and on each crate alone",
        run: lint,
    },
    Check {
        name: "features",
        what: "the façade compiles without its default features, and with each feature alone",
        run: features,
    },
    Check {
        name: "rustdoc",
        what: "rustdoc without warnings",
        run: |root| {
            let quiet = ("RUSTDOCFLAGS", "-D warnings");
            cargo(root, &["doc", "--workspace", "--no-deps"], &[quiet])
        },
    },
    Check {
        name: "downstream",
        what: "a crate outside the workspace builds on these, and its tests pass",
        run: downstream::check,
    },
    Check {
        name: "alone",
        what: "the tests of each crate compile alone, as `cargo test -p <crate>` (`cargo test` runs them)",
        run: |root| each_crate(root, |name| vec!["test", "--quiet", "--no-run", "-p", name]),
    },
];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let all = || CHECKS.iter().chain(release::CHECKS);
    if args.list {
        for check in CHECKS {
            say!("{:10} {}", check.name, check.what);
        }
        for check in release::CHECKS {
            say!("{:10} {} (with --release)", check.name, check.what);
        }
        say!("{REPORT:10} the report of run folders, in a browser (`{REPORT} DIR...` alone)");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some((REPORT, dirs)) = args
        .only
        .split_first()
        .map(|(name, dirs)| (name.as_str(), dirs))
    {
        return reports(dirs);
    }
    for name in &args.only {
        if !all().any(|check| check.name == name) {
            let known: Vec<&str> = all().map(|check| check.name).collect();
            bail!("unknown check `{name}`; known: {}", known.join(", "));
        }
    }
    let root = paths::root();
    if args.write {
        for name in readmes::write(&root)? {
            say!("crates/{name}/README.md");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let daily = CHECKS.len();
    let wanted = |(at, check): &(usize, &Check)| match args.only.is_empty() {
        true => *at < daily || args.release,
        false => args.only.iter().any(|name| name == check.name),
    };
    let mut failed = Vec::new();
    for (_, check) in all().enumerate().filter(wanted) {
        say!("check {}: {}", check.name, check.what);
        if !passed(check.name, || (check.run)(&root)) {
            failed.push(check.name);
        }
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    say!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// The check that needs a run: not one of the sources.
const REPORT: &str = "report";

/// Opens the reports of run folders in a browser.
fn reports(dirs: &[String]) -> Result<ExitCode> {
    if dirs.is_empty() {
        bail!("expected run folders behind `{REPORT}`, found none");
    }
    let mut all = true;
    for dir in dirs {
        say!("check {REPORT}: {dir} has no console error, no broken image, no horizontal scroll");
        all &= passed(REPORT, || page::check(Path::new(dir)));
    }
    Ok(if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Makes a check and says how it ended; whether it did not fail.
fn passed(name: &str, check: impl FnOnce() -> Result<Verdict>) -> bool {
    let start = Instant::now();
    let verdict = check();
    let seconds = start.elapsed().as_secs();
    match verdict {
        Ok(Verdict::Passed) => say!("check {name}: passed ({seconds} s)"),
        Ok(Verdict::Skipped(why)) => say!("check {name}: SKIPPED, {why}"),
        Err(error) => {
            say!("check {name}: FAILED ({seconds} s): {error:#}");
            return false;
        }
    }
    true
}

/// Prints what a check of the sources found; nothing found is passed.
fn found(complaints: Vec<String>) -> Result<Verdict> {
    for complaint in &complaints {
        say!("  {complaint}");
    }
    match complaints.len() {
        0 => Ok(Verdict::Passed),
        n => bail!("{n} found"),
    }
}

/// Runs Cargo in the root, its output on the terminal.
fn cargo(root: &Path, args: &[&str], variables: &[(&str, &str)]) -> Result<Verdict> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(args)
        .envs(variables.iter().copied())
        .current_dir(root)
        .status()
        .context("could not start cargo")?;
    match status.success() {
        true => Ok(Verdict::Passed),
        false => bail!("cargo {}: {status}", args.join(" ")),
    }
}

/// Whether a program that is installed separately is there; how to get it if not.
fn absent(program: &str) -> Option<Verdict> {
    let there = Command::new(program).arg("--version").output();
    (!there.is_ok_and(|output| output.status.success())).then(|| {
        let install = format!("{program} is not installed (cargo install {program} --locked)");
        Verdict::Skipped(install)
    })
}

/// The workspace, and the crates that are a workspace of their own.
fn format(root: &Path) -> Result<Verdict> {
    let check = ["--", "--check"];
    cargo(root, &[&["fmt", "--all"], check.as_slice()].concat(), &[])?;
    let members = crates(root)?;
    let all = every_crate(root)?;
    for name in all.iter().filter(|name| !members.contains(name)) {
        let manifest = format!("crates/{name}/Cargo.toml");
        let own = ["fmt", "--manifest-path", &manifest];
        cargo(root, &[own.as_slice(), &check].concat(), &[])?;
    }
    Ok(Verdict::Passed)
}

fn unused(root: &Path) -> Result<Verdict> {
    if let Some(verdict) = absent("cargo-machete") {
        return Ok(verdict);
    }
    // With this variable it takes its first argument for its own name, which there is not.
    let status = Command::new("cargo-machete")
        .env_remove("CARGO")
        .current_dir(root)
        .status()
        .context("could not start cargo-machete")?;
    match status.success() {
        true => Ok(Verdict::Passed),
        false => bail!("cargo-machete: {status}"),
    }
}

/// Advisories lie in a repository of their own that must be fetched: without it the rest is checked.
fn deny(root: &Path) -> Result<Verdict> {
    if let Some(verdict) = absent("cargo-deny") {
        return Ok(verdict);
    }
    let all = Command::new("cargo-deny")
        .args(["check", "advisories"])
        .current_dir(root)
        .output();
    if let Ok(output) = all
        && !output.status.success()
    {
        let text = String::from_utf8_lossy(&output.stderr);
        if text.contains("failed to fetch advisory database") {
            say!("  SKIPPED advisories: their database could not be fetched");
        } else {
            bail!("{text}");
        }
    }
    cargo(root, &["deny", "check", "bans", "licenses", "sources"], &[])
}

fn lint(root: &Path) -> Result<Verdict> {
    let all = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    cargo(root, &all, &[])?;
    each_crate(root, |name| {
        vec![
            "clippy",
            "--quiet",
            "-p",
            name,
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]
    })
}

/// Backends bring trees of their own, which take longer than all the rest: `flex` stands for them. What all
/// features are together, and the default, every other build sees.
const ELSEWHERE: &[&str] = &["ndarray", "wgpu", "vulkan", "cuda", "default", "full"];

fn features(root: &Path) -> Result<Verdict> {
    let manifest = root.join("crates/attractor/Cargo.toml");
    let text = std::fs::read_to_string(&manifest).context("the façade's manifest")?;
    let table: toml::Table = text.parse().context("the façade's manifest")?;
    let features = table.get("features").and_then(toml::Value::as_table);
    let names = features.into_iter().flat_map(toml::Table::keys);
    let names = names.filter(|name| !ELSEWHERE.contains(&name.as_str()));
    let facade = ["check", "--quiet", "-p", "attractor", "--lib"];
    let facade = [facade.as_slice(), &["--no-default-features"]].concat();
    say!("  none");
    cargo(root, &facade, &[])?;
    for name in names {
        say!("  {name}");
        cargo(
            root,
            &[facade.as_slice(), &["--features", name]].concat(),
            &[],
        )?;
    }
    Ok(Verdict::Passed)
}

/// Runs one command for every library crate, by itself: with its own features and dependencies.
fn each_crate<'a>(
    root: &Path,
    command: impl for<'b> Fn(&'b str) -> Vec<&'b str> + 'a,
) -> Result<Verdict> {
    for name in crates(root)? {
        say!("  {name}");
        cargo(root, &command(&name), &[])?;
    }
    Ok(Verdict::Passed)
}

/// The members of the workspace in `crates/`: those without a workspace of their own.
fn crates(root: &Path) -> Result<Vec<String>> {
    let mut members = Vec::new();
    for name in every_crate(root)? {
        let path = root.join("crates").join(&name).join("Cargo.toml");
        let text = std::fs::read_to_string(&path);
        let text = text.with_context(|| path.display().to_string())?;
        let manifest: toml::Table = text.parse().with_context(|| path.display().to_string())?;
        if !manifest.contains_key("workspace") {
            members.push(name);
        }
    }
    Ok(members)
}

/// The folders of `crates/`, which are named as their packages are.
fn every_crate(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).context("crates/")? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
