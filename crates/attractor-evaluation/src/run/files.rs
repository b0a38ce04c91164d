//! Lines of JSON, atomic files, and the ledger as it lies on disk.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{LEDGER, LedgerEntry, RESULTS};
use crate::{Error, Result};

/// Reads a file of JSON lines, up to `length` bytes if given. A file that does not exist is empty.
pub(super) fn read_lines<T: DeserializeOwned>(path: &Path, length: Option<u64>) -> Result<Vec<T>> {
    let Some(mut bytes) = read_if_present(path)? else {
        return Ok(Vec::new());
    };
    if let Some(length) = length {
        if (bytes.len() as u64) < length {
            return Err(too_short(path, length, bytes.len() as u64));
        }
        bytes.truncate(length as usize);
    }
    parse_lines(path, &bytes)
}

/// Reads the lines that end in a newline; also says how many bytes those are.
pub(super) fn read_whole_lines<T: DeserializeOwned>(path: &Path) -> Result<(Vec<T>, u64)> {
    let Some(mut bytes) = read_if_present(path)? else {
        return Ok((Vec::new(), 0));
    };
    bytes.truncate(
        bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1),
    );
    let values = parse_lines(path, &bytes)?;
    Ok((values, bytes.len() as u64))
}

fn parse_lines<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Vec<T>> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|error| Error::Json {
                path: path.to_owned(),
                line: index + 1,
                message: error.to_string(),
            })
        })
        .collect()
}

fn read_if_present(path: &Path) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => {
            file.read_to_end(&mut bytes)
                .map_err(Error::io(path, "could not read"))?;
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, "could not open")(error)),
    }
}

fn too_short(path: &Path, expected: u64, found: u64) -> Error {
    Error::Corrupt {
        path: path.to_owned(),
        reason: format!("expected at least {expected} bytes by {LEDGER}, found {found}"),
    }
}

/// One value as a line.
pub(super) fn line<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value).map_err(Error::encode("a line of JSON"))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes a file so that a reader sees the old content or the new, never a part.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file =
        tempfile::NamedTempFile::new_in(folder).map_err(Error::io(path, "could not create"))?;
    file.write_all(bytes)
        .map_err(Error::io(path, "could not write"))?;
    file.as_file()
        .sync_data()
        .map_err(Error::io(path, "could not sync"))?;
    set_mode(file.as_file()).map_err(Error::io(path, "could not set the mode"))?;
    file.persist(path)
        .map_err(|error| Error::io(path, "could not rename")(error.error))?;
    sync_folder(folder)
}

/// Temporary files are private to their owner; results are for everybody who may see the folder.
#[cfg(unix)]
fn set_mode(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_mode(_: &File) -> std::io::Result<()> {
    Ok(())
}

/// Makes new names in a folder durable, where the system can.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        let handle = File::open(folder).map_err(Error::io(folder, "could not open"))?;
        handle
            .sync_all()
            .map_err(Error::io(folder, "could not sync"))?;
    }
    Ok(())
}

/// The ledger as found on disk.
pub(super) struct Ledger {
    /// Its whole lines.
    pub(super) entries: Vec<LedgerEntry>,
    /// Bytes that those lines take.
    pub(super) bytes: u64,
    /// Bytes of `results.jsonl` that they vouch for.
    pub(super) results_bytes: u64,
}

impl Ledger {
    /// Reads the ledger without its torn last line, and checks it against `results.jsonl`.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(LEDGER);
        let (entries, bytes) = read_whole_lines::<LedgerEntry>(&path)?;
        let mut results_bytes = 0;
        for entry in &entries {
            if entry.bytes < results_bytes {
                return Err(Error::Corrupt {
                    path,
                    reason: format!(
                        "lengths must not fall, found {} at {}",
                        entry.bytes, entry.cell
                    ),
                });
            }
            results_bytes = entry.bytes;
        }
        let results = dir.join(RESULTS);
        let found = fs::metadata(&results).map_or(0, |metadata| metadata.len());
        if found < results_bytes {
            return Err(too_short(&results, results_bytes, found));
        }
        Ok(Self {
            entries,
            bytes,
            results_bytes,
        })
    }
}
