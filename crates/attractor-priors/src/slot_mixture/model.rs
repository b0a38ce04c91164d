use attractor_core::kernel::{PatternStore, Ranked, Tags};
use attractor_core::{Energy, MemoryPrior, Result, check};
use burn::tensor::{Device, Tensor};

use super::SlotMixtureConfig;
use super::read::{Aligned, read, scores};
use crate::store::{keeps_codes, persists_codes, rank_by_weights, stored_codes};

/// Gaussian mixture over codes made of interchangeable slots. See the [module](super).
#[derive(Debug, Clone)]
pub struct SlotMixture {
    config: SlotMixtureConfig,
    store: PatternStore,
}

impl SlotMixture {
    pub(super) fn new(config: SlotMixtureConfig, dim: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            config,
            store: PatternStore::new(dim, device)?,
        })
    }

    /// The configuration.
    pub fn config(&self) -> SlotMixtureConfig {
        self.config
    }

    fn read(&self, states: Tensor<2>) -> Result<Aligned> {
        read(&self.store, states, self.config.slots, self.variance())
    }

    fn keep(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        self.store.push_as(codes, tags)
    }

    fn rank(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        let states = states.without_autodiff();
        check::batch("states", &states, self.store.dim())?;
        let (slots, variance) = (self.config.slots, self.variance());
        rank_by_weights(&states, self.store.len(), k, |states| {
            scores(&self.store, states, slots, variance)
        })
    }

    fn variance(&self) -> f32 {
        self.config.sigma * self.config.sigma
    }
}

impl Energy for SlotMixture {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.read(states)?.energy())
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.gradient_with_energy(states)?.0)
    }
}

keeps_codes!(SlotMixture);
persists_codes!(SlotMixture, SlotMixtureConfig, "slot_mixture");

impl MemoryPrior for SlotMixture {
    stored_codes!();

    fn name(&self) -> &'static str {
        "slot_mixture"
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.read(states)?.mean(true)
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let aligned = self.read(states)?;
        Ok((aligned.mean(true)?, aligned.energy()))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let aligned = self.read(states.clone())?;
        let gradient = (states - aligned.mean(false)?).div_scalar(self.variance());
        Ok((gradient, aligned.energy()))
    }
}
