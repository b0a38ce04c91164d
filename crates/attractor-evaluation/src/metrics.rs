//! Metrics of recall, on host slices and in `f64`.
//!
//! States arrive as `f32`; differences are taken and summed in `f64`, so that a distance near the
//! threshold does not depend on the order of a sum.

use crate::{Error, Measurement, Metric, Result};

/// PSNR of a perfect image, in dB: the ratio itself would be infinite.
pub const MAX_PSNR: f64 = 100.0;

/// Squared Euclidean distance of two rows of equal width.
///
/// # Errors
/// [`Error::Size`] if the widths differ, [`Error::NonFiniteInput`] for NaN or infinity.
pub fn squared_distance(a: &[f32], b: &[f32]) -> Result<f64> {
    same_width("row", a, b.len())?;
    finite("row", a)?;
    finite("row", b)?;
    Ok(raw_squared_distance(a, b))
}

/// Euclidean distance of two rows of equal width.
///
/// # Errors
/// As [`squared_distance`].
pub fn distance(a: &[f32], b: &[f32]) -> Result<f64> {
    squared_distance(a, b).map(f64::sqrt)
}

/// Mean squared error per entry.
///
/// # Errors
/// As [`squared_distance`]; [`Error::Size`] for empty rows as well.
pub fn mean_squared_error(a: &[f32], b: &[f32]) -> Result<f64> {
    if a.is_empty() {
        return Err(Error::Size {
            what: "image",
            expected: "at least one entry".into(),
            found: 0,
        });
    }
    Ok(squared_distance(a, b)? / a.len() as f64)
}

/// Peak signal-to-noise ratio in dB of a mean squared error, for values in `[0, 1]`; at most
/// [`MAX_PSNR`].
pub fn psnr(mean_squared_error: f64) -> f64 {
    (-10.0 * mean_squared_error.log10()).min(MAX_PSNR)
}

/// Share of entries whose signs differ, in percent. Zero counts as positive.
///
/// # Errors
/// As [`mean_squared_error`].
pub fn bit_error(a: &[f32], b: &[f32]) -> Result<f64> {
    mean_squared_error(a, b)?;
    let wrong = a
        .iter()
        .zip(b)
        .filter(|(a, b)| (**a < 0.0) != (**b < 0.0))
        .count();
    Ok(100.0 * wrong as f64 / a.len() as f64)
}

/// Normalised scalar product of two rows, in `[-1, 1]`; 0 if either is zero.
///
/// # Errors
/// As [`squared_distance`].
pub fn overlap(a: &[f32], b: &[f32]) -> Result<f64> {
    squared_distance(a, b)?;
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    Ok(if norm > 0.0 {
        (dot(a, b) / norm).clamp(-1.0, 1.0)
    } else {
        0.0
    })
}

/// What one cue gave.
#[derive(Debug, Clone, Copy)]
pub struct CueResult<'a> {
    /// Recalled state `[d]`.
    pub state: &'a [f32],
    /// Stored states `[n, d]`, row by row.
    pub stored: &'a [f32],
    /// Row of `stored` that the cue was made from.
    pub target: usize,
    /// Recalled and original image, `[p]` each, with values in `[0, 1]`.
    pub images: Option<(&'a [f32], &'a [f32])>,
    /// Iterations used.
    pub steps: Option<usize>,
    /// Energy before and after.
    pub energy: Option<(f64, f64)>,
}

/// Collects cue by cue, and ends in one [`Measurement`] per metric.
#[derive(Debug, Clone)]
pub struct MetricAccumulator {
    threshold: f64,
    sums: [(Metric, Sum); 9],
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    total: f64,
    n: usize,
}

impl MetricAccumulator {
    /// An empty accumulator; a cue counts as retrieved strictly below `threshold`.
    pub fn new(threshold: f64) -> Self {
        let sums = [
            Metric::RetrievalRate,
            Metric::Top1,
            Metric::LatentDistance,
            Metric::PixelMse,
            Metric::Psnr,
            Metric::EnergyDrop,
            Metric::Steps,
            Metric::Attributes,
            Metric::Ari,
        ]
        .map(|metric| (metric, Sum::default()));
        Self { threshold, sums }
    }

    /// Adds one cue. Top-1 counts as right if no stored state is nearer than the target; ties do,
    /// since duplicates cannot be told apart. Returns whether the cue was retrieved.
    ///
    /// # Errors
    /// [`Error::Size`] if widths or the target do not fit, [`Error::NonFiniteInput`] for NaN or
    /// infinity. Then nothing is added.
    pub fn push(&mut self, cue: &CueResult<'_>) -> Result<bool> {
        let width = cue.state.len();
        if width == 0 || !cue.stored.len().is_multiple_of(width) {
            return Err(Error::Size {
                what: "stored states",
                expected: format!("a multiple of the state's width, {width}"),
                found: cue.stored.len(),
            });
        }
        let n_stored = cue.stored.len() / width;
        if cue.target >= n_stored {
            return Err(Error::Size {
                what: "target",
                expected: format!("an index below {n_stored}"),
                found: cue.target,
            });
        }
        finite("recalled state", cue.state)?;
        finite("stored states", cue.stored)?;
        let image_error = cue
            .images
            .map(|(ours, original)| mean_squared_error(ours, original))
            .transpose()?;
        let drop = cue.energy.map(|(before, after)| before - after);
        if let Some(value) = drop.filter(|value| !value.is_finite()) {
            return Err(Error::NonFiniteInput {
                what: "energy drop",
                index: 0,
                value,
            });
        }

        let mut rows = cue.stored.chunks_exact(width);
        let nearest = rows
            .clone()
            .map(|row| raw_squared_distance(cue.state, row))
            .fold(f64::INFINITY, f64::min);
        let target = rows
            .nth(cue.target)
            .map_or(f64::INFINITY, |row| raw_squared_distance(cue.state, row));
        let distance = target.sqrt();
        let retrieved = distance < self.threshold;

        self.add(Metric::RetrievalRate, percent(retrieved));
        self.add(Metric::Top1, percent(target <= nearest));
        self.add(Metric::LatentDistance, distance);
        if let Some(error) = image_error {
            self.add(Metric::PixelMse, error);
            self.add(Metric::Psnr, psnr(error));
        }
        if let Some(drop) = drop {
            self.add(Metric::EnergyDrop, drop);
        }
        if let Some(steps) = cue.steps {
            self.add(Metric::Steps, steps as f64);
        }
        Ok(retrieved)
    }

    /// Adds a value of [`Metric::Attributes`] or [`Metric::Ari`], which need more than states and
    /// images. Values that are not finite are passed over.
    pub fn push_scene(&mut self, metric: Metric, value: f64) {
        if matches!(metric, Metric::Attributes | Metric::Ari) && value.is_finite() {
            self.add(metric, value);
        }
    }

    /// The mean of every metric that at least one cue had.
    pub fn finish(&self) -> Vec<Measurement> {
        self.sums
            .iter()
            .filter(|(_, sum)| sum.n > 0)
            .map(|(metric, sum)| Measurement {
                metric: *metric,
                value: sum.total / sum.n as f64,
                n: sum.n,
            })
            .collect()
    }

    fn add(&mut self, metric: Metric, value: f64) {
        for (_, sum) in self.sums.iter_mut().filter(|(own, _)| *own == metric) {
            sum.total += value;
            sum.n += 1;
        }
    }
}

fn percent(hit: bool) -> f64 {
    if hit { 100.0 } else { 0.0 }
}

fn raw_squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
        .sum()
}

fn same_width(what: &'static str, a: &[f32], found: usize) -> Result<()> {
    if a.len() == found {
        Ok(())
    } else {
        Err(Error::Size {
            what,
            expected: format!("{} entries", a.len()),
            found,
        })
    }
}

fn finite(what: &'static str, values: &[f32]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::NonFiniteInput {
            what,
            index,
            value: f64::from(values[index]),
        }),
        None => Ok(()),
    }
}

/// Mean and spread of a metric over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Number of seeds.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n - 1 in the denominator); 0 for one seed.
    pub deviation: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl Spread {
    /// The spread of at least one value.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            n,
            mean,
            deviation: if n > 1 {
                (squares / (n - 1) as f64).sqrt()
            } else {
                0.0
            },
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
