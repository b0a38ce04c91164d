use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Persist, Restore, Result};

use super::{SpikingMemory, SpikingMemoryConfig};
use crate::rules::signs;

const PATTERNS: &str = "patterns";

impl Persist for SpikingMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// The configuration and the patterns, from which the weights follow: what is loaded cannot contradict itself.
    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        let config = serde_json::to_string(&self.config);
        let config = config.map_err(|error| file.fail(error.to_string()))?;
        file.set_metadata("config", config);
        let values = self.patterns.iter().map(|&sign| f32::from(sign)).collect();
        file.insert(PATTERNS, &[self.len(), self.dim()], values);
        Ok(file)
    }
}

impl Restore for SpikingMemory {
    const KIND: &'static str = "spiking";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let text = file.metadata("config").unwrap_or_default();
        let config: SpikingMemoryConfig = serde_json::from_str(text).map_err(|error| {
            file.fail(format!("the configuration of `{}`: {error}", Self::KIND))
        })?;
        let (dim, refuse) = (config.dim, |error| file.refuse(error));
        let mut memory = config.init(loading.device()).map_err(refuse)?;
        if let Some((_, values)) = file.host_rows(PATTERNS, dim)? {
            let patterns = signs(PATTERNS, values, false).map_err(refuse)?;
            memory.write_signs(&patterns).map_err(refuse)?;
        }
        Ok(memory)
    }
}
