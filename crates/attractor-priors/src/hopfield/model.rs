use attractor_core::kernel::{Partial, PatternStore, Score, read};
use attractor_core::{Energy, MemoryPrior, Result};
use burn::tensor::{Device, Tensor};

use super::HopfieldConfig;
use crate::store::{keeps_codes, largest_norm, saturated, stored_codes};

/// Modern continuous Hopfield network. See the [module](super).
#[derive(Debug, Clone)]
pub struct Hopfield {
    config: HopfieldConfig,
    store: PatternStore,
}

impl Hopfield {
    pub(super) fn new(config: HopfieldConfig, dim: usize, device: &Device) -> Result<Self> {
        Ok(Self {
            config,
            store: PatternStore::new(dim, device)?,
        })
    }

    /// The configuration.
    pub fn config(&self) -> HopfieldConfig {
        self.config
    }

    /// The mergeable read of states `[b, d]`.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    pub fn partial(&self, states: Tensor<2>) -> Result<Partial> {
        read(
            &self.store,
            states,
            Score::Dot {
                beta: self.config.beta,
            },
        )
    }

    fn energy_of(&self, partial: &Partial, states: Tensor<2>) -> Result<Tensor<1>> {
        let norm = states.square().sum_dim(1).squeeze_dim(1).mul_scalar(0.5);
        // Both may be beyond single precision, and their difference no number then.
        let drop = partial.log_sum_exp()?.div_scalar(self.config.beta);
        Ok(saturated(norm - saturated(drop)))
    }

    fn largest_norm(&self) -> f64 {
        largest_norm(self.config.beta)
    }
}

impl Energy for Hopfield {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        self.energy_of(&self.partial(states.clone())?, states)
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(states.clone() - self.attract(states)?)
    }
}

keeps_codes!(Hopfield);

impl MemoryPrior for Hopfield {
    stored_codes!(norms: largest_norm);

    fn name(&self) -> &'static str {
        "hopfield"
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.partial(states)?.mean()
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let partial = self.partial(states.clone())?;
        Ok((partial.mean()?, self.energy_of(&partial, states)?))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let (next, energy) = self.attract_with_energy(states.clone())?;
        Ok((states - next, energy))
    }

    fn attract_scale(&self) -> Option<f32> {
        Some(1.0)
    }
}
