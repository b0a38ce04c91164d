//! Built-in images that need no files: every experiment runs with no data at all.
//!
//! Each image depends only on the seed, the split and its own index, so that a set of 100 images is
//! the beginning of a set of 10,000.

mod backdrop;
mod glyphs;
mod letters;
mod object;
mod paint;
mod scenes;

use attractor_core::{Error, rng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{ImageSet, ImageShape, Result, Split};

/// Name of the colour scenes.
pub const SCENES: &str = "builtin";
/// Name of the grey glyphs.
pub const GLYPHS: &str = "builtin-glyphs";
/// Name of the grey letters.
pub const LETTERS: &str = "builtin-letters";

/// More would not fit into memory: a mistyped count must not look like a hang.
const MAX_IMAGES: usize = 10_000_000;

/// How many images [`load`](crate::load) generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuiltinSize {
    /// Images of the training split.
    pub train: usize,
    /// Images of the test split.
    pub test: usize,
}

impl Default for BuiltinSize {
    fn default() -> Self {
        Self {
            train: 10_000,
            test: 2_000,
        }
    }
}

impl BuiltinSize {
    /// Images of a split.
    pub fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Test => self.test,
        }
    }
}

/// A generator: what it draws, how large, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// Colour scenes, grey numerals or grey letters.
    pub kind: Kind,
    /// Rows, 8 to 1024.
    pub height: usize,
    /// Columns, 8 to 1024.
    pub width: usize,
    /// Seed of every random choice.
    pub seed: u64,
}

/// What a [`Generator`] draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// One to four shaded objects before a landscape or a texture, in colour; ten classes.
    Scenes,
    /// A numeral drawn with a warped pen stroke, in grey; ten classes.
    Glyphs,
    /// A capital letter drawn with the same pen; 26 classes.
    Letters,
}

impl Generator {
    /// Colour scenes of 3 x 32 x 32.
    pub const SCENES: Self = Self {
        kind: Kind::Scenes,
        height: 32,
        width: 32,
        seed: 0,
    };
    /// Grey glyphs of 1 x 28 x 28.
    pub const GLYPHS: Self = Self {
        kind: Kind::Glyphs,
        height: 28,
        width: 28,
        seed: 0,
    };
    /// Grey letters of 1 x 28 x 28.
    pub const LETTERS: Self = Self {
        kind: Kind::Letters,
        height: 28,
        width: 28,
        seed: 0,
    };

    /// Shape of every image.
    pub fn shape(&self) -> ImageShape {
        let channels = match self.kind {
            Kind::Scenes => 3,
            Kind::Glyphs | Kind::Letters => 1,
        };
        ImageShape::new(channels, self.height, self.width)
    }

    /// The first `count` images of a split.
    ///
    /// # Errors
    /// [`Error::Config`] for a size outside 8 to 1024 or more than 10,000,000 images.
    pub fn generate(&self, split: Split, count: usize) -> Result<ImageSet> {
        if !(8..=1024).contains(&self.height) || !(8..=1024).contains(&self.width) {
            let rule = "height and width must be from 8 to 1024";
            let found = format!("{}x{}", self.height, self.width);
            return Err(Error::config("Generator", rule, found).into());
        }
        if count > MAX_IMAGES {
            let rule = "at most 10,000,000 images are generated at once";
            return Err(Error::config("Generator", rule, count).into());
        }
        let images: Vec<(u32, Vec<u8>)> = (0..count)
            .into_par_iter()
            .map(|index| self.image(split, index as u64))
            .collect();
        let mut pixels = Vec::with_capacity(count.saturating_mul(self.shape().dim()));
        let mut labels = Vec::with_capacity(count);
        for (label, image) in images {
            labels.push(label);
            pixels.extend_from_slice(&image);
        }
        let (name, classes) = match self.kind {
            Kind::Scenes => (
                SCENES,
                scenes::CLASSES.map(|class| class.name.to_string()).to_vec(),
            ),
            Kind::Glyphs => (GLYPHS, glyphs::CLASSES.map(String::from).to_vec()),
            Kind::Letters => (LETTERS, letters::CLASSES.map(String::from).to_vec()),
        };
        ImageSet::new(name, self.shape(), pixels, labels, classes)
    }

    /// One image, `[c, h, w]`, and its label.
    fn image(&self, split: Split, index: u64) -> (u32, Vec<u8>) {
        let purpose = match (self.kind, split) {
            (Kind::Scenes, Split::Train) => "builtin/scenes/train",
            (Kind::Scenes, Split::Test) => "builtin/scenes/test",
            (Kind::Glyphs, Split::Train) => "builtin/glyphs/train",
            (Kind::Glyphs, Split::Test) => "builtin/glyphs/test",
            (Kind::Letters, Split::Train) => "builtin/letters/train",
            (Kind::Letters, Split::Test) => "builtin/letters/test",
        };
        let mut rng = rng::indexed_stream(self.seed, purpose, index);
        match self.kind {
            Kind::Scenes => scenes::draw(&mut rng, self.height, self.width),
            Kind::Glyphs => glyphs::draw(&mut rng, self.height, self.width),
            Kind::Letters => letters::draw(&mut rng, self.height, self.width),
        }
    }
}

/// Colour scenes, 3 x 32 x 32, seed 0.
///
/// # Errors
/// As [`Generator::generate`].
pub fn scenes(split: Split, size: &BuiltinSize) -> Result<ImageSet> {
    Generator::SCENES.generate(split, size.count(split))
}

/// Grey glyphs, 1 x 28 x 28, seed 0.
///
/// # Errors
/// As [`Generator::generate`].
pub fn glyphs(split: Split, size: &BuiltinSize) -> Result<ImageSet> {
    Generator::GLYPHS.generate(split, size.count(split))
}

/// Grey letters, 1 x 28 x 28, seed 0.
///
/// # Errors
/// As [`Generator::generate`].
pub fn letters(split: Split, size: &BuiltinSize) -> Result<ImageSet> {
    Generator::LETTERS.generate(split, size.count(split))
}
