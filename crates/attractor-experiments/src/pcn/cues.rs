//! Images turned into cues.

use attractor::core::rng;
use attractor::datasets::{Corrupted, Damage, ImageShape, Part};
use serde::Deserialize;

use crate::Result;

/// Which pixels are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Geometry {
    /// Drawn for each image, in all channels alike.
    Random,
    /// The upper rows.
    Top,
}

/// What is done to an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Corruption {
    /// Normal numbers are added.
    Noise { variance: f64 },
    /// One of `share` pixels is kept.
    Parts { share: usize, geometry: Geometry },
}

impl Corruption {
    /// An image is recalled if its error is below this.
    pub(super) fn limit(self) -> f64 {
        match self {
            Self::Noise { .. } => 0.005,
            Self::Parts { .. } => 0.001,
        }
    }

    fn damage(self, shape: ImageShape) -> Damage {
        let (share, geometry) = match self {
            Self::Noise { variance } => {
                return Damage::Noise {
                    std: variance.sqrt() as f32,
                    within: None,
                };
            }
            Self::Parts { share, geometry } => (share, geometry),
        };
        let part = match geometry {
            Geometry::Top => Part::First {
                entries: shape.height / share * shape.width * shape.channels,
            },
            Geometry::Random => Part::Kept {
                pixels: shape.height * shape.width / share,
            },
        };
        Damage::Hide { part, fill: 0.0 }
    }

    /// Each image draws from a stream of its own.
    pub(super) fn apply(self, images: &[f32], shape: ImageShape, seed: u64) -> Result<Corrupted> {
        let purpose = match self {
            Self::Noise { .. } => "pcn/noise",
            Self::Parts { .. } => "pcn/pixels",
        };
        let stream = |row: usize| rng::indexed_stream(seed, purpose, row as u64);
        Ok(self.damage(shape).apply(images.to_vec(), shape, stream)?)
    }
}
