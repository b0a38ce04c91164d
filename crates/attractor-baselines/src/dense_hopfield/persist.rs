//! To and from files.

use attractor_core::file::Loading;
use attractor_core::kernel::PatternIds;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Persist, Restore, Result};

use super::{DenseHopfield, DenseHopfieldConfig};
use crate::binary;
use crate::persist::{self, CODES};

impl Persist for DenseHopfield {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        persist::describe_config(&mut file, &self.config)?;
        let columns = &self.columns;
        let rows = (0..self.len()).flat_map(|k| columns.iter().map(move |column| column[k]));
        binary::pack(&mut file, rows, self.dim());
        self.ids.write_to(&mut file, CODES)?;
        Ok(file)
    }
}

impl Restore for DenseHopfield {
    const KIND: &'static str = "dense_hopfield";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: DenseHopfieldConfig = persist::config(file, Self::KIND)?;
        let made = config.init(loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        let rows = file.host_rows(CODES, config.dim)?;
        memory.ids = PatternIds::read_from(file, CODES, rows.map_or(0, |(rows, _)| rows))?;
        if let Some((_, values)) = rows {
            let signs = binary::signs(CODES, values).map_err(|error| file.refuse(error))?;
            for (i, column) in memory.columns.iter_mut().enumerate() {
                column.extend(signs.iter().skip(i).step_by(config.dim));
            }
        }
        Ok(memory)
    }
}
