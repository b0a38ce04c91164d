//! What a cue's own values look like anywhere.

use super::fit::SCALES;
use super::lanes::{Block, LANES, padded, with_instructions};
use crate::simd::{Instructions, Lanes, Pair, Portable};

/// Least mean of the kernels at a site, before the Gaussian's constant.
const FLOOR: f32 = 1e-3;
/// Kernels beyond this many squared scales are left out: they are below 1e-9.
const FAR: f32 = 20.0;
/// Where no site is.
const NOWHERE: f32 = 1e9;

/// A cue, ready to be compared with candidates.
#[derive(Debug)]
pub(super) struct Background {
    /// Values `[C, blocks]`.
    pub(super) cue: Vec<Block>,
    /// Minus the log of the mean kernel at each site, `[scales, blocks]`.
    pub(super) rarity: Vec<Block>,
    /// 1 at sites that count, 0 at others, `[blocks]`.
    pub(super) counted: Vec<Block>,
    /// Number of sites that count.
    pub(super) sites: usize,
}

impl Background {
    /// Of a cue `[C, P]`; `known` says which sites count, all if `None`.
    pub(super) fn new<const C: usize>(
        cue: &[f32],
        known: Option<&[bool]>,
        isa: Instructions,
    ) -> Self {
        let all = cue.len() / C;
        let counts = |site: usize| known.is_none_or(|known| known[site]);
        let counted: Vec<f32> = (0..all).map(|site| f32::from(counts(site))).collect();
        let sites = (0..all).filter(|site| counts(*site)).count();
        let mut placed = cue.to_vec();
        for channel in placed.chunks_exact_mut(all) {
            for (site, value) in channel.iter_mut().enumerate() {
                if !counts(site) {
                    *value = NOWHERE;
                }
            }
        }
        let blocks = all.div_ceil(LANES);
        let mut rarity = vec![[0.0; LANES]; SCALES.len() * blocks];
        kernels::<C>(isa, &padded(&placed, C, NOWHERE), all, &mut rarity);
        let others = sites.saturating_sub(1).max(1) as f32;
        for block in &mut rarity {
            for value in block {
                *value = -(*value / others).max(FLOOR).ln();
            }
        }
        Self {
            cue: padded(cue, C, 0.0),
            rarity,
            counted: padded(&counted, 1, 0.0),
            sites,
        }
    }

    /// The rarities at one scale.
    pub(super) fn at(&self, scale: usize) -> &[Block] {
        let blocks = self.counted.len();
        &self.rarity[scale * blocks..(scale + 1) * blocks]
    }
}

with_instructions! {
    /// Adds up, for each scale, the kernels of all pairs of sites at both.
    fn kernels<const C: usize>(values: &[Block], sites: usize, sums: &mut [Block]) -> () = pairs
}

/// Each pair once, no site with itself.
///
/// # Safety
/// The instructions of `L` must be there, and its vectors must be as wide as a block.
#[inline(always)]
unsafe fn pairs<L: Lanes, const C: usize>(values: &[Block], sites: usize, sums: &mut [Block]) {
    let blocks = values.len() / C;
    for site in 0..sites {
        let (home, lane) = (site / LANES, site % LANES);
        let own: [f32; C] = std::array::from_fn(|c| values[c * blocks + home][lane]);
        if own[0] >= NOWHERE {
            continue;
        }
        // Safety: as granted by the caller.
        unsafe {
            let own = own.map(|value| L::splat(value));
            let mut mine = [L::splat(0.0); SCALES.len()];
            for block in home..blocks {
                let mut far = match block == home {
                    false => L::splat(0.0),
                    true => L::load(
                        std::array::from_fn::<f32, LANES, _>(|at| {
                            if at > lane { 0.0 } else { f32::MAX }
                        })
                        .as_ptr(),
                    ),
                };
                for (c, own) in own.iter().enumerate() {
                    let off = L::load(values[c * blocks + block].as_ptr()).sub(*own);
                    far = off.fma(off, far);
                }
                for (k, scale) in SCALES.iter().enumerate() {
                    let half = 0.5 / (scale * scale);
                    // Finer scales reach no farther.
                    if !L::splat(FAR / half).sub(far).any_positive() {
                        break;
                    }
                    let kernel = far.fma(L::splat(-half), L::splat(0.0)).exp_non_positive();
                    mine[k] = mine[k].add(kernel);
                    let theirs = &mut sums[k * blocks + block];
                    L::load(theirs.as_ptr())
                        .add(kernel)
                        .store(theirs.as_mut_ptr());
                }
            }
            for (k, mine) in mine.into_iter().enumerate() {
                sums[k * blocks + home][lane] += mine.sum();
            }
        }
    }
}
