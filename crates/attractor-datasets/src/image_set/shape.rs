//! Shapes of images and the halves of a data set.

use attractor_core::Error;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hash::hex;

/// Channels, height and width of an image, in the order in which pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// 1 (grey) or 3 (red, green, blue) for every set of this crate.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageShape {
    /// A shape from its three numbers.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// Values per image: channels x height x width (saturating).
    pub const fn dim(&self) -> usize {
        self.channels
            .saturating_mul(self.height)
            .saturating_mul(self.width)
    }
}

impl std::fmt::Display for ImageShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// Which half of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// For training.
    Train,
    /// For evaluation.
    Test,
}

impl Split {
    /// `train` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// Checks that `values` is a whole number of rows of `dim` values.
pub(crate) fn whole_rows(what: &'static str, values: usize, dim: usize) -> Result<(), Error> {
    let rows = values.checked_div(dim).unwrap_or_default();
    let found = values - rows * dim;
    if dim > 0 && found == 0 {
        return Ok(());
    }
    Err(Error::Width {
        what,
        expected: dim,
        rows: rows + 1,
        found,
    })
}

/// SHA-256 over a shape and pixels.
pub(crate) fn fingerprint(shape: ImageShape, pixels: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for side in [shape.channels, shape.height, shape.width] {
        hasher.update((side as u64).to_le_bytes());
    }
    hasher.update(pixels);
    hex(&hasher.finalize())
}
