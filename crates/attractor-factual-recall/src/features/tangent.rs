use attractor_core::Result;
use attractor_core::error::require_nonzero;
use attractor_core::rng::Rng;

use crate::embedding::normal_rows;
use crate::{Matrix, Real};

/// An MLP memory that is written into the first layer, at frozen directions w_i, v_i:
///
/// ```text
/// A    = (d / m) sum_x (v_i . u_x) sigma'(w_i . e_x) e_x        [m, d]
/// F(e) = sum_i v_i sigma'(w_i . e) (a_i . e)
/// ```
///
/// with the rectifier's derivative `sigma'`: the linear part of what a change of the first layer does.
#[derive(Debug, Clone, PartialEq)]
pub struct TangentMemory<T> {
    directions: Matrix<T>,
    outputs: Matrix<T>,
    stored: Matrix<T>,
}

impl<T: Real> TangentMemory<T> {
    /// What is written.
    pub(crate) fn written(&self) -> &Matrix<T> {
        &self.stored
    }

    /// The same, to put it back.
    pub(crate) fn written_mut(&mut self) -> &mut Matrix<T> {
        &mut self.stored
    }

    /// Nothing stored, with directions of independent normal entries: w of variance 1, v of length
    /// about 1 (variance `1 / v`).
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] without units or dimensions.
    pub fn draw(rng: &mut Rng, units: usize, keys: usize, values: usize) -> Result<Self> {
        require_nonzero("TangentMemory.units", units)?;
        let directions = normal_rows(rng, units, keys, 1.0)?;
        let outputs = normal_rows(rng, units, values, (values.max(1) as f64).sqrt().recip())?;
        Self::of(directions, outputs)
    }

    /// Nothing stored, with these directions `W [m, d]` and outputs `[m, v]`.
    ///
    /// # Errors
    /// [`attractor_core::Error::EmptyBatch`], [`attractor_core::Error::Rows`], [`attractor_core::Error::NonFinite`].
    pub fn of(directions: Matrix<T>, outputs: Matrix<T>) -> Result<Self> {
        directions.check("directions", directions.cols())?;
        outputs.check("output directions", outputs.cols())?;
        outputs.check_rows("output directions", directions.rows())?;
        let stored = Matrix::zeros(directions.rows(), directions.cols());
        Ok(Self {
            directions,
            outputs,
            stored,
        })
    }

    /// Adds pairs of keys `[n, d]` and values `[n, v]`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`], [`attractor_core::Error::EmptyBatch`], [`attractor_core::Error::Rows`], [`attractor_core::Error::NonFinite`]; nothing changes.
    pub fn add(&mut self, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.change(1.0, keys, values)
    }

    /// Subtracts what [`TangentMemory::add`] adds.
    ///
    /// # Errors
    /// As there.
    pub fn subtract(&mut self, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        self.change(-1.0, keys, values)
    }

    fn change(&mut self, sign: f64, keys: &Matrix<T>, values: &Matrix<T>) -> Result<()> {
        keys.check("keys", self.directions.cols())?;
        values.check("values", self.outputs.cols())?;
        values.check_rows("values", keys.rows())?;
        let mut gates = keys.dot_t(&self.directions);
        let along = values.dot_t(&self.outputs);
        gate(&mut gates, &along);
        let mut changed = self.stored.clone();
        let scale = self.directions.cols() as f64 / self.directions.rows() as f64;
        changed.add_scaled(sign * scale, &gates.t_dot(keys));
        changed.check_finite("weights after the write")?;
        self.stored = changed;
        Ok(())
    }

    /// `A [m, d]`.
    pub fn stored(&self) -> &Matrix<T> {
        &self.stored
    }

    /// `F(e)` for queries `[b, d]`: `[b, v]`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Width`], [`attractor_core::Error::EmptyBatch`], [`attractor_core::Error::NonFinite`].
    pub fn recall(&self, queries: &Matrix<T>) -> Result<Matrix<T>> {
        queries.check("queries", self.directions.cols())?;
        let mut gates = queries.dot_t(&self.directions);
        gate(&mut gates, &queries.dot_t(&self.stored));
        Ok(gates.dot(&self.outputs))
    }

    /// `<u_y, F(e_x)>` for queries `[b, d]` and answers `[a, v]`: `[b, a]`.
    ///
    /// # Errors
    /// As [`TangentMemory::recall`], of either.
    pub fn scores(&self, queries: &Matrix<T>, answers: &Matrix<T>) -> Result<Matrix<T>> {
        answers.check("answers", self.outputs.cols())?;
        Ok(self.recall(queries)?.dot_t(answers))
    }

    /// Numbers that are written, `m d`: frozen directions are not counted.
    pub fn parameters(&self) -> usize {
        self.stored.data().len()
    }
}

/// Where projections are above 0 the other number, else 0.
fn gate<T: Real>(projections: &mut Matrix<T>, open: &Matrix<T>) {
    let zero = T::of(0.0);
    for (value, &open) in projections.data_mut().iter_mut().zip(open.data()) {
        *value = if *value > zero { open } else { zero };
    }
}
