use attractor_core::error::require_nonzero;
use attractor_core::rng::Rng;
use attractor_core::{Error, Result};

use super::Nonlinearity;
use crate::embedding::normal_rows;
use crate::linear::ridge;
use crate::{Matrix, Real};

/// Frozen features `h(e) = sigma(W e)`.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomFeatures<T> {
    directions: Matrix<T>,
    nonlinearity: Nonlinearity,
}

impl<T: Real> RandomFeatures<T> {
    /// `count` directions with independent standard normal entries.
    ///
    /// # Errors
    /// [`Error::Config`] without directions or dimensions.
    pub fn draw(
        rng: &mut Rng,
        count: usize,
        dim: usize,
        nonlinearity: Nonlinearity,
    ) -> Result<Self> {
        require_nonzero("RandomFeatures.count", count)?;
        Self::of(normal_rows(rng, count, dim, 1.0)?, nonlinearity)
    }

    /// Features of these directions `W [m, d]`.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`], [`Error::NonFinite`].
    pub fn of(directions: Matrix<T>, nonlinearity: Nonlinearity) -> Result<Self> {
        directions.check("directions", directions.cols())?;
        Ok(Self {
            directions,
            nonlinearity,
        })
    }

    /// `W [m, d]`.
    pub fn directions(&self) -> &Matrix<T> {
        &self.directions
    }

    /// `H [n, m]` of keys `[n, d]`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::NonFinite`].
    pub fn features(&self, keys: &Matrix<T>) -> Result<Matrix<T>> {
        keys.check("keys", self.directions.cols())?;
        let mut features = keys.dot_t(&self.directions);
        for value in features.data_mut() {
            *value = T::of(self.nonlinearity.value(value.wide()));
        }
        features.check_finite("features")?;
        Ok(features)
    }
}

/// An MLP memory `F(e) = V^T sigma(W e)` whose first layer W is frozen and whose second, `V [m, v]`, is
/// written.
///
/// For unit keys and Hermite polynomials of degree q a wrong score has a variance of about
/// `(N / d) (1 / m + (2q - 1)!! / d^q)` beside a signal of 1, so that `m d` grows in proportion to `N ln N`
/// as long as `d^(q + 1)` is much larger than N.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMemory<T> {
    features: RandomFeatures<T>,
    output: Matrix<T>,
}

impl<T: Real> FeatureMemory<T> {
    /// What is written, `[features, values]`.
    pub(crate) fn written(&self) -> &Matrix<T> {
        &self.output
    }

    /// The same, to put it back.
    pub(crate) fn written_mut(&mut self) -> &mut Matrix<T> {
        &mut self.output
    }

    /// Nothing stored: V = 0 for values of `values` entries.
    pub fn empty(features: RandomFeatures<T>, values: usize) -> Self {
        let output = Matrix::zeros(features.directions.rows(), values);
        Self { features, output }
    }

    /// The Hebbian sum `V = H^T U / m`.
    ///
    /// # Errors
    /// As [`FeatureMemory::add`].
    pub fn hebbian(
        features: RandomFeatures<T>,
        keys: &Matrix<T>,
        values: &Matrix<T>,
    ) -> Result<Self> {
        let mut memory = Self::empty(features, values.cols());
        memory.add(keys, values)?;
        Ok(memory)
    }

    /// Ridge regression: the V that minimises `|H V - U|^2 + lambda |V|^2`.
    ///
    /// # Errors
    /// As [`FeatureMemory::add`]; [`Error::Config`] if lambda is below 0, or the system singular without it.
    pub fn ridge(
        features: RandomFeatures<T>,
        keys: &Matrix<T>,
        values: &Matrix<T>,
        lambda: f64,
    ) -> Result<Self> {
        values.check("values", values.cols())?;
        values.check_rows("values", keys.rows())?;
        let output = ridge(&features.features(keys)?, values, lambda)?;
        Ok(Self { features, output })
    }

    /// Adds `sum_x h(e_x) u_x^T / m`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::Rows`], [`Error::NonFinite`]; V stays as it is.
    pub fn add(&mut self, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.change(1.0, keys, values)
    }

    /// Subtracts the same sum: what was added is gone, up to rounding.
    ///
    /// # Errors
    /// As [`FeatureMemory::add`].
    pub fn subtract(&mut self, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.change(-1.0, keys, values)
    }

    /// Who has [`FeatureMemory::output_mut`] can change its shape.
    fn check_output(&self) -> Result<()> {
        let units = self.features.directions.rows();
        self.output.check_rows("second layer", units)
    }

    fn change(&mut self, sign: f64, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.check_output()?;
        let features = self.features.features(keys)?;
        values.check("values", self.output.cols())?;
        values.check_rows("values", keys.rows())?;
        let mut changed = self.output.clone();
        changed.add_scaled(sign / self.output.rows() as f64, &features.t_dot(values));
        changed.check_finite("weights after the write")?;
        self.output = changed;
        Ok(())
    }

    /// The memory of both sums.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if features or values differ.
    pub fn merge(mut self, other: &Self) -> Result<Self> {
        if self.features != other.features || self.output.cols() != other.output.cols() {
            return Err(Error::Mismatch {
                what: "FeatureMemory::merge",
                expected: "the same features, and values of the same width".into(),
                part: "the other memory",
                found: "others".into(),
            });
        }
        self.check_output()?;
        other.check_output()?;
        self.output.add_scaled(1.0, &other.output);
        Ok(self)
    }

    /// The frozen first layer.
    pub fn features(&self) -> &RandomFeatures<T> {
        &self.features
    }

    /// `V [m, v]`.
    pub fn output(&self) -> &Matrix<T> {
        &self.output
    }

    /// The same, to be quantised or disturbed.
    pub fn output_mut(&mut self) -> &mut Matrix<T> {
        &mut self.output
    }

    /// `F(e)` for queries `[b, d]`: `[b, v]`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::NonFinite`]; [`Error::Rows`] if V was given another shape.
    pub fn recall(&self, queries: &Matrix<T>) -> Result<Matrix<T>> {
        self.check_output()?;
        Ok(self.features.features(queries)?.dot(&self.output))
    }

    /// `<u_y, F(e_x)>` for queries `[b, d]` and answers `[a, v]`: `[b, a]`.
    ///
    /// # Errors
    /// As [`FeatureMemory::recall`], of either.
    pub fn scores(&self, queries: &Matrix<T>, answers: &Matrix<T>) -> Result<Matrix<T>> {
        answers.check("answers", self.output.cols())?;
        Ok(self.recall(queries)?.dot_t(answers))
    }

    /// Numbers that are written, `m v`: the frozen layer is not counted.
    pub fn parameters(&self) -> usize {
        self.output.data().len()
    }
}
