//! A file that any number of threads read at any place.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// An open file. It stays readable when its name is gone.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    file: Arc<File>,
    bytes: u64,
}

impl Source {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        Ok(Self {
            file: Arc::new(file),
            bytes,
        })
    }

    /// Length of the file when it was opened.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fills `out` from a place on. The file has no position that threads could share.
    pub(crate) fn read_exact(&self, mut at: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            match read_at(&self.file, out, at) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    out = &mut out[count..];
                    at += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Source {
    /// Says that these bytes are read soon. The system may do something about it.
    pub(crate) fn ahead(&self, at: u64, bytes: u64) {
        #[cfg(all(unix, not(target_vendor = "apple")))]
        {
            use rustix::fs::{Advice, fadvise};
            // Advice: without it the read is slower, and right.
            let _ = fadvise(
                &*self.file,
                at,
                std::num::NonZeroU64::new(bytes),
                Advice::WillNeed,
            );
        }
        #[cfg(not(all(unix, not(target_vendor = "apple"))))]
        let _ = (at, bytes);
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, out, at)
}

#[cfg(windows)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, out, at)
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Source {
    type T = io::BufReader<Onward>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(io::BufReader::new(Onward {
            source: self.clone(),
            at: start,
        }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // Before memory is asked for: the length may come from a damaged file.
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(ParquetError::EOF(format!(
                "expected {length} bytes at {start}, found a file of {}",
                self.bytes
            )));
        }
        let mut bytes = vec![0; length];
        self.read_exact(start, &mut bytes)?;
        Ok(bytes.into())
    }
}

/// From one place on.
#[derive(Debug)]
pub(crate) struct Onward {
    source: Source,
    at: u64,
}

impl Read for Onward {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = read_at(&self.source.file, out, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
