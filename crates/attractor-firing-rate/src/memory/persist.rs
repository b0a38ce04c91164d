//! To and from safetensors.

use attractor_core::file::Loading;
use attractor_core::kernel::PatternIds;
use attractor_core::weights::Weights;
use attractor_core::{Persist, Restore, Result};

use super::FiringRate;
use crate::{FiringRateConfig, Patterns};

/// The stored bits.
const PATTERNS: &str = "patterns";

impl Persist for FiringRate {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    /// Configuration and patterns; the synapses follow from them.
    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        let config = serde_json::to_string(&self.config);
        let config = config.map_err(|error| file.fail(error.to_string()))?;
        file.set_metadata(Self::KIND, config);
        let shape = [self.patterns.len(), self.config.dim];
        file.insert(PATTERNS, &shape, self.patterns.singles(0.0, 1.0));
        self.ids.write_to(&mut file, PATTERNS)?;
        Ok(file)
    }
}

impl Restore for FiringRate {
    const KIND: &'static str = "firing_rate";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let text = file.metadata(Self::KIND).unwrap_or_default();
        let config: FiringRateConfig = serde_json::from_str(text).map_err(|error| {
            file.fail(format!("the configuration of `{}`: {error}", Self::KIND))
        })?;
        let refuse = |error| file.refuse(error);
        let mut memory = Self::new(config, loading.device()).map_err(refuse)?;
        let rows = file.host_rows(PATTERNS, config.dim)?;
        let stored = rows.map_or(0, |(rows, _)| rows);
        memory.ids = PatternIds::read_from(file, PATTERNS, stored)?;
        if let Some((_, values)) = rows {
            let bits = Patterns::from_rows(PATTERNS, values, config.dim).map_err(refuse)?;
            memory.replace(bits).map_err(refuse)?;
        }
        Ok(memory)
    }
}
