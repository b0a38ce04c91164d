use crate::algebra::{Matrix, dot, solve};

/// A pattern whose part outside the span is below this share of its square adds nothing.
const DEPENDENT: f64 = 1e-6;

/// The projector on the span of patterns, one pattern at a time.
///
/// A pattern adds `e e^T / e.xi` with `e = xi - J xi`; one that lies in the span (a repetition, a negative) is
/// skipped. One that is removed takes `u u^T / u.u` with it, where u is the direction of the span that is
/// orthogonal to all others, and those that were skipped are tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Projector {
    matrix: Matrix,
    /// Indices of the patterns that span it, and of those that were skipped.
    spanning: Vec<usize>,
    skipped: Vec<usize>,
}

impl Projector {
    /// Of `units` units, onto nothing.
    pub fn new(units: usize) -> Self {
        Self {
            matrix: Matrix::zeros(units, units),
            spanning: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// J `[K, K]`.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The number of independent patterns.
    pub fn rank(&self) -> usize {
        self.spanning.len()
    }

    /// Learns the pattern with that index, O(K^2); whether it was independent of the others.
    pub fn add(&mut self, index: usize, pattern: &[i8]) -> bool {
        let pattern = super::doubles(pattern);
        let outside = |x: &[f64]| -> Vec<f64> {
            let inside = self.matrix.times(x);
            x.iter().zip(inside).map(|(x, inside)| x - inside).collect()
        };
        // Twice: the second pass removes what rounding left of the span in the first.
        let e = outside(&pattern);
        let independent = dot(&e, &pattern) >= DEPENDENT * pattern.len() as f64;
        match independent {
            true => {
                let e = outside(&e);
                self.matrix.add_outer(1.0 / dot(&e, &e), &e, &e);
                self.spanning.push(index);
            }
            false => self.skipped.push(index),
        }
        independent
    }

    /// Forgets pattern `index` of the patterns `all` (which still has it); the indices above move down by
    /// one. O(n^3 + n K^2) for n patterns.
    pub fn remove(&mut self, index: usize, all: &[i8]) {
        let units = self.matrix.shape()[0];
        let row = |index: usize| &all[index * units..(index + 1) * units];
        if let Some(at) = self.spanning.iter().position(|&kept| kept == index) {
            let patterns: Vec<Vec<f64>> = self
                .spanning
                .iter()
                .map(|&kept| super::doubles(row(kept)))
                .collect();
            let count = patterns.len();
            let gram = Matrix::from_fn(count, count, |a, b| dot(&patterns[a], &patterns[b]));
            let unit: Vec<f64> = (0..count).map(|a| f64::from(a == at)).collect();
            self.spanning.remove(at);
            match solve(&gram, &unit) {
                Some(weights) => {
                    let mut u = vec![0.0; units];
                    for (weight, pattern) in weights.iter().zip(&patterns) {
                        u.iter_mut()
                            .zip(pattern)
                            .for_each(|(u, x)| *u += weight * x);
                    }
                    self.matrix.add_outer(-1.0 / dot(&u, &u), &u, &u);
                }
                // Too nearly dependent for a difference: from nothing.
                None => {
                    self.matrix = Matrix::zeros(units, units);
                    for kept in std::mem::take(&mut self.spanning) {
                        self.add(kept, row(kept));
                    }
                }
            }
            for skipped in std::mem::take(&mut self.skipped) {
                self.add(skipped, row(skipped));
            }
        } else {
            self.skipped.retain(|&skipped| skipped != index);
        }
        let indices = self.spanning.iter_mut().chain(&mut self.skipped);
        indices
            .filter(|kept| **kept > index)
            .for_each(|kept| *kept -= 1);
    }
}
