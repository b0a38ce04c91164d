//! To and from safetensors.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{Persist, Result};
use burn::tensor::Device;

use super::FiringRate;
use crate::{FiringRateConfig, Patterns};

/// Key of the configuration in the metadata, and of the stored bits.
const SYSTEM: &str = "firing_rate";
const PATTERNS: &str = "patterns";

impl Persist for FiringRate {
    /// Configuration and patterns; the synapses follow from them.
    fn save(&self, path: &Path) -> Result<()> {
        let mut file = Weights::new();
        file.path = path.into();
        let config = serde_json::to_string(&self.config);
        let config = config.map_err(|error| file.fail(error.to_string()))?;
        file.set_metadata(SYSTEM, config);
        if !self.patterns.is_empty() {
            let shape = [self.patterns.len(), self.config.dim];
            file.insert(PATTERNS, &shape, self.patterns.singles(0.0, 1.0));
        }
        file.write(path)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let file = Weights::read(path)?;
        let refuse = |error: attractor_core::Error| file.fail(error.to_string());
        let text = file
            .metadata(SYSTEM)
            .ok_or_else(|| file.fail(format!("expected the system `{SYSTEM}`, found another")))?;
        let config: FiringRateConfig = serde_json::from_str(text)
            .map_err(|error| file.fail(format!("the configuration of `{SYSTEM}`: {error}")))?;
        let mut memory = Self::new(config, device).map_err(refuse)?;
        if file.contains(PATTERNS) {
            match file.shape(PATTERNS)? {
                &[rows, width] if rows > 0 && width == config.dim => {
                    let bits = Patterns::from_rows(PATTERNS, file.values(PATTERNS)?, width);
                    memory.replace(bits.map_err(refuse)?).map_err(refuse)?;
                }
                found => {
                    let dim = config.dim;
                    let reason = format!("`{PATTERNS}`: expected [n, {dim}], found {found:?}");
                    return Err(file.fail(reason));
                }
            }
        }
        Ok(memory)
    }
}
