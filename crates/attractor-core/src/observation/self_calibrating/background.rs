//! What a cue's own values look like anywhere.

use super::fit::{SCALES, SQUARINGS};
use super::lanes::{Block, LANES, padded, with_instructions};
use crate::simd::{Instructions, Lanes, Pair, Portable};

/// Width of the kernels over the scale of the noise. The values hold the noise already: kernels as wide as it would blur
/// them to twice its variance, and any map to a constant would seem to explain them.
const WIDTH: f32 = 0.6;
/// Least mean of the kernels at a site, before the Gaussian's constant.
const FLOOR: f32 = 1e-3;
/// Kernels below this are left out.
const FAINT: f32 = 1e-9;
/// Blocks whose kernels are computed side by side: each is a long chain of squares.
const TOGETHER: usize = 4;
/// How much finer a concentration of values has to be than the noise for it to be none of noise.
const FINER: f32 = 8.0;
/// Least share of the sites in it.
const SHARED: f32 = 0.03;
/// Least part in it of what lies within the noise: smooth densities leave an eighth, or less where there are more channels.
const CONCENTRATED: f32 = 1.0 / 3.0;
/// The scale at which values are held to be common or not: values that are the same but for little noise.
const FINE: usize = 6;
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
    /// How uncommon each site's value is in the cue, at most 1, 0 at sites that do not count, `[blocks]`.
    pub(super) uncommon: Vec<Block>,
    /// Squared distances from their mean, weighed by that, all channels together.
    pub(super) variance: f64,
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
        let ends: [(f32, f32); C] = std::array::from_fn(|c| {
            let channel = cue[c * all..(c + 1) * all].iter().enumerate();
            let known = channel.filter(|(site, _)| counts(*site));
            known.fold((f32::MAX, f32::MIN), |(low, high), (_, &value)| {
                (low.min(value), high.max(value))
            })
        });
        let blocks = all.div_ceil(LANES);
        let mut rarity = vec![[0.0; LANES]; SCALES.len() * blocks];
        let logs = kernels::<C>(isa, &padded(&placed, C, NOWHERE), all, &ends, &mut rarity);
        let others = sites.saturating_sub(1).max(1) as f32;
        let means = |sums: &[Block]| sums.as_flattened().iter().map(|sum| sum / others).collect();
        let means: Vec<Vec<f32>> = rarity.chunks_exact(blocks).map(means).collect();
        for (k, scale) in rarity.chunks_exact_mut(blocks).enumerate() {
            for (site, value) in scale.as_flattened_mut()[..all].iter_mut().enumerate() {
                *value = logs[site] - means[k][site].max(FLOOR).ln();
            }
        }
        let inside = |site: usize| {
            let own = cue.iter().skip(site).step_by(all).zip(&ends);
            own.clone()
                .all(|(value, (low, high))| value > low && value < high)
        };
        // With several channels no other picture explains what coincides in all of them, and where the right one is seen
        // through noise, what covers it would count against it.
        let alone = C == 1;
        for site in (0..all).filter(|site| alone && inside(*site)) {
            for (k, size) in SCALES.into_iter().enumerate() {
                let least = SHARED.max(CONCENTRATED * means[k][site]);
                let finer = SCALES.into_iter().enumerate().skip(k + 1);
                let known = finer
                    .filter(|(at, finer)| {
                        FINER * finer <= 1.001 * size && means[*at][site] >= least
                    })
                    .map(|(at, finer)| {
                        logs[site] - means[at][site].ln() - C as f32 * (size / finer).ln()
                    })
                    .fold(f32::MAX, f32::min);
                let own = &mut rarity[k * blocks..(k + 1) * blocks].as_flattened_mut()[site];
                *own = own.min(known);
            }
        }
        let fine = rarity[FINE * blocks..(FINE + 1) * blocks].as_flattened();
        // Without the widths: how many others are the same.
        let rare: Vec<f32> = fine.iter().zip(&logs).map(|(all, log)| all - log).collect();
        let uncommon = uncommon(&rare, &counted);
        Self {
            cue: padded(cue, C, 0.0),
            variance: cue.chunks_exact(all).map(|x| variance(x, &uncommon)).sum(),
            uncommon: padded(&uncommon, 1, 0.0),
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

/// Inverse densities of the sites that count, over the largest.
fn uncommon(rarity: &[f32], counted: &[f32]) -> Vec<f32> {
    let pairs = || rarity.iter().zip(counted);
    let known = pairs().filter(|(_, counted)| **counted > 0.0);
    let most = known.fold(f32::MIN, |most, (rarity, _)| most.max(*rarity));
    pairs()
        .map(|(rarity, counted)| match *counted > 0.0 {
            true => (rarity - most).exp(),
            false => 0.0,
        })
        .collect()
}

/// Weighted squared distances from the weighted mean.
fn variance(values: &[f32], weights: &[f32]) -> f64 {
    let moment = |power: i32| {
        let pairs = values.iter().zip(weights);
        let terms = pairs.map(|(x, weight)| f64::from(*weight) * f64::from(*x).powi(power));
        terms.sum::<f64>()
    };
    moment(2) - moment(1).powi(2) / moment(0).max(f64::MIN_POSITIVE)
}

with_instructions! {
    /// Adds up, for each scale, the kernels of all other sites at each; the log of each site's width over the
    /// scale of the noise, all channels together. `ends` are the least and the largest value of each channel.
    fn kernels<const C: usize>(
        values: &[Block],
        sites: usize,
        ends: &[(f32, f32); C],
        sums: &mut [Block],
    ) -> Vec<f32> = around
}

/// # Safety
/// The instructions of `L` must be there, and its vectors must be as wide as a block.
#[inline(always)]
unsafe fn around<L: Lanes, const C: usize>(
    values: &[Block],
    sites: usize,
    ends: &[(f32, f32); C],
    sums: &mut [Block],
) -> Vec<f32> {
    let blocks = values.len() / C;
    let coarsest = SCALES[0];
    let mut logs = vec![0.0; sites];
    for (site, log) in logs.iter_mut().enumerate() {
        let (home, lane) = (site / LANES, site % LANES);
        let own: [f32; C] = std::array::from_fn(|c| values[c * blocks + home][lane]);
        if own[0] >= NOWHERE {
            continue;
        }
        // Values at an end of their range may have been cut off there: exact coincidences, of which no narrow kernel
        // may make anything.
        let widths: [f32; C] = std::array::from_fn(|c| {
            let cut = own[c] == ends[c].0 || own[c] == ends[c].1;
            if cut { 1.0 } else { WIDTH }
        });
        *log = widths.map(f32::ln).iter().sum();
        let inverse = widths.map(|width| 1.0 / width);
        let mut itself = [0.0; LANES];
        itself[lane] = f32::MAX;
        // Safety: as granted by the caller.
        unsafe {
            let mut mine = [L::splat(0.0); SCALES.len()];
            let (zero, half) = (L::splat(0.0), L::splat(-0.5 / (coarsest * coarsest)));
            for first in (0..blocks).step_by(TOGETHER) {
                // No closures here: they would not be compiled for these instructions.
                let mut kernels = [zero; TOGETHER];
                for (more, kernel) in kernels.iter_mut().enumerate() {
                    let block = first + more;
                    if block >= blocks {
                        break;
                    }
                    let mut far = zero;
                    if block == home {
                        far = L::load(itself.as_ptr());
                    }
                    for c in 0..C {
                        let off =
                            L::load(values[c * blocks + block].as_ptr()).sub(L::splat(own[c]));
                        let off = off.fma(L::splat(inverse[c]), zero);
                        far = off.fma(off, far);
                    }
                    *kernel = far.fma(half, zero).exp_non_positive();
                }
                // Written out, so that everything stays in registers.
                macro_rules! at_scales {
                    ($($k:literal),*) => {$(
                        let mut most = zero;
                        for kernel in &mut kernels {
                            for _ in 0..const { SQUARINGS[$k] } {
                                *kernel = kernel.fma(*kernel, zero);
                            }
                            // Never a subnormal number.
                            *kernel = kernel.sub(L::splat(FAINT)).max(zero);
                            mine[$k] = mine[$k].add(*kernel);
                            most = most.max(*kernel);
                        }
                        // Finer scales reach no farther.
                        if $k > 3 && !most.any_positive() {
                            continue;
                        }
                    )*};
                }
                at_scales!(0, 1, 2, 3, 4, 5, 6, 7, 8);
            }
            for (k, mine) in mine.into_iter().enumerate() {
                sums[k * blocks + home][lane] = mine.sum();
            }
        }
    }
    logs
}
