//! The file that remembers, whatever is in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use attractor::baselines::Nearest;
use attractor::core::file;
use attractor::core::weights::Weights;
use attractor::prelude::*;

use crate::album::Album;
use crate::embeddings::Vectors;

/// An opened memory.
#[derive(Debug)]
pub(crate) enum Memory {
    Photos(Box<Album>),
    Vectors(Box<Vectors>),
}

/// A stored photo or vector.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    /// The path of a photo, the label of a vector.
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) index: usize,
}

impl Memory {
    /// That of a file, verified.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            bail!(
                "{}: there is no such memory; `attractor add FOLDER --memory {0}` makes one",
                path.display()
            );
        }
        let file = file::open(path)?;
        match kind(&file) {
            SelfCalibratingMemory::KIND => Ok(Self::Photos(Box::new(Album::restore(&file)?))),
            Nearest::KIND => Ok(Self::Vectors(Box::new(Vectors::restore(&file)?))),
            other => bail!(
                "{}: expected a memory of photos or vectors, found one of the kind `{other}`",
                path.display()
            ),
        }
    }

    /// The photos of a file.
    pub(crate) fn photos(path: &Path) -> Result<Album> {
        match Self::open(path)? {
            Self::Photos(album) => Ok(*album),
            Self::Vectors(_) => bail!(
                "{}: expected a memory of photos, found one of vectors",
                path.display()
            ),
        }
    }

    /// Writes it in place of the file, whole or not at all, with what tells strangers.
    pub(crate) fn save(&mut self, path: &Path) -> Result<()> {
        match self {
            Self::Photos(album) => album.save_calibrated(path),
            Self::Vectors(vectors) => {
                vectors.strangers()?;
                Ok(vectors.save(path)?)
            }
        }
    }

    pub(crate) fn inner(&self) -> &dyn AssociativeMemory {
        match self {
            Self::Photos(album) => &album.memory,
            Self::Vectors(vectors) => &vectors.memory,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.inner().len()
    }

    /// Removes what has this id.
    pub(crate) fn remove(&mut self, id: u64) -> Result<()> {
        match self {
            Self::Photos(album) => album.memory.remove_id(id)?,
            Self::Vectors(vectors) => {
                vectors.memory.remove_id(id)?;
                vectors.changed();
            }
        }
        Ok(())
    }

    /// What is stored, in the order it came.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        entries(self.inner())
    }

    /// Those that somebody names: by id, by label, by path, or by a folder they are in; all if nobody does.
    pub(crate) fn named(&self, names: &[String]) -> Result<Vec<Entry>> {
        let entries = self.entries()?;
        if names.is_empty() {
            return Ok(entries);
        }
        let mut chosen: Vec<Entry> = Vec::new();
        for name in names {
            let path = absolute(Path::new(name))?;
            let is_it = |entry: &&Entry| {
                name.parse() == Ok(entry.id)
                    || entry.name == *name
                    || Path::new(&entry.name).starts_with(&path)
            };
            let before = chosen.len();
            chosen.extend(entries.iter().filter(is_it).cloned());
            if chosen.len() == before {
                bail!(
                    "{name}: nothing stored has this id or name, or lies there; `attractor list` shows what is stored"
                );
            }
        }
        chosen.sort_by_key(|entry| entry.index);
        chosen.dedup();
        Ok(chosen)
    }
}

/// What a memory has stored, in the order it came.
pub(crate) fn entries(memory: &dyn AssociativeMemory) -> Result<Vec<Entry>> {
    let ids = memory.identify_for("attractor")?.pattern_ids()?;
    let entry = |(index, &id): (usize, &u64)| Entry {
        id,
        name: ids.label(id).unwrap_or_default().to_owned(),
        index,
    };
    Ok(ids.as_slice().iter().enumerate().map(entry).collect())
}

/// What a file holds.
fn kind(file: &Weights) -> &str {
    let kind = file.metadata(file::KIND).or(file.metadata("system"));
    kind.unwrap_or("none")
}

/// A path from the root, whether or not there is something.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    let found = path.canonicalize().or_else(|_| std::path::absolute(path));
    found.with_context(|| path.display().to_string())
}
