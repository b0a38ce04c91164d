//! Gradient ascent on the log joint density, with a stop for each row.

use attractor_core::Outcome;
use attractor_core::adam::{AdamStep, DECAY, EPSILON};
use rayon::prelude::*;

use super::clamp::Target;
use super::density::Density;
use super::objective::{Gradient, Objective, Point};
use crate::bayespcn::SearchConfig;
use crate::linalg::{Mat, Real, wide_dot};

/// How a gradient becomes a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ascent {
    /// Adam with decay rates 0.9 and 0.999.
    Adam,
    /// The gradient times the rate.
    #[cfg(test)]
    Plain,
}

/// Where a search ended, by row in the order it was given.
pub(crate) struct Found<T = f64> {
    pub(crate) hidden: Vec<Mat<T>>,
    /// Sensory values, if they were searched.
    pub(crate) sensory: Option<Mat<T>>,
    pub(crate) first: Vec<f64>,
    pub(crate) steps: Vec<usize>,
    pub(crate) outcomes: Vec<Outcome>,
}

/// Rows still searching: every array loses a row when that row ends.
struct Active<T> {
    rows: Vec<usize>,
    point: Point<T>,
    /// 1 where a sensory value is searched.
    free: Option<Mat<T>>,
    /// Values before the last step, like the other parts by hidden layer, then sensory.
    before: Vec<Mat<T>>,
    moments: Vec<(Mat<T>, Mat<T>)>,
    /// The gradient before the last step times that step, of each row.
    promised: Vec<f64>,
    /// Whether rows have one density together: then they also end together.
    coupled: bool,
}

/// Rows of one task at least.
const BAND: usize = 8;

/// Climbs from `start`. With `free [b, dim]` the sensory values that are 1 there move too; the
/// targets must then be the values themselves, one for all particles.
///
/// The change of the density that ends a row is the mean of the gradients at both ends of a step
/// times the step. It differs from the difference of the densities in the third order of the step,
/// and is far more precise: densities of 10^4 have no digits left for a change of 10^-3 in `f32`.
pub(crate) fn search<T: Real>(
    objective: &Objective<'_, T>,
    config: &SearchConfig,
    ascent: Ascent,
    start: Point<T>,
    free: Option<Mat<T>>,
) -> Found<T> {
    let rows = start.rows();
    let mut found = Found {
        hidden: start.hidden.clone(),
        sensory: free.as_ref().map(|_| start.targets[0].values.clone()),
        first: vec![0.0; rows],
        steps: vec![config.max_steps; rows],
        outcomes: vec![Outcome::MaxSteps; rows],
    };
    let coupled = objective.density == Density::Joint;
    let mut active = Active::new(start, free, coupled);
    let mut space = objective.workspace();
    for step in 1..=config.max_steps {
        objective.evaluate(&active.point, active.free.is_some(), &mut space);
        let mixed = &space.value.mixed;
        if step == 1 {
            found.first.clone_from(mixed);
        }
        let mut ended: Vec<(usize, Outcome)> = Vec::new();
        let promised = active.promised.clone();
        let kept = active.advance(ascent, config.rate, step, &mut space.gradient, mixed);
        for (row, kept) in kept.into_iter().enumerate() {
            let change = 0.5 * (promised[row] + kept);
            if !kept.is_finite() {
                ended.push((row, Outcome::Diverged));
            } else if step > 1 && change.abs() <= config.tolerance {
                ended.push((row, Outcome::Converged));
            }
        }
        if config.together && ended.len() < active.rows.len() {
            ended.retain(|(_, outcome)| *outcome == Outcome::Diverged);
        }
        // From the last row on: a removed row is replaced by the last one.
        for (row, outcome) in ended.into_iter().rev() {
            let original = active.rows[row];
            found.steps[original] = step;
            found.outcomes[original] = outcome;
            active.store(row, &mut found);
            active.remove(row);
        }
        if active.rows.is_empty() {
            break;
        }
    }
    for row in 0..active.rows.len() {
        active.store(row, &mut found);
    }
    found
}

impl<T: Real> Active<T> {
    fn new(point: Point<T>, free: Option<Mat<T>>, coupled: bool) -> Self {
        let rows = point.rows();
        let mut before = point.hidden.clone();
        if free.is_some() {
            before.push(point.targets[0].values.clone());
        }
        let zeros = |x: &Mat<T>| Mat::zeros(x.rows, x.cols);
        let moments = before.iter().map(|x| (zeros(x), zeros(x))).collect();
        Self {
            rows: (0..rows).collect(),
            before,
            moments,
            promised: vec![0.0; rows],
            point,
            free,
            coupled,
        }
    }

    /// One step of the rows with finite densities and gradients; the others go back to the values
    /// they had before their last step. Returns the gradient here times the step that led here,
    /// which is not finite for those.
    fn advance(
        &mut self,
        ascent: Ascent,
        rate: f64,
        step: usize,
        gradient: &mut Gradient<T>,
        mixed: &[f64],
    ) -> Vec<f64> {
        if let (Some(free), Some(sensory)) = (&self.free, &mut gradient.sensory) {
            for (g, free) in sensory.data.iter_mut().zip(&free.data) {
                *g *= *free;
            }
        }
        let Point { hidden, targets } = &mut self.point;
        let mut values: Vec<&mut Mat<T>> = hidden.iter_mut().collect();
        if self.free.is_some() {
            values.push(&mut targets[0].values);
        }
        let gradients: Vec<&Mat<T>> = gradient.hidden.iter().chain(&gradient.sensory).collect();
        // An entry that is not finite makes the sum so, even times a step of 0.
        let mut kept: Vec<f64> = mixed.iter().map(|mixed| 0.0 * mixed).collect();
        for ((x, before), g) in values.iter().zip(&self.before).zip(&gradients) {
            let row = |(row, kept): (usize, &mut f64)| {
                *kept += along(g.row(row), before.row(row), x.row(row));
            };
            let rows = kept.par_iter_mut().enumerate();
            rows.with_min_len(BAND).for_each(row);
        }
        if self.coupled {
            total(&mut kept);
        }
        self.promised.fill(0.0);
        let upwards = upwards(rate, step);
        let parts = values.into_iter().zip(&mut self.before);
        for (((x, before), g), (mean, square)) in parts.zip(gradients).zip(&mut self.moments) {
            let cols = x.cols;
            let rows = (self.promised.par_iter_mut(), x.data.par_chunks_mut(cols));
            let before = before.data.par_chunks_mut(cols);
            let moments = (
                mean.data.par_chunks_mut(cols),
                square.data.par_chunks_mut(cols),
            );
            let all = (rows, before, moments).into_par_iter().enumerate();
            let all = all.with_min_len(BAND);
            all.for_each(|(row, ((promised, x), before, (mean, square)))| {
                if !kept[row].is_finite() {
                    x.copy_from_slice(before);
                    return;
                }
                before.copy_from_slice(x);
                let g = g.row(row);
                match ascent {
                    Ascent::Adam => upwards.apply(x, g, mean, square),
                    #[cfg(test)]
                    Ascent::Plain => crate::linalg::axpy(x, T::of(rate), g),
                }
                *promised += along(g, before, x);
            });
        }
        if self.coupled {
            total(&mut self.promised);
        }
        kept
    }

    fn store(&self, row: usize, found: &mut Found<T>) {
        let original = self.rows[row];
        for (from, to) in self.point.hidden.iter().zip(&mut found.hidden) {
            to.row_mut(original).copy_from_slice(from.row(row));
        }
        if let Some(to) = &mut found.sensory {
            let from = &self.point.targets[0].values;
            to.row_mut(original).copy_from_slice(from.row(row));
        }
    }

    fn remove(&mut self, row: usize) {
        self.rows.swap_remove(row);
        self.promised.swap_remove(row);
        for Target { values, rest, mask } in &mut self.point.targets {
            values.swap_remove_row(row);
            rest.swap_remove_row(row);
            if let Some(mask) = mask {
                mask.swap_remove_row(row);
            }
        }
        let moments = self.moments.iter_mut().flat_map(|(a, b)| [a, b]);
        let values = self.point.hidden.iter_mut().chain(&mut self.before);
        for mat in values.chain(moments).chain(&mut self.free) {
            mat.swap_remove_row(row);
        }
    }
}

/// Puts the sum of all in the place of each.
fn total(values: &mut [f64]) {
    let sum = values.iter().sum();
    values.fill(sum);
}

/// `g . (to - from)`, summed in `f64`.
fn along<T: Real>(g: &[T], from: &[T], to: &[T]) -> f64 {
    wide_dot(g, to) - wide_dot(g, from)
}

/// A step of Adam, upwards. The powers of the decay rates are taken by repeated multiplication, whose
/// last bits, in double precision, are those of earlier results.
pub(crate) fn upwards<T: Real>(rate: f64, step: usize) -> AdamStep<T> {
    let step = i32::try_from(step).unwrap_or(i32::MAX);
    let powers = (DECAY.0.powi(step), DECAY.1.powi(step));
    AdamStep::with_powers(-rate, DECAY, EPSILON, powers)
}
