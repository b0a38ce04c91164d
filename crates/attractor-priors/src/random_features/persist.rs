//! The superposition and its specification to and from safetensors.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{Error, Persist, Result};
use burn::tensor::Device;

use super::{RandomFeatures, RandomFeaturesConfig};

const SYSTEM: &str = "system";
const NAME: &str = "random_features";
const CONFIG: &str = "config";
const DIM: &str = "dim";
const WRITTEN: &str = "written";
const SUMS: &str = "sums";
const DIRECTIONS: &str = "directions";
const PHASES: &str = "phases";

impl Persist for RandomFeatures {
    /// T and the specification; directions only if they were given rather than drawn from a seed.
    fn save(&self, path: &Path) -> Result<()> {
        let mut weights = Weights::new();
        let config = toml::to_string(&self.config).map_err(|error| Error::Weights {
            path: path.into(),
            reason: error.to_string(),
        })?;
        weights.set_metadata(SYSTEM, NAME);
        weights.set_metadata(CONFIG, config);
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
        weights.write(path)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let weights = Weights::read(path)?;
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let metadata = |key: &str| {
            let missing = || fail(format!("expected metadata `{key}`"));
            weights.metadata(key).ok_or_else(missing)
        };
        let number = |key: &str| {
            let text = metadata(key)?;
            let wrong = |_| {
                fail(format!(
                    "metadata `{key}`: expected a number, found `{text}`"
                ))
            };
            text.parse::<usize>().map_err(wrong)
        };
        let system = metadata(SYSTEM)?;
        if system != NAME {
            return Err(fail(format!(
                "expected the system `{NAME}`, found `{system}`"
            )));
        }
        let config: RandomFeaturesConfig = toml::from_str(metadata(CONFIG)?)
            .map_err(|error| fail(format!("metadata `{CONFIG}`: {}", error.message())))?;
        let (dim, written) = (number(DIM)?, number(WRITTEN)?);
        config.check(dim).map_err(|error| fail(error.to_string()))?;
        weights.check(SUMS, &[config.features.parts() * config.count])?;
        let sums = weights.values(SUMS)?.to_vec();
        let mut memory = if weights.contains(DIRECTIONS) {
            let directions = weights.tensor(DIRECTIONS, [config.count, dim], device)?;
            let phases = weights.values(PHASES)?.to_vec();
            Self::with_directions(config, directions, phases, device)
                .map_err(|error| fail(error.to_string()))?
        } else {
            config.init(dim, device)?
        };
        memory.set_sums(sums);
        memory.written = written;
        Ok(memory)
    }
}
