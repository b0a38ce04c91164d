//! Entropic memories by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults};

use crate::hetero::{HeteroConfig, HeteroMemory};
use crate::register::{EntropicConfig, EntropicMemory};

/// Every entropic memory. The options are the fields of the configuration.
pub const MEMORIES: &[MemoryEntry] = &[
    MemoryEntry {
        name: "eam",
        summary: "weighted entropic register: patterns superposed in a table of counters",
        citation: "L. A. Pineda, R. Morales, Scientific Reports 12, 2022",
        defaults: || defaults(EntropicConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let config = configure("eam", EntropicConfig::new(dim), options)?;
            Ok(Box::new(config.init(device)?))
        }),
    },
    MemoryEntry {
        name: "eham",
        summary: "entropic hetero-associative memory: the halves of a pattern recall each other",
        citation: "R. Morales, L. A. Pineda, arXiv 2411.02438, 2024",
        defaults: || defaults(HeteroConfig::new(2)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let config = configure("eham", HeteroConfig::new(dim), options)?;
            Ok(Box::new(config.init(device)?))
        }),
    },
];

/// Adds what makes every memory of this crate again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders
        .add_memory::<EntropicMemory>()
        .add_memory::<HeteroMemory>();
}
