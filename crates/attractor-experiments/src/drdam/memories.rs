//! The two memories.

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{MemoryPrior, check};
use attractor::priors::{
    FeatureKind, GaussianMixture, GaussianMixtureConfig, RandomFeatures, RandomFeaturesConfig,
};

use crate::Result;

/// A state's gradient `[b, d]` and energy, in the units of the paper: `-1/beta log S`.
pub(super) struct Field {
    pub(super) gradient: Tensor<2>,
    pub(super) energy: Vec<f64>,
}

/// The memory that keeps its patterns.
pub(super) struct Exact {
    beta: f64,
    mixture: GaussianMixture,
}

impl Exact {
    pub(super) fn new(beta: f64, patterns: Tensor<2>, device: &Device) -> Result<Self> {
        let config = GaussianMixtureConfig {
            sigma: beta.sqrt().recip() as f32,
        };
        let mut mixture = config.init(patterns.dims()[1], device)?;
        mixture.store(patterns)?;
        Ok(Self { beta, mixture })
    }

    /// The mixture's energy is beta times the paper's, its attraction a gradient step of length 1.
    pub(super) fn field(&self, states: Tensor<2>) -> Result<Field> {
        let (next, energy) = self.mixture.attract_with_energy(states.clone())?;
        Ok(Field {
            gradient: states - next,
            energy: check::to_host(energy)?
                .into_iter()
                .map(|energy| f64::from(energy) / self.beta)
                .collect(),
        })
    }
}

/// The memory of random features.
pub(super) fn features(
    kind: FeatureKind,
    count: usize,
    beta: f64,
    seed: u64,
    patterns: Tensor<2>,
    centre: bool,
    device: &Device,
) -> Result<RandomFeatures> {
    let config = RandomFeaturesConfig {
        features: kind,
        count,
        beta: beta as f32,
        seed,
        ..RandomFeaturesConfig::default()
    };
    let config = match centre {
        true => config.fitted(patterns.clone())?,
        false => config,
    };
    let mut memory = config.init(patterns.dims()[1], device)?;
    memory.store(patterns)?;
    Ok(memory)
}

/// What the features say of states, and which of these they say nothing about.
pub(super) fn field(memory: &RandomFeatures, states: Tensor<2>) -> Result<(Field, Vec<bool>)> {
    let (gradient, energy) = memory.gradient_with_energy(states)?;
    let energy = check::to_host(energy)?;
    let ceiling = memory.energy_ceiling();
    let clipped = energy
        .iter()
        .map(|energy| ceiling.is_some_and(|ceiling| *energy >= ceiling))
        .collect();
    let energy = energy.into_iter().map(f64::from).collect();
    Ok((Field { gradient, energy }, clipped))
}
