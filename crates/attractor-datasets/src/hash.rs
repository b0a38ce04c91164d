//! SHA-256 of files, and hashes in writing.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{DataError, Result};

/// SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// [`DataError::Io`] if it cannot be read.
pub fn sha256_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(DataError::io(path, "open"))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file
            .read(&mut buffer)
            .map_err(DataError::io(path, "read"))?
        {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
