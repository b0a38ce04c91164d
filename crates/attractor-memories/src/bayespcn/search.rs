//! Gradient ascent on the log joint density, with a stop for each row.

use attractor_core::Outcome;

use super::SearchConfig;
use super::clamp::Target;
use super::energy::{Gradient, Objective, Point};
use super::linalg::Mat;

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
pub(crate) struct Found {
    pub(crate) hidden: Vec<Mat>,
    /// Sensory values, if they were searched.
    pub(crate) sensory: Option<Mat>,
    pub(crate) first: Vec<f64>,
    pub(crate) steps: Vec<usize>,
    pub(crate) outcomes: Vec<Outcome>,
}

/// Rows still searching: every array loses a row when that row ends.
struct Active {
    rows: Vec<usize>,
    point: Point,
    /// 1 where a sensory value is searched.
    free: Option<Mat>,
    before: Vec<Mat>,
    moments: Vec<(Mat, Mat)>,
    previous: Vec<f64>,
}

/// Climbs from `start`. With `free [b, dim]` the sensory values that are 1 there move too; the
/// targets must then be the values themselves, one for all particles.
pub(crate) fn search(
    objective: &Objective<'_>,
    config: &SearchConfig,
    ascent: Ascent,
    start: Point,
    free: Option<Mat>,
) -> Found {
    let rows = start.targets[0].values.rows;
    let mut found = Found {
        hidden: start.hidden.clone(),
        sensory: free.as_ref().map(|_| start.targets[0].values.clone()),
        first: vec![0.0; rows],
        steps: vec![config.max_steps; rows],
        outcomes: vec![Outcome::MaxSteps; rows],
    };
    let mut active = Active::new(start, free);
    for step in 1..=config.max_steps {
        let (value, mut gradient) = objective.gradient(&active.point, active.free.is_some());
        if step == 1 {
            found.first.clone_from(&value.mixed);
        }
        let mut ended: Vec<(usize, Outcome)> = Vec::new();
        let finite: Vec<bool> = (0..active.rows.len())
            .map(|row| value.mixed[row].is_finite() && gradient.is_finite(row))
            .collect();
        active.advance(ascent, config.rate, step, &mut gradient, &finite);
        for (row, &log) in value.mixed.iter().enumerate() {
            if !finite[row] {
                ended.push((row, Outcome::Diverged));
            } else if (log - active.previous[row]).abs() <= config.tolerance {
                ended.push((row, Outcome::Converged));
            }
        }
        active.previous = value.mixed;
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

impl Gradient {
    fn is_finite(&self, row: usize) -> bool {
        let parts = self.hidden.iter().chain(&self.sensory);
        parts
            .flat_map(|part| part.row(row))
            .all(|value| value.is_finite())
    }
}

impl Active {
    fn new(point: Point, free: Option<Mat>) -> Self {
        let rows = point.targets[0].values.rows;
        let mut shapes: Vec<&Mat> = point.hidden.iter().collect();
        if free.is_some() {
            shapes.push(&point.targets[0].values);
        }
        let zeros = |x: &&Mat| Mat::zeros(x.rows, x.cols);
        let moments = shapes.iter().map(|x| (zeros(x), zeros(x))).collect();
        Self {
            rows: (0..rows).collect(),
            before: Vec::new(),
            moments,
            previous: vec![f64::NAN; rows],
            point,
            free,
        }
    }

    /// One step of the rows with finite gradients. The others keep the values they had before
    /// their last step.
    fn advance(
        &mut self,
        ascent: Ascent,
        rate: f64,
        step: usize,
        gradient: &mut Gradient,
        finite: &[bool],
    ) {
        if let (Some(free), Some(sensory)) = (&self.free, &mut gradient.sensory) {
            for (g, free) in sensory.data.iter_mut().zip(&free.data) {
                *g *= free;
            }
        }
        let Point { hidden, targets } = &mut self.point;
        let mut values: Vec<&mut Mat> = hidden.iter_mut().collect();
        if self.free.is_some() {
            values.push(&mut targets[0].values);
        }
        let gradients = gradient.hidden.iter().chain(&gradient.sensory);
        let first = self.before.is_empty();
        for (part, (values, gradient)) in values.into_iter().zip(gradients).enumerate() {
            if first {
                self.before.push(values.clone());
            }
            let (mean, square) = &mut self.moments[part];
            for (row, &finite) in finite.iter().enumerate() {
                let before = self.before[part].row_mut(row);
                let x = values.row_mut(row);
                if !finite {
                    x.copy_from_slice(before);
                    continue;
                }
                before.copy_from_slice(x);
                let g = gradient.row(row);
                match ascent {
                    Ascent::Adam => adam(x, g, mean.row_mut(row), square.row_mut(row), rate, step),
                    #[cfg(test)]
                    Ascent::Plain => super::linalg::axpy(x, rate, g),
                }
            }
        }
    }

    fn store(&self, row: usize, found: &mut Found) {
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
        self.previous.swap_remove(row);
        for Target { values, rest } in &mut self.point.targets {
            values.swap_remove_row(row);
            rest.swap_remove_row(row);
        }
        let moments = self.moments.iter_mut().flat_map(|(a, b)| [a, b]);
        let values = self.point.hidden.iter_mut().chain(&mut self.before);
        for mat in values.chain(moments).chain(&mut self.free) {
            mat.swap_remove_row(row);
        }
    }
}

/// One step of Adam (Kingma and Ba 2015), upwards.
pub(crate) fn adam(
    x: &mut [f64],
    g: &[f64],
    mean: &mut [f64],
    square: &mut [f64],
    rate: f64,
    step: usize,
) {
    const DECAY: (f64, f64) = (0.9, 0.999);
    let step = i32::try_from(step).unwrap_or(i32::MAX);
    let rate = rate / (1.0 - DECAY.0.powi(step));
    let scale = (1.0 - DECAY.1.powi(step)).sqrt().recip();
    for (((x, g), mean), square) in x.iter_mut().zip(g).zip(mean).zip(square) {
        *mean = DECAY.0 * *mean + (1.0 - DECAY.0) * g;
        *square = DECAY.1 * *square + (1.0 - DECAY.1) * g * g;
        *x += rate * *mean / (scale * square.sqrt() + 1e-8);
    }
}
