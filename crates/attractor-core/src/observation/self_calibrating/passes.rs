//! Passes over the sites of a cue and a candidate.

use super::background::Background;
use super::channel_map::Affine;
use super::fit::SCALES;
use super::lanes::{Block, LANES};
use super::map_prior::{MOST, Sums};
use super::nuisance::{FieldSums, Light, TERMS};
use crate::simd::Lanes;

/// No site tells more than this.
pub(super) const CAP: f32 = 30.0;
/// `exp(-30)`, by which ratios are scaled so that none is above 1.
const CAPPED: f32 = 9.357_623e-14;
/// Least and largest share of unexplained sites.
pub(super) const SHARES: (f32, f32) = (1e-3, 0.999);

/// A candidate beside a cue.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) of: &'a Background,
    /// What the candidate shows, `[C, blocks]`.
    pub(super) values: &'a [Block],
    /// 1 at sites that count, 0 at others, `[blocks]`.
    pub(super) counted: &'a [Block],
    /// Number of sites that count.
    pub(super) sites: usize,
}

impl<'a> View<'a> {
    /// Of a candidate that shows something at every site.
    pub(super) fn whole(of: &'a Background, values: &'a [Block]) -> Self {
        Self {
            of,
            values,
            counted: &of.counted,
            sites: of.sites,
        }
    }
}

/// Buffers of a fit, `[blocks]` each.
pub(super) struct Scratch {
    pub(super) squares: Vec<Block>,
    pub(super) ratios: Vec<Block>,
    pub(super) weights: Vec<Block>,
    terms: Vec<Block>,
    /// The candidate in uneven light, `[C, blocks]`, where that is looked for.
    pub(super) lit: Vec<Block>,
}

impl Scratch {
    pub(super) fn new(blocks: usize) -> Self {
        let empty = vec![[0.0; LANES]; blocks];
        Self {
            squares: empty.clone(),
            ratios: empty.clone(),
            terms: empty.clone(),
            weights: empty,
            lit: Vec::new(),
        }
    }
}

// Of all functions below, # Safety: the instructions of `L` must be there, and its vectors must be as wide as a block.

/// A block of each of N planes. (Closures would not be compiled for the instructions of the caller.)
#[inline(always)]
unsafe fn columns<L: Lanes, const N: usize>(
    planes: &[Block],
    block: usize,
    blocks: usize,
) -> [L; N] {
    // Safety: the caller's.
    unsafe {
        let mut all = [L::splat(0.0); N];
        for (k, one) in all.iter_mut().enumerate() {
            *one = L::load(planes[k * blocks + block].as_ptr());
        }
        all
    }
}

/// Squared distances between the cue and the mapped candidate.
#[inline(always)]
pub(super) unsafe fn residuals<L: Lanes, const C: usize>(
    view: View<'_>,
    map: Option<&Affine<C>>,
    squares: &mut [Block],
) {
    let blocks = squares.len();
    for (block, squares) in squares.iter_mut().enumerate() {
        // Safety: the caller's.
        unsafe {
            let values = columns::<L, C>(view.values, block, blocks);
            let mut total = L::splat(0.0);
            for out in 0..C {
                let mut predicted = values[out];
                if let Some(map) = map {
                    predicted = L::splat(map.offset[out]);
                    for (value, factor) in values.iter().zip(map.linear[out]) {
                        predicted = value.fma(L::splat(factor), predicted);
                    }
                }
                let off = L::load(view.of.cue[out * blocks + block].as_ptr()).sub(predicted);
                total = off.fma(off, total);
            }
            total.store(squares.as_mut_ptr());
        }
    }
}

/// `r_i exp(-30)` at a scale, at most 1.
#[inline(always)]
pub(super) unsafe fn compare<L: Lanes>(view: View<'_>, scale: usize, scratch: &mut Scratch) {
    let half = 0.5 / (SCALES[scale] * SCALES[scale]);
    let parts = scratch.squares.iter().zip(view.of.at(scale));
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
pub(super) unsafe fn weigh<L: Lanes>(view: View<'_>, share: f32, scratch: &mut Scratch) -> f32 {
    // Safety: the caller's.
    let explained = unsafe {
        let (rest, other) = (L::splat(1.0 - share), L::splat(share * CAPPED));
        let (mut sum, zero) = (L::splat(0.0), L::splat(0.0));
        let blocks = scratch.weights.len();
        for at in (0..blocks).step_by(2) {
            let (above, below) = parts(&scratch.ratios[at], &view.counted[at], rest, other);
            if at + 1 == blocks {
                let weight = above.div(below);
                weight.store(scratch.weights[at].as_mut_ptr());
                sum = sum.add(weight);
                break;
            }
            // One division for two. Shares of at least 1e-3 keep every product a normal number, in this order.
            let (next_above, next_below) =
                parts(&scratch.ratios[at + 1], &view.counted[at + 1], rest, other);
            let inverse = L::splat(1.0).div(below.fma(next_below, zero));
            let weight = above.fma(next_below.fma(inverse, zero), zero);
            let next = next_above.fma(below.fma(inverse, zero), zero);
            weight.store(scratch.weights[at].as_mut_ptr());
            next.store(scratch.weights[at + 1].as_mut_ptr());
            sum = sum.add(weight).add(next);
        }
        sum.sum()
    };
    (1.0 - explained / view.sites.max(1) as f32).clamp(SHARES.0, SHARES.1)
}

/// `sum_i log( e + (1 - e) r_i )`
#[inline(always)]
pub(super) unsafe fn evidence<L: Lanes>(view: View<'_>, share: f32, scratch: &mut Scratch) -> f64 {
    let parts = scratch.ratios.iter().zip(view.counted);
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
    let mut halvings = 0i64;
    for terms in scratch.terms.chunks(16) {
        let mut products = [1.0f64; LANES];
        for terms in terms {
            for (product, term) in products.iter_mut().zip(terms) {
                *product *= f64::from(*term) * scale;
            }
        }
        // One logarithm for all lanes: exponents are added, what is left of each lies from 1 to 2.
        let mut product = 1.0;
        for lane in products {
            let bits = lane.to_bits();
            halvings += (bits >> 52) as i64 - 1023;
            product *= f64::from_bits(bits & !(0x7FF << 52) | (1023 << 52));
        }
        total += f64::ln(product);
    }
    total + halvings as f64 * std::f64::consts::LN_2
}

/// Sums over the sites, each as much as it is explained.
#[inline(always)]
pub(super) unsafe fn sums<L: Lanes, const C: usize>(view: View<'_>, weights: &[Block]) -> Sums<C> {
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
            let values = columns::<L, C>(view.values, block, blocks);
            let cue = columns::<L, C>(&view.of.cue, block, blocks);
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
        Sums {
            gram,
            cross: products,
        }
    }
}

/// The candidate in the light of a field.
#[inline(always)]
pub(super) unsafe fn shine<L: Lanes, const C: usize>(
    values: &[Block],
    light: &Light,
    coefficients: &[f32; TERMS],
    lit: &mut Vec<Block>,
) {
    lit.resize(values.len(), [0.0; LANES]);
    let blocks = values.len() / C;
    for block in 0..blocks {
        // Safety: the caller's.
        unsafe {
            let mut gain = L::splat(1.0);
            for (k, a) in coefficients.iter().enumerate() {
                gain = L::load(light.basis[k * blocks + block].as_ptr()).fma(L::splat(*a), gain);
            }
            for c in 0..C {
                L::load(values[c * blocks + block].as_ptr())
                    .fma(gain, L::splat(0.0))
                    .store(lit[c * blocks + block].as_mut_ptr());
            }
        }
    }
}

/// Sums for the field under a map, each site as much as it is explained.
#[inline(always)]
pub(super) unsafe fn field_sums<L: Lanes, const C: usize>(
    view: View<'_>,
    light: &Light,
    map: Option<&Affine<C>>,
    weights: &[Block],
) -> FieldSums {
    let blocks = weights.len();
    let own = Affine::identity();
    let map = map.unwrap_or(&own);
    // Safety: the caller's.
    unsafe {
        let zero = L::splat(0.0);
        let mut gram = [[zero; TERMS]; TERMS];
        let mut cross = [zero; TERMS];
        for (block, weight) in weights.iter().enumerate() {
            let weight = L::load(weight.as_ptr());
            let values = columns::<L, C>(view.values, block, blocks);
            // Squares of what is predicted without the field, and its products with what is missing.
            let (mut squares, mut missing) = (zero, zero);
            for out in 0..C {
                let mut predicted = zero;
                for (value, factor) in values.iter().zip(map.linear[out]) {
                    predicted = value.fma(L::splat(factor), predicted);
                }
                let cue = L::load(view.of.cue[out * blocks + block].as_ptr());
                let off = cue.sub(L::splat(map.offset[out])).sub(predicted);
                squares = predicted.fma(predicted, squares);
                missing = predicted.fma(off, missing);
            }
            let squares = squares.fma(weight, zero);
            let missing = missing.fma(weight, zero);
            let terms = columns::<L, TERMS>(&light.basis, block, blocks);
            for row in 0..TERMS {
                cross[row] = terms[row].fma(missing, cross[row]);
                let weighted = terms[row].fma(squares, zero);
                for column in row..TERMS {
                    gram[row][column] = weighted.fma(terms[column], gram[row][column]);
                }
            }
        }
        let mut all = FieldSums {
            gram: [[0.0; TERMS]; TERMS],
            cross: cross.map(|sum| f64::from(sum.sum())),
        };
        for (row, sums) in gram.iter().enumerate() {
            for (column, sum) in sums.iter().enumerate().skip(row) {
                let value = f64::from(sum.sum());
                (all.gram[row][column], all.gram[column][row]) = (value, value);
            }
        }
        all
    }
}
