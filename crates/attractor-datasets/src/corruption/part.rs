//! Which entries of an image are hidden.

use attractor_core::rng::{self, Rng};
use attractor_core::{Error, Result};
use rand::RngExt;

use crate::ImageShape;

/// The part of an image that is hidden or kept, in all channels alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A square is hidden, at a position drawn uniformly among those inside the image.
    Square {
        /// Its side in pixels.
        side: usize,
    },
    /// The left columns are kept.
    Left {
        /// How many.
        columns: usize,
    },
    /// The first entries are kept, pixel after pixel from the top, all channels of one together.
    First {
        /// How many; no whole pixels if they are no multiple of the channels.
        entries: usize,
    },
    /// Pixels in a random order: the first of them are kept.
    Kept {
        /// How many.
        pixels: usize,
    },
    /// Pixels in a random order: the first of them are hidden.
    Dropped {
        /// How many.
        pixels: usize,
    },
}

impl Part {
    /// Checks that the part lies within images of `shape`.
    ///
    /// # Errors
    /// [`Error::Config`] if it is larger than the image.
    pub fn validate(&self, shape: ImageShape) -> Result<()> {
        let area = shape.height.saturating_mul(shape.width);
        let (size, room) = match *self {
            Self::Square { side } => (side, shape.height.min(shape.width)),
            Self::Left { columns } => (columns, shape.width),
            Self::First { entries } => (entries, shape.dim()),
            Self::Kept { pixels } | Self::Dropped { pixels } => (pixels, area),
        };
        if size <= room {
            return Ok(());
        }
        let found = format!("{self:?} of images of {shape}");
        Err(Error::config(
            "Part",
            "must be no larger than the image",
            found,
        ))
    }

    /// One row: 1 where an entry is known, 0 where it is hidden. The part is valid for `shape`.
    pub(super) fn known(self, shape: ImageShape, stream: impl FnOnce() -> Rng) -> Vec<f32> {
        let ImageShape {
            channels,
            height,
            width,
        } = shape;
        let area = height * width;
        let plane = match self {
            Self::First { entries } => {
                let place = |at: usize| at % area * channels + at / area;
                let seen = |at| f32::from(u8::from(place(at) < entries));
                return (0..shape.dim()).map(seen).collect();
            }
            Self::Left { columns } => {
                let seen = |at: usize| f32::from(u8::from(at % width < columns));
                (0..area).map(seen).collect()
            }
            Self::Square { side } => {
                let mut rng = stream();
                let top = rng.random_range(0..=height - side);
                let left = rng.random_range(0..=width - side);
                let mut plane = vec![1.0; area];
                for y in top..top + side {
                    plane[y * width + left..][..side].fill(0.0);
                }
                plane
            }
            Self::Kept { pixels } => chosen(area, pixels, [0.0, 1.0], &mut stream()),
            Self::Dropped { pixels } => chosen(area, pixels, [1.0, 0.0], &mut stream()),
        };
        plane.repeat(channels)
    }
}

/// The first of a random order have the second value, the others the first.
fn chosen(area: usize, pixels: usize, [others, first]: [f32; 2], rng: &mut Rng) -> Vec<f32> {
    let mut plane = vec![others; area];
    for &at in rng::permutation(rng, area).iter().take(pixels) {
        plane[at] = first;
    }
    plane
}
