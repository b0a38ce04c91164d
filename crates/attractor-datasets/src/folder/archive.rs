//! Tar archives, plain or gzip, read in their own order.
//!
//! An archive is passed twice: once for the names, because classes and splits are known only when
//! all names are, and once for the images of the requested split, in batches.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tar::Archive;

use crate::{DataError, Result, gzip};

use super::layout::{Parts, is_image};

/// A larger member is no photograph.
const MAX_MEMBER_BYTES: u64 = 512 << 20;

/// Opens an archive, plain or gzip.
pub(crate) fn open(path: &Path) -> Result<Archive<impl Read>> {
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    let reader = gzip::open(file).map_err(DataError::io(path, "read"))?;
    Ok(Archive::new(reader))
}

/// Reads what follows the last member, so that a gzip stream that is cut off or damaged there is
/// noticed as everywhere else.
pub(crate) fn finish(path: &Path, archive: Archive<impl Read>) -> Result<()> {
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(DataError::io(path, "read"))?;
    Ok(())
}

/// The paths of all images, in archive order.
pub(super) fn list(path: &Path) -> Result<Vec<Parts>> {
    let mut names = Vec::new();
    visit(path, |parts, _| {
        names.push(parts);
        Ok(())
    })?;
    Ok(names)
}

/// Hands over the encoded images whose number (in the order of [`list`]) is in `wanted`, in batches
/// of about `batch_bytes` bytes.
pub(super) fn read(
    path: &Path,
    wanted: &HashSet<usize>,
    batch_bytes: usize,
    mut take: impl FnMut(Vec<(usize, Vec<u8>)>) -> Result<()>,
) -> Result<()> {
    let (mut batch, mut held, mut source) = (Vec::new(), 0, 0);
    visit(path, |parts, entry| {
        if wanted.contains(&source) {
            let mut bytes = Vec::new();
            entry
                .take(MAX_MEMBER_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(DataError::io(path, "read"))?;
            if bytes.len() as u64 > MAX_MEMBER_BYTES {
                return Err(DataError::Image {
                    path: path.into(),
                    member: Some(parts.join("/")),
                    reason: format!("expected at most {MAX_MEMBER_BYTES} bytes, found more"),
                });
            }
            held += bytes.len();
            batch.push((source, bytes));
            if held >= batch_bytes {
                held = 0;
                take(std::mem::take(&mut batch))?;
            }
        }
        source += 1;
        Ok(())
    })?;
    take(batch)
}

/// Visits the image members.
fn visit(path: &Path, mut each: impl FnMut(Parts, &mut dyn Read) -> Result<()>) -> Result<()> {
    let mut archive = open(path)?;
    for entry in archive.entries().map_err(DataError::io(path, "read"))? {
        let mut entry = entry.map_err(DataError::io(path, "read the next member of"))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let parts: Parts = name
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .map(String::from)
            .collect();
        if is_image(&parts) {
            each(parts, &mut entry)?;
        }
    }
    finish(path, archive)
}
