//! To and from files: the precision beside the codes. The optimiser's state is not kept, so that training goes on
//! with fresh moments.

use attractor_core::file::Loading;
use attractor_core::weights::{Weights, modules};
use attractor_core::{Persist, Restore, Result};

use super::{LearnedPrecision, LearnedPrecisionConfig, PrecisionForm};
use crate::store::{CODES, width};

const PRECISION: &str = "precision";

impl Persist for LearnedPrecision {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(&self.config)?;
        file.insert_store(CODES, &self.store)?;
        file.insert_section(PRECISION, modules::export(&self.precision)?);
        Ok(file)
    }
}

impl Restore for LearnedPrecision {
    const KIND: &'static str = "learned_precision";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let config: LearnedPrecisionConfig = file.config()?;
        let dim = width(file)?;
        let columns = match config.form {
            PrecisionForm::Full => dim,
            _ => 1,
        };
        // Codes `[0, d]` have no numbers that would speak for their width.
        file.require_room("a precision", &[dim, columns])?;
        let made = config.init(dim, loading.device());
        let mut prior = made.map_err(|error| file.refuse(error))?;
        // Where the memory itself lives, which is off the graph.
        let device = prior.store.device().clone();
        let learned = file.section(PRECISION)?;
        prior.precision = modules::import(prior.precision, &learned, &device)?;
        prior.store = file.store(CODES, dim, &device)?;
        prior.whiten_all().map_err(|error| file.refuse(error))?;
        Ok(prior)
    }
}
