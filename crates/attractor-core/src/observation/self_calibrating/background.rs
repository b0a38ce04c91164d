//! What a cue's own values look like anywhere.

use super::fit::SCALES;
use super::lanes::{LANES, exp, in_widest_registers, padded, sum};

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
    pub(super) cue: Vec<[f32; LANES]>,
    /// Minus the log of the mean kernel at each site, `[scales, blocks]`.
    pub(super) rarity: Vec<[f32; LANES]>,
    /// 1 at sites that count, 0 at others, `[blocks]`.
    pub(super) counted: Vec<[f32; LANES]>,
    /// Number of sites that count.
    pub(super) sites: usize,
}

impl Background {
    /// Of a cue `[C, P]`; `known` says which sites count, all if `None`.
    pub(super) fn new<const C: usize>(cue: &[f32], known: Option<&[bool]>) -> Self {
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
        kernels::<C>(&padded(&placed, C, NOWHERE), all, &mut rarity);
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
    pub(super) fn at(&self, scale: usize) -> &[[f32; LANES]] {
        let blocks = self.counted.len();
        &self.rarity[scale * blocks..(scale + 1) * blocks]
    }
}

in_widest_registers! {
    /// Adds up, for each scale, the kernels of all pairs of sites at both.
    fn kernels<const C: usize>(values: &[[f32; LANES]], sites: usize, sums: &mut [[f32; LANES]]) -> () = pairs
}

#[inline(always)]
fn pairs<const C: usize>(values: &[[f32; LANES]], sites: usize, sums: &mut [[f32; LANES]]) {
    let blocks = values.len() / C;
    for site in 0..sites {
        let (home, lane) = (site / LANES, site % LANES);
        let own: [f32; C] = std::array::from_fn(|c| values[c * blocks + home][lane]);
        if own[0] >= NOWHERE {
            continue;
        }
        let mut mine = [[0.0f32; LANES]; SCALES.len()];
        for block in home..blocks {
            let mut far = [0.0f32; LANES];
            for (c, own) in own.iter().enumerate() {
                let others = &values[c * blocks + block];
                for at in 0..LANES {
                    let off = others[at] - own;
                    far[at] += off * off;
                }
            }
            if block == home {
                // Each pair once, no site with itself.
                far[..=lane].fill(f32::INFINITY);
            }
            let nearest = far
                .iter()
                .fold(f32::INFINITY, |low, &far| if far < low { far } else { low });
            for (k, scale) in SCALES.iter().enumerate() {
                let half = 0.5 / (scale * scale);
                if nearest * half > FAR {
                    break;
                }
                let (mine, theirs) = (&mut mine[k], &mut sums[k * blocks + block]);
                for at in 0..LANES {
                    let kernel = exp(-far[at] * half);
                    mine[at] += kernel;
                    theirs[at] += kernel;
                }
            }
        }
        for (k, mine) in mine.into_iter().enumerate() {
            sums[k * blocks + home][lane] += sum(mine);
        }
    }
}
