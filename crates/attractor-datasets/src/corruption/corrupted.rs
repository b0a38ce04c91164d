//! What a corruption leaves of patterns.

use attractor_core::burn::tensor::{Device, Tensor, TensorData};

/// Corrupted rows, and which of their entries are known.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Corrupted {
    /// The cues, `[n, d]`.
    pub cues: Vec<f32>,
    /// `[n, d]`: 1 where the value is known, 0 where it is hidden. 1 everywhere unless the corruption hides
    /// entries.
    pub known: Vec<f32>,
    pub(super) dim: usize,
    pub(super) hides: bool,
}

impl Corrupted {
    /// Cues that say nothing about which of their entries can be trusted.
    pub(super) fn seen(cues: Vec<f32>, dim: usize) -> Self {
        Self {
            known: vec![1.0; cues.len()],
            cues,
            dim,
            hides: false,
        }
    }

    /// The mask of known entries, if the corruption is one that hides entries and says which.
    pub fn mask(&self) -> Option<&[f32]> {
        self.hides.then_some(&self.known)
    }

    /// Cues and known entries `[n, d]` on a device.
    pub fn tensors(&self, device: &Device) -> (Tensor<2>, Tensor<2>) {
        let tensor = |values: &[f32]| {
            let shape = [values.len() / self.dim, self.dim];
            Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
        };
        (tensor(&self.cues), tensor(&self.known))
    }

    /// Mean squared error of each row of `answers` against the same row of `patterns`, both `[n, d]`: over
    /// its hidden entries where entries are hidden, over all otherwise. Nothing hidden is nothing wrong.
    pub fn errors(&self, patterns: &[f32], answers: &[f32]) -> Vec<f64> {
        let rows = patterns.chunks(self.dim).zip(answers.chunks(self.dim));
        rows.zip(self.known.chunks(self.dim))
            .map(|((pattern, answer), known)| {
                let entries = pattern.iter().zip(answer).zip(known);
                let squares: Vec<f64> = entries
                    .filter(|(_, known)| !self.hides || **known == 0.0)
                    .map(|((pattern, answer), _)| f64::from(answer - pattern).powi(2))
                    .collect();
                squares.iter().sum::<f64>() / squares.len().max(1) as f64
            })
            .collect()
    }
}
