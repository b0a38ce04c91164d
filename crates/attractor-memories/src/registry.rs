//! The memories of this crate by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults};

use crate::SelfCalibratingConfig;

/// Memories that are no point of the grid of `variational`.
pub const MEMORIES: &[MemoryEntry] = &[MemoryEntry {
    name: "self-calibrating",
    summary: "stored patterns compared by evidence, whatever happened to the cue; rejects what it does not know",
    citation: "this project",
    defaults: || defaults(SelfCalibratingConfig::default()),
    build: BuildMemory::OfData(|options, context| {
        let default = SelfCalibratingConfig::default();
        let config = configure("self-calibrating", default, options)?;
        let memory = config.with_model(context.model.clone(), &context.device)?;
        Ok(Box::new(memory))
    }),
}];
