//! To and from files: patterns and biases; the weights follow from them.

use attractor_core::file::Loading;
use attractor_core::kernel::PatternIds;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Persist, Restore, Result};

use super::{ClassicalHopfield, ClassicalHopfieldConfig};
use crate::binary;
use crate::persist::{self, CODES};

/// In the units of the weights as they are kept: of Hebb's rule `dim` times those of W.
const BIASES: &str = "biases";

impl Persist for ClassicalHopfield {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        persist::describe_config(&mut file, &self.config)?;
        binary::pack(&mut file, self.patterns.iter().copied(), self.dim());
        self.ids.write_to(&mut file, CODES)?;
        if !self.biases.is_empty() {
            file.insert_doubles(BIASES, &[self.biases.len()], self.biases.clone());
        }
        Ok(file)
    }
}

impl Restore for ClassicalHopfield {
    const KIND: &'static str = "classical_hopfield";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: ClassicalHopfieldConfig = persist::config(file, Self::KIND)?;
        let made = config.init(loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        if file.contains(BIASES) {
            memory.biases = file.doubles(BIASES, &[config.dim])?;
        }
        let rows = file.host_rows(CODES, config.dim)?;
        memory.ids = PatternIds::read_from(file, CODES, rows.map_or(0, |(rows, _)| rows))?;
        if let Some((_, values)) = rows {
            let signs = binary::signs(CODES, values);
            memory.patterns = signs.map_err(|error| file.refuse(error))?;
        }
        let learned = memory.relearn();
        learned.map_err(|error| file.refuse(error))?;
        Ok(memory)
    }
}
