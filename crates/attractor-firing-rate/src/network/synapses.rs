//! The connectivity in factored form.

use attractor_core::{Error, Result};
use faer::Mat;

use crate::matrix::{self, product, symmetrised};
use crate::{Currents, Gains, Levels, Patterns};

/// The symmetric connectivity `W = U^T M U`, never an `N x N` matrix unless asked for.
///
/// The rows of `U [P + 1, N]` are the patterns less a number, `xi^mu - s`, and a row of ones; `M` is
/// symmetric. Hebbian storage has `s = beta` and a diagonal M; exact storage a full one.
#[derive(Debug, Clone)]
pub struct Synapses {
    patterns: Patterns,
    shift: f64,
    mixing: Mat<f64>,
}

impl Synapses {
    /// Hebbian storage, see [`Gains`]: every re-scaled memory is an equilibrium if all patterns have the
    /// same activity and all pairs the same overlap.
    pub fn hebbian(patterns: Patterns, gains: &Gains) -> Self {
        let (count, dim) = (patterns.len(), patterns.dim() as f64);
        let entry = |i, j| match (i == j, i == count) {
            (false, _) => 0.0,
            (true, false) => gains.alpha / dim,
            (true, true) => gains.gamma / dim,
        };
        Self {
            mixing: Mat::from_fn(count + 1, count + 1, entry),
            shift: gains.beta,
            patterns,
        }
    }

    /// Exact symmetric storage `W = I S^-1 I^T` with the currents I `[N, P]` and the re-scaled memories X
    /// `[N, P]` as columns and `S = X^T I`: then `W X = I` for any overlaps. S is symmetric if all patterns
    /// have the same activity. Otherwise no symmetric W solves `W X = I`; the mean of S and its transpose
    /// is taken, and the memories are equilibria up to what the report says.
    ///
    /// # Errors
    /// [`Error::Guarantee`] if the patterns are linearly dependent: more than there are units, or one
    /// repeated.
    pub fn exact(patterns: Patterns, levels: &Levels, currents: &Currents) -> Result<Self> {
        let (count, dim) = (patterns.len(), patterns.dim() as f64);
        let (rate, current) = (levels.range(), currents.high - currents.low);
        let active: Vec<f64> = (0..count).map(|k| patterns.count(k) as f64).collect();
        let between = Mat::from_fn(count, count, |a, b| {
            dim * levels.low * currents.low
                + levels.low * current * active[b]
                + currents.low * rate * active[a]
                + rate * current * patterns.overlap(a, b) as f64
        });
        let inverse = matrix::inverse(&symmetrised(&between)).ok_or_else(|| Error::Guarantee {
            what: "exact storage",
            expected: "linearly independent memories, for X^T I to have an inverse".into(),
            found: format!("{count} patterns of {} units that are not", patterns.dim()),
        })?;
        let shift = active.iter().sum::<f64>() / (dim * count as f64);
        // I = U^T A.
        let offset = currents.low + current * shift;
        let basis = Mat::from_fn(count + 1, count, |i, k| match i {
            i if i == count => offset,
            i if i == k => current,
            _ => 0.0,
        });
        let left = product(basis.as_ref(), inverse.as_ref());
        let mixing = symmetrised(&product(left.as_ref(), basis.transpose()));
        Ok(Self {
            patterns,
            shift,
            mixing,
        })
    }

    /// What is stored.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// `U [P + 1, N]`, row-major.
    pub fn units(&self) -> Vec<f64> {
        let mut units = self.patterns.rows(-self.shift, 1.0 - self.shift);
        units.resize(units.len() + self.patterns.dim(), 1.0);
        units
    }

    /// `M [P + 1, P + 1]`, row-major.
    pub fn mixing(&self) -> Vec<f64> {
        let size = self.mixing.nrows();
        (0..size * size)
            .map(|at| self.mixing[(at / size, at % size)])
            .collect()
    }

    /// `W x` for rates `[N]`: `O(q N P + P^2)`, or `O(q N P)` where M is diagonal.
    pub fn currents(&self, rates: &[f64]) -> Vec<f64> {
        let count = self.patterns.len();
        let total: f64 = rates.iter().sum();
        let project = |index| {
            let own: f64 = self.patterns.active(index).map(|i| rates[i]).sum();
            own - self.shift * total
        };
        let mut projected: Vec<f64> = (0..count).map(project).collect();
        projected.push(total);
        let mixed = self.mixed(&projected);
        let shared = mixed[count] - self.shift * mixed[..count].iter().sum::<f64>();
        let mut currents = vec![shared; rates.len()];
        for (index, &value) in mixed[..count].iter().enumerate() {
            for i in self.patterns.active(index) {
                currents[i] += value;
            }
        }
        currents
    }

    fn mixed(&self, projected: &[f64]) -> Vec<f64> {
        let size = projected.len();
        // M is symmetric: columns, which lie in memory one after the other, for rows.
        let column = |k: usize| self.mixing.col_as_slice(k).iter().zip(projected);
        (0..size)
            .map(|k| column(k).map(|(m, c)| m * c).sum())
            .collect()
    }

    /// W `[N, N]`, row-major, symmetric to the last bit.
    pub fn weights(&self) -> Vec<f64> {
        let (dim, size) = (self.patterns.dim(), self.mixing.nrows());
        let units = self.units();
        let units = faer::MatRef::from_row_major_slice(&units, size, dim);
        let right = product(self.mixing.as_ref(), units);
        let all = product(units.transpose(), right.as_ref());
        let entry = |at: usize| all[((at / dim).max(at % dim), (at / dim).min(at % dim))];
        (0..dim * dim).map(entry).collect()
    }

    /// `U D U^T` for a diagonal D of `low` on silent and `high` on active units of memory `index`.
    fn gram(&self, low: f64, high: f64, index: usize) -> Mat<f64> {
        let (patterns, s) = (&self.patterns, self.shift);
        let count = patterns.len();
        let weigh = |all: usize, active: usize| low * all as f64 + (high - low) * active as f64;
        let whole = weigh(patterns.dim(), patterns.count(index));
        let single: Vec<f64> = (0..count)
            .map(|a| weigh(patterns.count(a), patterns.overlap(a, index)))
            .collect();
        let mut gram = Mat::zeros(count + 1, count + 1);
        for a in 0..count {
            for b in 0..=a {
                let pair = weigh(patterns.overlap(a, b), patterns.triple(a, b, index));
                let value = pair - s * (single[a] + single[b]) + s * s * whole;
                gram[(a, b)] = value;
                gram[(b, a)] = value;
            }
            let value = single[a] - s * whole;
            gram[(a, count)] = value;
            gram[(count, a)] = value;
        }
        gram[(count, count)] = whole;
        gram
    }

    /// The at most P + 1 eigenvalues of W that are not 0 by construction, falling; `O(N P^2 + P^3)`.
    ///
    /// # Errors
    /// [`Error::Config`] if the eigenvalue iteration fails.
    pub fn eigenvalues(&self) -> Result<Vec<f64>> {
        let gram = self.gram(1.0, 1.0, 0);
        let mut values = matrix::eigenvalues(self.mixing.as_ref(), gram)?;
        values.reverse();
        Ok(values)
    }

    /// The spectral abscissa of the Jacobian `-1 + D W` at memory `index`, whose diagonal D has the slopes
    /// of silent and active units: `-1 + max(0, largest eigenvalue of M U D U^T)`. Below 0 a memory that is
    /// an equilibrium is stable. `O(N P^2 / 64 + P^3)`.
    ///
    /// # Errors
    /// [`Error::Config`] if the eigenvalue iteration fails.
    pub fn abscissa(&self, levels: &Levels, index: usize) -> Result<f64> {
        let gram = self.gram(levels.low_slope, levels.high_slope, index);
        let values = matrix::eigenvalues(self.mixing.as_ref(), gram)?;
        Ok(values.last().map_or(0.0, |&largest| largest.max(0.0)) - 1.0)
    }
}
