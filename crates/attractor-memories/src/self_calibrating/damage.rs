//! Generic damages, for calibration: not those of any study.

use attractor_core::rng::{self, Rng};
use rand::RngExt;

/// Kinds of damage.
pub(super) const KINDS: usize = 6;

/// The kind that changes nothing; the first.
pub(super) const UNDAMAGED: usize = 0;

/// Damages a row `[channels, sites]` with values in `[0, 1]`, in place.
pub(super) fn damage(row: &mut [f32], channels: usize, kind: usize, rng: &mut Rng) {
    let sites = row.len() / channels;
    match kind {
        UNDAMAGED => {}
        1 => noise(row, 0.3, rng),
        2 => cover(row, channels, sites / 2, rng),
        3 => recolour(row, channels),
        4 => replace(row, channels, 0.7, rng),
        _ => {
            recolour(row, channels);
            noise(row, 0.15, rng);
            cover(row, channels, sites / 4, rng);
        }
    }
}

fn noise(row: &mut [f32], scale: f32, rng: &mut Rng) {
    let drawn = rng::normal_vec(rng, row.len());
    for (value, noise) in row.iter_mut().zip(drawn) {
        *value = (*value + scale * noise).clamp(0.0, 1.0);
    }
}

/// A run of sites becomes grey.
fn cover(row: &mut [f32], channels: usize, run: usize, rng: &mut Rng) {
    let sites = row.len() / channels;
    let first = rng.random_range(0..=sites - run);
    for channel in row.chunks_exact_mut(sites) {
        channel[first..first + run].fill(0.5);
    }
}

/// Half the contrast, and the channels change places; one channel alone is inverted.
fn recolour(row: &mut [f32], channels: usize) {
    if channels == 1 {
        row.iter_mut()
            .for_each(|value| *value = 0.75 - 0.5 * *value);
    } else {
        row.rotate_right(row.len() / channels);
        row.iter_mut()
            .for_each(|value| *value = 0.25 + 0.5 * *value);
    }
}

/// Whole sites take values at random.
fn replace(row: &mut [f32], channels: usize, share: f32, rng: &mut Rng) {
    let sites = row.len() / channels;
    for site in 0..sites {
        if rng.random::<f32>() < share {
            for channel in 0..channels {
                row[channel * sites + site] = rng.random::<f32>();
            }
        }
    }
}
