//! A file on disk: whole or not there, and still there after a loss of power.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Weights;
use crate::{Error, Result};

impl Weights {
    /// Writes the file atomically and durably: to a neighbour first, which is flushed to the disk and renamed.
    /// Whoever opens `path`, at any time, finds the old file or the new one.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let out = self.serialised().map_err(fail)?;
        replace(path, &out).map_err(|error| fail(error.to_string()))
    }

    /// The bytes of a safetensors file, equal for equal content: metadata and tensors are in the order of their names,
    /// tensors of eight bytes a number before those of four, so that all lie at multiples of their size.
    fn serialised(&self) -> Result<Vec<u8>, String> {
        let mut arrays: Vec<_> = self.tensors.iter().collect();
        arrays.sort_by_key(|(_, array)| array.kind() == "F32");
        let mut header = String::from("{");
        let metadata = self.metadata.iter();
        let metadata: Vec<String> = metadata
            .map(|(key, text)| format!("{}:{}", quoted(key), quoted(text)))
            .collect();
        let mut fields = Vec::with_capacity(arrays.len() + 1);
        if !metadata.is_empty() {
            fields.push(format!("\"__metadata__\":{{{}}}", metadata.join(",")));
        }
        let mut data = Vec::new();
        for (name, array) in arrays {
            let begin = data.len();
            let fed = array.feed(&mut |part| data.extend_from_slice(part));
            fed.map_err(|reason| format!("`{name}`: {reason}"))?;
            fields.push(format!(
                "{}:{{\"dtype\":\"{}\",\"shape\":{:?},\"data_offsets\":[{begin},{}]}}",
                quoted(name),
                array.kind(),
                array.shape,
                data.len()
            ));
        }
        header.push_str(&fields.join(","));
        header.push('}');
        // Numbers begin at a multiple of eight.
        while !header.len().is_multiple_of(8) {
            header.push(' ');
        }
        let mut out = Vec::with_capacity(8 + header.len() + data.len());
        out.extend_from_slice(&(header.len() as u64).to_le_bytes());
        out.extend_from_slice(header.as_bytes());
        out.append(&mut data);
        Ok(out)
    }
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control < ' ' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Puts `bytes` in the place of `path`.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = partial(path)?;
    let mut file = claim(&partial)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    // Held until it has its name, where an open file can be renamed.
    let held = cfg!(unix).then_some(file);
    if let Err(error) = written.and_then(|()| std::fs::rename(&partial, path)) {
        // Half a file is of no use; what went wrong first is what is said.
        let _ = std::fs::remove_file(&partial);
        return Err(error);
    }
    drop(held);
    settle(path)
}

/// Opens the neighbour for one writer alone: who else saves under the same name waits. What a kill has left there is gone.
fn claim(partial: &Path) -> std::io::Result<File> {
    loop {
        let mut options = File::options();
        let file = options
            .create(true)
            .write(true)
            .truncate(false)
            .open(partial)?;
        match file.lock() {
            // There are file systems that know no locks.
            Err(error) if error.kind() != ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        // By now the writer before may have given it the name that it was written for.
        if is_at(&file, partial) {
            file.set_len(0)?;
            return Ok(file);
        }
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

/// Nothing says here which file a name stands for.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Where it is written first: beside it, since a rename does not leave the file system.
fn partial(path: &Path) -> std::io::Result<PathBuf> {
    let mut name = path.file_name().map(ToOwned::to_owned).ok_or_else(|| {
        std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "expected the name of a file",
        )
    })?;
    name.push(".part");
    Ok(path.with_file_name(name))
}

/// Flushes the folder, which is what knows the new name.
#[cfg(unix)]
fn settle(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Folders cannot be flushed here; the file itself is.
#[cfg(not(unix))]
fn settle(_: &Path) -> std::io::Result<()> {
    Ok(())
}
