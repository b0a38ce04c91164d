//! Verifies what is already there.

use std::fs;
use std::path::Path;

use crate::contents::{self, AGAIN};
use crate::manifest::{Layout, Manifest, ManifestFile};
use crate::{DataError, Result, Split, cifar10};

use super::{Event, Progress, sha256_file};

/// A file under its own name: by its published hash, else by its size.
pub(super) fn file(file: &ManifestFile, path: &Path, progress: &mut dyn Progress) -> Result<()> {
    let name = file.name.as_str();
    if let Some(expected) = file.sha256.clone() {
        progress.event(Event::Verifying { file: name });
        let found = sha256_file(path)?;
        if found != expected {
            return Err(DataError::Hash {
                path: path.into(),
                url: format!("the file that was already there; {AGAIN}"),
                expected,
                found,
            });
        }
        progress.event(Event::Present { file: name });
        return Ok(());
    }
    let found = fs::metadata(path).map_err(DataError::io(path, "read"))?;
    if let Some(expected) = file.size.filter(|&size| size != found.len()) {
        return Err(DataError::Size {
            path: path.into(),
            what: " in the file that was already there",
            expected,
            found: found.len(),
        });
    }
    let reason = "no hash is published";
    progress.event(Event::Unverified { file: name, reason });
    Ok(())
}

/// The folder that an archive was unpacked to: by the list of its files; without one, by what its
/// layout asks for.
pub(super) fn unpacked(
    manifest: &Manifest,
    file: &ManifestFile,
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<()> {
    let name = file.name.as_str();
    progress.event(Event::Verifying { file: name });
    if contents::verify(folder)? {
        progress.event(Event::Present { file: name });
        return Ok(());
    }
    let listing = attractor_listing::list(folder).map_err(DataError::io(folder, "list"))?;
    if listing.visible.is_empty() {
        let expected = format!("the files of {name}");
        return Err(DataError::layout(
            folder,
            expected,
            format!("none; {AGAIN}"),
        ));
    }
    if manifest.layout == Layout::CifarBinary {
        for path in [Split::Train, Split::Test]
            .map(|split| cifar10::files(folder, split))
            .concat()
        {
            let found = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let expected = (cifar10::RECORD_BYTES * cifar10::RECORDS_PER_FILE) as u64;
            if found != expected {
                let expected = format!("{expected} bytes");
                return Err(DataError::layout(
                    &path,
                    expected,
                    format!("{found}; {AGAIN}"),
                ));
            }
        }
    }
    let reason = "it was not unpacked by `fetch`, so there is no list of its files";
    progress.event(Event::Unverified { file: name, reason });
    Ok(())
}
