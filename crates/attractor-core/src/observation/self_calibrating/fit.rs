//! Scale, share and map of one candidate.

use super::channel_map::{Affine, ChannelMap};
use super::lanes::{LANES, with_instructions};
use super::map_prior::{Likely, MapPrior, Sums};
use super::nuisance::{Field, Light, Placement};
use super::passes::{Scratch, View, compare, evidence, field_sums, residuals, shine, sums, weigh};
use super::second::{Start, second};
use super::spread::spread;
use crate::simd::{Instructions, Lanes, Pair, Portable};

/// Scales of the noise that are tried, from coarse to fine, for data in `[0, 1]`. Each variance is a power of 2 times
/// the next.
pub const SCALES: [f32; 9] = [
    0.64,
    0.452_548_34,
    0.32,
    0.226_274_17,
    0.16,
    0.08,
    0.04,
    0.02,
    0.01,
];
/// How often a kernel is squared from one scale to the next.
pub(super) const SQUARINGS: [usize; SCALES.len()] = [0, 1, 1, 1, 1, 2, 2, 2, 2];
/// The share that every fit begins with.
pub(super) const FIRST_SHARE: f32 = 0.3;
/// The largest share that a scale begins with: from nearly 1, a finer scale would not come back.
pub(super) const LARGEST_SHARE: f32 = 0.8;
/// Steps for the share at each scale.
pub(super) const STEPS: usize = 4;
/// Rounds that end a fit whose derivative is asked for.
pub(super) const LAST_ROUNDS: usize = 200;
/// The share and the map have come to rest.
pub(super) const REST: f32 = 1e-7;

/// How a candidate explains a cue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// Log likelihood ratio against "this candidate explains nothing", less what the map costs.
    pub score: f64,
    /// Scale of the noise, from the median of the residuals where sites are explained. The fit itself compares at one of
    /// [`SCALES`].
    pub scale: f32,
    /// Share e of sites that the candidate does not explain.
    pub unexplained: f32,
    /// Channel map A, if one explains the cue better than none.
    pub map: Option<ChannelMap>,
    /// How far each site `[P]` is explained, from 0 to 1.
    pub weights: Vec<f32>,
    /// Coefficients of a gain that changes over the image ([`super::nuisance::NUISANCES`]), if one explains the cue better.
    pub field: Option<Vec<f32>>,
    /// Where in the candidate the cue's sites lie.
    pub placement: Placement,
}

/// What may have happened to a candidate at its sites.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Maps of the channels, if any but none.
    pub(super) maps: Option<MapPrior>,
    /// Uneven light, if that may be.
    pub(super) light: Option<Light>,
}

/// A map and a field, each where there is one.
#[derive(Debug, Clone, Copy)]
struct Change<const C: usize> {
    map: Option<Likely<C>>,
    field: Option<Field>,
}

impl<const C: usize> Change<C> {
    const NONE: Self = Self {
        map: None,
        field: None,
    };

    fn affine(&self) -> Option<&Affine<C>> {
        self.map.as_ref().map(|map| &map.map)
    }

    /// Half the log determinants, and the choice of a map.
    fn volume(&self) -> f64 {
        self.map.map_or(0.0, |map| map.volume) + self.field.map_or(0.0, |field| field.volume)
    }

    /// What it costs.
    fn price(&self) -> f64 {
        let departures = self.map.map_or(0.0, |map| map.departure)
            + self.field.map_or(0.0, |field| field.departure);
        departures + self.volume()
    }
}

/// Where a fit ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit<const C: usize> {
    pub(super) score: f64,
    scale: usize,
    share: f32,
    change: Change<C>,
}

with_instructions! {
    /// The best fit of a candidate.
    fn fit<const C: usize>(view: View<'_>, changes: &Changes, scratch: &mut Scratch) -> Fit<C> = best
}

with_instructions! {
    /// The score of a fit at every second scale, in even light.
    fn rough<const C: usize>(view: View<'_>, changes: &Changes, scratch: &mut Scratch) -> f64 = glance
}

with_instructions! {
    /// The best fit, gone on with at its scale until share and change rest; leaves weights and what they belong to.
    fn settle<const C: usize>(view: View<'_>, changes: &Changes, scratch: &mut Scratch) -> Fit<C> = settled
}

// Of all functions below, # Safety: the instructions of `L` must be there, and its vectors must be as wide as a block.

#[inline(always)]
unsafe fn best<L: Lanes, const C: usize>(
    view: View<'_>,
    changes: &Changes,
    scratch: &mut Scratch,
) -> Fit<C> {
    let (maps, light) = (changes.maps.as_ref(), changes.light.as_ref());
    // Safety: the caller's.
    unsafe {
        let mut found = annealed::<L, C>(view, None, None, Start::ALL, scratch);
        let mut consider = |other: Fit<C>| {
            if other.score > found.score {
                found = other;
            }
        };
        if maps.is_some() {
            consider(annealed::<L, C>(view, maps, None, Start::ALL, scratch));
        }
        if light.is_some() {
            consider(annealed::<L, C>(view, maps, light, Start::ALL, scratch));
        }
        if let Some(maps) = maps
            && let Some(start) = second::<L, C>(view, maps, scratch)
        {
            let again = annealed::<L, C>(view, Some(maps), light, start, scratch);
            if again.score > found.score {
                found = again;
            }
        }
        found
    }
}

#[inline(always)]
unsafe fn glance<L: Lanes, const C: usize>(
    view: View<'_>,
    changes: &Changes,
    scratch: &mut Scratch,
) -> f64 {
    // Safety: the caller's.
    unsafe {
        let still = annealed::<L, C>(view, None, None, Start::ROUGH, scratch).score;
        match changes.maps.as_ref() {
            Some(maps) => {
                still.max(annealed::<L, C>(view, Some(maps), None, Start::ROUGH, scratch).score)
            }
            None => still,
        }
    }
}

/// Through the scales of a start, with maps and light if they are given.
#[inline(always)]
unsafe fn annealed<L: Lanes, const C: usize>(
    view: View<'_>,
    maps: Option<&MapPrior>,
    light: Option<&Light>,
    start: Start,
    scratch: &mut Scratch,
) -> Fit<C> {
    let mut share = FIRST_SHARE;
    let mut found = Fit {
        score: f64::NEG_INFINITY,
        scale: 0,
        share,
        change: Change::NONE,
    };
    start.weights(view, &mut scratch.weights);
    let mut change = Change {
        map: None,
        field: light.map(|_| Field::default()),
    };
    let still = maps.is_none() && light.is_none();
    // Safety: the caller's.
    unsafe {
        if still {
            residuals::<L, C>(view, None, &mut scratch.squares);
        }
        let scales = SCALES.into_iter().enumerate().skip(start.first);
        for (scale, size) in scales.step_by(start.every) {
            share = share.min(LARGEST_SHARE);
            if !still {
                let choose = |sums: &Sums<C>, _: &Change<C>| maps?.choose(sums, size);
                change = adapt::<L, C, _>(view, change, choose, light, size, scratch);
            }
            compare::<L>(view, scale, scratch);
            for _ in 0..STEPS {
                share = weigh::<L>(view, share, scratch);
            }
            let score = evidence::<L>(view, share, scratch) - change.price();
            if score > found.score {
                found = Fit {
                    score,
                    scale,
                    share,
                    change,
                };
            }
        }
    }
    found
}

/// The likely map, then the likely field, given the weights and the other; leaves residuals.
#[inline(always)]
unsafe fn adapt<L: Lanes, const C: usize, F>(
    view: View<'_>,
    mut change: Change<C>,
    choose: F,
    light: Option<&Light>,
    size: f32,
    scratch: &mut Scratch,
) -> Change<C>
where
    F: Fn(&Sums<C>, &Change<C>) -> Option<Likely<C>>,
{
    // Safety: the caller's.
    unsafe {
        let Some((light, mut field)) = light.zip(change.field) else {
            change.map = choose(&sums::<L, C>(view, &scratch.weights), &change).or(change.map);
            residuals::<L, C>(view, change.affine(), &mut scratch.squares);
            return change;
        };
        let mut lit = std::mem::take(&mut scratch.lit);
        shine::<L, C>(view.values, light, &field.coefficients, &mut lit);
        let shown = View {
            values: &lit,
            ..view
        };
        change.map = choose(&sums::<L, C>(shown, &scratch.weights), &change).or(change.map);
        let sums = field_sums::<L, C>(view, light, change.affine(), &scratch.weights);
        field = Field::solve(&sums, size).unwrap_or(field);
        change.field = Some(field);
        shine::<L, C>(view.values, light, &field.coefficients, &mut lit);
        let shown = View {
            values: &lit,
            ..view
        };
        residuals::<L, C>(shown, change.affine(), &mut scratch.squares);
        scratch.lit = lit;
        change
    }
}

#[inline(always)]
unsafe fn settled<L: Lanes, const C: usize>(
    view: View<'_>,
    changes: &Changes,
    scratch: &mut Scratch,
) -> Fit<C> {
    // Safety: the caller's.
    unsafe {
        let mut found = best::<L, C>(view, changes, scratch);
        let size = SCALES[found.scale];
        let light = changes
            .light
            .as_ref()
            .filter(|_| found.change.field.is_some());
        let changed = found.change.map.is_some() || light.is_some();
        // With the change that was found, before any other is.
        match light.zip(found.change.field) {
            Some((light, field)) => {
                let mut lit = std::mem::take(&mut scratch.lit);
                shine::<L, C>(view.values, light, &field.coefficients, &mut lit);
                let shown = View {
                    values: &lit,
                    ..view
                };
                residuals::<L, C>(shown, found.change.affine(), &mut scratch.squares);
                scratch.lit = lit;
            }
            None => residuals::<L, C>(view, found.change.affine(), &mut scratch.squares),
        }
        compare::<L>(view, found.scale, scratch);
        for _ in 0..LAST_ROUNDS {
            let share = weigh::<L>(view, found.share, scratch);
            let mut moved = (share - found.share).abs();
            found.share = share;
            if changed {
                let same = |sums: &Sums<C>, before: &Change<C>| {
                    let family = before.map?.family;
                    changes.maps.as_ref()?.within(sums, size, family)
                };
                let next = adapt::<L, C, _>(view, found.change, same, light, size, scratch);
                moved = moved.max(found.change.distance(&next));
                found.change = next;
                compare::<L>(view, found.scale, scratch);
            }
            if moved < REST {
                break;
            }
        }
        let _ = weigh::<L>(view, found.share, scratch);
        found.score = evidence::<L>(view, found.share, scratch) - found.change.price();
        found
    }
}

impl<const C: usize> Change<C> {
    /// How far another is from it, by the entry that differs most.
    fn distance(&self, other: &Self) -> f32 {
        let affine = |change: &Self| change.affine().copied().unwrap_or_else(Affine::identity);
        let maps = affine(self).distance(&affine(other));
        let fields = [self, other].map(|change| change.field.unwrap_or_default().coefficients);
        let fields = fields[0].iter().zip(&fields[1]);
        fields.fold(maps, |most, (a, b)| most.max((a - b).abs()))
    }
}

impl<const C: usize> Fit<C> {
    /// What the fit found, with the weights of its sites.
    pub(super) fn evidence(&self, scratch: &Scratch, sites: usize) -> Evidence {
        let weights = scratch.weights.as_flattened();
        Evidence {
            score: self.score,
            scale: spread::<C>(weights, scratch.squares.as_flattened())
                .unwrap_or(SCALES[self.scale]),
            unexplained: self.share,
            map: self.change.map.map(|map| ChannelMap::from(map.map)),
            field: self.change.field.map(|field| field.coefficients.to_vec()),
            placement: Placement::IDENTITY,
            weights: weights[..sites].to_vec(),
        }
    }

    /// The score without what follows from the volume of the maps, which [`Fit::slope`] leaves out.
    #[cfg(test)]
    pub(super) fn without_volume(&self) -> f64 {
        self.score + self.change.volume()
    }

    /// Derivative of minus the score with respect to the candidate `[C, P]`, from a settled fit.
    pub(super) fn slope(
        &self,
        view: View<'_>,
        light: Option<&Light>,
        scratch: &Scratch,
        slope: &mut [f32],
    ) {
        let sites = slope.len() / C;
        let blocks = scratch.weights.len();
        let variance = SCALES[self.scale] * SCALES[self.scale];
        let map = self
            .change
            .affine()
            .copied()
            .unwrap_or_else(Affine::identity);
        let field = light.zip(self.change.field);
        for site in 0..sites {
            let (block, lane) = (site / LANES, site % LANES);
            // Beyond the cap, the ratio no longer changes.
            let capped = scratch.ratios[block][lane] >= 1.0;
            let weight = if capped {
                0.0
            } else {
                scratch.weights[block][lane]
            };
            let gain = field.map_or(1.0, |(light, field)| field.at(light, block, lane));
            let values: [f32; C] =
                std::array::from_fn(|c| gain * view.values[c * blocks + block][lane]);
            let mut errors = [0.0; C];
            for (out, error) in errors.iter_mut().enumerate() {
                let mapped: f32 = (0..C).map(|c| map.linear[out][c] * values[c]).sum();
                *error = mapped + map.offset[out] - view.of.cue[out * blocks + block][lane];
            }
            for input in 0..C {
                let pulled: f32 = (0..C).map(|out| map.linear[out][input] * errors[out]).sum();
                slope[input * sites + site] = gain * weight / variance * pulled;
            }
        }
    }
}
