//! The crate outside the workspace that builds on the others.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Verdict, cargo};

/// Tests it. Its profile is this workspace's, so that what others wrote is not compiled again; our own
/// crates are, because they belong to no workspace there.
pub(super) fn check(root: &Path) -> Result<Verdict> {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).context("Cargo.toml")?;
    let mut manifest: toml::Table = manifest.parse().context("Cargo.toml")?;
    let mut profile = toml::Table::new();
    profile.extend(
        manifest
            .remove("profile")
            .map(|table| ("profile".to_owned(), table)),
    );
    let packages = profile
        .get_mut("profile")
        .and_then(|table| table.get_mut("dev"))
        .and_then(|table| table.get_mut("package"))
        .and_then(toml::Value::as_table_mut);
    if let Some(packages) = packages {
        packages.retain(|name, _| {
            !root.join("crates").join(name).exists() && name != "benches" && name != "xtask"
        });
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let target = std::path::absolute(target)?;
    std::fs::create_dir_all(&target)?;
    let file = target.join("downstream-profile.toml");
    std::fs::write(&file, toml::to_string(&profile)?)
        .with_context(|| file.display().to_string())?;
    let (file, target) = (file.display().to_string(), target.display().to_string());
    let manifest = "examples/downstream/Cargo.toml";
    cargo(
        root,
        &[
            "test",
            "--quiet",
            "--manifest-path",
            manifest,
            "--config",
            &file,
            "--target-dir",
            &target,
        ],
        &[],
    )
}
