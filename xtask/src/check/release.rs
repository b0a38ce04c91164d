//! What a release needs beyond every day's checks: minutes of compiling, a tag to compare with.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Check, Verdict, absent, cargo, crates};

/// In order of cost.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "semver",
        what: "no break of the API that the version does not announce (cargo-semver-checks)",
        run: semver,
    },
    Check {
        name: "package",
        what: "every crate packs, and what is packed compiles by itself",
        run: package,
    },
];

/// Against the last release, which is a tag such as `v0.1.0`.
fn semver(root: &Path) -> Result<Verdict> {
    if let Some(verdict) = absent("cargo-semver-checks") {
        return Ok(verdict);
    }
    let output = Command::new("git")
        .args(["describe", "--tags", "--abbrev=0", "--match", "v*"])
        .current_dir(root)
        .output()
        .context("could not start git")?;
    if !output.status.success() {
        let why = "there is no tag `v*`: nothing is released that could break";
        return Ok(Verdict::Skipped(why.into()));
    }
    let tag = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let names = crates(root)?;
    let mut args = vec!["semver-checks", "--baseline-rev", &tag];
    args.extend(names.iter().flat_map(|name| ["-p", name]));
    cargo(root, &args, &[])
}

/// A package has no profiles of its own. With these settings those that never compute are compiled as the workspace
/// has them, and the others for the compiler's checks alone.
const PLAIN: &[(&str, &str)] = &[
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_DEV_DEBUG", "false"),
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
    ("CARGO_INCREMENTAL", "0"),
];

/// All at once: a crate is compiled against the packages of the others, not against their folders.
fn package(root: &Path) -> Result<Verdict> {
    let names = crates(root)?;
    let mut args = vec!["package", "--quiet", "--allow-dirty"];
    args.extend(names.iter().flat_map(|name| ["-p", name]));
    cargo(root, &args, PLAIN)
}
