//! The program `attractor`, adding photos.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use attractor::datasets::{BuiltinSize, Split, builtin};
use attractor::evaluation::figures::{Image, ImageGrid};

use super::kill::{Chaos, Tally, whole};

const PHOTOS: usize = 200;
/// Photos between two savings: many of them, so that many kills meet one.
const EVERY: usize = 10;

pub(super) fn run(chaos: &mut Chaos) -> Result<Tally> {
    let program = program()?;
    let folder = chaos.path("photos");
    pictures(&folder)?;
    let add = |part: &str| {
        let mut command = Command::new(&program);
        command
            .args(["add", part, "--quiet", "--every", &EVERY.to_string()])
            .current_dir(&folder);
        command
    };
    whole(&mut add("old"))?;
    let memory = folder.join("memory.attr");
    let old = std::fs::read(&memory)?;
    let time = whole(&mut add("new"))?;
    let all = stored(&program, &folder)?;
    let mut tally = Tally::default();
    tally.expect(all == PHOTOS, || format!("{all} photos without a kill"));
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    let mut parts = 0;
    for _ in 0..chaos.times {
        std::fs::write(&memory, &old)?;
        let running = chaos.kill(&mut add("new"), time)?;
        tally.count(running);
        parts += usize::from(folder.join("memory.attr.part").exists());
        let count = stored(&program, &folder).map_err(|error| format!("{error:#}"));
        if let Some(count) = tally.expect_ok("the memory", count) {
            let saved = (EVERY..=PHOTOS).contains(&count) && count.is_multiple_of(EVERY);
            tally.expect(saved, || format!("{count} photos"));
            *found.entry(count).or_default() += 1;
        }
    }
    // What is left behind hinders nobody.
    whole(&mut add("new"))?;
    let all = stored(&program, &folder)?;
    tally.expect(all == PHOTOS, || format!("{all} photos in the end"));
    let left = folder.join("memory.attr.part").exists();
    tally.expect(!left, || "half a memory is left behind".into());
    tally.notes.push(format!(
        "{parts} kills while a file was written; photos then: {found:?}"
    ));
    Ok(tally)
}

/// The program beside this one, built anew if it is older than its sources.
fn program() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // No `-p`: with the whole workspace selected, features are those of `cargo test`, and burn is not built once more.
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--bin", "attractor"])
        .current_dir(crate::paths::root())
        .status()
        .context("cargo")?;
    if !built.success() {
        bail!("`cargo build --bin attractor` ended with {built}");
    }
    let here = std::env::current_exe().context("this program")?;
    Ok(here.with_file_name(format!("attractor{}", std::env::consts::EXE_SUFFIX)))
}

/// Photos, a few in `old`, the others in `new`.
fn pictures(folder: &Path) -> Result<()> {
    let size = BuiltinSize {
        train: 1,
        test: PHOTOS,
    };
    let photos = builtin::scenes(Split::Test, &size)?;
    for part in ["old", "new"] {
        std::fs::create_dir_all(folder.join(part)).context("a temporary folder")?;
    }
    for index in 0..PHOTOS {
        let part = if index < EVERY { "old" } else { "new" };
        let image = Image::from_planes(3, 32, 32, photos.rows(&[index])?)?;
        let png = ImageGrid::new(vec![vec![image]])?.png()?;
        std::fs::write(folder.join(format!("{part}/{index:04}.png")), png)?;
    }
    Ok(())
}

/// Stored photos, as `info` says after it has verified the file.
fn stored(program: &Path, folder: &Path) -> Result<usize> {
    let mut info = Command::new(program);
    info.args(["info", "--json"])
        .current_dir(folder)
        .env_remove("ATTRACTOR_MEMORY");
    let output = info.output().context("attractor info")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    facts["photos"]
        .as_u64()
        .map(|photos| photos as usize)
        .context("no number of photos")
}
