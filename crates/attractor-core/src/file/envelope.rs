//! What is the same in all files: format number, kind, hash of the content.

use std::path::Path;

use super::Persist;
use crate::weights::Weights;
use crate::{Error, Result};

/// Key of the format number in the metadata.
pub const FORMAT: &str = "attractor.format";
/// Key of the hash of the content.
pub const CONTENT: &str = "attractor.content";
/// Key of the kind, of the file and of each section.
pub const KIND: &str = "kind";
/// The format number that this version writes, and the last that it reads.
pub const VERSION: u64 = 1;

/// The kind of a model that is named by its hash, and where that stands.
pub(super) const BY_HASH: &str = "by_hash";
pub(super) const HASH: &str = "hash";
pub(super) const NAME: &str = "name";

/// What hashes begin with: how they were made.
const SHA256: &str = "sha256:";

/// Writes what was packed.
pub(super) fn write(mut file: Weights, path: &Path) -> Result<()> {
    file.path = path.into();
    file.set_metadata(FORMAT, VERSION.to_string());
    let content = hash_of(&file)?;
    file.set_metadata(CONTENT, content);
    file.write(path)
}

/// The hash of a content, such as `sha256:9f86...`; see `docs/files.md` for what is hashed.
///
/// # Errors
/// [`Error::Weights`] for tensors of a type that this library does not write.
pub fn hash_of(file: &Weights) -> Result<String> {
    Ok(format!("{SHA256}{}", file.digest(CONTENT)?))
}

/// Reads a file of a memory or a part of one, and verifies it. Files from before there was a format number have
/// nothing to verify; their kinds know them.
///
/// # Errors
/// [`Error::Weights`] if it is missing, truncated or no safetensors file, of a newer format, or if its content is not
/// what was written.
pub fn open(path: &Path) -> Result<Weights> {
    let mut file = Weights::read(path)?;
    let (format, content) = (file.metadata(FORMAT), file.metadata(CONTENT));
    let Some(format) = format else {
        if content.is_some() {
            return Err(file.fail(format!(
                "expected a format number (metadata `{FORMAT}`), found none"
            )));
        }
        file.mark_unversioned();
        return Ok(file);
    };
    match format.parse::<u64>() {
        Ok(1..=VERSION) => {}
        Ok(newer @ 2..) => {
            return Err(file.fail(format!(
                "expected a file of format {VERSION} or older, found format {newer}: a newer version of this library \
                 wrote it, and is needed to read it"
            )));
        }
        _ => {
            return Err(file.fail(format!("expected a format number, found `{format}`")));
        }
    }
    let Some(content) = content else {
        return Err(file.fail(format!(
            "expected a hash of the content (metadata `{CONTENT}`), found none"
        )));
    };
    let found = hash_of(&file)?;
    if content != found {
        return Err(file.fail(format!(
            "expected content with the hash {content}, found {found}: it is not what was written"
        )));
    }
    Ok(file)
}

/// Checks that a file, or a section, holds that kind.
pub(super) fn expect_kind(file: &Weights, expected: &str) -> Result<()> {
    match file.metadata(KIND) {
        Some(found) if found == expected => Ok(()),
        None if was(file, expected) => Ok(()),
        found => {
            let found = found.or(file.metadata("system"));
            let found = found.map_or("none".into(), |found| format!("`{found}`"));
            Err(file.fail(format!("expected the kind `{expected}`, found {found}")))
        }
    }
}

/// Whether a file without a kind is of that kind: before there was a format number, the name stood under `system`,
/// or was the key of the configuration.
pub(super) fn was(file: &Weights, kind: &str) -> bool {
    file.is_unversioned()
        && (file.metadata("system") == Some(kind) || file.metadata(kind).is_some())
}

/// Saves a memory whose section `model` is named by its hash instead of being in the file: many memories may share
/// one model, and a file of their codes alone is small. Whoever loads it gives the model
/// ([`super::Loaders::give_model`]).
///
/// # Errors
/// As [`Persist::save`]; [`Error::Unsupported`] if the memory has no model.
pub fn save_by_hash(memory: &dyn Persist, path: &Path) -> Result<()> {
    const MODEL: &str = "model";
    let mut file = memory.section()?;
    let Ok(model) = file.section(MODEL) else {
        return Err(Error::unsupported(
            "saving a memory by the hash of its model",
            "a generative model",
            memory.kind(),
        ));
    };
    let mut named = Weights::new();
    named.set_metadata(KIND, BY_HASH);
    named.set_metadata(HASH, hash_of(&model)?);
    named.set_metadata(NAME, model.metadata(KIND).unwrap_or_default());
    file.remove_section(MODEL);
    file.insert_section(MODEL, named);
    write(file, path)
}
