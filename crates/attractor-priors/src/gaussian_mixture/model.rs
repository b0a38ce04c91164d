use attractor_core::kernel::{Partial, PatternStore, Score, read};
use attractor_core::{Energy, MemoryPrior, Result};
use burn::tensor::{Device, Tensor};

use super::GaussianMixtureConfig;
use crate::store::{keeps_codes, stored_codes};

/// One isotropic Gaussian for each stored code. See the [module](super).
#[derive(Debug, Clone)]
pub struct GaussianMixture {
    config: GaussianMixtureConfig,
    store: PatternStore,
}

impl GaussianMixture {
    pub(super) fn new(config: GaussianMixtureConfig, dim: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            config,
            store: PatternStore::new(dim, device)?,
        })
    }

    /// The configuration.
    pub fn config(&self) -> GaussianMixtureConfig {
        self.config
    }

    /// The mergeable read of states `[b, d]`: shards of one memory on several machines combine
    /// through it.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    pub fn partial(&self, states: Tensor<2>) -> Result<Partial> {
        read(
            &self.store,
            states,
            Score::SquaredDistance {
                variance: self.variance(),
            },
        )
    }

    fn variance(&self) -> f32 {
        self.config.sigma * self.config.sigma
    }
}

impl Energy for GaussianMixture {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.partial(states)?.log_sum_exp()?.neg())
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok((states.clone() - self.attract(states)?).div_scalar(self.variance()))
    }
}

keeps_codes!(GaussianMixture);

impl MemoryPrior for GaussianMixture {
    stored_codes!();

    fn name(&self) -> &'static str {
        "gaussian_mixture"
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.partial(states)?.mean()
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let partial = self.partial(states)?;
        Ok((partial.mean()?, partial.log_sum_exp()?.neg()))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (next, energy) = self.attract_with_energy(states.clone())?;
        Ok(((states - next).div_scalar(self.variance()), energy))
    }

    fn attract_scale(&self) -> Option<f32> {
        Some(self.variance())
    }
}
