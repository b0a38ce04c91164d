//! Corruptions of images that tables name.
//!
//! The tasks of Annabi, Pitti and Quoy, "On the Relationship Between Variational Inference and
//! Auto-Associative Memory", arXiv:2210.08013, section 4: additive noise, an occluding square,
//! permuted colour channels, and a shifted window.

use attractor_core::{Error, rng};
use serde::{Deserialize, Serialize};

use super::{Corrupted, Damage, Part};
use crate::{ImageSet, ImageShape, Result};

/// Value of a masked pixel.
pub const MASK_VALUE: f32 = 0.5;

/// Task names, in the order of [`Corruption`]'s variants.
pub const TASKS: [&str; 5] = ["clean", "noise", "mask", "color", "shift"];

/// A corruption of images with values in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
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
}

impl Corruption {
    /// `clean`, `noise`, `mask`, `color` or `shift`.
    pub fn task(&self) -> &'static str {
        match self {
            Self::Clean => TASKS[0],
            Self::Noise { .. } => TASKS[1],
            Self::Mask { .. } => TASKS[2],
            Self::Color => TASKS[3],
            Self::Shift { .. } => TASKS[4],
        }
    }

    /// Name of the random stream.
    fn purpose(&self) -> &'static str {
        match self {
            Self::Noise { .. } => "corruption/noise",
            Self::Mask { .. } => "corruption/mask",
            Self::Clean | Self::Color | Self::Shift { .. } => "corruption",
        }
    }

    /// The noise's standard deviation, the mask's side or the shift's columns; `None` for the other
    /// two.
    pub fn level(&self) -> Option<f64> {
        match self {
            // Through the shortest decimal form, so that 0.1f32 becomes 0.1 and not 0.10000000149.
            Self::Noise { std } => Some(std.to_string().parse().unwrap_or(f64::from(*std))),
            Self::Mask { side } => Some(*side as f64),
            Self::Shift { columns } => Some(*columns as f64),
            Self::Clean | Self::Color => None,
        }
    }

    /// The corruption of a task name and its level.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for another task; [`Error::Config`] if the level is missing,
    /// superfluous, not finite, negative, or (for `mask` and `shift`) not a whole number.
    pub fn from_task(task: &str, level: Option<f64>) -> Result<Self> {
        let wrong = |rule| {
            let found = level.map_or("none".into(), |level| level.to_string());
            Error::config("corruption level", rule, found).into()
        };
        match (task, level) {
            ("clean", None) => Ok(Self::Clean),
            ("color", None) => Ok(Self::Color),
            ("clean" | "color", Some(_)) => Err(wrong("must be absent for `clean` and `color`")),
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
            ("mask" | "shift", _) => Err(wrong(
                "of `mask` and `shift` must be a whole number of pixels, 0 to 65536",
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
    /// [`Error::Config`] for a negative or non-finite standard deviation or a mask larger than the
    /// image, [`Error::Mismatch`] for `color` on images that have not three channels.
    pub fn validate(&self, shape: ImageShape) -> Result<()> {
        match *self {
            Self::Noise { std } => Ok(attractor_core::error::require_non_negative(
                "Corruption.std",
                f64::from(std),
            )?),
            Self::Mask { side } if side > shape.height.min(shape.width) => {
                let rule = "must be no larger than the image";
                let found = format!("a side of {side} for images of {shape}");
                Err(Error::config("Corruption.side", rule, found).into())
            }
            Self::Color if shape.channels != 3 => Err(Error::Mismatch {
                what: "corruption `color`",
                expected: "3 channels".into(),
                part: "the image shape",
                found: shape.to_string(),
            }
            .into()),
            _ => Ok(()),
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
        let stream = |row: usize| {
            rng::indexed_stream(
                seed,
                self.purpose(),
                first_row_index.wrapping_add(row as u64),
            )
        };
        Ok(self.damage().apply(rows.to_vec(), shape, stream)?)
    }

    /// What it does to rows that know nothing of what lies beside them.
    fn damage(&self) -> Damage {
        match *self {
            Self::Clean | Self::Shift { .. } => Damage::Nothing,
            Self::Noise { std } => Damage::Noise {
                std,
                within: Some((0.0, 1.0)),
            },
            Self::Mask { side } => Damage::Hide {
                part: Part::Square { side },
                fill: MASK_VALUE,
            },
            // Red, green, blue become green, blue, red.
            Self::Color => Damage::Channels,
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
