//! Where a fit starts, and when it starts again.

use super::fit::SCALES;
use super::lanes::Block;
use super::map_prior::MapPrior;
use super::passes::{Scratch, View, residuals, sums};
use crate::simd::Lanes;

/// Scales that a fit goes through, and the sites that its first map is fitted to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub(super) first: usize,
    pub(super) every: usize,
    pub(super) uncommon: bool,
}

impl Start {
    /// Every scale, all sites.
    pub(super) const ALL: Self = Self {
        first: 0,
        every: 1,
        uncommon: false,
    };
    /// Every second scale, all sites.
    pub(super) const ROUGH: Self = Self {
        every: 2,
        ..Self::ALL
    };
    /// Scales from there on, sites of uncommon values. Where a large part of a dim picture is covered by something
    /// bright, no map of all sites is near enough to the right one for any scale to tell them apart; what covers is
    /// mostly of one colour.
    pub(super) fn uncommon(first: usize) -> Self {
        Self {
            first,
            every: 1,
            uncommon: true,
        }
    }

    /// Weights of the sites at the start.
    pub(super) fn weights(self, view: View<'_>, weights: &mut [Block]) {
        weights.copy_from_slice(view.counted);
        if self.uncommon {
            let sites = weights.as_flattened_mut().iter_mut();
            let factors = view.of.uncommon.as_flattened();
            sites
                .zip(factors)
                .for_each(|(weight, factor)| *weight *= factor);
        }
    }
}

/// The least share of the variance of uncommon sites that a map has to explain for a second start: other pictures hardly
/// reach it.
const EXPLAINED: f64 = 0.6;

/// The finest scale that may come first in it.
pub(super) const FINEST: usize = 6;

/// A second start, if a map of the sites of uncommon values explains so much of them that it may pay: from a scale of twice
/// what the map leaves.
///
/// # Safety
/// The instructions of `L` must be there, and its vectors must be as wide as a block.
#[inline(always)]
pub(super) unsafe fn second<L: Lanes, const C: usize>(
    view: View<'_>,
    maps: &MapPrior,
    scratch: &mut Scratch,
) -> Option<Start> {
    let start = Start::uncommon(FINEST);
    start.weights(view, &mut scratch.weights);
    // Safety: the caller's.
    let sums = unsafe { sums::<L, C>(view, &scratch.weights) };
    let found = maps.choose(&sums, SCALES[start.first])?;
    // Safety: the caller's.
    unsafe { residuals::<L, C>(view, Some(&found.map), &mut scratch.squares) };
    let sites = scratch.weights.as_flattened().iter();
    let pairs = sites.zip(scratch.squares.as_flattened());
    let left: f32 = pairs.map(|(weight, square)| weight * square).sum();
    let total: f32 = scratch.weights.as_flattened().iter().sum();
    promising(left, total * C as f32, view.of.variance)
}

/// The second start where a map leaves so much of a variance, over entries of so much weight.
pub(super) fn promising(left: f32, total: f32, variance: f64) -> Option<Start> {
    if f64::from(left) >= (1.0 - EXPLAINED) * variance {
        return None;
    }
    let scale = 2.0 * (left / total).sqrt();
    let first = SCALES.iter().take_while(|size| **size > scale).count();
    Some(Start::uncommon(first.min(FINEST)))
}
