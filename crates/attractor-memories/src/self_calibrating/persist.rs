//! To and from files.

use std::path::Path;
use std::sync::Arc;

use attractor_core::file::{self, Loading};
use attractor_core::model::Identity;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, GenerativeModel, Persist, Restore, Result};
use burn::tensor::Device;

use super::calibration::Calibration;
use super::model::LEAST;
use super::{SelfCalibratingConfig, SelfCalibratingMemory};

const CODES: &str = "codes";
const MODEL: &str = "model";
const DIM: &str = "dim";
const CALIBRATION: &str = "calibration";
/// What every calibration in a file has.
const MEASURED: &str = "calibration/stored";

impl SelfCalibratingMemory {
    /// A memory from a file, on the model that its codes are of: the very one, which the file knows by the hash of
    /// its content (files without a format number: by its name).
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] naming the file and what does not fit: another kind of memory or model,
    /// codes of another width.
    pub fn load_with(
        path: &Path,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<Self> {
        let file = file::open(path)?;
        Self::check(&file)?;
        Self::check_dim(&file, &*model)?;
        let differ = |expected: &str, found: &str| {
            file.fail(format!(
                "expected the {MODEL} `{expected}`, found `{found}`"
            ))
        };
        if file.is_unversioned() {
            let found = file.metadata(MODEL).unwrap_or("none");
            return match found == model.name() {
                true => Self::on(model, &file, device),
                false => Err(differ(model.name(), found)),
            };
        }
        let own = file::section_of("the model", model.name(), model.as_persist())?;
        let section = file.section(MODEL)?;
        let own = file::hash_of(&own)?;
        let named = section.metadata("hash").map(ToOwned::to_owned);
        let found = named.map_or_else(|| file::hash_of(&section), Ok)?;
        match own == found {
            true => Self::on(model, &file, device),
            false => Err(differ(&own, &found)),
        }
    }

    fn check_dim(file: &Weights, model: &dyn GenerativeModel) -> Result<()> {
        let (expected, found) = (model.data_dim(), file.metadata(DIM).unwrap_or("none"));
        match found == expected.to_string() {
            true => Ok(()),
            false => Err(file.fail(format!("expected the {DIM} `{expected}`, found `{found}`"))),
        }
    }

    /// Refuses files of another kind.
    fn check(file: &Weights) -> Result<()> {
        let kind = file.metadata("kind").or(file.metadata("system"));
        match kind.unwrap_or("none") {
            Self::KIND => Ok(()),
            found => {
                let expected = Self::KIND;
                Err(file.fail(format!("expected the kind `{expected}`, found `{found}`")))
            }
        }
    }

    fn on(model: Arc<dyn GenerativeModel>, file: &Weights, device: &Device) -> Result<Self> {
        Self::check_dim(file, &*model)?;
        let config: SelfCalibratingConfig = file.config()?;
        let made = config.with_model(model, device);
        let mut memory = made.map_err(|error| file.refuse(error))?;
        memory.store = file.store(CODES, memory.store.dim(), device)?;
        if file.contains(MEASURED) && memory.len() >= LEAST {
            let saved = Calibration::unpack(&file.section(CALIBRATION)?)?;
            if let Some(saved) = saved
                && saved.agrees(&memory.probe()?)
            {
                memory.calibration = saved.into();
            }
        }
        Ok(memory)
    }
}

/// The calibration follows from the rest: a file has it if it had been measured, and else it is when it is asked for.
impl Persist for SelfCalibratingMemory {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn savable(&self) -> Result<()> {
        let model = self.model();
        file::savable("the model", model.name(), model.as_persist()).map(|_| ())
    }

    fn pack(&self) -> Result<Weights> {
        let mut whole = Weights::new();
        whole.set_config(self.config())?;
        whole.set_metadata(DIM, self.dim().to_string());
        whole.insert_store(CODES, &self.store)?;
        let model = self.model();
        let section = file::section_of("the model", model.name(), model.as_persist())?;
        whole.insert_section(MODEL, section);
        if let Some(measured) = self.calibration.get() {
            whole.insert_section(CALIBRATION, measured.pack());
        }
        Ok(whole)
    }
}

impl Restore for SelfCalibratingMemory {
    const KIND: &'static str = "self-calibrating";

    /// Files without a format number name their model and do not hold it: [`SelfCalibratingMemory::load_with`]
    /// takes one, and without it the codes have to be the data.
    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        if !file.is_unversioned() {
            let model = loading.model(&file.section(MODEL)?)?;
            return Self::on(model, file, loading.device());
        }
        let dim = file.metadata(DIM).and_then(|dim| dim.parse().ok());
        let Some(dim) = dim.filter(|dim| *dim > 0) else {
            return Err(file.fail("expected a self-calibrating memory, found no width"));
        };
        let model = Identity::new(dim)?;
        match file.metadata(MODEL) {
            Some(name) if name == model.name() => Self::on(Arc::new(model), file, loading.device()),
            found => {
                let found = found.unwrap_or("none");
                Err(file.fail(format!(
                    "expected the {MODEL} `identity`, found `{found}`, which is not in the file: \
                     `SelfCalibratingMemory::load_with` takes it"
                )))
            }
        }
    }
}
