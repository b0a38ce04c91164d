use crate::algebra::Matrix;

/// Hebb's rule: `J = (1/K) sum_mu xi xi^T` without the diagonal. Sums are kept as whole numbers, so that what is
/// subtracted is what was added.
#[derive(Debug, Clone, PartialEq)]
pub struct Hebb {
    sums: Matrix,
}

impl Hebb {
    /// Of `units` units, nothing learned.
    pub fn new(units: usize) -> Self {
        Self {
            sums: Matrix::zeros(units, units),
        }
    }

    /// Learns a pattern: O(K^2).
    pub fn add(&mut self, pattern: &[i8]) {
        self.change(pattern, 1.0);
    }

    /// Forgets a pattern that was learned: O(K^2), exact.
    pub fn remove(&mut self, pattern: &[i8]) {
        self.change(pattern, -1.0);
    }

    fn change(&mut self, pattern: &[i8], sign: f64) {
        let pattern = super::doubles(pattern);
        self.sums.add_outer(sign, &pattern, &pattern);
        (0..pattern.len()).for_each(|k| self.sums.set(k, k, 0.0));
    }

    /// J.
    pub fn coupling(&self) -> Matrix {
        let units = self.sums.shape()[0];
        Matrix::from_fn(units, units, |k, l| self.sums.at(k, l) / units as f64)
    }
}
