//! The memory around the content-based read.

use attractor_core::kernel::PatternStore;
use attractor_core::weights::Weights;
use attractor_core::{
    AssociativeMemory, Forget, KeepsPatterns, Persist, Recall, Result, Train, check, error, spans,
};
use burn::tensor::{Device, Tensor};

use super::attention::{Arrays, answer};
use super::{NtmConfig, Sharpening};
use crate::input;
use crate::parameter::{Parameter, accumulate, adam};
use crate::persist::persists_weights;

/// Attention weights that may exist at once.
const WEIGHT_ENTRIES: usize = 4 << 20;

/// Content-based read of a neural Turing machine; see the [module](super) for the equations.
#[derive(Debug, Clone)]
pub struct Ntm {
    config: NtmConfig,
    device: Device,
    weight_entries: usize,
    /// K `[heads * D, D]`, `[out, in]`.
    key: Parameter<2>,
    /// G `[sharpenings, D]`, `[out, in]`.
    sharpening: Parameter<2>,
    /// b `[heads]`.
    bias: Parameter<1>,
    codes: PatternStore,
}

impl Ntm {
    pub(super) fn new(config: NtmConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        let NtmConfig { dim, heads, .. } = config;
        let device = device.clone().without_autodiff();
        let key = Tensor::<2>::eye(dim, &device).repeat_dim(0, heads);
        let biases = match config.sharpening {
            Sharpening::PerHead => heads,
            Sharpening::ReferencePerDimension => 1,
        };
        Ok(Self {
            weight_entries: WEIGHT_ENTRIES,
            key: Parameter::new(key),
            sharpening: Parameter::new(Tensor::zeros([config.sharpenings(), dim], &device)),
            bias: Parameter::new(Tensor::zeros([biases], &device)),
            codes: PatternStore::new(dim, &device)?,
            config,
            device,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &NtmConfig {
        &self.config
    }

    /// The same memory with at most `entries` attention weights at once (by default 4 Mi, of 4
    /// bytes each); cues and sharpenings are taken in groups to respect it. A single cue with a
    /// single sharpening may exceed it.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] if `entries` is 0.
    pub fn with_weight_entries(mut self, entries: usize) -> Result<Self> {
        error::require_nonzero("Ntm.weight_entries", entries)?;
        self.weight_entries = entries;
        Ok(self)
    }

    /// The weights under PyTorch's layout `[out, in]`: `k [heads * D, D]` (the keys of the heads
    /// below each other), `g_weight [sharpenings, D]`, `g_bias` (`[heads]`).
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if they cannot be read back.
    pub fn export_weights(&self) -> Result<Weights> {
        let mut weights = Weights::new();
        weights.insert_tensor("k", self.key.value())?;
        weights.insert_tensor("g_weight", self.sharpening.value())?;
        weights.insert_tensor("g_bias", self.bias.value())?;
        Ok(weights)
    }

    /// Replaces the weights by those of [`Ntm::export_weights`], each name preceded by `prefix`.
    /// Stored codes stay; the optimiser starts afresh.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] naming what is missing, has the wrong shape or is not
    /// finite. Nothing changes then.
    pub fn import_weights(&mut self, weights: &Weights, prefix: &str) -> Result<()> {
        let key = self
            .key
            .read(weights, &format!("{prefix}k"), &self.device)?;
        let name = format!("{prefix}g_weight");
        let sharpening = self.sharpening.read(weights, &name, &self.device)?;
        self.bias = self
            .bias
            .read(weights, &format!("{prefix}g_bias"), &self.device)?;
        (self.key, self.sharpening) = (key, sharpening);
        Ok(())
    }

    /// Cues whose weights, `per_cue` of them each, fit the bound; one at least.
    fn chunk(&self, per_cue: usize) -> usize {
        (self.weight_entries / per_cue.max(1)).max(1)
    }
}

impl AssociativeMemory for Ntm {
    fn name(&self) -> &'static str {
        "ntm"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.codes.push(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let cues = input::accept_cues(cues, self.codes.len(), self.config.dim, &self.device)?;
        let arrays = Arrays {
            key: self.key.value(),
            sharpening: self.sharpening.value(),
            bias: self.bias.value(),
        };
        let chunk = self.chunk(self.codes.len() * self.config.heads);
        let answers = cues
            .split(chunk, 0)
            .into_iter()
            .map(|cues| {
                answer(
                    &arrays,
                    || self.codes.block_tensors(),
                    cues,
                    self.weight_entries,
                )
            })
            .collect();
        let answers = Tensor::cat(answers, 0);
        check::batch("answers", &answers, self.config.dim)?;
        Ok(Recall::single_pass(answers))
    }

    fn len(&self) -> usize {
        self.codes.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.codes.to_tensor()
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_train(&mut self) -> Option<&mut dyn Train> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

/// Several heads read: there is no one order of the codes.
impl KeepsPatterns for Ntm {
    fn patterns(&self) -> &PatternStore {
        &self.codes
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.codes
    }
}

impl Train for Ntm {
    /// The episode's patterns are its own memory: what has been written plays no part and stays.
    ///
    /// Cues go through in groups whose graphs respect [`Ntm::with_weight_entries`]; their
    /// gradients add up to that of the whole batch.
    fn train_step(
        &mut self,
        patterns: Tensor<2>,
        cues: Tensor<2>,
        targets: Tensor<2>,
        learning_rate: f64,
    ) -> Result<f32> {
        let [rows, width] = cues.dims();
        let _span = spans::train(self.name(), rows, width);
        error::require_positive("train_step.learning_rate", learning_rate)?;
        let (patterns, cues, targets) =
            input::accept_episode((patterns, cues, targets), self.config.dim, &self.device)?;
        let ([stored, dim], [rows, _]) = (patterns.dims(), cues.dims());
        let chunk = self.chunk(stored * self.config.sharpenings());
        let arrays = Arrays {
            key: self.key.leaf(),
            sharpening: self.sharpening.leaf(),
            bias: self.bias.leaf(),
        };
        let (mut key, mut sharpening, mut bias) = (None, None, None);
        let mut total = 0.0;
        for (cues, targets) in cues
            .split(chunk, 0)
            .into_iter()
            .zip(targets.split(chunk, 0))
        {
            let blocks = || std::iter::once(patterns.clone());
            let answers = answer(&arrays, blocks, cues, self.weight_entries);
            let loss = (answers - targets)
                .square()
                .sum()
                .div_scalar((rows * dim) as f32);
            total += check::to_host(loss.clone().inner())?[0];
            let mut gradients = loss.backward();
            accumulate(&mut key, arrays.key.grad_remove(&mut gradients));
            accumulate(
                &mut sharpening,
                arrays.sharpening.grad_remove(&mut gradients),
            );
            accumulate(&mut bias, arrays.bias.grad_remove(&mut gradients));
        }
        let loss = input::finite_loss(total)?;
        let adam = adam();
        self.key.step(&adam, learning_rate, key);
        self.sharpening.step(&adam, learning_rate, sharpening);
        self.bias.step(&adam, learning_rate, bias);
        Ok(loss)
    }
}

persists_weights!(Ntm, NtmConfig, "ntm");
