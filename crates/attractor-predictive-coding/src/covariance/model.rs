//! The memory's state and its recall.

use std::sync::OnceLock;

use attractor_core::{Recall, Result};
use burn::tensor::{Device, Tensor, TensorData};

use super::config::{CovarianceForm, CovariancePcnConfig, Learning};
use super::field::{Field, Noisy, Recurrent};
use super::learn::Learned;
use super::moments::Moments;
use crate::linalg::{Mat, inverse_spd};
use crate::relaxation::{doubles, power, recall, relax};

/// Of the residual variance, so that an exact fit does not silence the cue.
const SMALLEST: f64 = 1e-6;

/// A covariance memory. See the [module](super).
#[derive(Debug)]
pub struct CovariancePcn {
    pub(crate) config: CovariancePcnConfig,
    pub(crate) device: Device,
    pub(crate) state: State,
    prepared: OnceLock<Prepared>,
}

/// Everything that a write changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) moments: Moments,
    pub(crate) weights: Learned,
}

/// Derived from the weights by the first read after a change.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) recurrent: Recurrent,
    /// Largest curvature of the energy, or for the dendritic form largest factor of its dynamics.
    curvature: f64,
    /// Variance of the errors that the energy takes for 1: in the explicit form the covariance says
    /// it, in the others it is what the weights leave unexplained.
    scale: f64,
    /// `1/2 log det S` in the explicit form, else 0.
    pub(crate) constant: f64,
}

impl CovariancePcnConfig {
    /// An empty memory on `device`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule.
    pub fn init(self, device: &Device) -> Result<CovariancePcn> {
        CovariancePcn::new(self, device)
    }
}

impl CovariancePcn {
    /// An empty memory. See [`CovariancePcnConfig::init`].
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule.
    pub fn new(config: CovariancePcnConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        config.precision.check(device)?;
        let linear = config.activation == attractor_core::Activation::Identity;
        let state = State {
            moments: Moments::empty(config.dim, linear),
            weights: Learned::start(&config),
        };
        Ok(Self::restore(config, device, state))
    }

    pub(crate) fn restore(config: CovariancePcnConfig, device: &Device, state: State) -> Self {
        Self {
            config,
            device: device.clone(),
            state,
            prepared: OnceLock::new(),
        }
    }

    /// What it was made from.
    pub fn config(&self) -> &CovariancePcnConfig {
        &self.config
    }

    /// The learned mean m, `dim` numbers.
    pub fn mean(&self) -> &[f64] {
        &self.state.weights.mean
    }

    /// The covariance S in the explicit form, else the recurrent weights V: `[dim, dim]`, row-major.
    pub fn matrix(&self) -> &[f64] {
        &self.state.weights.matrix.data
    }

    /// Takes patterns into the moments and learns from all there are.
    pub(crate) fn absorb(&mut self, patterns: &Tensor<2>) -> Result<()> {
        let rows = patterns.dims()[0];
        let dim = self.config.dim;
        let x = Mat::new(rows, dim, doubles(patterns)?);
        let z = self.config.activation.apply(patterns.clone());
        let z = Mat::new(rows, dim, doubles(&z)?);
        let mut moments = self.state.moments.clone();
        moments.add(&x, &z);
        let weights = self.state.weights.learn(&self.config, &moments)?;
        self.state = State { moments, weights };
        self.prepared = OnceLock::new();
        Ok(())
    }

    /// The weights on the device, and what follows from them.
    pub(crate) fn prepared(&self) -> Result<&Prepared> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let Learned { mean, matrix } = &self.state.weights;
        let mut constant = 0.0;
        let inverse: Mat;
        let matrix = match self.config.form {
            CovarianceForm::Explicit => {
                // A write leaves a positive definite matrix, and so does the start.
                let (precision, log_det) = inverse_spd(matrix).ok_or_else(|| {
                    attractor_core::Error::config(
                        "Learning.ridge",
                        "must be large enough for a positive definite covariance",
                        "one that is not",
                    )
                })?;
                constant = 0.5 * log_det;
                inverse = precision;
                &inverse
            }
            _ => matrix,
        };
        let place = (&self.device, self.config.precision.dtype());
        let recurrent = Recurrent {
            form: self.config.form,
            activation: self.config.activation,
            mean: Tensor::from_data(TensorData::new(mean.clone(), [1, mean.len()]), place),
            matrix: Tensor::from_data(
                TensorData::new(matrix.data.clone(), [matrix.rows, matrix.cols]),
                place,
            ),
        };
        let norm = power::largest(&recurrent.matrix)?;
        let steepest = self.config.activation.steepest().max(1.0);
        let curvature = match self.config.form {
            CovarianceForm::Explicit => norm,
            CovarianceForm::Implicit => (1.0 + norm * steepest).powi(2),
            CovarianceForm::Dendritic => 1.0 + norm * steepest,
        };
        let scale = match self.config.form {
            CovarianceForm::Explicit => 1.0,
            _ => {
                let ridge = match self.config.learning {
                    Learning::Closed { ridge } => ridge,
                    Learning::Gradient { .. } => 0.0,
                };
                let weights = &self.state.weights;
                weights.residual(&self.state.moments, ridge).max(SMALLEST)
            }
        };
        Ok(self.prepared.get_or_init(|| Prepared {
            recurrent,
            scale,
            curvature,
            constant,
        }))
    }

    /// From `start` with the entries free where `free` is 1 (all without), near a cue if it is
    /// noisy.
    pub(crate) fn settle(
        &self,
        start: Tensor<2>,
        free: Option<Tensor<2>>,
        noise: Option<f64>,
    ) -> Result<Recall> {
        let prepared = self.prepared()?;
        let weight = noise.map_or(0.0, |noise| prepared.scale * noise.powi(-2));
        let field = Field {
            recurrent: prepared.recurrent.clone(),
            noisy: noise.map(|_| Noisy {
                cue: start.clone(),
                weight,
            }),
            free,
        };
        let inference = &self.config.inference;
        let stable = (prepared.curvature + weight).recip();
        let mut descent = inference.descent(inference.within(stable));
        if self.config.form == CovarianceForm::Dendritic {
            // It follows no energy that could be held against it.
            (descent.halve, descent.momentum) = (false, false);
        }
        let mut relaxed = relax(&field, vec![start.clone()], descent)?;
        let state = relaxed.state.pop().unwrap_or(start);
        for energy in relaxed.trace.iter_mut().flatten() {
            *energy += prepared.constant;
        }
        for energy in relaxed.first.iter_mut().chain(&mut relaxed.last) {
            *energy += prepared.constant;
        }
        Ok(recall(state, relaxed))
    }

    /// Rows `[n, dim]` of a batch, checked and in the memory's precision.
    pub(crate) fn rows(&self, what: &'static str, batch: Tensor<2>) -> Result<Tensor<2>> {
        self.config.precision.rows(what, batch, self.config.dim)
    }
}
