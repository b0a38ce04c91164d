//! A download from a server on this machine, resumed, verified and unpacked.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use attractor::datasets::sha256_file;

use super::kill::{Chaos, Tally, names, whole, xtask};
use super::server;

/// Files of the archive, and bytes of each.
const FILES: usize = 60;
const BYTES: usize = 12_000;
/// The folder that the archive makes.
const FOLDER: &str = "made";

pub(super) fn run(chaos: &mut Chaos) -> Result<Tally> {
    let archive = chaos.path("set.tar");
    let contents = write_archive(&archive)?;
    let address = server::serve(std::fs::read(&archive)?)?;
    let manifest = format!(
        "name = \"set\"\ntitle = \"A set\"\nlicence = \"none\"\nhomepage = \"http://{address}/\"\nlayout = \"folder\"\n\n\
         [[files]]\nname = \"set.tar\"\nurls = [\"http://{address}/set.tar\"]\nsha256 = \"{}\"\nsize = {}\nunpack = \"tar\"\n\
         creates = \"{FOLDER}\"\n",
        sha256_file(&archive)?,
        std::fs::metadata(&archive)?.len()
    );
    // A workspace with this data set alone.
    let (datasets, own) = (chaos.path("datasets"), chaos.path("xtask"));
    for folder in [&datasets, &own] {
        std::fs::create_dir(folder).context("a temporary folder")?;
    }
    std::fs::write(datasets.join("set.toml"), manifest)?;
    std::fs::write(own.join("Cargo.toml"), "")?;
    let fetch = |root: &Path| -> Result<Command> {
        let mut command = xtask(&["data", "fetch", "set", "--data-dir"])?;
        command.arg(root).env("CARGO_MANIFEST_DIR", &own);
        Ok(command)
    };
    let sound = chaos.path("sound");
    let time = whole(&mut fetch(&sound)?)?;
    let mut tally = Tally::default();
    look(&sound, &contents, &mut tally);
    let (mut downloads, mut resumed) = (0, 0);
    while tally.kills < chaos.times {
        let root = chaos.path("killed");
        downloads += 1;
        while tally.kills < chaos.times && !root.join("set").join(FOLDER).exists() {
            let part = root.join("set/set.tar.part");
            resumed += usize::from(std::fs::metadata(part).is_ok_and(|part| part.len() > 0));
            let running = chaos.kill(&mut fetch(&root)?, time)?;
            tally.count(running);
            look(&root, &contents, &mut tally);
        }
        let ended = whole(&mut fetch(&root)?);
        tally.expect_ok(
            "the download does not go on",
            ended.map_err(|error| format!("{error:#}")),
        );
        look(&root, &contents, &mut tally);
        let left = names(&root.join("set"));
        let visible = left
            .iter()
            .filter(|name| !name.starts_with('.') || name.starts_with(".unpack"));
        let left: Vec<&String> = visible.collect();
        tally.expect(left == [FOLDER], || format!("left behind: {left:?}"));
        std::fs::remove_dir_all(&root).context("the killed download")?;
    }
    tally.notes.push(format!(
        "{downloads} downloads to their end, {resumed} starts with a part of the file"
    ));
    Ok(tally)
}

/// What is there under its name is what was published.
fn look(root: &Path, contents: &[Vec<u8>], tally: &mut Tally) {
    let set = root.join("set");
    let archive = set.join("set.tar");
    if archive.exists() {
        let parts = root.with_file_name("set.tar");
        let same = std::fs::read(&archive).ok() == std::fs::read(parts).ok();
        tally.expect(same, || "half an archive under its name".into());
    }
    let made = set.join(FOLDER);
    if made.exists() {
        let found =
            (0..contents.len()).map(|at| std::fs::read(made.join(name(at))).unwrap_or_default());
        tally.expect(found.eq(contents.iter().cloned()), || {
            "half a folder under its name".into()
        });
        tally.expect(names(&made).len() == contents.len() + 1, || {
            "other files than published".into()
        });
    }
}

fn name(at: usize) -> String {
    format!("{at:03}.bin")
}

/// Writes an archive; what its files hold.
fn write_archive(path: &Path) -> Result<Vec<Vec<u8>>> {
    let file = std::fs::File::create(path).context("an archive")?;
    let mut tar = tar::Builder::new(file);
    let mut contents = Vec::new();
    for at in 0..FILES {
        let content: Vec<u8> = (0..BYTES).map(|byte| (byte * (at + 3)) as u8).collect();
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{FOLDER}/{}", name(at)), &content[..])?;
        contents.push(content);
    }
    tar.into_inner()?.sync_all()?;
    Ok(contents)
}
