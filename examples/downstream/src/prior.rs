//! A prior of one's own: heavy tails, so that a state far from everything still feels every code.

use attractor::core::burn::tensor::{Tensor, activation};
use attractor::core::{Energy, Error, MemoryPrior, Result, StoredCodes, check};
use serde::{Deserialize, Serialize};

/// Options of a [`StudentMixture`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudentMixtureConfig {
    /// Degrees of freedom: the fewer, the heavier the tails.
    pub degrees: f32,
    /// Width of each component.
    pub scale: f32,
}

impl Default for StudentMixtureConfig {
    fn default() -> Self {
        Self {
            degrees: 3.0,
            scale: 0.1,
        }
    }
}

impl StudentMixtureConfig {
    /// An empty prior over codes of `dim` entries.
    ///
    /// # Errors
    /// [`Error::Config`] for numbers that are not above 0.
    pub fn init(self, dim: usize) -> Result<StudentMixture> {
        let positive = |number: f32| number.is_finite() && number > 0.0;
        if dim == 0 || !positive(self.degrees) || !positive(self.scale) {
            let found = format!("{self:?} for codes of {dim} entries");
            let rule = "must have numbers above 0";
            return Err(Error::config("StudentMixtureConfig", rule, found));
        }
        Ok(StudentMixture {
            config: self,
            dim,
            codes: None,
        })
    }
}

/// `E(z) = -log sum_k (1 + |z - m_k|^2 / (nu s^2))^(-(nu + d) / 2)`
#[derive(Debug, Clone)]
pub struct StudentMixture {
    config: StudentMixtureConfig,
    dim: usize,
    codes: Option<Tensor<2>>,
}

impl StudentMixture {
    /// Energies `[b]`, and how strongly each code pulls each state, `[b, n]`.
    fn look(&self, states: &Tensor<2>) -> Result<(Tensor<1>, Tensor<2>)> {
        let codes = self.codes.as_ref().ok_or(Error::EmptyMemory)?;
        check::shape("states", states, self.dim)?;
        let half = (self.config.degrees + self.dim as f32) / 2.0;
        let width = self.config.degrees * self.config.scale * self.config.scale;
        let square = |x: &Tensor<2>| x.clone().powi_scalar(2).sum_dim(1);
        let products = states.clone().matmul(codes.clone().transpose());
        let distances =
            (square(states) + square(codes).transpose() - products * 2.0).clamp_min(0.0);
        let logits = (distances.clone() / width).log1p() * -half;
        let highest = logits.clone().max_dim(1);
        let sum = (logits.clone() - highest.clone()).exp().sum_dim(1);
        let energy = (highest + sum.log()).neg().squeeze_dim(1);
        let pull = activation::softmax(logits, 1) * (2.0 * half) / (distances + width);
        Ok((energy, pull))
    }
}

impl Energy for StudentMixture {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.look(&states)?.0)
    }

    /// `sum_k pull_k (z - m_k)`
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        let (_, pull) = self.look(&states)?;
        let codes = self.codes.clone().ok_or(Error::EmptyMemory)?;
        Ok(states * pull.clone().sum_dim(1) - pull.matmul(codes))
    }
}

impl MemoryPrior for StudentMixture {
    fn name(&self) -> &'static str {
        "student_mixture"
    }

    fn store(&mut self, codes: Tensor<2>) -> Result<()> {
        check::batch("codes", &codes, self.dim)?;
        let mut all: Vec<Tensor<2>> = self.codes.take().into_iter().collect();
        all.push(codes);
        self.codes = Some(Tensor::cat(all, 0));
        Ok(())
    }

    /// Where the pulls are in balance if they stay as they are, which never raises the energy.
    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        let (_, pull) = self.look(&states)?;
        let codes = self.codes.clone().ok_or(Error::EmptyMemory)?;
        Ok(pull.clone().matmul(codes) / pull.sum_dim(1))
    }

    fn stored(&self) -> Option<&dyn StoredCodes> {
        Some(self)
    }

    fn stored_mut(&mut self) -> Option<&mut dyn StoredCodes> {
        Some(self)
    }

    fn len(&self) -> usize {
        self.codes.as_ref().map_or(0, |codes| codes.dims()[0])
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn clear(&mut self) {
        self.codes = None;
    }
}

impl StoredCodes for StudentMixture {
    fn codes(&self) -> Result<Tensor<2>> {
        self.codes.clone().ok_or(Error::EmptyMemory)
    }

    fn codes_at(&self, indices: &[usize]) -> Result<Tensor<2>> {
        let codes = self.codes()?;
        let rows = indices.iter().map(|&index| match index < self.len() {
            true => Ok(codes.clone().narrow(0, index, 1)),
            false => Err(self.missing(index)),
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        match rows.is_empty() {
            true => Err(Error::EmptyBatch {
                what: "indices",
                width: self.dim,
            }),
            false => Ok(Tensor::cat(rows, 0)),
        }
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        if index >= self.len() {
            return Err(self.missing(index));
        }
        let kept: Vec<usize> = (0..self.len()).filter(|&other| other != index).collect();
        self.codes = match kept.is_empty() {
            true => None,
            false => Some(self.codes_at(&kept)?),
        };
        Ok(())
    }
}

impl StudentMixture {
    fn missing(&self, index: usize) -> Error {
        Error::Index {
            what: "codes",
            len: self.len(),
            index,
        }
    }
}
