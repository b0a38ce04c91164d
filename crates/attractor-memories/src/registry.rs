//! The memories of this crate by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults};

use crate::{EncodedMemory, SelfCalibratingConfig, SelfCalibratingMemory, VariationalMemory};

/// Memories that are no point of the grid of `variational`.
pub const MEMORIES: &[MemoryEntry] = &[MemoryEntry {
    name: "self-calibrating",
    summary: "stored patterns compared by evidence, whatever happened to the cue; rejects what it does not know (and height, width, shortlist, false_accept, which have no default)",
    citation: "this project",
    defaults: || defaults(SelfCalibratingConfig::default()),
    build: BuildMemory::OfData(|options, context| {
        let default = SelfCalibratingConfig::default();
        let config = configure("self-calibrating", default, options)?;
        let memory = config.with_model(context.model.clone(), &context.device)?;
        Ok(Box::new(memory))
    }),
}];

/// Adds what makes every memory of this crate again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders
        .add_memory::<VariationalMemory>()
        .add_memory::<EncodedMemory>()
        .add_memory::<SelfCalibratingMemory>();
}
