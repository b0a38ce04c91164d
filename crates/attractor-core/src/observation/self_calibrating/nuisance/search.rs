//! Which placements of a candidate are worth an exact fit.
//!
//! Turns and zooms give variants of the candidate. Cue and variants are reduced to their mean over channels, averaged over 2 x 2
//! sites, less their local mean; the correlation r of both over the n sites in which they overlap, at every shift, is worth
//! `-n/2 log(1 - r^2)` of evidence, whatever the gain and its sign. The best few shifts are looked at again at full
//! resolution, and what is best then is fitted exactly.

use super::placement::Placement;
use super::{Geometry, Nuisance, crop, translation, turn};

/// Placements of a candidate that are fitted exactly, besides that where nothing moved.
const FITTED: usize = 3;
/// Coarse shifts that are looked at again.
const LOOKED_AT: usize = 6;
/// Half the side of the square whose mean is subtracted.
const LOCAL: usize = 3;

/// Which placements are allowed.
#[derive(Debug, Clone)]
pub(in super::super) struct Search {
    geometry: Geometry,
    turns: std::ops::Range<usize>,
    zooms: Vec<f32>,
    reach: [usize; 2],
    refines: bool,
    /// Log of the number of placements.
    pub(in super::super) choice: f64,
}

/// A plane of numbers with its squares summed over every rectangle from the corner.
#[derive(Debug)]
struct Plane {
    height: usize,
    width: usize,
    values: Vec<f32>,
    squares: Vec<f64>,
    /// Number of sites that count, likewise.
    counts: Vec<f64>,
}

/// A picture as the search sees it, fine and coarse.
#[derive(Debug)]
pub(in super::super) struct Seen {
    fine: Plane,
    coarse: Plane,
}

impl Search {
    /// `None` if none of the kinds moves anything.
    pub(in super::super) fn new(kinds: &[Nuisance], geometry: Geometry) -> Option<Self> {
        if !kinds.iter().any(|kind| kind.moves()) {
            return None;
        }
        let has = |kind| kinds.contains(&kind);
        let mut zooms = vec![1.0];
        if has(Nuisance::Crop) {
            zooms.extend(crop::ZOOMS);
        }
        let mut search = Self {
            geometry,
            turns: if has(Nuisance::Turn) {
                turn::turns(geometry)
            } else {
                0..1
            },
            zooms,
            reach: match has(Nuisance::Translation) {
                true => translation::reach(geometry),
                false => [0, 0],
            },
            refines: has(Nuisance::Crop),
            choice: 0.0,
        };
        let shifts = |zoom: &f32| {
            search
                .shifts(*zoom)
                .map(|far| 2 * far + 1)
                .iter()
                .product::<usize>()
        };
        let count = search.turns.len() * search.zooms.iter().map(shifts).sum::<usize>();
        search.choice = (count as f64).ln();
        Some(search)
    }

    /// How far a variant of this zoom may be shifted, in its own pixels.
    fn shifts(&self, zoom: f32) -> [usize; 2] {
        let size = [self.geometry.height, self.geometry.width];
        std::array::from_fn(|axis| {
            let more = (size[axis] as f32 * (zoom - 1.0) / 2.0) as usize;
            more + self.reach[axis]
        })
    }

    /// A cue `[C, P]`, of whose sites some may not count.
    pub(in super::super) fn cue(&self, cue: &[f32], counted: &[f32]) -> Seen {
        let Geometry { height, width } = self.geometry;
        Seen::new(
            mean(cue, self.geometry.sites()),
            counted[..height * width].to_vec(),
            height,
            width,
        )
    }

    /// The variants of a candidate `[C, P]`, with their turns and zooms.
    pub(in super::super) fn variants(&self, candidate: &[f32]) -> Vec<(usize, f32, Seen)> {
        let Geometry { height, width } = self.geometry;
        let grey = mean(candidate, self.geometry.sites());
        let pairs = self
            .turns
            .clone()
            .flat_map(|turn| self.zooms.iter().map(move |zoom| (turn, *zoom)));
        pairs
            .map(|(turn, zoom)| {
                // As large as the whole candidate is at this zoom, and as even or odd as the image.
                let [rows, columns] = [height, width]
                    .map(|count| count + 2 * (count as f32 * (zoom - 1.0) / 2.0) as usize);
                let placement = Placement {
                    turn,
                    zoom,
                    shift: [0.0; 2],
                };
                let middle = [(rows - 1) as f32 / 2.0, (columns - 1) as f32 / 2.0];
                let own = [(height - 1) as f32 / 2.0, (width - 1) as f32 / 2.0];
                let values = (0..rows * columns).map(|site| {
                    let place = [
                        (site / columns) as f32 - middle[0],
                        (site % columns) as f32 - middle[1],
                    ];
                    let from = placement.source(place);
                    sample(&grey, height, width, from[0] + own[0], from[1] + own[1])
                });
                let seen = Seen::new(values.collect(), vec![1.0; rows * columns], rows, columns);
                (turn, zoom, seen)
            })
            .collect()
    }

    /// The placements of a candidate that are worth a fit, besides that where nothing moved.
    pub(in super::super) fn best(
        &self,
        cue: &Seen,
        variants: &[(usize, f32, Seen)],
    ) -> Vec<Placement> {
        let mut coarse: Vec<(f64, usize, [isize; 2])> = Vec::new();
        for (at, (_, zoom, seen)) in variants.iter().enumerate() {
            let [rows, columns] = self.shifts(*zoom).map(|far| far.div_ceil(2) as isize);
            for down in -rows..=rows {
                for right in -columns..=columns {
                    let worth = agreement(&cue.coarse, &seen.coarse, [down, right]);
                    if coarse.len() < LOOKED_AT || worth > coarse[LOOKED_AT - 1].0 {
                        let place = coarse.partition_point(|(more, ..)| *more >= worth);
                        coarse.insert(place, (worth, at, [down, right]));
                        coarse.truncate(LOOKED_AT);
                    }
                }
            }
        }
        let mut found: Vec<(f64, Placement)> = Vec::new();
        for (_, at, [down, right]) in coarse {
            let (turn, zoom, seen) = &variants[at];
            let far = self.shifts(*zoom).map(|far| far as isize);
            for row in 2 * down - 1..=2 * down + 1 {
                for column in 2 * right - 1..=2 * right + 1 {
                    if row.abs() > far[0] || column.abs() > far[1] {
                        continue;
                    }
                    let shift = Placement {
                        turn: *turn,
                        zoom: *zoom,
                        shift: [0.0; 2],
                    }
                    .source([row as f32, column as f32]);
                    let placement = Placement {
                        turn: *turn,
                        zoom: *zoom,
                        shift,
                    };
                    let worth = agreement(&cue.fine, &seen.fine, [row, column]);
                    if placement != Placement::IDENTITY
                        && found.iter().all(|other| other.1 != placement)
                    {
                        found.push((worth, placement));
                    }
                }
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.truncate(FITTED);
        found.into_iter().map(|(_, placement)| placement).collect()
    }

    /// Better placements between those of the grid, where there are any.
    pub(in super::super) fn refine<T>(
        &self,
        best: (Placement, f64, T),
        score: impl FnMut(Placement) -> (f64, T),
    ) -> (Placement, f64, T) {
        match self.refines && best.0.zoom > 1.0 {
            true => crop::refine(best, score),
            false => best,
        }
    }
}

/// Mean over channels.
fn mean(values: &[f32], sites: usize) -> Vec<f32> {
    let channels = values.len() / sites;
    let share = 1.0 / channels as f32;
    (0..sites)
        .map(|site| share * values[site..].iter().step_by(sites).sum::<f32>())
        .collect()
}

/// Bilinear, the border going on for ever.
fn sample(values: &[f32], height: usize, width: usize, row: f32, column: f32) -> f32 {
    let row = row.clamp(0.0, (height - 1) as f32);
    let column = column.clamp(0.0, (width - 1) as f32);
    let (top, left) = (row as usize, column as usize);
    let (down, right) = (row - top as f32, column - left as f32);
    let at =
        |row: usize, column: usize| values[row.min(height - 1) * width + column.min(width - 1)];
    let line = |row: usize| at(row, left) * (1.0 - right) + at(row, left + 1) * right;
    line(top) * (1.0 - down) + line(top + 1) * down
}

impl Seen {
    fn new(values: Vec<f32>, counted: Vec<f32>, height: usize, width: usize) -> Self {
        let (rows, columns) = (height / 2, width / 2);
        let mut pooled = Vec::with_capacity(rows * columns);
        let mut present = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for column in 0..columns {
                let corner = 2 * row * width + 2 * column;
                let four = [corner, corner + 1, corner + width, corner + width + 1];
                let count: f32 = four.iter().map(|at| counted[*at]).sum();
                let sum: f32 = four.iter().map(|at| counted[*at] * values[*at]).sum();
                pooled.push(if count > 0.0 { sum / count } else { 0.0 });
                present.push(f32::from(count > 0.0));
            }
        }
        Self {
            fine: Plane::new(values, counted, height, width, 2 * LOCAL),
            coarse: Plane::new(pooled, present, rows, columns, LOCAL),
        }
    }
}

impl Plane {
    fn new(values: Vec<f32>, counted: Vec<f32>, height: usize, width: usize, local: usize) -> Self {
        let product = |at: usize| f64::from(values[at]) * f64::from(counted[at]);
        let counts = sums(height, width, |at| f64::from(counted[at]));
        let totals = sums(height, width, product);
        let level = |at: usize| {
            let (row, column) = (at / width, at % width);
            let part = [
                row.saturating_sub(local),
                column.saturating_sub(local),
                (row + local + 1).min(height),
                (column + local + 1).min(width),
            ];
            rectangle(&totals, width, part) / rectangle(&counts, width, part).max(1.0)
        };
        let values: Vec<f32> = (0..height * width)
            .map(|at| counted[at] * (values[at] - level(at) as f32))
            .collect();
        let squares = sums(height, width, |at| f64::from(values[at]).powi(2));
        Self {
            height,
            width,
            values,
            squares,
            counts,
        }
    }
}

/// Sums over rectangles from the corner, with a row and a column of zeros before.
fn sums(height: usize, width: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let stride = width + 1;
    let mut all = vec![0.0; (height + 1) * stride];
    for row in 0..height {
        let mut line = 0.0;
        for column in 0..width {
            line += value(row * width + column);
            all[(row + 1) * stride + column + 1] = all[row * stride + column + 1] + line;
        }
    }
    all
}

/// The sum over rows and columns from the first two numbers to below the last two.
fn rectangle(sums: &[f64], width: usize, [top, left, bottom, right]: [usize; 4]) -> f64 {
    let at = |row: usize, column: usize| sums[row * (width + 1) + column];
    at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
}

/// What the correlation is worth where the middle of the cue lies at `shift` from the middle of the variant.
fn agreement(cue: &Plane, variant: &Plane, shift: [isize; 2]) -> f64 {
    let sizes = [(cue.height, variant.height), (cue.width, variant.width)];
    // Place in the variant = place in the cue + step.
    let mut spans = [(0, 0, 0isize); 2];
    for axis in 0..2 {
        let (own, other) = (sizes[axis].0 as isize, sizes[axis].1 as isize);
        let step = shift[axis] + (other - own).div_euclid(2);
        let (from, to) = ((-step).max(0), (other - step).min(own));
        if from >= to {
            return 0.0;
        }
        spans[axis] = (from as usize, to as usize, step);
    }
    let [(top, bottom, down), (left, right, across)] = spans;
    let mut product = 0.0f32;
    for row in top..bottom {
        let own = &cue.values[row * cue.width + left..row * cue.width + right];
        let start =
            (row as isize + down) as usize * variant.width + (left as isize + across) as usize;
        let other = &variant.values[start..start + own.len()];
        let mut parts = [0.0f32; 8];
        let (own_chunks, other_chunks) = (own.chunks_exact(8), other.chunks_exact(8));
        let rest = own_chunks.remainder().iter().zip(other_chunks.remainder());
        product += rest.map(|(a, b)| a * b).sum::<f32>();
        for (a, b) in own_chunks.zip(other_chunks) {
            for ((part, a), b) in parts.iter_mut().zip(a).zip(b) {
                *part += a * b;
            }
        }
        product += parts.iter().sum::<f32>();
    }
    let count = rectangle(&cue.counts, cue.width, [top, left, bottom, right]);
    let own = rectangle(&cue.squares, cue.width, [top, left, bottom, right]);
    let moved = |at: usize, step: isize| (at as isize + step) as usize;
    let part = [
        moved(top, down),
        moved(left, across),
        moved(bottom, down),
        moved(right, across),
    ];
    let other = rectangle(&variant.squares, variant.width, part);
    let both = own * other;
    if both <= 1e-12 {
        return 0.0;
    }
    let share = (f64::from(product).powi(2) / both).min(1.0 - 1e-6);
    -0.5 * count * (1.0 - share).ln()
}
