//! Every corruption of rows, by its parameters.

use attractor_core::error::require_non_negative;
use attractor_core::rng::{self, Rng};
use attractor_core::{Error, Result, check};

use super::{Corrupted, Part};
use crate::ImageShape;
use crate::image_set::whole_rows;

/// What is done to a row. Whether the cue says which entries are known follows from the kind: those of
/// [`Damage::Hide`] do, others do not.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Damage {
    /// Nothing: the cue is the pattern.
    Nothing,
    /// Normal numbers are added to all entries.
    Noise {
        /// Standard deviation, in the units of the rows.
        std: f32,
        /// Entries are clipped to this range, if to any.
        within: Option<(f32, f32)>,
    },
    /// A vector in a random direction is added.
    Push {
        /// Its length.
        length: f64,
    },
    /// Entries `x` become `mirror - x`, as many in each row, at random places: 0 turns signs over, 1 turns
    /// over bits of 0 and 1.
    Flip {
        /// How many.
        entries: usize,
        /// The sum of both values.
        mirror: f32,
    },
    /// Each entry becomes 0 with this probability; those left are divided by that of being left, so that
    /// the mean stays.
    Thin {
        /// From 0 to below 1.
        share: f64,
    },
    /// A part is hidden, and the cue says which.
    Hide {
        /// Which.
        part: Part,
        /// What hidden entries become.
        fill: f32,
    },
    /// The values of each channel go to the one before, those of the first to the last.
    Channels,
    /// Every channel becomes the mean of all.
    Grey,
    /// Entries `x` become `gain x + offset`.
    Light {
        /// The gain.
        gain: f32,
        /// What is added.
        offset: f32,
    },
    /// Whole pixels are replaced, each with this probability; the cue does not say which.
    Replace {
        /// From 0 to 1.
        share: f64,
        /// What takes their place: one of two, black or white for instance, by a coin.
        with: [f32; 2],
    },
    /// Every second row of the image becomes this, from the second on.
    Rows {
        /// What it becomes.
        fill: f32,
    },
}

impl Damage {
    /// Checks the parameters, for rows that are images of `shape`.
    ///
    /// # Errors
    /// [`Error::Config`] for a number out of range or a part larger than the image.
    pub fn validate(&self, shape: ImageShape) -> Result<()> {
        match *self {
            Self::Nothing | Self::Channels | Self::Grey | Self::Rows { .. } => Ok(()),
            Self::Light { gain, offset } if gain.is_finite() && offset.is_finite() => Ok(()),
            Self::Light { gain, offset } => {
                let found = format!("{gain} x + {offset}");
                Err(Error::config("Damage::Light", "must be finite", found))
            }
            Self::Replace { share, .. } if (0.0..=1.0).contains(&share) => Ok(()),
            Self::Replace { share, .. } => {
                let rule = "must be from 0 to 1";
                Err(Error::config("Damage::Replace.share", rule, share))
            }
            Self::Noise { std, .. } => require_non_negative("Damage::Noise.std", std.into()),
            Self::Push { length } => require_non_negative("Damage::Push.length", length),
            Self::Flip { entries, .. } if entries > shape.dim() => {
                let found = format!("{entries} of {}", shape.dim());
                let rule = "must be no more than a row has";
                Err(Error::config("Damage::Flip.entries", rule, found))
            }
            Self::Flip { .. } => Ok(()),
            Self::Thin { share } if (0.0..1.0).contains(&share) => Ok(()),
            Self::Thin { share } => {
                let rule = "must be from 0 to below 1";
                Err(Error::config("Damage::Thin.share", rule, share))
            }
            Self::Hide { part, .. } => part.validate(shape),
        }
    }

    /// Corrupts `rows`, a `[n, c*h*w]` batch; `stream` gives the random numbers of a row by its place in
    /// the batch, where the corruption takes any.
    ///
    /// # Errors
    /// As [`Damage::validate`]; [`Error::Width`] if `rows` is no whole number of images of `shape`,
    /// [`Error::NonFinite`] for NaN or infinity.
    pub fn apply(
        &self,
        rows: Vec<f32>,
        shape: ImageShape,
        stream: impl Fn(usize) -> Rng,
    ) -> Result<Corrupted> {
        self.validate(shape)?;
        let dim = shape.dim();
        whole_rows("corruption rows", rows.len(), dim)?;
        check::finite("corruption rows", &rows, dim)?;
        let mut out = Corrupted::seen(rows, dim);
        if let Self::Hide { part, fill } = *self {
            out.hides = true;
            let pairs = out.cues.chunks_exact_mut(dim);
            for (index, (cue, known)) in pairs.zip(out.known.chunks_exact_mut(dim)).enumerate() {
                known.copy_from_slice(&part.known(shape, || stream(index)));
                let hidden = cue
                    .iter_mut()
                    .zip(known)
                    .filter(|(_, known)| **known == 0.0);
                hidden.for_each(|(entry, _)| *entry = fill);
            }
            return Ok(out);
        }
        for (index, cue) in out.cues.chunks_exact_mut(dim).enumerate() {
            self.change(cue, shape, || stream(index));
        }
        Ok(out)
    }

    /// Changes one row in place; hidden parts are another matter.
    fn change(&self, cue: &mut [f32], shape: ImageShape, stream: impl FnOnce() -> Rng) {
        let dim = cue.len();
        match *self {
            Self::Nothing | Self::Hide { .. } => {}
            Self::Noise { std, within } => {
                let noise = rng::normal_vec(&mut stream(), dim);
                for (entry, noise) in cue.iter_mut().zip(noise) {
                    *entry += std * noise;
                    if let Some((low, high)) = within {
                        *entry = entry.clamp(low, high);
                    }
                }
            }
            Self::Push { length } => {
                let mut push = rng::normal_vec(&mut stream(), dim);
                to_length(&mut push, length);
                cue.iter_mut().zip(push).for_each(|(x, push)| *x += push);
            }
            Self::Flip { entries, mirror } => {
                let order = rng::permutation(&mut stream(), dim);
                order[..entries]
                    .iter()
                    .for_each(|&at| cue[at] = mirror - cue[at]);
            }
            Self::Thin { share } => {
                let kept = 1.0 - share;
                let draws = rng::uniform_vec(&mut stream(), dim, 0.0, 1.0);
                for (entry, draw) in cue.iter_mut().zip(draws) {
                    let keep = f64::from(draw) < kept;
                    *entry = if keep { *entry / kept as f32 } else { 0.0 };
                }
            }
            Self::Channels => cue.rotate_left(dim / shape.channels),
            Self::Grey => {
                let pixels = dim / shape.channels;
                for pixel in 0..pixels {
                    let sum: f32 = cue[pixel..].iter().step_by(pixels).sum();
                    let mean = sum / shape.channels as f32;
                    let same = cue[pixel..].iter_mut().step_by(pixels);
                    same.for_each(|entry| *entry = mean);
                }
            }
            Self::Light { gain, offset } => {
                cue.iter_mut().for_each(|x| *x = gain * *x + offset);
            }
            Self::Replace { share, with } => {
                let pixels = dim / shape.channels;
                let draws = rng::uniform_vec(&mut stream(), 2 * pixels, 0.0, 1.0);
                let (chosen, coins) = draws.split_at(pixels);
                for pixel in (0..pixels).filter(|&pixel| f64::from(chosen[pixel]) < share) {
                    let value = with[usize::from(coins[pixel] < 0.5)];
                    let entries = cue[pixel..].iter_mut().step_by(pixels);
                    entries.for_each(|entry| *entry = value);
                }
            }
            Self::Rows { fill } => {
                let lines = cue.chunks_exact_mut(shape.width).enumerate();
                let hidden = lines.filter(|(line, _)| line % shape.height % 2 == 1);
                hidden.for_each(|(_, line)| line.fill(fill));
            }
        }
    }
}

/// Scales a vector to a length; 0 stays 0.
pub fn to_length(values: &mut [f32], length: f64) {
    let squares: f64 = values.iter().map(|x| f64::from(*x).powi(2)).sum();
    let scale = (length / squares.sqrt().max(f64::MIN_POSITIVE)) as f32;
    values.iter_mut().for_each(|x| *x *= scale);
}
