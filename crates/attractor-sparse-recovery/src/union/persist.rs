//! To and from files: the patterns, from which the split follows.

use attractor_core::file::Loading;
use attractor_core::weights::{Weights, modules};
use attractor_core::{Persist, Restore, Result};
use faer::Mat;

use super::{SubspaceUnion, SubspaceUnionConfig};

/// `[n, dim]`.
const PATTERNS: &str = "patterns";

impl Persist for SubspaceUnion {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&self.config)?;
        let (dim, count) = self.patterns.shape();
        let places = (0..count).flat_map(|j| (0..dim).map(move |i| (i, j)));
        let values = places.map(|at| self.patterns[at]).collect();
        file.insert_doubles(PATTERNS, &[count, dim], values);
        Ok(file)
    }
}

impl Restore for SubspaceUnion {
    const KIND: &'static str = "subspace_union";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: SubspaceUnionConfig = file.config()?;
        let [count, _] = modules::shape::<2>(file, PATTERNS)?;
        let dim = config.dim;
        let values = file.doubles(PATTERNS, &[count, dim])?;
        let made = config.init(loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        let patterns = Mat::from_fn(dim, count, |i, j| values[j * dim + i]);
        let split = memory.replace(patterns);
        split.map_err(|error| file.refuse(error))?;
        Ok(memory)
    }
}
