//! Memories over embeddings by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults};

use crate::{EmbeddingMemory, EmbeddingMemoryConfig};

/// Every memory over embeddings. The options are the fields of [`EmbeddingMemoryConfig`]; the two differ in
/// their defaults.
pub const MEMORIES: &[MemoryEntry] = &[
    MemoryEntry {
        name: "linear-memory",
        summary: "linear memory over embeddings, read as the nearest value: Hebbian, ridge or trained",
        citation: "E. Nichani, J. Lee, A. Bietti, ICLR 2025, arXiv 2412.06538",
        defaults: || defaults(EmbeddingMemoryConfig::linear(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let config = EmbeddingMemoryConfig::linear(dim);
            Ok(Box::new(
                configure("linear-memory", config, options)?.init(device)?,
            ))
        }),
    },
    MemoryEntry {
        name: "mlp-memory",
        summary: "MLP memory over embeddings: random or tangent features, ridge, or both layers trained",
        citation: "E. Nichani, J. Lee, A. Bietti, ICLR 2025, arXiv 2412.06538",
        defaults: || defaults(EmbeddingMemoryConfig::mlp(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let config = EmbeddingMemoryConfig::mlp(dim);
            Ok(Box::new(
                configure("mlp-memory", config, options)?.init(device)?,
            ))
        }),
    },
];

/// Adds what makes the memory again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders.add_memory::<EmbeddingMemory>();
}
