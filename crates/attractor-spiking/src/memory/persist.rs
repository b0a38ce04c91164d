use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Persist, Result};
use burn::tensor::Device;

use super::{SpikingMemory, SpikingMemoryConfig};
use crate::rules::signs;

const SYSTEM: &str = "spiking";
const PATTERNS: &str = "patterns";

impl Persist for SpikingMemory {
    /// The configuration and the patterns, from which the weights follow: what is loaded cannot contradict itself.
    fn save(&self, path: &Path) -> Result<()> {
        let mut weights = Weights::new();
        weights.path = path.into();
        let config = serde_json::to_string(&self.config);
        let config = config.map_err(|error| weights.fail(error.to_string()))?;
        weights.set_metadata("system", SYSTEM);
        weights.set_metadata("config", config);
        let values = self.patterns.iter().map(|&sign| f32::from(sign)).collect();
        weights.insert(PATTERNS, &[self.len(), self.dim()], values);
        weights.write(path)
    }

    fn load(path: &Path, device: &Device) -> Result<Self> {
        let weights = Weights::read(path)?;
        match weights.metadata("system") {
            Some(SYSTEM) => {}
            found => {
                let found = found.map_or("no system".into(), |found| format!("`{found}`"));
                return Err(weights.fail(format!("expected the system `{SYSTEM}`, found {found}")));
            }
        }
        let text = weights.metadata("config").unwrap_or_default();
        let config: SpikingMemoryConfig = serde_json::from_str(text)
            .map_err(|error| weights.fail(format!("the configuration of `{SYSTEM}`: {error}")))?;
        let refuse = |error: attractor_core::Error| weights.fail(error.to_string());
        let mut memory = config.init(device).map_err(refuse)?;
        match weights.shape(PATTERNS)? {
            &[_, width] if width == config.dim => {}
            found => {
                let dim = config.dim;
                let reason = format!("`{PATTERNS}`: expected [n, {dim}], found {found:?}");
                return Err(weights.fail(reason));
            }
        }
        let patterns = signs(PATTERNS, weights.values(PATTERNS)?, false).map_err(refuse)?;
        if !patterns.is_empty() {
            memory.write_signs(&patterns).map_err(refuse)?;
        }
        Ok(memory)
    }
}
