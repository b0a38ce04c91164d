//! The list of what an archive was unpacked to, by which it is verified later.
//!
//! It lies hidden in the unpacked folder, in the form of `sha256sum`: `<hash>  <path>` in each line.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::hash::sha256_file;
use crate::{DataError, Result};

/// Name of the list.
pub(crate) const NAME: &str = ".attractor-contents";

/// Writes the list of files (paths below `folder`, separated by `/`).
pub(crate) fn write(folder: &Path, files: &BTreeSet<String>) -> Result<()> {
    let mut text = String::new();
    // A list of the archive's own gives way to ours.
    for file in files.iter().filter(|file| *file != NAME) {
        let hash = sha256_file(&folder.join(file))?;
        text.push_str(&format!("{hash}  {file}\n"));
    }
    let path = folder.join(NAME);
    fs::write(&path, text).map_err(DataError::io(&path, "write"))
}

/// Compares a folder with its list; `false` if it has none.
pub(crate) fn verify(folder: &Path) -> Result<bool> {
    let list = folder.join(NAME);
    if !list.exists() {
        return Ok(false);
    }
    let text = fs::read_to_string(&list).map_err(DataError::io(&list, "read"))?;
    for line in text.lines() {
        let Some((expected, file)) = line.split_once("  ") else {
            let expected = "lines of a hash and a path";
            return Err(DataError::layout(&list, expected, format!("`{line}`")));
        };
        let path = folder.join(file);
        if !path.is_file() {
            let expected = format!("`{file}`, which was unpacked there");
            return Err(DataError::layout(
                folder,
                expected,
                format!("none; {AGAIN}"),
            ));
        }
        let found = sha256_file(&path)?;
        if found != expected {
            return Err(DataError::Hash {
                path,
                url: format!("the file that was unpacked there; {AGAIN}"),
                expected: expected.into(),
                found,
            });
        }
    }
    Ok(true)
}

/// What helps.
pub(crate) const AGAIN: &str = "move it away and fetch again";
