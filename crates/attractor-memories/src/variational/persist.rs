//! Stored codes to and from safetensors.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Error, Result};
use burn::tensor::Device;

use super::VariationalMemory;

const CODES: &str = "codes";
const MODEL: &str = "model";
const PRIOR: &str = "prior";

impl VariationalMemory {
    /// Writes the stored codes with the names of model and prior, atomically.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`]; [`Error::Weights`] if the file cannot be written.
    pub fn save_codes(&self, path: &Path) -> Result<()> {
        let mut weights = Weights::new();
        weights.insert_tensor(CODES, self.stored_states()?)?;
        weights.set_metadata(MODEL, self.model().name());
        weights.set_metadata(PRIOR, self.prior().name());
        weights.write(path)
    }

    /// Stores the codes of a file after those already stored.
    ///
    /// # Errors
    /// [`Error::Weights`] naming the file and what does not fit: another model or prior, codes of
    /// another width.
    pub fn load_codes(&mut self, path: &Path, device: &Device) -> Result<()> {
        let weights = Weights::read(path)?;
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        for (key, expected) in [(MODEL, self.model().name()), (PRIOR, self.prior().name())] {
            let found = weights.metadata(key).unwrap_or("none");
            if found != expected {
                return Err(fail(format!(
                    "expected codes of the {key} `{expected}`, found `{found}`"
                )));
            }
        }
        let width = self.prior().dim();
        let &[rows, found] = weights.shape(CODES)? else {
            return Err(fail(format!("`{CODES}`: expected two dimensions")));
        };
        if found != width {
            return Err(fail(format!(
                "`{CODES}`: expected shape [n, {width}], found [{rows}, {found}]"
            )));
        }
        let codes = weights.tensor(CODES, [rows, width], device)?;
        self.prior_mut().store(codes)
    }
}
