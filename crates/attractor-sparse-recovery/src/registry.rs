//! The memories by name. To add one, add an entry to [`MEMORIES`].

use attractor_core::file::Loaders;
use attractor_core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults, iterations};

use crate::{SparseRecovery, SparseRecoveryConfig, SubspaceUnion, SubspaceUnionConfig};

/// Every memory by sparse recovery. The options are the fields of the configuration; `iterations` is short for
/// `settings.max_iterations`.
pub const MEMORIES: &[MemoryEntry] = &[
    MemoryEntry {
        name: "sparse-recovery",
        summary: "linear constraints learned from the patterns; errors found by basis pursuit or on a graph",
        citation: "A. Mazumdar, A. S. Rawat, NeurIPS 2015; AAAI 2017, arXiv 1611.09621",
        defaults: || defaults(SparseRecoveryConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut options = options.clone();
            let steps = iterations("sparse-recovery", &mut options)?;
            let mut config =
                configure("sparse-recovery", SparseRecoveryConfig::new(dim), &options)?;
            config.settings.max_iterations = steps.unwrap_or(config.settings.max_iterations);
            Ok(Box::new(config.init(device)?))
        }),
    },
    MemoryEntry {
        name: "subspace-union",
        summary: "several subspaces found among the patterns, each with constraints of its own",
        citation: "P. Tseng, J. Optimization Theory and Applications 2000; A. Mazumdar, A. S. Rawat, NeurIPS 2015",
        defaults: || defaults(SubspaceUnionConfig::new(1)),
        build: BuildMemory::OfCodes(|options, dim, device| {
            let mut options = options.clone();
            let steps = iterations("subspace-union", &mut options)?;
            let mut config = configure("subspace-union", SubspaceUnionConfig::new(dim), &options)?;
            config.settings.max_iterations = steps.unwrap_or(config.settings.max_iterations);
            Ok(Box::new(config.init(device)?))
        }),
    },
];

/// Adds what makes every memory of this crate again from a file.
pub fn add_loaders(loaders: &mut Loaders) {
    loaders
        .add_memory::<SparseRecovery>()
        .add_memory::<SubspaceUnion>();
}
