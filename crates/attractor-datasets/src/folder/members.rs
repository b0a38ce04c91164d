//! The members of a tar archive, plain or gzip, from its first to its last byte.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use tar::{Archive, Entry};

use crate::{DataError, Result, gzip};

/// Bytes read at once.
const BUFFER: usize = 1 << 18;

/// A reader that remembers whether it came to its end.
pub(crate) struct Input {
    inner: Box<dyn BufRead>,
    ended: bool,
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.ended |= count == 0 && !into.is_empty();
        Ok(count)
    }
}

/// Opens an archive; gzip is recognised by its first two bytes.
fn open(path: &Path) -> Result<Input> {
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    let inner = gzip::open(file).map_err(DataError::io(path, "read"))?;
    Ok(Input {
        inner,
        ended: false,
    })
}

/// Visits the members in order, with their numbers, then reads on to the end of the file, so that a
/// stream's checksum is verified. Returns how many bytes follow the archive's end, if they are more
/// than padding.
///
/// # Errors
/// [`DataError::Layout`] naming the last whole member if the archive is cut anywhere, also between
/// two members: without the zeros at its end nobody can know that it is whole.
pub(crate) fn visit(
    path: &Path,
    mut each: impl FnMut(usize, &mut Entry<'_, Input>) -> Result<()>,
) -> Result<u64> {
    let mut archive = Archive::new(open(path)?);
    let mut last = None;
    let broken = |last: &Option<String>, what: &str| {
        let place = match last {
            Some(name) => format!("{what}, in or after the member `{name}`"),
            None => format!("{what}, before the first member"),
        };
        DataError::layout(path, "a whole tar archive", place)
    };
    let entries = archive.entries().map_err(DataError::io(path, "read"))?;
    for (number, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|error| broken(&last, &error.to_string()))?;
        last = Some(String::from_utf8_lossy(&entry.path_bytes()).into_owned());
        each(number, &mut entry)?;
    }
    let mut input = archive.into_inner();
    if input.ended {
        let what =
            "the end of the file where blocks of zeros should end the archive (was it cut off?)";
        return Err(broken(&last, what));
    }
    let mut rest = (0, false);
    let mut buffer = vec![0; BUFFER];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(if rest.1 { rest.0 } else { 0 }),
            Ok(count) => {
                rest.0 += count as u64;
                rest.1 |= buffer[..count].iter().any(|&byte| byte != 0);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(broken(&last, &error.to_string())),
        }
    }
}
