//! The superposition and its specification to and from safetensors.

use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Persist, Restore, Result};

use super::{RandomFeatures, RandomFeaturesConfig};

const DIM: &str = "dim";
const WRITTEN: &str = "written";
const SUMS: &str = "sums";
const DIRECTIONS: &str = "directions";
const PHASES: &str = "phases";

impl Persist for RandomFeatures {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// T and the specification; directions only if they were given rather than drawn from a seed.
    fn pack(&self) -> Result<Weights> {
        let mut weights = Weights::new();
        weights.set_config(&self.config)?;
        weights.set_metadata(DIM, self.dim.to_string());
        weights.set_metadata(WRITTEN, self.written.to_string());
        weights.insert(SUMS, &[self.sums.len()], self.sums.clone());
        if let Some((directions, phases)) = self.directions.given_values() {
            weights.insert(
                DIRECTIONS,
                &[self.config.count, self.dim],
                directions.clone(),
            );
            weights.insert(PHASES, &[phases.len()], phases.clone());
        }
        Ok(weights)
    }
}

impl Restore for RandomFeatures {
    const KIND: &'static str = "random_features";

    fn restore(weights: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let device = loading.device();
        let number = |key: &str| {
            let missing = || weights.fail(format!("expected metadata `{key}`"));
            let text = weights.metadata(key).ok_or_else(missing)?;
            let wrong = |_| {
                weights.fail(format!(
                    "metadata `{key}`: expected a number, found `{text}`"
                ))
            };
            text.parse::<usize>().map_err(wrong)
        };
        let config: RandomFeaturesConfig = weights.config()?;
        let (dim, written) = (number(DIM)?, number(WRITTEN)?);
        config.check(dim).map_err(|error| weights.refuse(error))?;
        weights.check(SUMS, &[config.features.parts() * config.count])?;
        let sums = weights.values(SUMS)?.to_vec();
        let mut memory = if weights.contains(DIRECTIONS) {
            let directions = weights.tensor(DIRECTIONS, [config.count, dim], device)?;
            let phases = weights.values(PHASES)?.to_vec();
            Self::with_directions(config, directions, phases, device)
                .map_err(|error| weights.refuse(error))?
        } else {
            config.init(dim, device)?
        };
        memory.set_sums(sums);
        memory.written = written;
        Ok(memory)
    }
}
