//! The precision matrix and its trainable parameters.

use attractor_core::error::require_nonzero;
use attractor_core::{Error, Result, check};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::PrecisionForm;

/// Parameters of a symmetric positive definite matrix.
#[derive(Module, Debug)]
pub struct Precision {
    /// Diagonal form: p, `[1, d]`. Full form: log of the diagonal of L, `[1, d]`.
    pub log_diagonal: Param<Tensor<2>>,
    /// Full form: the strictly lower part of L, `[d, d]`, zeros elsewhere.
    pub lower: Option<Param<Tensor<2>>>,
}

impl Precision {
    /// The identity.
    ///
    /// # Errors
    /// [`Error::Config`] if `dim` is 0.
    pub fn identity(form: PrecisionForm, dim: usize, device: &Device) -> Result<Self> {
        require_nonzero("Precision.dim", dim)?;
        Ok(Self {
            log_diagonal: Param::from_tensor(Tensor::zeros([1, dim], device)),
            lower: (form == PrecisionForm::Full)
                .then(|| Param::from_tensor(Tensor::zeros([dim, dim], device))),
        })
    }

    /// A diagonal matrix from the logarithms of its entries.
    ///
    /// # Errors
    /// [`Error::Config`] if there are none; [`Error::NonFinite`].
    pub fn from_log_diagonal(log_precision: &[f32], device: &Device) -> Result<Self> {
        require_nonzero("Precision.dim", log_precision.len())?;
        check::finite("log precision", log_precision, log_precision.len())?;
        let row = TensorData::new(log_precision.to_vec(), [1, log_precision.len()]);
        Ok(Self {
            log_diagonal: Param::from_tensor(Tensor::from_data(row, device)),
            lower: None,
        })
    }

    /// A full matrix, row-major `[d, d]`. Only its symmetric part matters to a quadratic form, and
    /// only that is kept.
    ///
    /// # Errors
    /// [`Error::Config`] unless it is square and positive definite.
    pub fn from_matrix(matrix: &[f32], device: &Device) -> Result<Self> {
        let dim = matrix.len().isqrt();
        if dim == 0 || dim * dim != matrix.len() {
            return Err(Error::config(
                "Precision",
                "must be a square matrix",
                matrix.len(),
            ));
        }
        check::finite("precision", matrix, dim)?;
        let symmetric = faer::Mat::from_fn(dim, dim, |i, j| {
            0.5 * (f64::from(matrix[i * dim + j]) + f64::from(matrix[j * dim + i]))
        });
        let factor = symmetric.llt(faer::Side::Lower).map_err(|error| {
            Error::config(
                "Precision",
                "must be positive definite",
                format!("{error:?}"),
            )
        })?;
        let factor = factor.L();
        let log_diagonal: Vec<f32> = (0..dim).map(|i| factor[(i, i)].ln() as f32).collect();
        let lower: Vec<f32> = (0..dim * dim)
            .map(|at| (at / dim, at % dim))
            .map(|(i, j)| if j < i { factor[(i, j)] as f32 } else { 0.0 })
            .collect();
        Ok(Self {
            log_diagonal: Param::from_tensor(Tensor::from_data(
                TensorData::new(log_diagonal, [1, dim]),
                device,
            )),
            lower: Some(Param::from_tensor(Tensor::from_data(
                TensorData::new(lower, [dim, dim]),
                device,
            ))),
        })
    }

    /// Entries of a code.
    pub fn dim(&self) -> usize {
        self.log_diagonal.dims()[1]
    }

    /// Rows `[n, d]` in the space where the quadratic form is a squared distance:
    /// `x exp(p / 2)` or `x L`.
    pub fn whiten(&self, rows: Tensor<2>) -> Tensor<2> {
        match &self.lower {
            None => rows * self.log_diagonal.val().mul_scalar(0.5).exp(),
            Some(lower) => {
                let diagonal = rows.clone() * self.log_diagonal.val().exp();
                // Only the strictly lower part is a parameter, whatever the optimiser adds.
                diagonal + rows.matmul(lower.val().tril(-1))
            }
        }
    }

    /// `P x` for rows `[n, d]`: `whiten` followed by its transpose.
    pub fn apply(&self, rows: Tensor<2>) -> Tensor<2> {
        match &self.lower {
            None => rows * self.log_diagonal.val().exp(),
            Some(lower) => {
                let white = self.whiten(rows);
                let diagonal = white.clone() * self.log_diagonal.val().exp();
                diagonal + white.matmul(lower.val().tril(-1).transpose())
            }
        }
    }
}
