//! What the files of these memories share: a configuration, stored patterns.

use attractor_core::Result;
use attractor_core::weights::Weights;
use serde::{Serialize, de::DeserializeOwned};

/// Stored patterns or codes, `[n, d]`.
pub(crate) const CODES: &str = "codes";
const CONFIG: &str = "config";

/// Puts the configuration into the file.
pub(crate) fn describe_config<C: Serialize>(file: &mut Weights, config: &C) -> Result<()> {
    let config = serde_json::to_string(config).map_err(|error| file.fail(error.to_string()))?;
    file.set_metadata(CONFIG, config);
    Ok(())
}

/// The configuration of a file of that kind.
pub(crate) fn config<C: DeserializeOwned>(file: &Weights, kind: &str) -> Result<C> {
    let text = file.metadata(CONFIG).unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| file.fail(format!("the configuration of `{kind}`: {error}")))
}

/// Implements `Persist` and `Restore` for a memory that is its field `config` and its patterns, in the field
/// `store: PatternStore`.
macro_rules! persists_patterns {
    ($type:ty, $config:ty, $kind:literal) => {
        impl attractor_core::Persist for $type {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn pack(&self) -> attractor_core::Result<attractor_core::weights::Weights> {
                let mut file = attractor_core::weights::Weights::new();
                $crate::persist::describe_config(&mut file, &self.config)?;
                file.insert_store($crate::persist::CODES, &self.store)?;
                Ok(file)
            }
        }

        impl attractor_core::Restore for $type {
            const KIND: &'static str = $kind;

            fn restore(
                file: &attractor_core::weights::Weights,
                loading: &attractor_core::file::Loading<'_>,
            ) -> attractor_core::Result<Self> {
                let config: $config = $crate::persist::config(file, $kind)?;
                let made = config.init(loading.device());
                let mut memory = made.map_err(|error| file.refuse(error))?;
                let dim = memory.store.dim();
                memory.store = file.store($crate::persist::CODES, dim, loading.device())?;
                Ok(memory)
            }
        }
    };
}

/// The same for a learned memory, which also has weights, and calls its patterns `codes`.
macro_rules! persists_weights {
    ($type:ty, $config:ty, $kind:literal) => {
        /// Configuration, weights and stored codes; the optimiser's state is not kept.
        impl attractor_core::Persist for $type {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn pack(&self) -> attractor_core::Result<attractor_core::weights::Weights> {
                let mut file = self.export_weights()?;
                $crate::persist::describe_config(&mut file, &self.config)?;
                file.insert_store($crate::persist::CODES, &self.codes)?;
                Ok(file)
            }
        }

        impl attractor_core::Restore for $type {
            const KIND: &'static str = $kind;

            fn restore(
                file: &attractor_core::weights::Weights,
                loading: &attractor_core::file::Loading<'_>,
            ) -> attractor_core::Result<Self> {
                let config: $config = $crate::persist::config(file, $kind)?;
                file.require_room("weights", &config.largest())?;
                let made = config.init(loading.device());
                let mut memory = made.map_err(|error| file.refuse(error))?;
                memory.import_weights(file, "")?;
                let dim = memory.codes.dim();
                memory.codes = file.store($crate::persist::CODES, dim, loading.device())?;
                Ok(memory)
            }
        }
    };
}

pub(crate) use {persists_patterns, persists_weights};
