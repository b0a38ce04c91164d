//! Inference of hidden values around given data.

use attractor_core::{Error, Outcome, Result};
use burn::tensor::Tensor;

use crate::pcn::Pcn;
use crate::pcn::network::{Body, Sensory};
use crate::relaxation::{InferenceConfig, Relaxed, relax};

/// Hidden values and how they were found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inferred {
    /// Values `[b, n_l]` of every hidden layer, the memory layer first.
    pub hidden: Vec<Tensor<2>>,
    /// What they predict of the data, `[b, dim]`.
    pub data: Tensor<2>,
    /// Energy of each row before the first step.
    pub energy_first: Vec<f64>,
    /// Energy of each row at the end.
    pub energy: Vec<f64>,
    /// Steps that each row took.
    pub steps: Vec<usize>,
    /// How each row ended.
    pub outcomes: Vec<Outcome>,
    /// Energies of all rows at each look, the start first.
    pub trace: Vec<Vec<f64>>,
}

impl Pcn {
    /// Infers hidden values under clamped data `[b, dim]`, from the configured start or the given
    /// one (`[b, n_l]` for each hidden layer, the memory layer first).
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`Error::Mismatch`] for a start of other
    /// shapes; [`Error::Config`].
    pub fn infer(
        &self,
        data: Tensor<2>,
        start: Option<Vec<Tensor<2>>>,
        inference: &InferenceConfig,
    ) -> Result<Inferred> {
        inference.validate()?;
        let data = self.rows("data", data)?;
        let start = match start {
            Some(start) => self.given(start, data.dims()[0])?,
            None => self.network().start(data.dims()[0]),
        };
        let relaxed = self.clamp(data, start, inference)?;
        Ok(Inferred {
            data: self.network().data(&relaxed.state),
            hidden: relaxed.state,
            energy_first: relaxed.first,
            energy: relaxed.last,
            steps: relaxed.steps,
            outcomes: relaxed.outcomes,
            trace: relaxed.trace,
        })
    }

    /// The data `[b, dim]` that values of the memory layer `[b, n_L]` stand for, predicted downwards
    /// without any error.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries.
    pub fn generate(&self, memory: Tensor<2>) -> Result<Tensor<2>> {
        let width = self.config.width(self.config.depth());
        let memory = self.columns("memory", memory, width)?;
        let network = self.network();
        Ok(network.data(&network.downwards(memory)))
    }

    /// Values of a start, checked.
    fn given(&self, start: Vec<Tensor<2>>, rows: usize) -> Result<Vec<Tensor<2>>> {
        let depth = self.config.depth();
        let expected: Vec<[usize; 2]> = (1..=depth)
            .rev()
            .map(|l| [rows, self.config.width(l)])
            .collect();
        let found: Vec<[usize; 2]> = start.iter().map(Tensor::dims).collect();
        if expected != found {
            return Err(Error::Mismatch {
                what: "Pcn::infer",
                expected: format!("a start of shapes {expected:?}"),
                part: "the start",
                found: format!("{found:?}"),
            });
        }
        start
            .into_iter()
            .map(|block| {
                let width = block.dims()[1];
                self.columns("start", block, width)
            })
            .collect()
    }

    /// Clamped data without a mask.
    pub(crate) fn clamp(
        &self,
        data: Tensor<2>,
        start: Vec<Tensor<2>>,
        inference: &InferenceConfig,
    ) -> Result<Relaxed> {
        let sensory = self.whole(&data, inference);
        let body = self.network().clamped(data, None, sensory);
        self.descend(body, start, inference)
    }

    /// The Gram form around whole rows, if it pays off.
    fn whole(&self, data: &Tensor<2>, inference: &InferenceConfig) -> Option<Sensory> {
        let [rows, dim] = data.dims();
        // The product of the weights is made once for all reads.
        let pays = inference.gram(rows, dim, self.config.width(1), false);
        pays.then(|| self.network().projected(data.clone(), self.gram()))
    }

    /// From `start` down the energy of `body`.
    pub(crate) fn descend(
        &self,
        body: Body,
        start: Vec<Tensor<2>>,
        inference: &InferenceConfig,
    ) -> Result<Relaxed> {
        let rate = inference.rate(self.spectral_norm()?);
        let body = body.prepared(inference.max_steps)?;
        relax(&body, start, inference.descent(rate))
    }
}
