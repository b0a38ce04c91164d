//! The four parts to and from files, and stored codes alone.

use std::path::Path;

use attractor_core::file::{self, Loading};
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Error, Persist, Restore, Result};
use burn::tensor::Device;

use super::VariationalMemory;

const CODES: &str = "codes";
const MODEL: &str = "model";
const PRIOR: &str = "prior";

const OBSERVATION: &str = "observation";
const INFERENCE: &str = "inference";

impl VariationalMemory {
    /// What each part is called, its name and its form in files.
    fn parts(&self) -> [(&'static str, &'static str, Option<&dyn Persist>); 4] {
        let (model, prior) = (&*self.model, &*self.prior);
        let (observation, inference) = (&*self.observation, &*self.inference);
        [
            (MODEL, model.name(), model.as_persist()),
            (OBSERVATION, observation.name(), observation.as_persist()),
            (PRIOR, prior.name(), prior.as_persist()),
            (INFERENCE, inference.name(), inference.as_persist()),
        ]
    }
}

/// A section for each part: the model with its weights, the prior with its codes.
impl Persist for VariationalMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn savable(&self) -> Result<()> {
        let mut parts = self.parts().into_iter();
        parts.try_for_each(|(what, name, part)| {
            file::savable(&format!("the {what}"), name, part).map(|_| ())
        })
    }

    fn pack(&self) -> Result<Weights> {
        let mut whole = Weights::new();
        for (what, name, part) in self.parts() {
            let section = file::section_of(&format!("the {what}"), name, part)?;
            whole.insert_section(what, section);
        }
        Ok(whole)
    }
}

/// The parts' kinds are those of the loaders: this crate knows no priors and no inference.
impl Restore for VariationalMemory {
    const KIND: &'static str = "variational";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let model = loading.model(&file.section(MODEL)?)?;
        let observation = loading.observation(&file.section(OBSERVATION)?)?;
        let prior = loading.prior(&file.section(PRIOR)?)?;
        let inference = loading.inference(&file.section(INFERENCE)?)?;
        let memory = Self::new(model, observation, prior, inference);
        memory.map_err(|error| file.refuse(error))
    }
}

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
