//! Corruptions of images that tables name.
//!
//! The tasks of Annabi, Pitti and Quoy, "On the Relationship Between Variational Inference and
//! Auto-Associative Memory", arXiv:2210.08013, section 4: additive noise, an occluding square,
//! permuted colour channels, and a shifted window; and ours, which nobody is told of: grey scale, dimmed and inverted
//! light, replaced pixels, missing rows, several at once.

use attractor_core::{Error, rng};
use serde::{Deserialize, Serialize};

use super::{Corrupted, Damage, Part};
use crate::{ImageSet, ImageShape, Result};

/// Value of a masked pixel.
pub const MASK_VALUE: f32 = 0.5;

/// Task names, in the order of [`Corruption`]'s variants.
pub const TASKS: [&str; 12] = [
    "clean",
    "noise",
    "mask",
    "color",
    "shift",
    "grey",
    "dimmed",
    "inverted",
    "dropout",
    "salt_pepper",
    "rows",
    "combined",
];

/// A corruption of images with values in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Corruption {
    /// None: the cue is the pattern.
    Clean,
    /// Adds `std` times a standard normal number to every value and clips to `[0, 1]`.
    Noise {
        /// Standard deviation, in units of the value range.
        std: f32,
    },
    /// A grey square, at a position drawn uniformly among those inside the image.
    Mask {
        /// Side of the square in pixels.
        side: usize,
    },
    /// Red, green, blue become green, blue, red.
    Color,
    /// The window further to the right in the wider image of which the pattern is a window
    /// ([`ImageSet::crop_columns`]). Only [`Corruption::of_images`] can apply it: rows alone do not
    /// know what lies beside them.
    Shift {
        /// How far, in pixels.
        columns: usize,
    },
    /// Red, green and blue become their mean.
    Grey,
    /// `gain x + 0.1`: less light.
    Dimmed {
        /// The gain.
        gain: f32,
    },
    /// `1 - x`.
    Inverted,
    /// Whole pixels become grey, each with this probability, and the cue does not say which.
    Dropout {
        /// The probability.
        share: f32,
    },
    /// Whole pixels become black or white, each with this probability.
    SaltPepper {
        /// The probability.
        share: f32,
    },
    /// Every second row becomes black.
    Rows,
    /// Channels permuted, then noise of 0.2, then a grey square.
    Combined {
        /// Side of the square in pixels.
        side: usize,
    },
}

/// Noise of [`Corruption::Combined`].
const COMBINED_NOISE: f32 = 0.2;
/// Light that [`Corruption::Dimmed`] adds.
const DIMMED_OFFSET: f32 = 0.1;

impl Corruption {
    /// One of [`TASKS`].
    pub fn task(&self) -> &'static str {
        match self {
            Self::Clean => TASKS[0],
            Self::Noise { .. } => TASKS[1],
            Self::Mask { .. } => TASKS[2],
            Self::Color => TASKS[3],
            Self::Shift { .. } => TASKS[4],
            Self::Grey => TASKS[5],
            Self::Dimmed { .. } => TASKS[6],
            Self::Inverted => TASKS[7],
            Self::Dropout { .. } => TASKS[8],
            Self::SaltPepper { .. } => TASKS[9],
            Self::Rows => TASKS[10],
            Self::Combined { .. } => TASKS[11],
        }
    }

    /// Name of the random stream.
    fn purpose(&self) -> &'static str {
        match self {
            Self::Noise { .. } => "corruption/noise",
            Self::Mask { .. } => "corruption/mask",
            Self::Dropout { .. } => "corruption/dropout",
            Self::SaltPepper { .. } => "corruption/salt and pepper",
            Self::Combined { .. } => "corruption/combined",
            _ => "corruption",
        }
    }

    /// The noise's standard deviation, a mask's side, the shift's columns, a gain or a share; `None` for
    /// corruptions without a level.
    pub fn level(&self) -> Option<f64> {
        match self {
            // Through the shortest decimal form, so that 0.1f32 becomes 0.1 and not 0.10000000149.
            Self::Noise { std: level }
            | Self::Dimmed { gain: level }
            | Self::Dropout { share: level }
            | Self::SaltPepper { share: level } => {
                Some(level.to_string().parse().unwrap_or(f64::from(*level)))
            }
            Self::Mask { side } | Self::Combined { side } => Some(*side as f64),
            Self::Shift { columns } => Some(*columns as f64),
            Self::Clean | Self::Color | Self::Grey | Self::Inverted | Self::Rows => None,
        }
    }

    /// The corruption of a task name and its level.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for another task; [`Error::Config`] if the level is missing,
    /// superfluous, not finite, out of range, or (for `mask`, `shift` and `combined`) not a whole number.
    pub fn from_task(task: &str, level: Option<f64>) -> Result<Self> {
        let wrong = |rule| {
            let found = level.map_or("none".into(), |level| level.to_string());
            Error::config("corruption level", rule, found).into()
        };
        match (task, level) {
            ("clean", None) => Ok(Self::Clean),
            ("color", None) => Ok(Self::Color),
            ("grey", None) => Ok(Self::Grey),
            ("inverted", None) => Ok(Self::Inverted),
            ("rows", None) => Ok(Self::Rows),
            ("clean" | "color" | "grey" | "inverted" | "rows", Some(_)) => Err(wrong(
                "must be absent for `clean`, `color`, `grey`, `inverted` and `rows`",
            )),
            ("dimmed", Some(gain)) if (0.0..=1.0).contains(&gain) => {
                Ok(Self::Dimmed { gain: gain as f32 })
            }
            ("dropout", Some(share)) if (0.0..=1.0).contains(&share) => Ok(Self::Dropout {
                share: share as f32,
            }),
            ("salt_pepper", Some(share)) if (0.0..=1.0).contains(&share) => Ok(Self::SaltPepper {
                share: share as f32,
            }),
            ("dimmed" | "dropout" | "salt_pepper", _) => Err(wrong(
                "of `dimmed`, `dropout` and `salt_pepper` must be from 0 to 1",
            )),
            ("combined", Some(side)) if is_pixels(side) => Ok(Self::Combined {
                side: side as usize,
            }),
            ("noise", Some(std)) if (0.0..=f64::from(f32::MAX)).contains(&std) => {
                Ok(Self::Noise { std: std as f32 })
            }
            ("noise", _) => Err(wrong("of `noise` must be finite and at least 0")),
            ("mask", Some(side)) if is_pixels(side) => Ok(Self::Mask {
                side: side as usize,
            }),
            ("shift", Some(columns)) if is_pixels(columns) => Ok(Self::Shift {
                columns: columns as usize,
            }),
            ("mask" | "shift" | "combined", _) => Err(wrong(
                "of `mask`, `shift` and `combined` must be a whole number of pixels, 0 to 65536",
            )),
            _ => Err(Error::UnknownName {
                what: "corruption task",
                name: task.into(),
                known: TASKS.join(", "),
            }
            .into()),
        }
    }

    /// Checks that the corruption can be applied to images of `shape`; whether images can be
    /// shifted depends on their set, which [`Corruption::of_images`] checks.
    ///
    /// # Errors
    /// [`Error::Config`] for numbers out of range or a mask larger than the image, [`Error::Mismatch`] for
    /// `color` and `combined` on images that have not three channels.
    pub fn validate(&self, shape: ImageShape) -> Result<()> {
        match *self {
            Self::Noise { std } => Ok(attractor_core::error::require_non_negative(
                "Corruption.std",
                f64::from(std),
            )?),
            Self::Mask { side } | Self::Combined { side }
                if side > shape.height.min(shape.width) =>
            {
                let rule = "must be no larger than the image";
                let found = format!("a side of {side} for images of {shape}");
                Err(Error::config("Corruption.side", rule, found).into())
            }
            Self::Color | Self::Combined { .. } if shape.channels != 3 => Err(Error::Mismatch {
                what: match self {
                    Self::Color => "corruption `color`",
                    _ => "corruption `combined`",
                },
                expected: "3 channels".into(),
                part: "the image shape",
                found: shape.to_string(),
            }
            .into()),
            _ => self
                .damages()
                .iter()
                .try_for_each(|damage| Ok(damage.validate(shape)?)),
        }
    }

    /// Corrupts the chosen images of a set, as [`Corruption::apply`] does their rows; a shift looks
    /// at what lies beside the images.
    ///
    /// # Errors
    /// As [`Corruption::apply`]; [`Error::Index`] for an index outside the set, [`Error::Config`]
    /// for a shift beyond the columns to the right of the images.
    pub fn of_images(
        &self,
        images: &ImageSet,
        indices: &[usize],
        seed: u64,
        first_row_index: u64,
    ) -> Result<Corrupted> {
        let Self::Shift { columns } = *self else {
            return self.apply(&images.rows(indices)?, images.shape, seed, first_row_index);
        };
        // What does not fit is far more than any image has beside it.
        let cues = images.shifted_rows(indices, isize::try_from(columns).unwrap_or(isize::MAX))?;
        Ok(Corrupted::seen(cues, images.dim()))
    }

    /// Corrupts `rows`, a `[n, c*h*w]` batch. Row `i` uses the stream of `first_row_index + i`, so
    /// a row gets the same corruption in any batch that gives it the same index.
    ///
    /// # Errors
    /// As [`Corruption::validate`]; [`Error::Width`] if `rows` is no whole number of images of
    /// `shape`, [`Error::NonFinite`] for NaN or infinity, [`Error::Config`] for a shift of more than
    /// 0 columns.
    pub fn apply(
        &self,
        rows: &[f32],
        shape: ImageShape,
        seed: u64,
        first_row_index: u64,
    ) -> Result<Corrupted> {
        self.validate(shape)?;
        if let Self::Shift { columns: 1.. } = self {
            let rule = "needs the wider images: use `Corruption::of_images`";
            return Err(Error::config("corruption `shift`", rule, "rows alone").into());
        }
        let mut out = Corrupted::seen(rows.to_vec(), shape.dim());
        for (turn, damage) in self.damages().into_iter().enumerate() {
            let stream = |row: usize| {
                // One after the other, each has numbers of its own.
                let seed = seed.wrapping_add(turn as u64);
                let index = first_row_index.wrapping_add(row as u64);
                rng::indexed_stream(seed, self.purpose(), index)
            };
            out = damage.apply(out.cues, shape, stream)?;
        }
        Ok(out)
    }

    /// What it does to rows that know nothing of what lies beside them, in this order.
    fn damages(&self) -> Vec<Damage> {
        let noise = |std| Damage::Noise {
            std,
            within: Some((0.0, 1.0)),
        };
        let square = |side| Damage::Hide {
            part: Part::Square { side },
            fill: MASK_VALUE,
        };
        let replace = |share: f32, with| Damage::Replace {
            share: f64::from(share),
            with,
        };
        match *self {
            Self::Clean | Self::Shift { .. } => vec![Damage::Nothing],
            Self::Noise { std } => vec![noise(std)],
            Self::Mask { side } => vec![square(side)],
            // Red, green, blue become green, blue, red.
            Self::Color => vec![Damage::Channels],
            Self::Grey => vec![Damage::Grey],
            Self::Dimmed { gain } => vec![Damage::Light {
                gain,
                offset: DIMMED_OFFSET,
            }],
            Self::Inverted => vec![Damage::Light {
                gain: -1.0,
                offset: 1.0,
            }],
            Self::Dropout { share } => vec![replace(share, [MASK_VALUE; 2])],
            Self::SaltPepper { share } => vec![replace(share, [0.0, 1.0])],
            Self::Rows => vec![Damage::Rows { fill: 0.0 }],
            Self::Combined { side } => vec![Damage::Channels, noise(COMBINED_NOISE), square(side)],
        }
    }
}

/// Whether a level is a whole number of pixels.
fn is_pixels(level: f64) -> bool {
    (0.0..=65536.0).contains(&level) && level.fract() == 0.0
}

impl std::fmt::Display for Corruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.level() {
            Some(level) => write!(f, "{} {level}", self.task()),
            None => f.write_str(self.task()),
        }
    }
}
