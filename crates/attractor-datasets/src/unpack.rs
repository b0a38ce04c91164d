//! Unpacking a tar archive without trusting it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use tar::EntryType;

use crate::folder::visit_members;
use crate::{DataError, Result, contents};

/// What names of temporary folders begin with.
const SCRATCH: &str = ".unpack-";

/// Unpacks `archive` into a temporary folder beside `target`, then moves its member `creates` to
/// `target/creates`. Until that last step nothing of the archive is visible.
///
/// What an unpacking that was killed has left in `target` is removed first: nobody else unpacks there.
///
/// Only files and folders below the target are accepted: absolute names, `..`, links and devices
/// are refused, and then nothing is unpacked.
pub(crate) fn unpack(archive: &Path, target: &Path, creates: &str) -> Result<PathBuf> {
    sweep(target)?;
    let scratch = tempfile::Builder::new()
        .prefix(SCRATCH)
        .tempdir_in(target)
        .map_err(DataError::io(target, "create a temporary folder in"))?;
    let files = extract(archive, scratch.path())?;
    let made = scratch.path().join(creates);
    if !made.is_dir() {
        let expected = format!("an archive with the folder `{creates}`");
        return Err(DataError::layout(archive, expected, "none"));
    }
    let below = |file: PathBuf| Some(file.strip_prefix(creates).ok()?.to_path_buf());
    let names = files.into_iter().filter_map(below).map(|file| {
        let steps = file
            .components()
            .map(|step| step.as_os_str().to_string_lossy());
        steps.collect::<Vec<_>>().join("/")
    });
    contents::write(&made, &names.collect())?;
    let place = target.join(creates);
    fs::rename(&made, &place).map_err(DataError::io(&place, "move the unpacked files to"))?;
    Ok(place)
}

/// Removes what an unpacking that was killed has left.
pub(crate) fn sweep(target: &Path) -> Result<()> {
    let entries = fs::read_dir(target).map_err(DataError::io(target, "list"))?;
    for entry in entries {
        let entry = entry.map_err(DataError::io(target, "list"))?;
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(DataError::io(&path, "remove"))?;
        }
    }
    Ok(())
}

/// Unpacks all members; the files below `into`, as paths below it.
fn extract(path: &Path, into: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    visit_members(path, |_, entry| {
        let name = entry
            .path()
            .map_err(DataError::io(path, "read a member's name in"))?;
        let name = name.into_owned();
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        let refuse = |reason| DataError::UnsafeEntry {
            path: path.into(),
            entry: name.display().to_string(),
            reason,
        };
        let inside = inside(&name).map_err(refuse)?;
        let place = into.join(&inside);
        if kind.is_dir() {
            fs::create_dir_all(&place).map_err(DataError::io(&place, "create"))?;
        } else if kind.is_file() {
            let parent = place.parent().unwrap_or(into);
            fs::create_dir_all(parent).map_err(DataError::io(parent, "create"))?;
            let mut file = File::create(&place).map_err(DataError::io(&place, "create"))?;
            io::copy(entry, &mut file).map_err(DataError::io(&place, "unpack"))?;
            files.insert(inside);
        } else {
            return Err(refuse(
                "only files and folders are accepted, no links or devices",
            ));
        }
        Ok(())
    })?;
    Ok(files)
}

/// The name as a path that stays below its folder, and that a line of the list of contents can hold.
fn inside(name: &Path) -> Result<PathBuf, &'static str> {
    match name.to_str() {
        None => return Err("names that are no text (UTF-8) cannot be listed"),
        Some(text) if text.contains(['\n', '\r']) => {
            return Err("names with line breaks cannot be listed");
        }
        Some(_) => {}
    }
    name.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(part) => Ok(part),
            Component::ParentDir => Err("`..` would leave the target folder"),
            _ => Err("absolute names would leave the target folder"),
        })
        .collect()
}
