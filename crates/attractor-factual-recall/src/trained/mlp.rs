use attractor_core::error::require_nonzero;
use attractor_core::rng::Rng;
use attractor_core::{Error, Result};

use super::learn::{Facts, Trainable};
use super::softmax::{Entropy, Form, cross_entropy};
use crate::embedding::normal_rows;
use crate::{Matrix, Real};

/// An MLP memory `F(e) = V^T relu(W^T e + b)` with `W [d, m]`, `b [m]`, `V [m, v]`, all of them learned.
///
/// # Source
/// Nichani, Lee, Bietti 2025: the memory of their figure 1, right.
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp<T> {
    /// `W [d, m]`
    pub first: Matrix<T>,
    /// `b [1, m]`
    pub bias: Matrix<T>,
    /// `V [m, v]`
    pub second: Matrix<T>,
}

impl<T: Real> Mlp<T> {
    /// LeCun's start: normal entries of variance one over the number of inputs, cut off at two standard
    /// deviations (which the variance makes up for), and no bias.
    ///
    /// # Errors
    /// [`Error::Config`] for a width or a size of 0.
    pub fn init(rng: &mut Rng, keys: usize, width: usize, values: usize) -> Result<Self> {
        require_nonzero("Mlp.width", width)?;
        Ok(Self {
            first: lecun_normal(rng, keys, width)?,
            bias: Matrix::zeros(1, width),
            second: lecun_normal(rng, width, values)?,
        })
    }

    /// A network of these weights.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if they do not fit, [`Error::NonFinite`].
    pub fn of(first: Matrix<T>, bias: Matrix<T>, second: Matrix<T>) -> Result<Self> {
        let own = Self {
            first,
            bias,
            second,
        };
        own.check_layers()?;
        own.first.check_finite("first layer")?;
        own.bias.check_finite("bias")?;
        own.second.check_finite("second layer")?;
        Ok(own)
    }

    /// Layers that fit each other.
    fn check_layers(&self) -> Result<()> {
        let width = self.first.cols();
        let (bias, second) = (&self.bias, &self.second);
        if (bias.rows(), bias.cols()) == (1, width) && second.rows() == width {
            return Ok(());
        }
        let shape = |of: &Matrix<T>| format!("[{}, {}]", of.rows(), of.cols());
        Err(Error::Mismatch {
            what: "Mlp",
            expected: format!("a bias of [1, {width}] and a second layer of {width} rows"),
            part: "the network",
            found: format!("{} and {}", shape(bias), shape(second)),
        })
    }

    fn hidden(&self, keys: &Matrix<T>) -> Matrix<T> {
        let mut hidden = keys.dot(&self.first);
        let zero = T::of(0.0);
        for row in 0..hidden.rows() {
            for (value, &bias) in hidden.at_mut(row).iter_mut().zip(self.bias.data()) {
                *value = (*value + bias).larger(zero);
            }
        }
        hidden
    }

    /// `F(e)` for queries `[b, d]`: `[b, v]`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::EmptyBatch`], [`Error::NonFinite`]; [`Error::Mismatch`] for layers that do not fit.
    pub fn recall(&self, queries: &Matrix<T>) -> Result<Matrix<T>> {
        self.check_layers()?;
        queries.check("queries", self.first.rows())?;
        Ok(self.hidden(queries).dot(&self.second))
    }

    /// `<u_y, F(e_x)>` for queries `[b, d]` and answers `[a, v]`: `[b, a]`.
    ///
    /// # Errors
    /// As [`Mlp::recall`], of either.
    pub fn scores(&self, queries: &Matrix<T>, answers: &Matrix<T>) -> Result<Matrix<T>> {
        answers.check("answers", self.second.cols())?;
        Ok(self.recall(queries)?.dot_t(answers))
    }

    /// Numbers that are learned: `m d + m + m v`.
    pub fn parameters(&self) -> usize {
        self.first.data().len() + self.bias.data().len() + self.second.data().len()
    }
}

/// Normal entries of variance `1 / rows`, cut off at two standard deviations.
pub(crate) fn lecun_normal<T: Real>(rng: &mut Rng, rows: usize, cols: usize) -> Result<Matrix<T>> {
    /// Standard deviation of a normal variable cut off at two of its own.
    const CUT: f64 = 0.879_625_661_034_239_8;
    require_nonzero("lecun_normal.rows", rows)?;
    let mut matrix = normal_rows::<f64>(rng, rows, cols, 1.0)?;
    for value in matrix.data_mut() {
        while value.abs() > 2.0 {
            *value = normal_rows::<f64>(rng, 1, 1, 1.0)?.data()[0];
        }
    }
    Ok(matrix.scaled((rows as f64).sqrt().recip() / CUT).cast())
}

impl<T: Real> Trainable<T> for Mlp<T> {
    fn arrays(&mut self) -> Vec<&mut [T]> {
        vec![
            self.first.data_mut(),
            self.bias.data_mut(),
            self.second.data_mut(),
        ]
    }

    fn check(&self, facts: &Facts<'_, T>) -> Result<()> {
        self.check_layers()?;
        facts.keys.check("keys", self.first.rows())?;
        facts.answers.check("answers", self.second.cols())
    }

    fn gradient(&self, facts: &Facts<'_, T>, form: Form) -> (Entropy, Vec<Matrix<T>>) {
        let hidden = self.hidden(facts.keys);
        let mut scores = hidden.dot(&self.second).dot_t(facts.answers);
        let scale = (facts.targets.len() as f64).recip();
        let entropy = cross_entropy(&mut scores, facts.targets, scale, form);
        let values = scores.dot(facts.answers);
        let second = hidden.t_dot(&values);
        let mut inner = values.dot_t(&self.second);
        let zero = T::of(0.0);
        for (value, &hidden) in inner.data_mut().iter_mut().zip(hidden.data()) {
            if hidden <= zero {
                *value = zero;
            }
        }
        let mut bias = Matrix::zeros(1, inner.cols());
        for row in 0..inner.rows() {
            for (sum, &value) in bias.data_mut().iter_mut().zip(inner.at(row)) {
                *sum += value;
            }
        }
        (entropy, vec![facts.keys.t_dot(&inner), bias, second])
    }
}
