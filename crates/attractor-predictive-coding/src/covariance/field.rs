//! The energy around given entries, and what moves the others.

use attractor_core::coding::{End, Pull, Stack};
use attractor_core::{Activation, Prediction, Result};
use burn::tensor::Tensor;

use super::CovarianceForm;
use crate::linalg::dot;
use crate::relaxation::{Evaluation, Landscape, doubles, squares};

/// The weights on the device.
#[derive(Debug, Clone)]
pub(crate) struct Recurrent {
    pub(crate) form: CovarianceForm,
    pub(crate) activation: Activation,
    /// `m [1, d]`.
    pub(crate) mean: Tensor<2>,
    /// The precision K in the explicit form, else V.
    pub(crate) matrix: Tensor<2>,
}

impl Recurrent {
    /// `x - m` in the explicit form, else `x - m - f(x) V^T`.
    pub(crate) fn error(&self, values: &Tensor<2>) -> Tensor<2> {
        let centred = values.clone() - self.mean.clone();
        match self.form {
            CovarianceForm::Explicit => centred,
            _ => {
                let active = self.activation.apply(values.clone());
                centred - active.matmul(self.matrix.clone().transpose())
            }
        }
    }

    /// Energies of the rows, without the constant of the explicit form.
    pub(crate) fn energy(&self, error: &Tensor<2>) -> Result<Vec<f64>> {
        let weighted = match self.form {
            CovarianceForm::Explicit => error.clone().matmul(self.matrix.clone()),
            _ => error.clone(),
        };
        let width = error.dims()[1];
        let (left, right) = (doubles(error)?, doubles(&weighted)?);
        let rows = left.chunks(width).zip(right.chunks(width));
        Ok(rows.map(|(left, right)| 0.5 * dot(left, right)).collect())
    }
}

impl End for Recurrent {
    fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
        let error = self.error(values);
        Ok(Pull::new(match self.form {
            CovarianceForm::Explicit => error.matmul(self.matrix.clone()).neg(),
            CovarianceForm::Dendritic => error.neg(),
            CovarianceForm::Implicit => {
                let Prediction { slope, .. } = self.activation.differentiate(values.clone());
                let back = error.clone().matmul(self.matrix.clone());
                match slope {
                    Some(slope) => back * slope - error,
                    None => back - error,
                }
            }
        }))
    }
}

/// `weight/2 |x - cue|^2`.
#[derive(Debug)]
pub(crate) struct Noisy {
    pub(crate) cue: Tensor<2>,
    pub(crate) weight: f64,
}

impl End for Noisy {
    fn pull(&self, values: &Tensor<2>) -> Result<Pull> {
        let error = self.cue.clone() - values.clone();
        Ok(Pull::new(error.mul_scalar(self.weight)))
    }
}

/// One block of values, of which those with `free` 1 move.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) recurrent: Recurrent,
    pub(crate) noisy: Option<Noisy>,
    pub(crate) free: Option<Tensor<2>>,
}

impl Landscape for Field {
    fn drives(&self, state: &[Tensor<2>]) -> Result<Vec<Tensor<2>>> {
        let stack = Stack {
            top: Some(&self.recurrent),
            links: Vec::new(),
            bottom: self.noisy.as_ref().map(|noisy| noisy as &dyn End),
        };
        let mut drives = stack.drives(stack.snapshot(state)?);
        if let Some(free) = &self.free {
            for drive in &mut drives {
                drive.inplace(|drive| drive * free.clone());
            }
        }
        Ok(drives)
    }

    fn evaluate(&self, state: &[Tensor<2>]) -> Result<Evaluation> {
        let error = self.recurrent.error(&state[0]);
        let mut energy = self.recurrent.energy(&error)?;
        if let Some(noisy) = &self.noisy {
            let away = state[0].clone() - noisy.cue.clone();
            let squares = squares(&away)?;
            for (energy, square) in energy.iter_mut().zip(squares) {
                *energy += 0.5 * noisy.weight * square;
            }
        }
        Ok(Evaluation {
            energy,
            errors: vec![error],
        })
    }

    fn size(&self) -> Result<Option<Vec<f64>>> {
        Ok(None)
    }
}
