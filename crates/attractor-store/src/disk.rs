//! Every operation that changes a store's folder goes through here, so that a test can stop after any of them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Result;
use crate::error::At;

/// The file system, as a store changes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    #[cfg(test)]
    pub(crate) fault: Option<std::sync::Arc<fault::Fault>>,
}

impl Disk {
    /// Before each operation: a fault that is due refuses it.
    #[cfg(not(test))]
    #[inline]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        self.fault.as_ref().map_or(Ok(()), |fault| fault.step())
    }

    /// What the file holds is not yet on the disk.
    fn note_dirty(&self, _path: &Path) {
        #[cfg(test)]
        if let Some(fault) = &self.fault {
            fault.dirty(_path);
        }
    }

    fn note_synced(&self, _path: &Path) {
        #[cfg(test)]
        if let Some(fault) = &self.fault {
            fault.synced(_path);
        }
    }

    /// The folder and those above it.
    pub(crate) fn create_folder(&self, path: &Path) -> Result<()> {
        self.step()
            .and_then(|()| fs::create_dir_all(path))
            .at(path, "made")
    }

    /// A new file, in place of one of that name.
    pub(crate) fn create(&self, path: &Path) -> Result<Output> {
        let file = self.step().and_then(|()| File::create(path));
        self.note_dirty(path);
        Ok(Output {
            disk: self.clone(),
            path: path.to_owned(),
            file: file.at(path, "made")?,
            bytes: 0,
            hash: Sha256::new(),
            tail: None,
        })
    }

    /// Gives a file the name of another, which is gone then.
    pub(crate) fn replace(&self, from: &Path, to: &Path) -> Result<()> {
        self.step()
            .and_then(|()| fs::rename(from, to))
            .at(to, "replaced")
    }

    /// Removes a file that nobody needs; what cannot be removed now is removed another time.
    pub(crate) fn remove(&self, path: &Path) {
        if self.step().is_ok() {
            // On some systems a file that somebody reads stays.
            let _ = fs::remove_file(path);
        }
    }

    /// What the folder lists is on the disk when this returns.
    pub(crate) fn sync_folder(&self, path: &Path) -> Result<()> {
        self.step().at(path, "synchronised")?;
        // Elsewhere folders are no files that can be opened.
        #[cfg(unix)]
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .at(path, "synchronised")?;
        Ok(())
    }
}

/// A file that is written once, from front to back, and hashed on the way.
#[derive(Debug)]
pub(crate) struct Output {
    disk: Disk,
    path: PathBuf,
    file: File,
    bytes: u64,
    hash: Sha256,
    /// Hash of what follows a mark, and where that is.
    tail: Option<(u64, Sha256)>,
}

/// What was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) tail_bytes: u64,
    pub(crate) tail_sha256: String,
}

impl Output {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What follows is hashed by itself as well.
    pub(crate) fn begin_tail(&mut self) {
        self.tail = Some((self.bytes, Sha256::new()));
    }

    /// On the disk when this returns.
    pub(crate) fn finish(self) -> Result<Written> {
        let path = &self.path;
        self.disk
            .step()
            .and_then(|()| self.file.sync_all())
            .at(path, "written")?;
        self.disk.note_synced(path);
        let sha256 = hex(self.hash);
        let (tail_bytes, tail_sha256) = match self.tail {
            Some((from, hash)) => (self.bytes - from, hex(hash)),
            None => (self.bytes, sha256.clone()),
        };
        Ok(Written {
            bytes: self.bytes,
            sha256,
            tail_bytes,
            tail_sha256,
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.disk.step() {
            // As a process that is killed, or a full disk, may leave it.
            let _ = self.file.write_all(&bytes[..bytes.len() / 2]);
            return Err(error);
        }
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
        if let Some((_, hash)) = &mut self.tail {
            hash.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// As 64 hexadecimal digits.
pub(crate) fn hex(hash: Sha256) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A process that ends after a given number of operations, for tests.
#[cfg(test)]
pub(crate) mod fault {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// What happens when the operations are used up.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum After {
        /// The process has ended: nothing works any more.
        Nothing,
        /// The machine has: what was not synchronised is gone as well.
        PowerCut,
        /// One operation fails, and those after it work: a full disk, say.
        OneFailure,
    }

    #[derive(Debug)]
    pub(crate) struct Fault {
        operations: u64,
        after: After,
        done: AtomicU64,
        dirty: Mutex<Vec<PathBuf>>,
    }

    impl Fault {
        pub(crate) fn after(operations: u64, after: After) -> Self {
            Self {
                operations,
                after,
                done: AtomicU64::new(0),
                dirty: Mutex::default(),
            }
        }

        pub(super) fn step(&self) -> io::Result<()> {
            let done = self.done.fetch_add(1, Ordering::Relaxed);
            let fails = match self.after {
                // No code of the store can tidy up.
                After::Nothing | After::PowerCut => done >= self.operations,
                After::OneFailure => done == self.operations,
            };
            match fails {
                false => Ok(()),
                true => Err(io::Error::other("the process has ended")),
            }
        }

        pub(crate) fn struck(&self) -> bool {
            self.done.load(Ordering::Relaxed) > self.operations
        }

        pub(super) fn dirty(&self, path: &Path) {
            self.dirty.lock().unwrap().push(path.to_owned());
        }

        pub(super) fn synced(&self, path: &Path) {
            self.dirty.lock().unwrap().retain(|other| other != path);
        }

        /// What a power cut may do to files that were never synchronised: their names stay, their content does not.
        pub(crate) fn cut_power(&self) {
            for path in self.dirty.lock().unwrap().iter() {
                if path.exists() {
                    File::create(path).unwrap();
                }
            }
        }
    }
}
