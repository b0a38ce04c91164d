//! Scale, share and map of one candidate.

use super::background::Background;
use super::channel_map::{Affine, ChannelMap};
use super::lanes::{LANES, exp, in_widest_registers, sum};

/// Scales of the noise that are tried, from coarse to fine, for data in `[0, 1]`.
pub const SCALES: [f32; 7] = [0.6, 0.4, 0.25, 0.15, 0.08, 0.03, 0.01];
/// No site tells more than this.
const CAP: f32 = 30.0;
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
    squares: Vec<[f32; LANES]>,
    ratios: Vec<[f32; LANES]>,
    weights: Vec<[f32; LANES]>,
}

impl Scratch {
    pub(super) fn new(blocks: usize) -> Self {
        let empty = vec![[0.0; LANES]; blocks];
        Self {
            squares: empty.clone(),
            ratios: empty.clone(),
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

in_widest_registers! {
    /// The best fit of a candidate `[C, blocks]`; `spread` weighs that of the map.
    fn fit<const C: usize>(
        of: &Background,
        candidate: &[[f32; LANES]],
        spread: f64,
        scratch: &mut Scratch,
    ) -> Fit<C> = best
}

in_widest_registers! {
    /// The same, gone on with at its scale until share and map rest; leaves weights and what they belong to.
    fn settle<const C: usize>(
        of: &Background,
        candidate: &[[f32; LANES]],
        spread: f64,
        scratch: &mut Scratch,
    ) -> Fit<C> = settled
}

#[inline(always)]
fn best<const C: usize>(
    of: &Background,
    candidate: &[[f32; LANES]],
    spread: f64,
    scratch: &mut Scratch,
) -> Fit<C> {
    let plain = annealed::<C>(of, candidate, None, scratch);
    let mapped = annealed(of, candidate, Some(spread), scratch);
    match mapped.score > plain.score {
        true => mapped,
        false => plain,
    }
}

/// Through all scales; with a map if its spread has a weight.
#[inline(always)]
fn annealed<const C: usize>(
    of: &Background,
    candidate: &[[f32; LANES]],
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
    if mapped.is_none() {
        residuals::<C>(of, candidate, None, &mut scratch.squares);
    }
    for scale in 0..SCALES.len() {
        for _ in 0..ROUNDS {
            if mapped.is_some() {
                map = least_squares::<C>(of, candidate, &scratch.weights).or(map);
                residuals(of, candidate, map.as_ref(), &mut scratch.squares);
            }
            compare(of, scale, scratch);
            for _ in 0..STEPS {
                share = weigh(of, share, scratch);
            }
        }
        let mut score = evidence(of, share, &scratch.ratios);
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
    found
}

#[inline(always)]
fn settled<const C: usize>(
    of: &Background,
    candidate: &[[f32; LANES]],
    spread: f64,
    scratch: &mut Scratch,
) -> Fit<C> {
    let mut found = best::<C>(of, candidate, spread, scratch);
    residuals(of, candidate, found.map.as_ref(), &mut scratch.squares);
    compare(of, found.scale, scratch);
    for _ in 0..LAST_ROUNDS {
        let share = weigh(of, found.share, scratch);
        let mut moved = (share - found.share).abs();
        found.share = share;
        if let Some(before) = found.map
            && let Some(map) = least_squares::<C>(of, candidate, &scratch.weights)
        {
            for (new, old) in map
                .linear
                .iter()
                .flatten()
                .zip(before.linear.iter().flatten())
            {
                moved = moved.max((new - old).abs());
            }
            found.map = Some(map);
            residuals(of, candidate, found.map.as_ref(), &mut scratch.squares);
            compare(of, found.scale, scratch);
        }
        if moved < REST {
            break;
        }
    }
    let _ = weigh(of, found.share, scratch);
    found.score = evidence(of, found.share, &scratch.ratios);
    if let Some(map) = &found.map {
        found.score -= price(of, map, spread);
    }
    found
}

/// What a map costs.
#[inline(always)]
fn price<const C: usize>(of: &Background, map: &Affine<C>, spread: f64) -> f64 {
    let parameters = (C * (C + 1)) as f64;
    0.5 * parameters * (of.sites.max(1) as f64).ln() + spread * map.spread()
}

/// Squared distances between the cue and the mapped candidate.
#[inline(always)]
fn residuals<const C: usize>(
    of: &Background,
    candidate: &[[f32; LANES]],
    map: Option<&Affine<C>>,
    squares: &mut [[f32; LANES]],
) {
    let blocks = squares.len();
    for (block, squares) in squares.iter_mut().enumerate() {
        *squares = [0.0; LANES];
        for out in 0..C {
            let cue = &of.cue[out * blocks + block];
            let mut predicted = candidate[out * blocks + block];
            if let Some(map) = map {
                predicted = [map.offset[out]; LANES];
                for (input, factor) in map.linear[out].iter().enumerate() {
                    let values = &candidate[input * blocks + block];
                    for at in 0..LANES {
                        predicted[at] += factor * values[at];
                    }
                }
            }
            for at in 0..LANES {
                let off = cue[at] - predicted[at];
                squares[at] += off * off;
            }
        }
    }
}

/// `r_i` at a scale.
#[inline(always)]
fn compare(of: &Background, scale: usize, scratch: &mut Scratch) {
    let half = 0.5 / (SCALES[scale] * SCALES[scale]);
    let rarity = of.at(scale);
    let parts = scratch.squares.iter().zip(rarity);
    for (ratios, (squares, rarity)) in scratch.ratios.iter_mut().zip(parts) {
        for at in 0..LANES {
            let log = rarity[at] - squares[at] * half;
            ratios[at] = exp(if log > CAP { CAP } else { log });
        }
    }
}

/// How far each site is explained; the share that follows from it.
#[inline(always)]
fn weigh(of: &Background, share: f32, scratch: &mut Scratch) -> f32 {
    let mut sums = [0.0; LANES];
    let parts = scratch.ratios.iter().zip(&of.counted);
    for (weights, (ratios, counted)) in scratch.weights.iter_mut().zip(parts) {
        for at in 0..LANES {
            let explained = (1.0 - share) * ratios[at];
            weights[at] = counted[at] * explained / (share + explained);
            sums[at] += weights[at];
        }
    }
    (1.0 - sum(sums) / of.sites.max(1) as f32).clamp(SHARES.0, SHARES.1)
}

/// `sum_i log( e + (1 - e) r_i )`
#[inline(always)]
fn evidence(of: &Background, share: f32, ratios: &[[f32; LANES]]) -> f64 {
    let mut total = 0.0;
    // Products of so few factors between 1e-3 and exp(30) stay far inside double precision.
    for (ratios, counted) in ratios.chunks(8).zip(of.counted.chunks(8)) {
        let mut products = [1.0f64; LANES];
        for (ratios, counted) in ratios.iter().zip(counted) {
            for at in 0..LANES {
                let term = share + (1.0 - share) * ratios[at];
                products[at] *= f64::from(1.0 + counted[at] * (term - 1.0));
            }
        }
        total += products.iter().map(|product| product.ln()).sum::<f64>();
    }
    total
}

/// The map that brings the candidate nearest to the cue where it is explained.
#[inline(always)]
fn least_squares<const C: usize>(
    of: &Background,
    candidate: &[[f32; LANES]],
    weights: &[[f32; LANES]],
) -> Option<Affine<C>> {
    const MOST: usize = 5;
    let blocks = weights.len();
    let mut gram = [[[0.0f32; LANES]; MOST]; MOST];
    let mut cross = [[[0.0f32; LANES]; C]; MOST];
    for (block, weights) in weights.iter().enumerate() {
        for input in 0..=C {
            // The last input is 1.
            let mut weighted = *weights;
            if input < C {
                let values = &candidate[input * blocks + block];
                for at in 0..LANES {
                    weighted[at] *= values[at];
                }
            }
            for other in input..C {
                let values = &candidate[other * blocks + block];
                for at in 0..LANES {
                    gram[input][other][at] += weighted[at] * values[at];
                }
            }
            for at in 0..LANES {
                gram[input][C][at] += weighted[at];
            }
            for out in 0..C {
                let cue = &of.cue[out * blocks + block];
                for at in 0..LANES {
                    cross[input][out][at] += weighted[at] * cue[at];
                }
            }
        }
    }
    let mut sums = [[0.0; MOST]; MOST];
    for row in 0..=C {
        for column in row..=C {
            let value = f64::from(sum(gram[row][column]));
            (sums[row][column], sums[column][row]) = (value, value);
        }
    }
    let cross = cross.map(|row| row.map(|lanes| f64::from(sum(lanes))));
    Affine::solve(&sums, &cross)
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
        candidate: &[[f32; LANES]],
        scratch: &Scratch,
        slope: &mut [f32],
    ) {
        let sites = slope.len() / C;
        let blocks = scratch.weights.len();
        let variance = SCALES[self.scale] * SCALES[self.scale];
        let map = self.map.unwrap_or_else(Affine::identity);
        let cap = exp(CAP) * (1.0 - 1e-5);
        for site in 0..sites {
            let (block, lane) = (site / LANES, site % LANES);
            // Beyond the cap, the ratio no longer changes.
            let capped = scratch.ratios[block][lane] >= cap;
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

/// The score of [`fit`] without wider registers.
#[cfg(test)]
pub(super) fn portable<const C: usize>(
    of: &Background,
    candidate: &[[f32; LANES]],
    spread: f64,
    scratch: &mut Scratch,
) -> f64 {
    best::<C>(of, candidate, spread, scratch).score
}
