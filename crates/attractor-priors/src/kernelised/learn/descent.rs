//! The loop that learns W.

use attractor_core::{Error, Result, check};
use faer::Mat;

use super::loss::{Evaluation, evaluate};
use super::span::Problem;
use super::step::{Slope, Stepper};
use super::{Coordinates, Optimiser, SeparationConfig};

/// A separation that grows by less than this has not grown.
const GROWTH: f64 = 1e-4;

/// How W was learned.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitReport {
    /// The loss before each step, at the temperature of that step, and of the last map.
    pub losses: Vec<f64>,
    /// The loss of the first map, at the final temperature.
    pub loss_first: f64,
    /// The loss of the map that was kept, at the final temperature.
    pub loss_last: f64,
    /// `1 - max cosine` of two images under the first map.
    pub separation_first: f64,
    /// `1 - max cosine` of two images under the map that was kept.
    pub separation: f64,
    /// Steps taken.
    pub steps: usize,
}

/// Where the optimisation stands.
#[derive(Clone)]
struct State {
    /// `[D, r]`
    map: Mat<f64>,
    /// Factor of the map outside the span of the codes.
    outside: f64,
}

impl State {
    fn features(&self, problem: &Problem) -> Mat<f64> {
        &self.map * &problem.codes
    }

    /// Scales the whole map to the norm `sqrt(D)`.
    fn rescale(&mut self, outside_norm: f64) {
        let norm = self.map.squared_norm_l2() + self.outside.powi(2) * outside_norm;
        if norm > 0.0 {
            let factor = (self.map.nrows() as f64 / norm).sqrt();
            self.map *= faer::Scale(factor);
            self.outside *= factor;
        }
    }
}

/// Learns a map `[D, dim]`, row by row, from `codes` `[n, dim]`, row by row.
///
/// # Errors
/// [`Error::Config`] for a broken rule of the configuration; [`Error::Rows`] with fewer than two
/// codes; [`Error::Width`], [`Error::NonFinite`].
///
/// # Complexity
/// `O(n dim D + n^2 D)` per iteration, or `O(n^2 D)` on the span; memory for one block of cosines.
pub fn learn(
    codes: &[f32],
    dim: usize,
    config: &SeparationConfig,
) -> Result<(Vec<f32>, FitReport)> {
    config.validate()?;
    config.check_width(dim)?;
    if !codes.len().is_multiple_of(dim) {
        return Err(Error::Width {
            what: "codes",
            expected: dim,
            rows: 1,
            found: codes.len(),
        });
    }
    check::finite("codes", codes, dim)?;
    let count = codes.len() / dim;
    if count < 2 {
        return Err(Error::Rows {
            what: "codes to separate",
            expected: 2,
            found: count,
        });
    }
    let columns = Mat::from_fn(dim, count, |i, k| f64::from(codes[k * dim + i]));
    let on_span = match config.coordinates {
        Coordinates::Automatic => dim > count,
        Coordinates::Entries => false,
        Coordinates::Span => true,
    };
    let first = config.first_map(dim);
    let problem = match on_span {
        true => Problem::span(&columns, first)?,
        false => Problem::entries(columns, first),
    };
    let (state, report) = descend(&problem, config);
    let map = problem.map(&state.map, state.outside);
    let width = map.nrows();
    let entries = (0..width * dim).map(|at| map[(at / dim, at % dim)] as f32);
    Ok((entries.collect(), report))
}

fn descend(problem: &Problem, config: &SeparationConfig) -> (State, FitReport) {
    let outside_norm = problem.outside_norm();
    let mut state = State {
        map: problem.start.clone(),
        outside: 1.0,
    };
    if config.rescale {
        state.rescale(outside_norm);
    }
    let last_objective = config.objective(config.iterations);
    let features = state.features(problem);
    let first = evaluate(&features, last_objective, false);
    let keep_best = config.optimiser == Optimiser::Adam;
    let mut best = (1.0 - first.closest, state.clone());
    let mut stepper = Stepper::new(config, &state.map);
    let mut losses = Vec::with_capacity(config.iterations + 1);
    let mut record = (f64::NEG_INFINITY, 0);
    let mut steps = 0;
    // Maps are large: three of them take turns as the present, the next and the best one.
    let mut next = Mat::zeros(state.map.nrows(), state.map.ncols());
    for step in 0..config.iterations {
        let objective = config.objective(step);
        let found = evaluate(&state.features(problem), objective, true);
        losses.push(found.loss);
        let gap = 1.0 - found.closest;
        let is_best = gap > best.0;
        best.0 = best.0.max(gap);
        if config.patience > 0 && step >= config.annealing() {
            if gap > record.0 + GROWTH {
                record = (gap, step);
            } else if step - record.1 >= config.patience {
                // The present map is the last one, and looked at as such.
                break;
            }
        }
        let slope = Slope {
            pulls: &found.gradient,
            codes: &problem.codes,
        };
        let loss_at = |map: &Mat<f64>| evaluate(&(map * &problem.codes), objective, false).loss;
        if !stepper.step(&state.map, slope, found.loss, loss_at, &mut next) {
            break;
        }
        if is_best {
            std::mem::swap(&mut best.1.map, &mut state.map);
            best.1.outside = state.outside;
        }
        std::mem::swap(&mut state.map, &mut next);
        steps += 1;
        if config.rescale {
            state.rescale(outside_norm);
        }
    }
    let end = evaluate(&state.features(problem), last_objective, false);
    losses.push(end.loss);
    let (state, kept) = match keep_best {
        true if 1.0 - end.closest < best.0 => {
            let kept = evaluate(&best.1.features(problem), last_objective, false);
            (best.1, kept)
        }
        _ => (state, end),
    };
    let report = report(losses, steps, &first, &kept);
    (state, report)
}

fn report(losses: Vec<f64>, steps: usize, first: &Evaluation, kept: &Evaluation) -> FitReport {
    FitReport {
        losses,
        loss_first: first.loss,
        loss_last: kept.loss,
        separation_first: 1.0 - first.closest,
        separation: 1.0 - kept.closest,
        steps,
    }
}
