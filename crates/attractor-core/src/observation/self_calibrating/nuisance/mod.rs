//! What may have happened to a picture besides noise and cover: a small axis, one file for each kind.
//!
//! | name | what | what it costs |
//! | --- | --- | --- |
//! | `gain` | a gain and an offset, shared by the channels | Laplace's volume of two numbers |
//! | `affine` | these around an exchange of channels or their mean, with departures | of 2 or C (C + 1) + 2 numbers, log of the choices |
//! | `gain_field` | light that changes smoothly over the image ([`light`]) | of five numbers |
//! | `translation` | shifted by up to 12 pixels either way ([`translation`]) | log of the number of shifts |
//! | `turn` | quarter turns and flips, exact ([`turn`]) | log of their number |
//! | `crop` | a part blown up ([`crop`]) | log of the number of parts tried |
//!
//! The last three move sites: each lists the placements that it allows ([`placement::Placement`]), and together they allow every
//! combination. [`search`] finds the few that are worth an exact fit.

mod crop;
mod light;
mod placement;
mod search;
mod translation;
mod turn;

pub(super) use light::{Field, FieldSums, Light, TERMS};
pub use placement::Placement;
pub(super) use search::{Search, Seen};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Rows and columns of the sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Geometry {
    /// Of options that may be given or not.
    ///
    /// # Errors
    /// [`Error::Config`] if one of the two is missing.
    pub fn given(height: Option<usize>, width: Option<usize>) -> Result<Option<Self>> {
        match (height, width) {
            (Some(height), Some(width)) => Ok(Some(Self { height, width })),
            (None, None) => Ok(None),
            (height, _) => {
                let found = if height.is_some() { "height" } else { "width" };
                let rule = "must both be given, or neither";
                let found = format!("{found} alone");
                Err(Error::config("`height` and `width`", rule, found))
            }
        }
    }

    pub(super) fn sites(self) -> usize {
        self.height * self.width
    }
}

/// One kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Nuisance {
    /// Gain and offset.
    Gain,
    /// Affine over channels.
    Affine,
    /// Uneven light.
    GainField,
    /// Shifted.
    Translation,
    /// Turned by quarters or flipped.
    Turn,
    /// A part, blown up.
    Crop,
}

/// Every kind by its name in experiment files. To add one: a file in this folder and a line here.
pub const NUISANCES: &[(&str, Nuisance)] = &[
    ("gain", Nuisance::Gain),
    ("affine", Nuisance::Affine),
    ("gain_field", Nuisance::GainField),
    ("translation", Nuisance::Translation),
    ("turn", Nuisance::Turn),
    ("crop", Nuisance::Crop),
];

impl Nuisance {
    /// By its name.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn by_name(name: &str) -> Result<Self> {
        let entry = NUISANCES.iter().find(|(known, _)| *known == name);
        entry
            .map(|(_, kind)| *kind)
            .ok_or_else(|| Error::UnknownName {
                what: "nuisance",
                name: name.into(),
                known: NUISANCES
                    .iter()
                    .map(|(known, _)| *known)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// Its name in experiment files.
    pub fn name(self) -> &'static str {
        let entry = NUISANCES.iter().find(|(_, kind)| *kind == self);
        entry.map_or("", |(name, _)| name)
    }

    /// Whether it needs to know where sites lie.
    pub fn needs_geometry(self) -> bool {
        !matches!(self, Self::Gain | Self::Affine)
    }

    /// Whether it moves sites.
    pub(super) fn moves(self) -> bool {
        matches!(self, Self::Translation | Self::Turn | Self::Crop)
    }
}
