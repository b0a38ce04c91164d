use attractor_core::{Error, Result};

use crate::algebra::{Matrix, dot};

/// The perceptron rule with a margin. J is not symmetric.
///
/// Patterns in turn: the units with `xi_k (J xi)_k < kappa`, all judged by the same fields, learn
/// `J_kl += (eta / K) xi_k xi_l`, l not k, until a sweep finds none. Fields are multiples of `eta / K` and often equal
/// the margin but for rounding, which then decides whether a unit learns: they are summed in the order of
/// [`field`], the same on every machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Perceptron {
    coupling: Matrix,
    margin: f64,
    rate: f64,
    max_sweeps: usize,
}

impl Perceptron {
    /// Of `units` units, nothing learned.
    pub fn new(units: usize, margin: f64, rate: f64, max_sweeps: usize) -> Self {
        Self {
            coupling: Matrix::zeros(units, units),
            margin,
            rate,
            max_sweeps,
        }
    }

    /// Back to J = 0.
    pub fn forget(&mut self) {
        let [units, _] = self.coupling.shape();
        self.coupling = Matrix::zeros(units, units);
    }

    /// Sweeps over patterns `[n, K]` from the present J until all have the margin: from J = 0 this is the batch
    /// rule, from a J that holds other patterns its incremental form. Returns the number of sweeps, the
    /// last one included.
    ///
    /// # Errors
    /// [`Error::Config`] if the sweeps run out: the patterns are too many to have that margin (more than 2 K
    /// random ones never do), or need more sweeps.
    pub fn learn(&mut self, patterns: &[i8]) -> Result<usize> {
        let [units, _] = self.coupling.shape();
        for sweep in 1..=self.max_sweeps {
            let mut short = false;
            for pattern in patterns.chunks_exact(units).map(super::doubles) {
                for (k, sign) in pattern.iter().enumerate() {
                    // A row's field depends on that row alone.
                    let row = self.coupling.row_mut(k);
                    if sign * field(row, &pattern) < self.margin {
                        short = true;
                        let entries = row.iter_mut().zip(&pattern);
                        entries.for_each(|(j, x)| *j += self.rate * (sign * x) / units as f64);
                        row[k] = 0.0;
                    }
                }
            }
            if !short {
                return Ok(sweep);
            }
        }
        let (count, sweeps) = (patterns.len() / units, self.max_sweeps);
        let found = format!("{count} patterns of {units} units after {sweeps} sweeps");
        let rule = "the perceptron rule must give every unit of every pattern its margin";
        Err(Error::config("patterns", rule, found))
    }

    /// J.
    pub fn coupling(&self) -> &Matrix {
        &self.coupling
    }
}

/// `row.x`: four partial sums of every fourth entry, the first with the third, and what is left over at the end.
/// It is the order of a matrix product with vectors of four numbers.
fn field(row: &[f64], x: &[f64]) -> f64 {
    let ((fours, rest), (signs, others)) = (row.as_chunks::<4>(), x.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (four, signs) in fours.iter().zip(signs) {
        for lane in 0..4 {
            sums[lane] += four[lane] * signs[lane];
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + dot(rest, others)
}
