//! The memory network.

use std::sync::OnceLock;

use attractor_core::kernel::{PatternStore, Score, read_with_values, top};
use attractor_core::weights::Weights;
use attractor_core::{
    AssociativeMemory, Forget, Identify, KeepsPatterns, Persist, Ranking, Recall, Result, Train,
    check, error, spans,
};
use burn::tensor::{Device, Tensor, activation};

use super::MemN2NConfig;
use crate::input;
use crate::parameter::{Parameter, adam};
use crate::persist::persists_weights;

/// Queries are scaled down to entries of this size: their attention is saturated long before, and
/// beyond it one row would limit the scores of the whole batch.
const QUERY_LIMIT: f32 = 1e10;

/// Keys A z_k and values C z_k of the stored codes.
#[derive(Debug, Clone)]
struct Projected {
    keys: PatternStore,
    values: PatternStore,
}

/// End-to-end memory network with one hop; see the [module](super) for the equations.
#[derive(Debug, Clone)]
pub struct MemN2N {
    config: MemN2NConfig,
    device: Device,
    /// A `[D, D]`, stored as `[out, in]` like the other three.
    key: Parameter<2>,
    /// C.
    value: Parameter<2>,
    /// B.
    query: Parameter<2>,
    /// W.
    answer: Parameter<2>,
    /// `[1]`.
    beta: Parameter<1>,
    codes: PatternStore,
    /// Made by the first read after the codes or the weights changed.
    projected: OnceLock<Projected>,
}

impl MemN2N {
    pub(super) fn new(config: MemN2NConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        let device = device.clone().without_autodiff();
        let identity = Tensor::<2>::eye(config.dim, &device);
        let scaled = identity.clone().div_scalar((config.dim as f32).sqrt());
        Ok(Self {
            key: Parameter::new(scaled.clone()),
            value: Parameter::new(identity.clone()),
            query: Parameter::new(scaled),
            answer: Parameter::new(identity),
            beta: Parameter::new(Tensor::full([1], config.beta, &device)),
            codes: PatternStore::new(config.dim, &device)?,
            projected: OnceLock::new(),
            config,
            device,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &MemN2NConfig {
        &self.config
    }

    /// The learned inverse temperature.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if it cannot be read back.
    pub fn beta(&self) -> Result<f32> {
        Ok(check::to_host(self.beta.value())?[0])
    }

    /// The same memory with another factor alpha in recall; the weights stay.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] unless it is finite and above 0.
    pub fn with_read_scale(mut self, read_scale: f32) -> Result<Self> {
        self.config.read_scale = read_scale;
        self.config.validate()?;
        Ok(self)
    }

    /// The weights under PyTorch's layout `[out, in]`: `out_m` (A), `out_c` (C), `out_u` (B),
    /// `out_a` (W), each `[D, D]`, and `beta [1]`.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if they cannot be read back.
    pub fn export_weights(&self) -> Result<Weights> {
        let mut weights = Weights::new();
        weights.insert_tensor("out_m", self.key.value())?;
        weights.insert_tensor("out_c", self.value.value())?;
        weights.insert_tensor("out_u", self.query.value())?;
        weights.insert_tensor("out_a", self.answer.value())?;
        weights.insert_tensor("beta", self.beta.value())?;
        Ok(weights)
    }

    /// Replaces the weights by those of [`MemN2N::export_weights`], each name preceded by
    /// `prefix`. Stored codes stay; the optimiser starts afresh.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] naming what is missing, has the wrong shape or is not
    /// finite. Nothing changes then.
    pub fn import_weights(&mut self, weights: &Weights, prefix: &str) -> Result<()> {
        let read = |parameter: &Parameter<2>, name: &str| {
            parameter.read(weights, &format!("{prefix}{name}"), &self.device)
        };
        let key = read(&self.key, "out_m")?;
        let value = read(&self.value, "out_c")?;
        let query = read(&self.query, "out_u")?;
        let answer = read(&self.answer, "out_a")?;
        self.beta = self
            .beta
            .read(weights, &format!("{prefix}beta"), &self.device)?;
        (self.key, self.value, self.query, self.answer) = (key, value, query, answer);
        self.projected.take();
        Ok(())
    }

    /// What cues ask the keys, and how.
    fn queries(&self, cues: Tensor<2>) -> Result<(Tensor<2>, Score)> {
        let dim = self.config.dim;
        let cues = input::accept_cues(cues, self.codes.len(), dim, &self.device)?;
        let queries = cues.matmul(self.query.value().transpose());
        check::batch("projected cues", &queries, dim)?;
        let excess = queries
            .clone()
            .max_abs_dim(1)
            .div_scalar(QUERY_LIMIT)
            .clamp_min(1.0);
        let beta = self.beta()? * self.config.read_scale;
        // Training may carry beta below 0; the read wants the sign with the queries.
        let queries = queries.div(excess).mul_scalar(beta.signum());
        let score = Score::Dot {
            beta: beta.abs().clamp(f32::MIN_POSITIVE, f32::MAX),
        };
        Ok((queries, score))
    }

    fn projected(&self) -> Result<&Projected> {
        if let Some(projected) = self.projected.get() {
            return Ok(projected);
        }
        let (to_key, to_value) = (self.key.value().transpose(), self.value.value().transpose());
        let mut keys = PatternStore::new(self.config.dim, &self.device)?;
        let mut values = keys.clone();
        for block in self.codes.block_tensors() {
            keys.push(block.clone().matmul(to_key.clone()))?;
            values.push(block.matmul(to_value.clone()))?;
        }
        // Another reader may have been faster: both made the same projections.
        Ok(self.projected.get_or_init(|| Projected { keys, values }))
    }
}

impl AssociativeMemory for MemN2N {
    fn name(&self) -> &'static str {
        "memn2n"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.codes.push(patterns)?;
        self.projected.take();
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let (queries, score) = self.queries(cues)?;
        let projected = self.projected()?;
        let mixed = read_with_values(&projected.keys, &projected.values, queries, score)?.mean()?;
        let answers = mixed.matmul(self.answer.value().transpose());
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

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
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

impl KeepsPatterns for MemN2N {
    fn patterns(&self) -> &PatternStore {
        &self.codes
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.codes
    }

    fn changed(&mut self) {
        self.projected.take();
    }

    /// By attention.
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        let (queries, score) = self.queries(cues)?;
        Ok(Ranking::all(&top(
            &self.projected()?.keys,
            queries,
            score,
            k,
        )?))
    }
}

impl Train for MemN2N {
    /// The episode's patterns are its own memory: what has been written plays no part and stays.
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
        let (a, c) = (self.key.leaf(), self.value.leaf());
        let (b, w, beta) = (self.query.leaf(), self.answer.leaf(), self.beta.leaf());

        let keys = patterns.clone().matmul(a.clone().transpose());
        let values = patterns.matmul(c.clone().transpose());
        let queries = cues.matmul(b.clone().transpose());
        let scale = beta
            .clone()
            .mul_scalar(self.config.training_scale)
            .unsqueeze::<2>();
        let attention = activation::softmax(queries.matmul(keys.transpose()) * scale, 1);
        let answers = attention.matmul(values).matmul(w.clone().transpose());
        let loss = (answers - targets).square().mean();
        let value = input::finite_loss(check::to_host(loss.clone().inner())?[0])?;

        let mut gradients = loss.backward();
        let adam = adam();
        self.key
            .step(&adam, learning_rate, a.grad_remove(&mut gradients));
        self.value
            .step(&adam, learning_rate, c.grad_remove(&mut gradients));
        self.query
            .step(&adam, learning_rate, b.grad_remove(&mut gradients));
        self.answer
            .step(&adam, learning_rate, w.grad_remove(&mut gradients));
        self.beta
            .step(&adam, learning_rate, beta.grad_remove(&mut gradients));
        self.projected.take();
        Ok(value)
    }
}

persists_weights!(MemN2N, MemN2NConfig, "memn2n");
