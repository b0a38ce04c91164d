//! One change at a time: two processes that replace the same manifest would each undo what the other did.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::At;
use crate::{Error, Result};

/// Beside the manifest; it stays there, empty.
pub(crate) const NAME: &str = "store.lock";

/// Held during a change. The system lets go of it when the process ends, however it does.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        // Never removed: whoever held a removed file would hold nothing.
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .at(&path, "opened")?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy {
                path: folder.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(error).at(&path, "locked"),
        }
    }
}
