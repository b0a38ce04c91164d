//! The one file that says what belongs to a store.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::{Disk, Written, hex};
use crate::error::At;
use crate::{Error, Result, StoreConfig};

pub(crate) const NAME: &str = "manifest.json";
/// What is written before it takes the name of the manifest.
pub(crate) const PART: &str = "manifest.json.part";
/// Of the layout that `docs/out-of-core.md` describes.
pub(crate) const FORMAT: u32 = 1;
/// Of what counts changes and files: there is always one to count on.
const MOST: u64 = i64::MAX as u64;
/// In place of the hash while it is computed.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a store is at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// Of the text of the manifest with 64 zeros here.
    sha256: String,
    /// Counts changes.
    pub(crate) generation: u64,
    pub(crate) config: StoreConfig,
    /// The id of the next pattern; no pattern has or had it or one above.
    pub(crate) next_id: u64,
    /// The number of the next file.
    pub(crate) next_file: u64,
    /// In the order of their ids.
    pub(crate) segments: Vec<SegmentEntry>,
    pub(crate) deletions: Vec<DeletionEntry>,
}

/// A file of patterns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentEntry {
    pub(crate) number: u64,
    pub(crate) file: String,
    pub(crate) rows: u64,
    pub(crate) first_id: u64,
    pub(crate) last_id: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    /// The last bytes, which are verified whenever the file is opened: the footer and the page index.
    pub(crate) tail_bytes: u64,
    pub(crate) tail_sha256: String,
}

impl SegmentEntry {
    pub(crate) fn new(number: u64, rows: u64, ids: (u64, u64), written: Written) -> Self {
        Self {
            number,
            file: segment_name(number),
            rows,
            first_id: ids.0,
            last_id: ids.1,
            bytes: written.bytes,
            sha256: written.sha256,
            tail_bytes: written.tail_bytes,
            tail_sha256: written.tail_sha256,
        }
    }
}

/// A file of rows that are deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletionEntry {
    pub(crate) number: u64,
    pub(crate) file: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

pub(crate) fn segment_name(number: u64) -> String {
    format!("segment-{number:010}.parquet")
}

pub(crate) fn deletion_name(number: u64) -> String {
    format!("deleted-{number:010}.parquet")
}

/// Whether a file of that name is the store's own.
fn is_ours(name: &str) -> bool {
    let numbered = |prefix: &str| {
        let rest = name.strip_prefix(prefix)?.strip_suffix(".parquet")?;
        (rest.len() >= 10 && rest.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
    };
    name == PART || numbered("segment-").is_some() || numbered("deleted-").is_some()
}

impl Manifest {
    /// Of an empty store.
    pub(crate) fn new(config: StoreConfig) -> Self {
        Self {
            format: FORMAT,
            sha256: NO_HASH.to_owned(),
            generation: 0,
            config,
            next_id: 0,
            next_file: 0,
            segments: Vec::new(),
            deletions: Vec::new(),
        }
    }

    /// The number of a new file.
    pub(crate) fn take_number(&mut self) -> u64 {
        self.next_file += 1;
        self.next_file - 1
    }

    /// The manifest in a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::Missing {
                    path: folder.to_owned(),
                });
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(Error::damaged(
                    &path,
                    "a JSON text",
                    "bytes that are no text",
                ));
            }
            Err(error) => return Err(error).at(&path, "read"),
        };
        /// What later formats have as well.
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        let any: Any = serde_json::from_str(&text)
            .map_err(|error| Error::damaged(&path, "the manifest of a store", error))?;
        if any.format != FORMAT {
            let expected = format!("format {FORMAT}, which this version reads");
            return Err(Error::damaged(
                &path,
                expected,
                format!("format {}", any.format),
            ));
        }
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| Error::damaged(&path, "the manifest of a store", error))?;
        let found = hash_of(&text, &manifest.sha256);
        if found.as_ref() != Some(&manifest.sha256) {
            let found = found.unwrap_or_else(|| "no such digits".to_owned());
            let expected = format!("a text with sha256 {}", manifest.sha256);
            return Err(Error::damaged(&path, expected, found));
        }
        manifest.check(&path)?;
        Ok(manifest)
    }

    /// What a change relies on, whoever wrote the file.
    fn check(&self, path: &Path) -> Result<()> {
        self.config.validate()?;
        let counters = [self.generation, self.next_file];
        if let Some(counter) = counters.into_iter().find(|&counter| counter > MOST) {
            let expected = format!("`generation` and `next_file` up to {MOST}");
            return Err(Error::damaged(path, expected, counter));
        }
        let mut least = 0;
        for (at, segment) in self.segments.iter().enumerate() {
            let SegmentEntry {
                number,
                file,
                rows,
                first_id,
                last_id,
                ..
            } = segment;
            let unique = self.segments[..at].iter().all(|s| s.number != *number);
            let good = *file == segment_name(*number)
                && unique
                && *number < self.next_file
                && (1..=u64::from(u32::MAX)).contains(rows)
                && *first_id >= least
                && last_id >= first_id
                && last_id - first_id >= rows - 1
                && *last_id < self.next_id;
            if !good {
                let expected = "segments named by their numbers, with 1 to 2^32 - 1 rows, in the order of \
                                ids below `next_id`";
                return Err(Error::damaged(path, expected, format!("{segment:?}")));
            }
            least = last_id + 1;
        }
        for deletion in &self.deletions {
            if deletion.file != deletion_name(deletion.number) || deletion.number >= self.next_file
            {
                let expected = "deletions named by numbers below `next_file`";
                return Err(Error::damaged(path, expected, format!("{deletion:?}")));
            }
        }
        Ok(())
    }

    /// Makes it the manifest of the folder, whose other files are on the disk already: the moment of a change.
    pub(crate) fn write(&mut self, folder: &Path, disk: &Disk) -> Result<()> {
        let (path, part) = (folder.join(NAME), folder.join(PART));
        self.sha256 = NO_HASH.to_owned();
        let text = self.text(&path)?;
        self.sha256 = hash_of(&text, NO_HASH)
            .ok_or_else(|| Error::damaged(&path, "a place for the hash", "none"))?;
        let text = self.text(&path)?;
        let mut output = disk.create(&part)?;
        output.write_all(text.as_bytes()).at(&part, "written")?;
        output.finish()?;
        // What the manifest names is listed in the folder before the manifest is.
        disk.sync_folder(folder)?;
        disk.replace(&part, &path)?;
        disk.sync_folder(folder)
    }

    fn text(&self, path: &Path) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n")
            .map_err(|error| Error::damaged(path, "a manifest that can be written", error))
    }

    /// Removes files of the store that it does not name: what a crash or an earlier generation left.
    pub(crate) fn sweep(&self, folder: &Path, disk: &Disk) -> Result<()> {
        for entry in fs::read_dir(folder).at(folder, "listed")? {
            let name = entry.at(folder, "listed")?.file_name();
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else {
                continue;
            };
            let named = self.segments.iter().any(|segment| segment.file == name)
                || self.deletions.iter().any(|deletion| deletion.file == name);
            if !named {
                disk.remove(&folder.join(name));
            }
        }
        Ok(())
    }
}

/// Of a text in which the first place of `own` counts as zeros.
fn hash_of(text: &str, own: &str) -> Option<String> {
    if own.len() != NO_HASH.len() || !own.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let at = text.find(&format!("\"{own}\""))? + 1;
    let mut hash = Sha256::new();
    hash.update(&text[..at]);
    hash.update(NO_HASH);
    hash.update(&text[at + own.len()..]);
    Some(hex(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Precision;

    #[test]
    fn a_changed_digit_anywhere_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(3, Precision::F16).with_specification("beta = 2.5\n");
        let mut manifest = Manifest::new(config);
        manifest.next_id = 41;
        manifest.write(folder.path(), &Disk::default()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        let path = folder.path().join(NAME);
        let text = fs::read_to_string(&path).unwrap();
        for at in (0..text.len()).filter(|&at| text.is_char_boundary(at + 1)) {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(Manifest::read(folder.path()).is_err(), "byte {at}");
        }
        for length in 0..text.len() - 1 {
            fs::write(&path, &text[..length]).unwrap();
            assert!(Manifest::read(folder.path()).is_err(), "cut at {length}");
        }
        fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
        let error = Manifest::read(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("expected format 1") && error.contains("found format 2"),
            "{error}"
        );
    }

    #[test]
    fn only_files_of_a_store_are_swept() {
        for (name, ours) in [
            ("segment-0000000003.parquet", true),
            ("deleted-0000000003.parquet", true),
            ("manifest.json.part", true),
            ("manifest.json", false),
            ("store.lock", false),
            ("segment-3.parquet", false),
            ("segment-000000000x.parquet", false),
            ("segment-0000000003.parquet.bak", false),
            ("notes.txt", false),
        ] {
            assert_eq!(is_ours(name), ours, "{name}");
        }
    }
}
