//! A memory of photos, whose labels are the paths they came from.

use std::path::Path;

use anyhow::{Result, bail};
use attractor::core::burn::tensor::Device;
use attractor::core::file::{Loaders, Loading};
use attractor::core::weights::Weights;
use attractor::core::{Error, KeepsPatterns, check};
use attractor::datasets::folder::Colour;
use attractor::evaluation::figures::Image;
use attractor::prelude::*;

use crate::FALSE_ACCEPT;
use crate::memory::{Entry, entries};

/// Sides of the photos in a new memory.
pub(crate) const SIDE: u16 = 32;
/// Photos that are compared exactly; a first pass finds them where more are stored.
const SHORTLIST: usize = 200;

/// An opened memory of photos.
#[derive(Debug)]
pub(crate) struct Album {
    pub(crate) memory: SelfCalibratingMemory,
    pub(crate) device: Device,
    pub(crate) shape: ImageShape,
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

    /// That of an opened file.
    pub(crate) fn restore(file: &Weights) -> Result<Self> {
        let device = Backend::Flex.open()?;
        let loaders = Loaders::new();
        let memory = SelfCalibratingMemory::restore(file, &Loading::new(&loaders, &device))?;
        let config = memory.config();
        let (Some(height), Some(width)) = (config.height, config.width) else {
            bail!(
                "{}: expected a memory of photos with their height and width, found one of other data",
                file.path.display()
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

    /// The same with what tells strangers, which takes seconds to measure: a recall then starts at once.
    pub(crate) fn save_calibrated(&self, path: &Path) -> Result<()> {
        match self.memory.calibration() {
            // Too few are stored.
            Err(Error::Unsupported { .. }) => {}
            measured => drop(measured?),
        }
        self.save(path)
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
    pub(crate) fn photos(&self) -> Result<Vec<Entry>> {
        entries(&self.memory)
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
