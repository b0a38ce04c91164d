use attractor_core::{Error, Result};
use rayon::prelude::*;

use crate::algebra::{Matrix, dot, solve};

/// Newton steps after which a row is given up; from anywhere, a strictly convex row needs about ten.
const MAX_STEPS: usize = 100;

/// The minimiser of `sum_mu sum_k softplus(kappa - xi_k (J xi)_k) + (ridge / 2) |J|^2` without a diagonal.
///
/// Every row is a problem of its own, strictly convex, and its minimiser a sum of the patterns,
/// `J_k. = sum_mu alpha_mu xi_k xi`, where `ridge alpha_mu = sigmoid(kappa - z_mu)`. Newton's method on these
/// n strengths finds it to rounding: there is no rate to choose and nothing depends on when one stops.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    coupling: Matrix,
    /// `[K, n]`.
    strengths: Vec<Vec<f64>>,
    margin: f64,
    ridge: f64,
}

impl Gradient {
    /// Of `units` units, nothing learned.
    pub fn new(units: usize, margin: f64, ridge: f64) -> Self {
        Self {
            coupling: Matrix::zeros(units, units),
            strengths: vec![Vec::new(); units],
            margin,
            ridge,
        }
    }

    /// The minimiser for patterns `[n, K]`, from the strengths of the first of them that are known.
    ///
    /// # Errors
    /// [`Error::Config`] if Newton's method stops short, which rounding of huge margins over tiny ridges can do.
    pub fn learn(&mut self, patterns: &[i8]) -> Result<()> {
        let units = self.coupling.shape()[0];
        let rows: Vec<Vec<f64>> = patterns.chunks_exact(units).map(super::doubles).collect();
        let count = rows.len();
        let gram = Matrix::from_fn(count, count, |a, b| dot(&rows[a], &rows[b]));
        let (margin, ridge) = (self.margin, self.ridge);
        let solve_row = |(k, known): (usize, &Vec<f64>)| -> Result<Vec<f64>> {
            let gram = Matrix::from_fn(count, count, |a, b| {
                let (x, y) = (rows[a][k], rows[b][k]);
                x * y * (gram.at(a, b) - x * y)
            });
            let mut start = known.clone();
            start.resize(count, 0.0);
            minimise(&gram, margin, ridge, start)
        };
        let strengths: Result<Vec<Vec<f64>>> = self
            .strengths
            .par_iter()
            .enumerate()
            .map(solve_row)
            .collect();
        self.strengths = strengths?;
        let mut coupling = Matrix::zeros(units, units);
        for (k, strengths) in self.strengths.iter().enumerate() {
            let row = coupling.row_mut(k);
            for (strength, pattern) in strengths.iter().zip(&rows) {
                let amount = strength * pattern[k];
                row.iter_mut()
                    .zip(pattern)
                    .for_each(|(j, x)| *j += amount * x);
            }
            row[k] = 0.0;
        }
        self.coupling = coupling;
        Ok(())
    }

    /// Takes out what pattern `index` contributed to the start of the next [`Gradient::learn`].
    pub(crate) fn remove(&mut self, index: usize) {
        for strengths in &mut self.strengths {
            if index < strengths.len() {
                strengths.remove(index);
            }
        }
    }

    /// J.
    pub fn coupling(&self) -> &Matrix {
        &self.coupling
    }

    /// What is minimised, at the present J.
    pub fn objective(&self, patterns: &[i8]) -> f64 {
        let units = self.coupling.shape()[0];
        let mut sum = 0.0;
        for pattern in patterns.chunks_exact(units) {
            let pattern = super::doubles(pattern);
            let fields = self.coupling.times(&pattern);
            let losses = fields.iter().zip(&pattern);
            sum += losses
                .map(|(g, x)| softplus(self.margin - x * g))
                .sum::<f64>();
        }
        sum + 0.5 * self.ridge * dot(self.coupling.values(), self.coupling.values())
    }
}

/// Newton's method with halved steps. In terms of the strengths, the step of the row is
/// `(ridge I + diag(s (1 - s)) G) d = s - ridge alpha`, s the sigmoid of what is short of the margin.
fn minimise(gram: &Matrix, margin: f64, ridge: f64, mut alpha: Vec<f64>) -> Result<Vec<f64>> {
    let count = alpha.len();
    let value = |alpha: &[f64], fields: &[f64]| {
        let losses: f64 = fields.iter().map(|z| softplus(margin - z)).sum();
        losses + 0.5 * ridge * dot(alpha, fields)
    };
    let mut fields = gram.times(&alpha);
    let mut last = f64::INFINITY;
    for _ in 0..MAX_STEPS {
        let s: Vec<f64> = fields.iter().map(|z| sigmoid(margin - z)).collect();
        let right: Vec<f64> = s.iter().zip(&alpha).map(|(s, a)| s - ridge * a).collect();
        let error = right.iter().map(|x| x.abs()).fold(0.0, f64::max);
        // Nothing more to gain: the last step did not halve what rounding leaves.
        if error <= 1e-10 && error >= 0.5 * last || error == 0.0 {
            return Ok(alpha);
        }
        last = error;
        let matrix = Matrix::from_fn(count, count, |a, b| {
            let own = if a == b { ridge } else { 0.0 };
            own + s[a] * (1.0 - s[a]) * gram.at(a, b)
        });
        let Some(step) = solve(&matrix, &right) else {
            break;
        };
        let before = value(&alpha, &fields);
        let mut share = 1.0;
        loop {
            let next: Vec<f64> = alpha
                .iter()
                .zip(&step)
                .map(|(a, d)| a + share * d)
                .collect();
            let next_fields = gram.times(&next);
            // Near the minimum differences of values are rounding.
            let slack = 1e-12 * before.abs().max(1.0);
            if value(&next, &next_fields) <= before + slack || share < 1e-10 {
                (alpha, fields) = (next, next_fields);
                break;
            }
            share *= 0.5;
        }
    }
    let rule = "Newton's method must find the minimiser";
    Err(Error::config(
        "gradient rule",
        rule,
        format!("an error of {last:e} in the strengths"),
    ))
}

fn sigmoid(x: f64) -> f64 {
    match x >= 0.0 {
        true => 1.0 / (1.0 + (-x).exp()),
        false => x.exp() / (1.0 + x.exp()),
    }
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
