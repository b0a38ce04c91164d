//! One writer at a time: two that replace the same file would each undo what the other did.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Held while a memory is changed. The system lets go of it when the program ends, however it does.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// For the memory in this file, which may not be there yet.
    pub(crate) fn take(memory: &Path) -> Result<Self> {
        let mut name = memory.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = memory.with_file_name(name);
        let said = || path.display().to_string();
        loop {
            let file = File::create(&path).with_context(said)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => bail!(
                    "{}: another `attractor` is changing this memory; try again when it is done",
                    memory.display()
                ),
                Err(TryLockError::Error(error)) => return Err(error).with_context(said),
            }
            // Somebody may have removed it between the two.
            if is_at(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked: whoever opens it from now on finds that it is gone.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
