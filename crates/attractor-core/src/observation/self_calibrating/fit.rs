//! Scale, share and map of one candidate.

use super::background::Background;
use super::channel_map::{Affine, ChannelMap, MOST};
use super::lanes::{Block, LANES, with_instructions};
use crate::simd::{Instructions, Lanes, Pair, Portable};

/// Scales of the noise that are tried, from coarse to fine, for data in `[0, 1]`.
pub const SCALES: [f32; 7] = [0.6, 0.4, 0.25, 0.15, 0.08, 0.03, 0.01];
/// No site tells more than this.
const CAP: f32 = 30.0;
/// `exp(-30)`, by which ratios are scaled so that none is above 1.
const CAPPED: f32 = 9.357_623e-14;
/// Least and largest share of unexplained sites.
const SHARES: (f32, f32) = (1e-3, 0.999);
/// The share that every fit begins with.
const FIRST_SHARE: f32 = 0.3;
/// Rounds at each scale.
const ROUNDS: usize = 2;
/// Steps for the share in each round.
const STEPS: usize = 4;
/// Rounds that end a fit whose derivative is asked for.
const LAST_ROUNDS: usize = 200;
/// The share and the map have come to rest.
const REST: f32 = 1e-7;

/// How a candidate explains a cue.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Log likelihood ratio against "this candidate explains nothing", less what the map costs.
    pub score: f64,
    /// Scale s of the noise, one of [`SCALES`].
    pub scale: f32,
    /// Share e of sites that the candidate does not explain.
    pub unexplained: f32,
    /// Channel map A, if one explains the cue better than none.
    pub map: Option<ChannelMap>,
    /// How far each site `[P]` is explained, from 0 to 1.
    pub weights: Vec<f32>,
}

/// Buffers of a fit, `[blocks]` each.
pub(super) struct Scratch {
    squares: Vec<Block>,
    ratios: Vec<Block>,
    weights: Vec<Block>,
    terms: Vec<Block>,
}

impl Scratch {
    pub(super) fn new(blocks: usize) -> Self {
        let empty = vec![[0.0; LANES]; blocks];
        Self {
            squares: empty.clone(),
            ratios: empty.clone(),
            terms: empty.clone(),
            weights: empty,
        }
    }
}

/// Where a fit ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit<const C: usize> {
    pub(super) score: f64,
    scale: usize,
    share: f32,
    map: Option<Affine<C>>,
}

with_instructions! {
    /// The best fit of a candidate `[C, blocks]`; `spread` weighs that of the map.
    fn fit<const C: usize>(
        of: &Background,
        candidate: &[Block],
        spread: f64,
        scratch: &mut Scratch,
    ) -> Fit<C> = best
}

with_instructions! {
    /// The same, gone on with at its scale until share and map rest; leaves weights and what they belong to.
    fn settle<const C: usize>(
        of: &Background,
        candidate: &[Block],
        spread: f64,
        scratch: &mut Scratch,
    ) -> Fit<C> = settled
}

// Of all functions below, # Safety: the instructions of `L` must be there, and its vectors must be as wide as a block.

#[inline(always)]
unsafe fn best<L: Lanes, const C: usize>(
    of: &Background,
    candidate: &[Block],
    spread: f64,
    scratch: &mut Scratch,
) -> Fit<C> {
    // Safety: the caller's.
    let (plain, mapped) = unsafe {
        (
            annealed::<L, C>(of, candidate, None, scratch),
            annealed::<L, C>(of, candidate, Some(spread), scratch),
        )
    };
    match mapped.score > plain.score {
        true => mapped,
        false => plain,
    }
}

/// Through all scales; with a map if its spread has a weight.
#[inline(always)]
unsafe fn annealed<L: Lanes, const C: usize>(
    of: &Background,
    candidate: &[Block],
    mapped: Option<f64>,
    scratch: &mut Scratch,
) -> Fit<C> {
    let mut share = FIRST_SHARE;
    let mut found = Fit {
        score: f64::NEG_INFINITY,
        scale: 0,
        share,
        map: None,
    };
    scratch.weights.copy_from_slice(&of.counted);
    let mut map = None;
    // Safety: the caller's.
    unsafe {
        if mapped.is_none() {
            residuals::<L, C>(of, candidate, None, &mut scratch.squares);
        }
        for scale in 0..SCALES.len() {
            for _ in 0..ROUNDS {
                if mapped.is_some() {
                    map = least_squares::<L, C>(of, candidate, &scratch.weights).or(map);
                    residuals::<L, C>(of, candidate, map.as_ref(), &mut scratch.squares);
                }
                compare::<L>(of, scale, scratch);
                for _ in 0..STEPS {
                    share = weigh::<L>(of, share, scratch);
                }
            }
            let mut score = evidence::<L>(of, share, scratch);
            if let (Some(spread), Some(map)) = (mapped, &map) {
                score -= price(of, map, spread);
            }
            if score > found.score {
                found = Fit {
                    score,
                    scale,
                    share,
                    map,
                };
            }
        }
    }
    found
}

#[inline(always)]
unsafe fn settled<L: Lanes, const C: usize>(
    of: &Background,
    candidate: &[Block],
    spread: f64,
    scratch: &mut Scratch,
) -> Fit<C> {
    // Safety: the caller's.
    unsafe {
        let mut found = best::<L, C>(of, candidate, spread, scratch);
        residuals::<L, C>(of, candidate, found.map.as_ref(), &mut scratch.squares);
        compare::<L>(of, found.scale, scratch);
        for _ in 0..LAST_ROUNDS {
            let share = weigh::<L>(of, found.share, scratch);
            let mut moved = (share - found.share).abs();
            found.share = share;
            if let Some(before) = found.map
                && let Some(map) = least_squares::<L, C>(of, candidate, &scratch.weights)
            {
                let entries = map.linear.as_flattened().iter();
                for (new, old) in entries.zip(before.linear.as_flattened()) {
                    moved = moved.max((new - old).abs());
                }
                found.map = Some(map);
                residuals::<L, C>(of, candidate, found.map.as_ref(), &mut scratch.squares);
                compare::<L>(of, found.scale, scratch);
            }
            if moved < REST {
                break;
            }
        }
        let _ = weigh::<L>(of, found.share, scratch);
        found.score = evidence::<L>(of, found.share, scratch);
        if let Some(map) = &found.map {
            found.score -= price(of, map, spread);
        }
        found
    }
}

/// What a map costs.
fn price<const C: usize>(of: &Background, map: &Affine<C>, spread: f64) -> f64 {
    let parameters = (C * (C + 1)) as f64;
    0.5 * parameters * (of.sites.max(1) as f64).ln() + spread * map.spread()
}

/// Squared distances between the cue and the mapped candidate.
#[inline(always)]
unsafe fn residuals<L: Lanes, const C: usize>(
    of: &Background,
    candidate: &[Block],
    map: Option<&Affine<C>>,
    squares: &mut [Block],
) {
    let blocks = squares.len();
    for (block, squares) in squares.iter_mut().enumerate() {
        // Safety: the caller's.
        unsafe {
            let values: [L; C] =
                std::array::from_fn(|c| L::load(candidate[c * blocks + block].as_ptr()));
            let mut total = L::splat(0.0);
            for out in 0..C {
                let mut predicted = values[out];
                if let Some(map) = map {
                    predicted = L::splat(map.offset[out]);
                    for (value, factor) in values.iter().zip(map.linear[out]) {
                        predicted = value.fma(L::splat(factor), predicted);
                    }
                }
                let off = L::load(of.cue[out * blocks + block].as_ptr()).sub(predicted);
                total = off.fma(off, total);
            }
            total.store(squares.as_mut_ptr());
        }
    }
}

/// `r_i exp(-30)` at a scale, at most 1.
#[inline(always)]
unsafe fn compare<L: Lanes>(of: &Background, scale: usize, scratch: &mut Scratch) {
    let half = 0.5 / (SCALES[scale] * SCALES[scale]);
    let parts = scratch.squares.iter().zip(of.at(scale));
    for (ratios, (squares, rarity)) in scratch.ratios.iter_mut().zip(parts) {
        // Safety: the caller's.
        unsafe {
            let (squares, rarity) = (L::load(squares.as_ptr()), L::load(rarity.as_ptr()));
            let log = squares.fma(L::splat(-half), rarity).sub(L::splat(CAP));
            log.min(L::splat(0.0))
                .exp_non_positive()
                .store(ratios.as_mut_ptr());
        }
    }
}

/// Numerators, 0 at sites that do not count, and denominators of weights.
#[inline(always)]
unsafe fn parts<L: Lanes>(ratios: &Block, counted: &Block, rest: L, other: L) -> (L, L) {
    // Safety: the caller's.
    unsafe {
        let (ratio, zero) = (L::load(ratios.as_ptr()), L::splat(0.0));
        let explained = ratio.fma(rest, zero);
        let counted = L::load(counted.as_ptr());
        (explained.fma(counted, zero), explained.add(other))
    }
}

/// How far each site is explained; the share that follows from it.
#[inline(always)]
unsafe fn weigh<L: Lanes>(of: &Background, share: f32, scratch: &mut Scratch) -> f32 {
    // Safety: the caller's.
    let explained = unsafe {
        let (rest, other) = (L::splat(1.0 - share), L::splat(share * CAPPED));
        let (mut sum, zero) = (L::splat(0.0), L::splat(0.0));
        let blocks = scratch.weights.len();
        for at in (0..blocks).step_by(2) {
            let (above, below) = parts(&scratch.ratios[at], &of.counted[at], rest, other);
            if at + 1 == blocks {
                let weight = above.div(below);
                weight.store(scratch.weights[at].as_mut_ptr());
                sum = sum.add(weight);
                break;
            }
            // One division for two. Shares of at least 1e-3 keep every product a normal number, in this order.
            let (next_above, next_below) =
                parts(&scratch.ratios[at + 1], &of.counted[at + 1], rest, other);
            let inverse = L::splat(1.0).div(below.fma(next_below, zero));
            let weight = above.fma(next_below.fma(inverse, zero), zero);
            let next = next_above.fma(below.fma(inverse, zero), zero);
            weight.store(scratch.weights[at].as_mut_ptr());
            next.store(scratch.weights[at + 1].as_mut_ptr());
            sum = sum.add(weight).add(next);
        }
        sum.sum()
    };
    (1.0 - explained / of.sites.max(1) as f32).clamp(SHARES.0, SHARES.1)
}

/// `sum_i log( e + (1 - e) r_i )`
#[inline(always)]
unsafe fn evidence<L: Lanes>(of: &Background, share: f32, scratch: &mut Scratch) -> f64 {
    let parts = scratch.ratios.iter().zip(&of.counted);
    for (terms, (ratios, counted)) in scratch.terms.iter_mut().zip(parts) {
        // Safety: the caller's.
        unsafe {
            let (one, counted) = (L::splat(1.0), L::load(counted.as_ptr()));
            let (rest, other) = (L::splat(1.0 - share), L::splat(share * CAPPED));
            let term = L::load(ratios.as_ptr()).fma(rest, other);
            // What scales to 1 at sites that do not count.
            let nothing = one.sub(counted).fma(L::splat(CAPPED), L::splat(0.0));
            term.fma(counted, nothing).store(terms.as_mut_ptr());
        }
    }
    // Between 1e-3 and exp(30) again, products of so few terms stay inside double precision.
    let scale = 1.0 / f64::from(CAPPED);
    let mut total = 0.0;
    for terms in scratch.terms.chunks(16) {
        let mut products = [1.0f64; LANES];
        for terms in terms {
            for (product, term) in products.iter_mut().zip(terms) {
                *product *= f64::from(*term) * scale;
            }
        }
        total += products.iter().map(|product| product.ln()).sum::<f64>();
    }
    total
}

/// The map that brings the candidate nearest to the cue where it is explained.
#[inline(always)]
unsafe fn least_squares<L: Lanes, const C: usize>(
    of: &Background,
    candidate: &[Block],
    weights: &[Block],
) -> Option<Affine<C>> {
    let blocks = weights.len();
    // Safety: the caller's.
    unsafe {
        let zero = L::splat(0.0);
        // Among channels, of channels with 1, of channels and of 1 with the cue.
        let mut among = [[zero; C]; C];
        let (mut ones, mut count) = ([zero; C], zero);
        let (mut cross, mut means) = ([[zero; C]; C], [zero; C]);
        for (block, weight) in weights.iter().enumerate() {
            let weight = L::load(weight.as_ptr());
            let values: [L; C] =
                std::array::from_fn(|c| L::load(candidate[c * blocks + block].as_ptr()));
            let cue: [L; C] = std::array::from_fn(|c| L::load(of.cue[c * blocks + block].as_ptr()));
            count = count.add(weight);
            for at in 0..C {
                let weighted = weight.fma(values[at], zero);
                ones[at] = ones[at].add(weighted);
                means[at] = weight.fma(cue[at], means[at]);
                for other in 0..C {
                    if other >= at {
                        among[at][other] = weighted.fma(values[other], among[at][other]);
                    }
                    cross[at][other] = weighted.fma(cue[other], cross[at][other]);
                }
            }
        }
        let wide = |lanes: L| f64::from(lanes.sum());
        let mut gram = [[0.0; MOST]; MOST];
        let mut products = [[0.0; C]; MOST];
        gram[C][C] = wide(count);
        for at in 0..C {
            for other in at..C {
                let value = wide(among[at][other]);
                (gram[at][other], gram[other][at]) = (value, value);
            }
            let value = wide(ones[at]);
            (gram[at][C], gram[C][at]) = (value, value);
            products[at] = cross[at].map(wide);
            products[C][at] = wide(means[at]);
        }
        Affine::solve(&gram, &products)
    }
}

impl<const C: usize> Fit<C> {
    /// What the fit found, with the weights of its sites.
    pub(super) fn evidence(&self, scratch: &Scratch, sites: usize) -> Evidence {
        let weights = scratch.weights.as_flattened();
        Evidence {
            score: self.score,
            scale: SCALES[self.scale],
            unexplained: self.share,
            map: self.map.map(ChannelMap::from),
            weights: weights[..sites].to_vec(),
        }
    }

    /// Derivative of minus the score with respect to the candidate `[C, P]`, from a settled fit.
    pub(super) fn slope(
        &self,
        of: &Background,
        candidate: &[Block],
        scratch: &Scratch,
        slope: &mut [f32],
    ) {
        let sites = slope.len() / C;
        let blocks = scratch.weights.len();
        let variance = SCALES[self.scale] * SCALES[self.scale];
        let map = self.map.unwrap_or_else(Affine::identity);
        for site in 0..sites {
            let (block, lane) = (site / LANES, site % LANES);
            // Beyond the cap, the ratio no longer changes.
            let capped = scratch.ratios[block][lane] >= 1.0;
            let weight = if capped {
                0.0
            } else {
                scratch.weights[block][lane]
            };
            let values: [f32; C] = std::array::from_fn(|c| candidate[c * blocks + block][lane]);
            let mut errors = [0.0; C];
            for (out, error) in errors.iter_mut().enumerate() {
                let mapped: f32 = (0..C).map(|c| map.linear[out][c] * values[c]).sum();
                *error = mapped + map.offset[out] - of.cue[out * blocks + block][lane];
            }
            for input in 0..C {
                let pulled: f32 = (0..C).map(|out| map.linear[out][input] * errors[out]).sum();
                slope[input * sites + site] = weight / variance * pulled;
            }
        }
    }
}
