//! Unpacking a tar archive without trusting it.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use tar::EntryType;

use crate::folder::{archive_finish, archive_reader};
use crate::{DataError, Result};

/// Unpacks `archive` into a temporary folder beside `target`, then moves its member `creates` to
/// `target/creates`. Until that last step nothing of the archive is visible.
///
/// Only files and folders below the target are accepted: absolute names, `..`, links and devices
/// are refused, and then nothing is unpacked.
pub(crate) fn unpack(archive: &Path, target: &Path, creates: &str) -> Result<PathBuf> {
    let scratch = tempfile::Builder::new()
        .prefix(".unpack-")
        .tempdir_in(target)
        .map_err(DataError::io(target, "create a temporary folder in"))?;
    extract(archive, scratch.path())?;
    let made = scratch.path().join(creates);
    if !made.is_dir() {
        let expected = format!("an archive with the folder `{creates}`");
        return Err(DataError::layout(archive, expected, "none"));
    }
    let place = target.join(creates);
    fs::rename(&made, &place).map_err(DataError::io(&place, "move the unpacked files to"))?;
    Ok(place)
}

fn extract(path: &Path, into: &Path) -> Result<()> {
    let mut archive = archive_reader(path)?;
    for entry in archive.entries().map_err(DataError::io(path, "read"))? {
        let mut entry = entry.map_err(DataError::io(path, "read the next member of"))?;
        let name = entry
            .path()
            .map_err(DataError::io(path, "read a member's name in"))?;
        let name = name.into_owned();
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let refuse = |reason| DataError::UnsafeEntry {
            path: path.into(),
            entry: name.display().to_string(),
            reason,
        };
        let place = into.join(inside(&name).map_err(refuse)?);
        if kind.is_dir() {
            fs::create_dir_all(&place).map_err(DataError::io(&place, "create"))?;
        } else if kind.is_file() {
            let parent = place.parent().unwrap_or(into);
            fs::create_dir_all(parent).map_err(DataError::io(parent, "create"))?;
            let mut file = File::create(&place).map_err(DataError::io(&place, "create"))?;
            io::copy(&mut entry, &mut file).map_err(DataError::io(&place, "unpack"))?;
        } else {
            return Err(refuse(
                "only files and folders are accepted, no links or devices",
            ));
        }
    }
    archive_finish(path, archive)
}

/// The name as a path that stays below its folder.
fn inside(name: &Path) -> Result<PathBuf, &'static str> {
    name.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(part) => Ok(part),
            Component::ParentDir => Err("`..` would leave the target folder"),
            _ => Err("absolute names would leave the target folder"),
        })
        .collect()
}
