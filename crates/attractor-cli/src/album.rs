//! The file that remembers: a saved memory of photos, whose labels are the paths they came from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use attractor::core::burn::tensor::Device;
use attractor::core::{Identify, KeepsPatterns, check};
use attractor::datasets::folder::Colour;
use attractor::evaluation::figures::Image;
use attractor::prelude::*;

/// Sides of the photos in a new memory.
pub(crate) const SIDE: u16 = 32;
/// Photos that are compared exactly; a first pass finds them where more are stored.
const SHORTLIST: usize = 200;
/// Photos of nothing stored that may be taken for stored ones, as a share.
const FALSE_ACCEPT: f64 = 0.01;

/// An opened memory of photos.
#[derive(Debug)]
pub(crate) struct Album {
    pub(crate) memory: SelfCalibratingMemory,
    pub(crate) device: Device,
    pub(crate) shape: ImageShape,
}

/// A stored photo.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Photo {
    pub(crate) id: u64,
    pub(crate) path: String,
    #[serde(skip)]
    pub(crate) index: usize,
}

impl Album {
    /// An empty one.
    pub(crate) fn new(side: usize, grey: bool) -> Result<Self> {
        let device = Backend::Flex.open()?;
        let channels = if grey { 1 } else { 3 };
        let shape = ImageShape {
            channels,
            height: side,
            width: side,
        };
        let config = SelfCalibratingConfig {
            channels,
            height: Some(side),
            width: Some(side),
            shortlist: Some(SHORTLIST),
            false_accept: Some(FALSE_ACCEPT),
            ..SelfCalibratingConfig::default()
        };
        Ok(Self {
            memory: config.init(shape.dim(), &device)?,
            device,
            shape,
        })
    }

    /// That of a file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            bail!(
                "{}: there is no such memory; `attractor add FOLDER --memory {0}` makes one",
                path.display()
            );
        }
        let device = Backend::Flex.open()?;
        let memory = SelfCalibratingMemory::load(path, &device)?;
        let config = memory.config();
        let (Some(height), Some(width)) = (config.height, config.width) else {
            bail!(
                "{}: expected a memory of photos with their height and width, found one of other data",
                path.display()
            );
        };
        let shape = ImageShape {
            channels: config.channels,
            height,
            width,
        };
        Ok(Self {
            memory,
            device,
            shape,
        })
    }

    /// Writes it in place of the file, whole or not at all.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        Ok(self.memory.save(path)?)
    }

    /// How photos and cues are brought to the shape of the memory.
    pub(crate) fn options(&self) -> FolderOptions {
        FolderOptions {
            size: Some((self.shape.height, self.shape.width)),
            colour: match self.shape.channels {
                1 => Colour::Grey,
                _ => Colour::Rgb,
            },
            ..FolderOptions::default()
        }
    }

    /// What is stored, in the order it came.
    pub(crate) fn photos(&self) -> Result<Vec<Photo>> {
        let ids = self.memory.pattern_ids()?;
        let photo = |(index, &id): (usize, &u64)| Photo {
            id,
            path: ids.label(id).unwrap_or_default().to_owned(),
            index,
        };
        Ok(ids.as_slice().iter().enumerate().map(photo).collect())
    }

    /// Those that somebody names: by id, by path, or by a folder they are in.
    pub(crate) fn named(&self, names: &[String]) -> Result<Vec<Photo>> {
        let photos = self.photos()?;
        let mut chosen: Vec<Photo> = Vec::new();
        for name in names {
            let path = absolute(Path::new(name))?;
            let is_it = |photo: &&Photo| {
                name.parse() == Ok(photo.id) || Path::new(&photo.path).starts_with(&path)
            };
            let before = chosen.len();
            chosen.extend(photos.iter().filter(is_it).cloned());
            if chosen.len() == before {
                bail!(
                    "{name}: no stored photo has this id or lies there; `attractor list` shows them"
                );
            }
        }
        chosen.sort_by_key(|photo| photo.index);
        chosen.dedup();
        Ok(chosen)
    }

    /// A row of values in `[0, 1]` as a picture.
    pub(crate) fn picture(&self, values: Vec<f32>) -> Result<Image> {
        let planes = values.len() / (self.shape.height * self.shape.width);
        Ok(Image::from_planes(
            planes,
            self.shape.height,
            self.shape.width,
            values,
        )?)
    }

    /// A stored photo as the memory has it.
    pub(crate) fn stored(&self, index: usize) -> Result<Vec<f32>> {
        Ok(check::to_host(self.memory.patterns().select(&[index])?)?)
    }
}

/// A path from the root, whether or not there is something.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    let found = path.canonicalize().or_else(|_| std::path::absolute(path));
    found.with_context(|| path.display().to_string())
}
