//! One download into a folder at a time: two would write into the same part of a file.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::{DataError, Result};

/// Hidden, so that no loader counts it.
const NAME: &str = ".fetch.lock";

/// Held while a folder is written. The system lets go of it when the program ends, however it does.
#[derive(Debug)]
pub(super) struct Alone {
    path: PathBuf,
    _file: File,
}

impl Alone {
    /// # Errors
    /// [`DataError::Busy`] if another process holds it.
    pub(super) fn in_folder(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        loop {
            let file = File::create(&path).map_err(DataError::io(&path, "create"))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let folder = folder.into();
                    return Err(DataError::Busy { folder });
                }
                Err(TryLockError::Error(error)) => return Err(DataError::io(&path, "lock")(error)),
            }
            // Whoever held it may have removed it between the two.
            if is_at(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // Still locked: whoever opens it from now on finds that it is gone.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
