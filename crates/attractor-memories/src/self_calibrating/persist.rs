//! To and from safetensors.

use std::path::Path;
use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Error, GenerativeModel, Persist, Result};
use burn::tensor::Device;

use super::{SelfCalibratingConfig, SelfCalibratingMemory};

const CODES: &str = "codes";
const MODEL: &str = "model";
const DIM: &str = "dim";
const CONFIG: &str = "config";
const SYSTEM: &str = "system";

impl SelfCalibratingMemory {
    /// A memory from a file, on the model that its codes are of.
    ///
    /// # Errors
    /// [`Error::Weights`] naming the file and what does not fit: another system or model, codes of another
    /// width.
    pub fn load_with(
        path: &Path,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<Self> {
        let weights = Weights::read(path)?;
        let width = model.data_dim().to_string();
        for (key, expected) in [
            (SYSTEM, "self-calibrating"),
            (MODEL, model.name()),
            (DIM, width.as_str()),
        ] {
            let found = weights.metadata(key).unwrap_or("none");
            if found != expected {
                let reason = format!("expected the {key} `{expected}`, found `{found}`");
                return Err(weights.fail(reason));
            }
        }
        // Defaults would be a guess.
        let Some(config) = weights.metadata(CONFIG) else {
            return Err(weights.fail(format!("expected a {CONFIG}, found none")));
        };
        let config: SelfCalibratingConfig = toml::from_str(config)
            .map_err(|error| weights.fail(format!("the {CONFIG}: {}", error.message())))?;
        let mut memory = config.with_model(model, device)?;
        if weights.contains(CODES) {
            let width = memory.store.dim();
            let &[rows, found] = weights.shape(CODES)? else {
                return Err(weights.fail(format!("`{CODES}`: expected two dimensions")));
            };
            if found != width {
                let reason = format!("`{CODES}`: expected [n, {width}], found [{rows}, {found}]");
                return Err(weights.fail(reason));
            }
            memory
                .store
                .push(weights.tensor(CODES, [rows, width], device)?)?;
        }
        Ok(memory)
    }
}

impl Persist for SelfCalibratingMemory {
    fn save(&self, path: &Path) -> Result<()> {
        let mut weights = Weights::new();
        let config = toml::to_string(self.config()).map_err(|error| Error::Weights {
            path: path.into(),
            reason: error.to_string(),
        })?;
        weights.set_metadata(SYSTEM, self.name());
        weights.set_metadata(MODEL, self.model().name());
        weights.set_metadata(DIM, self.dim().to_string());
        weights.set_metadata(CONFIG, config);
        if !self.is_empty() {
            let shape = [self.len(), self.store.dim()];
            weights.insert(CODES, &shape, self.store.to_host()?);
        }
        weights.write(path)
    }

    /// Of a memory without a model; [`SelfCalibratingMemory::load_with`] takes one.
    fn load(path: &Path, device: &Device) -> Result<Self> {
        let weights = Weights::read(path)?;
        let dim = weights.metadata(DIM).and_then(|dim| dim.parse().ok());
        let Some(dim) = dim.filter(|dim| *dim > 0) else {
            return Err(weights.fail("expected a self-calibrating memory, found no width"));
        };
        Self::load_with(path, Arc::new(Identity::new(dim)?), device)
    }
}
