//! The first pass over many stored patterns: scores at half of the sites and at every second scale.
//!
//! The score is a sum over sites, so that a part of them, spread evenly, estimates it without bias, whatever happened to the
//! cue: averages of sites would mix damaged ones with others. What the first pass loses is measured in the documentation.

use rayon::prelude::*;

use super::background::Background;
use super::fit::{Changes, rough};
use super::lanes::padded;
use super::map_prior::MapPrior;
use super::passes::{Scratch, View};
use crate::simd::Instructions;

/// Bits of the golden ratio's multiples that have to be 0: half of the sites.
const BITS: u32 = 1;

/// The sites of `all` that are compared: where multiples of the golden ratio have a fraction below a half, which
/// is even on any line of an image.
pub(super) fn sites(all: usize) -> Vec<usize> {
    let golden = |site: usize| (site as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..all)
        .filter(|site| golden(*site) >> (64 - BITS) == 0)
        .collect()
}

/// Values `[C, P]` at some sites.
fn at_sites(values: &[f32], channels: usize, sites: &[usize]) -> Vec<f32> {
    let all = values.len() / channels;
    let channel = |c: usize| sites.iter().map(move |site| values[c * all + site]);
    (0..channels).flat_map(channel).collect()
}

/// A cue `[C, P]` at some sites, ready to be compared; `counted` says which of its sites count.
pub(super) fn background<const C: usize>(
    cue: &[f32],
    sites: &[usize],
    counted: impl Fn(usize) -> bool,
) -> Background {
    let known: Vec<bool> = sites.iter().map(|site| counted(*site)).collect();
    Background::new::<C>(&at_sites(cue, C, sites), Some(&known), Instructions::best())
}

/// Scores `[b, n]` of candidates `[n, C P]` for cues `[b, C P]`; `counted` says which sites of a cue count.
pub(super) fn scores<const C: usize>(
    cues: &[f32],
    counted: impl Fn(usize, usize) -> bool + Sync,
    candidates: &[f32],
    dim: usize,
    maps: Option<&MapPrior>,
) -> Vec<f64> {
    let sites = sites(dim / C);
    let isa = Instructions::best();
    let changes = Changes {
        maps: maps.cloned(),
        light: None,
    };
    let candidates: Vec<_> = candidates
        .par_chunks_exact(dim)
        .map(|row| padded(&at_sites(row, C, &sites), C, 0.0))
        .collect();
    let cues: Vec<Background> = cues
        .par_chunks_exact(dim)
        .enumerate()
        .map(|(row, cue)| background::<C>(cue, &sites, |site| counted(row, site)))
        .collect();
    let count = candidates.len();
    (0..cues.len() * count)
        .into_par_iter()
        .map_init(
            || Scratch::new(cues.first().map_or(0, |cue| cue.counted.len())),
            |scratch, pair| {
                let view = View::whole(&cues[pair / count], &candidates[pair % count]);
                rough::<C>(isa, view, &changes, scratch)
            },
        )
        .collect()
}
