//! What is done to an image before it is recalled.

use attractor::datasets::{Damage, ImageShape, Part};
use serde::Deserialize;

use crate::{Result, Task};

/// A kind of corruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Nothing.
    Clean,
    /// Adds normal numbers of the standard deviation to values in `[0, 1]`.
    White,
    /// Sets a share of the pixels to black, at random, and says which.
    Dropout,
    /// Sets a share of the columns to black, from the right, and says which.
    Mask,
}

/// A kind at a strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corruption {
    kind: Kind,
    strength: f64,
}

impl Kind {
    /// At a strength, which white noise may lack.
    pub(super) fn at(self, task: Task<'_>, strength: f64) -> Result<Corruption> {
        let part = 0.0 < strength && strength <= 1.0;
        let (valid, kind) = match self {
            Self::Clean => (true, self),
            Self::White if strength == 0.0 => (true, Self::Clean),
            Self::White => (strength > 0.0 && strength.is_finite(), self),
            Self::Dropout | Self::Mask => (part, self),
        };
        if valid {
            return Ok(Corruption { kind, strength });
        }
        let expected = "at least 0 for white noise, above 0 and at most 1 for others";
        Err(task.misplaced("strength of the corruption", expected, strength))
    }
}

impl Corruption {
    /// `clean`, `white 0.2`, `dropout 0.25`, `mask 0.5`.
    pub(super) fn name(&self) -> String {
        match self.kind {
            Kind::Clean => "clean".into(),
            Kind::White => format!("white {}", self.strength),
            Kind::Dropout => format!("dropout {}", self.strength),
            Kind::Mask => format!("mask {}", self.strength),
        }
    }

    /// Name of the random streams.
    pub(super) fn purpose(&self) -> &'static str {
        match self.kind {
            Kind::White => "bayespcn/white",
            Kind::Clean | Kind::Dropout | Kind::Mask => "bayespcn/dropout",
        }
    }

    /// What it does to images in `[-1, 1]`.
    pub(super) fn damage(&self, shape: ImageShape) -> Damage {
        let hidden = |part| Damage::Hide { part, fill: -1.0 };
        let share = |of: usize| (self.strength * of as f64).round() as usize;
        match self.kind {
            Kind::Clean => Damage::Nothing,
            Kind::White => Damage::Noise {
                // Twice, for the scale.
                std: 2.0 * self.strength as f32,
                within: None,
            },
            Kind::Dropout => hidden(Part::Dropped {
                pixels: share(shape.height * shape.width),
            }),
            Kind::Mask => hidden(Part::Left {
                columns: shape.width - share(shape.width),
            }),
        }
    }
}
