//! The spiking memory by name.

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults};
use attractor_memories::signs;

use crate::{SpikingMemory, SpikingMemoryConfig};

const NAME: &str = "spiking";

/// Every memory of this crate.
pub const MEMORIES: &[MemoryEntry] = &[MemoryEntry {
    name: NAME,
    summary: "hypercube of inhibitory spiking neurons (a reconstruction); patterns of +1 and -1; pixels only",
    citation: "W. Podlaski, C. Machens, NeurReps 2024, arXiv 2411.17485",
    defaults: || signs::with_threshold(defaults(SpikingMemoryConfig::new(2))),
    build: BuildMemory::OfData(|options, context| {
        let (options, threshold) = signs::threshold(NAME, options)?;
        let config = SpikingMemoryConfig::new(context.model.latent_dim());
        let config = configure(NAME, config, &options)?;
        signs::behind(context, threshold, Box::new(config.init(&context.device)?))
    }),
}];

/// Adds what makes the memory again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders.add_memory::<SpikingMemory>();
}
