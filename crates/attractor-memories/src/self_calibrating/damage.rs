//! Generic damages, for calibration: not those of any study, and each of any strength, so that what they show is a function of
//! strength.

use attractor_core::rng::{self, Rng};
use rand::RngExt;

/// Kinds of damage.
pub(super) const KINDS: usize = 6;

/// The kind that changes nothing; the first.
pub(super) const UNDAMAGED: usize = 0;

/// Damages a row `[channels, sites]` with values in `[0, 1]`, in place, as strongly as it is drawn.
pub(super) fn damage(row: &mut [f32], channels: usize, kind: usize, rng: &mut Rng) {
    match kind {
        UNDAMAGED => {}
        1 => noise(row, between(rng, 0.08, 0.9), rng),
        2 => cover(row, channels, rng.random_range(0.2..0.8), rng),
        3 => recolour(row, channels, Colours::draw(rng)),
        4 => replace(row, channels, rng.random_range(0.3..0.8), rng),
        _ => {
            recolour(row, channels, Colours::draw(rng));
            noise(row, between(rng, 0.05, 0.5), rng);
            cover(row, channels, rng.random_range(0.1..0.6), rng);
        }
    }
}

/// A scale whose logarithm is uniform.
fn between(rng: &mut Rng, low: f32, high: f32) -> f32 {
    low * (high / low).powf(rng.random::<f32>())
}

pub(super) fn noise(row: &mut [f32], scale: f32, rng: &mut Rng) {
    let drawn = rng::normal_vec(rng, row.len());
    for (value, noise) in row.iter_mut().zip(drawn) {
        *value = (*value + scale * noise).clamp(0.0, 1.0);
    }
}

/// A run of sites, so large a share of all, takes one colour.
pub(super) fn cover(row: &mut [f32], channels: usize, share: f32, rng: &mut Rng) {
    let sites = row.len() / channels;
    let run = ((share * sites as f32) as usize).min(sites);
    let first = rng.random_range(0..=sites - run);
    for channel in row.chunks_exact_mut(sites) {
        channel[first..first + run].fill(rng.random::<f32>());
    }
}

/// Other colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colours {
    /// Contrast; inverted below 0.
    pub(super) gain: f32,
    /// What middle grey becomes.
    pub(super) middle: f32,
    /// Whether the channels change places.
    pub(super) exchanged: bool,
    /// How much of their differences is left; grey at 0.
    pub(super) saturation: f32,
}

impl Colours {
    fn draw(rng: &mut Rng) -> Self {
        let sign = if rng.random::<f32>() < 0.3 { -1.0 } else { 1.0 };
        // Grey as often as colours that are as they were, or somewhere between.
        let saturation = (3.0 * rng.random::<f32>() - 1.0).clamp(0.0, 1.0);
        Self {
            saturation,
            gain: sign * rng.random_range(0.3..1.0),
            middle: rng.random_range(0.35..0.65),
            exchanged: rng.random::<f32>() < 0.7,
        }
    }
}

pub(super) fn recolour(row: &mut [f32], channels: usize, colours: Colours) {
    if colours.exchanged {
        row.rotate_right(row.len() / channels);
    }
    let sites = row.len() / channels;
    for site in 0..sites {
        let own = || (site..channels * sites).step_by(sites);
        let mean = own().map(|at| row[at]).sum::<f32>() / channels as f32;
        own().for_each(|at| row[at] = mean + colours.saturation * (row[at] - mean));
    }
    row.iter_mut().for_each(|value| {
        *value = (colours.middle + colours.gain * (*value - 0.5)).clamp(0.0, 1.0);
    });
}

/// Whole sites take values at random.
pub(super) fn replace(row: &mut [f32], channels: usize, share: f32, rng: &mut Rng) {
    let sites = row.len() / channels;
    for site in 0..sites {
        if rng.random::<f32>() < share {
            for channel in 0..channels {
                row[channel * sites + site] = rng.random::<f32>();
            }
        }
    }
}
