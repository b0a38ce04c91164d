use attractor_core::error::require_non_negative;
use attractor_core::{Error, Result};

use crate::read::check_targets;
use crate::{Matrix, Real};

/// A linear associative memory, `F(e) = W e` with `W [v, d]`.
///
/// # Source
/// Nichani, Lee, Bietti, ICLR 2025 (arXiv 2412.06538), section 3: `W = sum_x u_f(x) e_x^T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<T> {
    weights: Matrix<T>,
}

impl<T: Real> Linear<T> {
    /// Nothing stored: W = 0.
    pub fn empty(values: usize, keys: usize) -> Self {
        Self {
            weights: Matrix::zeros(values, keys),
        }
    }

    /// A memory with these weights `[v, d]`.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub fn of(weights: Matrix<T>) -> Result<Self> {
        weights.check_finite("weights")?;
        Ok(Self { weights })
    }

    /// The Hebbian sum `W = U^T E` over pairs of keys `E [n, d]` and values `U [n, v]`.
    ///
    /// # Errors
    /// As [`Linear::add`].
    pub fn hebbian(keys: &Matrix<T>, values: &Matrix<T>) -> Result<Self> {
        let mut memory = Self::empty(values.cols(), keys.cols());
        memory.add(keys, values)?;
        Ok(memory)
    }

    /// The Hebbian sum over keys `[n, d]` with targets among `answers [a, v]`, each class divided by its
    /// size. Without this the c keys of one answer add c overlaps to every score of that answer, so that
    /// large classes draw the answers of others.
    ///
    /// # Errors
    /// As [`Linear::add`]; [`Error::Index`] for a target that names no answer.
    pub fn class_balanced(
        keys: &Matrix<T>,
        targets: &[usize],
        answers: &Matrix<T>,
    ) -> Result<Self> {
        check_targets(targets, answers.rows())?;
        let mut sizes = vec![0usize; answers.rows()];
        for &target in targets {
            sizes[target] += 1;
        }
        let values = Matrix::from_fn(targets.len(), answers.cols(), |x, j| {
            let target = targets[x];
            T::of(answers.at(target)[j].wide() / sizes[target] as f64)
        });
        Self::hebbian(keys, &values)
    }

    /// Ridge regression: the W that minimises `|E W^T - U|^2 + lambda |W|^2`.
    ///
    /// # Errors
    /// As [`Linear::add`]; [`Error::Config`] if lambda is below 0, or the system singular without it.
    pub fn ridge(keys: &Matrix<T>, values: &Matrix<T>, lambda: f64) -> Result<Self> {
        check_pairs(keys, values, (values.cols(), keys.cols()))?;
        let weights = ridge(keys, values, lambda)?.transposed();
        Ok(Self { weights })
    }

    /// Adds `sum_x u_x e_x^T`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::Rows`], [`Error::NonFinite`]; W stays as it is.
    pub fn add(&mut self, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.change(1.0, keys, values)
    }

    /// Subtracts the same sum: what was added is gone, up to rounding.
    ///
    /// # Errors
    /// As [`Linear::add`].
    pub fn subtract(&mut self, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.change(-1.0, keys, values)
    }

    fn change(&mut self, sign: f64, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        check_pairs(keys, values, (self.weights.rows(), self.weights.cols()))?;
        let mut changed = self.weights.clone();
        changed.add_scaled(sign, &values.t_dot(keys));
        changed.check_finite("weights after the write")?;
        self.weights = changed;
        Ok(())
    }

    /// The memory of both sums.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the shapes differ.
    pub fn merge(mut self, other: &Self) -> Result<Self> {
        let shape =
            |memory: &Self| format!("[{}, {}]", memory.weights.rows(), memory.weights.cols());
        if shape(&self) != shape(other) {
            return Err(Error::Mismatch {
                what: "Linear::merge",
                expected: format!("weights {}", shape(&self)),
                part: "the other memory",
                found: shape(other),
            });
        }
        self.weights.add_scaled(1.0, &other.weights);
        Ok(self)
    }

    /// `W [v, d]`.
    pub fn weights(&self) -> &Matrix<T> {
        &self.weights
    }

    /// The same, to be quantised, disturbed or edited.
    pub fn weights_mut(&mut self) -> &mut Matrix<T> {
        &mut self.weights
    }

    /// `F(e)` for queries `[b, d]`: `[b, v]`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::NonFinite`].
    pub fn recall(&self, queries: &Matrix<T>) -> Result<Matrix<T>> {
        queries.check("queries", self.weights.cols())?;
        Ok(queries.dot_t(&self.weights))
    }

    /// `<u_y, F(e_x)>` for queries `[b, d]` and answers `[a, v]`: `[b, a]`.
    ///
    /// # Errors
    /// As [`Linear::recall`], of either.
    pub fn scores(&self, queries: &Matrix<T>, answers: &Matrix<T>) -> Result<Matrix<T>> {
        answers.check("answers", self.weights.rows())?;
        Ok(self.recall(queries)?.dot_t(answers))
    }

    /// Numbers that are stored, `v d`.
    pub fn parameters(&self) -> usize {
        self.weights.data().len()
    }
}

/// Keys `[n, d]` and values `[n, v]` of a memory `(v, d)`.
pub(crate) fn check_pairs<T: Real>(
    keys: &Matrix<T>,
    values: &Matrix<T>,
    (v, d): (usize, usize),
) -> Result<()> {
    keys.check("keys", d)?;
    values.check("values", v)?;
    values.check_rows("values", keys.rows())
}

/// The `X [p, v]` that minimises `|H X - U|^2 + lambda |X|^2` for `H [n, p]`, in double precision:
/// `(H^T H + lambda I)^(-1) H^T U`, or by way of `H H^T` where there are fewer rows than columns.
///
/// # Errors
/// [`Error::Config`] if lambda is below 0, or the system singular without it.
pub(crate) fn ridge<T: Real>(
    features: &Matrix<T>,
    values: &Matrix<T>,
    lambda: f64,
) -> Result<Matrix<T>> {
    require_non_negative("ridge.lambda", lambda)?;
    let (h, u) = (features.cast::<f64>(), values.cast::<f64>());
    let solution = match h.cols() <= h.rows() {
        true => h.t_dot(&h).solve_spd(lambda, &h.t_dot(&u)),
        false => h.dot_t(&h).solve_spd(lambda, &u).map(|dual| h.t_dot(&dual)),
    };
    let solution = solution.ok_or_else(|| {
        let rule = "must be large enough for a system that can be solved";
        Error::config("ridge.lambda", rule, lambda)
    })?;
    let solution = solution.cast();
    solution.check_finite("weights of a ridge write")?;
    Ok(solution)
}
