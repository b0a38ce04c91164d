//! To and from safetensors, bit by bit.

use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Persist, Restore, Result};
use serde::{Deserialize, Serialize};

use super::model::Learned;
use super::{SparseRecovery, SparseRecoveryConfig};
use crate::expander::Constraints;
use crate::linalg::from_rows;
use crate::subspace::Factor;

/// What is not an array.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    config: SparseRecoveryConfig,
    count: usize,
    /// Sparse constraints in the file.
    sparse: Option<usize>,
}

impl Persist for SparseRecovery {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        let header = Header {
            config: self.config,
            count: self.factor.count(),
            sparse: self.sparse_constraints().map(Constraints::constraint_count),
        };
        let text = serde_json::to_string(&header).map_err(|error| file.fail(error.to_string()))?;
        file.set_metadata(Self::KIND, text);
        let width = self.config.dim + 1;
        let triangle = self.factor.triangle();
        file.insert_doubles("triangle", &[triangle.len() / width, width], triangle);
        if let Some(sparse) = self.sparse_constraints() {
            let dense = sparse.to_dense();
            let (m, n) = dense.shape();
            let values = (0..m).flat_map(|i| (0..n).map(move |j| (i, j)));
            let values = values.map(|at| dense[at]).collect();
            file.insert_doubles("sparse", &[m, n], values);
        }
        Ok(file)
    }
}

impl Restore for SparseRecovery {
    const KIND: &'static str = "sparse_recovery";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let text = file.metadata(Self::KIND).unwrap_or_default();
        let header: Header = serde_json::from_str(text).map_err(|error| {
            file.fail(format!("the configuration of `{}`: {error}", Self::KIND))
        })?;
        let misfit = |error| file.refuse(error);
        let Header { config, count, .. } = header;
        config.validate().map_err(misfit)?;
        let shape = file.shape("triangle")?.to_vec();
        let width = config.dim.saturating_add(1);
        let rows = shape.first().copied().unwrap_or(0);
        let triangle = file.doubles("triangle", &[rows, width])?;
        let factor = Factor::restored(config.dim, count, &triangle).map_err(misfit)?;
        let mut memory = Self::new(config, loading.device()).map_err(misfit)?;
        if count == 0 {
            return Ok(memory);
        }
        let subspace = factor
            .subspace(config.centred, config.rank)
            .map_err(misfit)?;
        let sparse = header.sparse.map(|m| {
            let values = file.doubles("sparse", &[m, config.dim])?;
            from_rows(&values, config.dim)
                .and_then(|rows| Constraints::from_dense(rows.as_ref()))
                .map_err(misfit)
        });
        memory.learned = Some(Learned {
            sparse: sparse.transpose()?,
            subspace,
        });
        memory.factor = factor;
        Ok(memory)
    }
}
