//! Which kinds there are, and what makes each of them from a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;

use super::Restore;
use super::envelope::{self, BY_HASH, HASH, KIND, NAME};
use crate::memory::registry::BoxedMemory;
use crate::observation::OBSERVATIONS;
use crate::weights::Weights;
use crate::{
    AssociativeMemory, GenerativeModel, Inference, Layer, MemoryPrior, ObservationModel, Result,
    model,
};

/// Makes a part of one kind from its section of a file.
pub type LoadPart<T> = Arc<dyn Fn(&Weights, &Loading<'_>) -> Result<T> + Send + Sync>;

type Table<T> = BTreeMap<String, LoadPart<T>>;

/// The kinds of memories and of their parts that can be loaded.
#[derive(Clone)]
pub struct Loaders {
    memories: Table<BoxedMemory>,
    models: Table<Arc<dyn GenerativeModel>>,
    observations: Table<Box<dyn ObservationModel>>,
    priors: Table<Box<dyn MemoryPrior>>,
    inferences: Table<Box<dyn Inference>>,
    layers: Table<Box<dyn Layer>>,
    /// Models by their hash, for files that name them so.
    given: BTreeMap<String, Arc<dyn GenerativeModel>>,
}

impl std::fmt::Debug for Loaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaders")
            .field("memories", &self.memories.keys())
            .field("models", &self.models.keys())
            .field("observations", &self.observations.keys())
            .field("priors", &self.priors.keys())
            .field("inferences", &self.inferences.keys())
            .field("layers", &self.layers.keys())
            .field("given", &self.given)
            .finish()
    }
}

/// A file being loaded: the device, and what loads sections.
#[derive(Debug, Clone, Copy)]
pub struct Loading<'a> {
    loaders: &'a Loaders,
    device: &'a Device,
}

/// For each axis: how a kind is added, and how a section is loaded.
macro_rules! axes {
    ($($what:literal, $table:ident, $load:ident, $add:ident, $add_with:ident, $trait:ident, $pointer:ident;)*) => {
        impl Loaders {
            $(
                #[doc = concat!("Adds a kind of ", $what, " that is made from files; one of the same name is replaced.")]
                pub fn $add<T: $trait + Restore + 'static>(&mut self) -> &mut Self {
                    self.$add_with(T::KIND, |file, loading| {
                        Ok($pointer::new(T::restore(file, loading)?))
                    })
                }

                #[doc = concat!("Adds a kind of ", $what, " by what makes it; one of the same name is replaced.")]
                pub fn $add_with(
                    &mut self,
                    kind: &str,
                    load: impl Fn(&Weights, &Loading<'_>) -> Result<$pointer<dyn $trait>> + Send + Sync + 'static,
                ) -> &mut Self {
                    self.$table.insert(kind.to_owned(), Arc::new(load));
                    self
                }
            )*
        }

        impl Loading<'_> {
            $(
                #[doc = concat!("The ", $what, " of a section, or of a whole file.")]
                ///
                /// # Errors
                /// [`crate::Error::Weights`] naming the file and what does not fit: a kind that is not known here, with
                /// those that are, or a content that is not of its kind.
                pub fn $load(&self, file: &Weights) -> Result<$pointer<dyn $trait>> {
                    find($what, stringify!($add), &self.loaders.$table, file)?(file, self)
                }
            )*
        }
    };
}

axes! {
    "memory", memories, memory, add_memory, add_memory_with, AssociativeMemory, Box;
    "generative model", models, stored_model, add_model, add_model_with, GenerativeModel, Arc;
    "observation model", observations, observation, add_observation, add_observation_with, ObservationModel, Box;
    "prior", priors, prior, add_prior, add_prior_with, MemoryPrior, Box;
    "inference", inferences, inference, add_inference, add_inference_with, Inference, Box;
    "layer", layers, layer, add_layer, add_layer_with, Layer, Box;
}

fn find<'a, T>(
    what: &str,
    add: &str,
    table: &'a Table<T>,
    file: &Weights,
) -> Result<&'a LoadPart<T>> {
    let found = file.metadata(KIND);
    let load = match found {
        Some(kind) => table.get(kind),
        None => {
            let old = table.iter().find(|(kind, _)| envelope::was(file, kind));
            old.map(|(_, load)| load)
        }
    };
    load.ok_or_else(|| {
        let known: Vec<&str> = table.keys().map(String::as_str).collect();
        let known = known.join(", ");
        file.fail(match found {
            Some(kind) => format!(
                "expected a kind of {what} that is known here ({known}), found `{kind}`: what others made is added by \
                 `Loaders::{add}`"
            ),
            None => format!("expected a {what} that this library saved (metadata `{KIND}`: {known}), found none"),
        })
    })
}

impl Default for Loaders {
    fn default() -> Self {
        Self::new()
    }
}

impl Loaders {
    /// What this crate brings: models without weights, observation models.
    pub fn new() -> Self {
        let mut loaders = Self {
            memories: Table::new(),
            models: Table::new(),
            observations: Table::new(),
            priors: Table::new(),
            inferences: Table::new(),
            layers: Table::new(),
            given: BTreeMap::new(),
        };
        loaders
            .add_model::<model::Identity>()
            .add_model::<model::Signs>();
        for entry in OBSERVATIONS {
            loaders.add_observation_with(entry.name, |file, _| {
                let built = (entry.build)(&file.options()?);
                built.map_err(|error| file.refuse(error))
            });
        }
        loaders
    }

    /// Gives a model for files that name it by its hash ([`super::save_by_hash`]).
    ///
    /// # Errors
    /// [`crate::Error::Unsupported`] if it has no form in files, and so no hash.
    pub fn give_model(&mut self, model: Arc<dyn GenerativeModel>) -> Result<&mut Self> {
        let section = super::section_of("the model", model.name(), model.as_persist())?;
        self.given.insert(envelope::hash_of(&section)?, model);
        Ok(self)
    }

    /// Reads whatever memory `path` holds.
    ///
    /// # Errors
    /// As [`super::open`]; [`crate::Error::Weights`] for a kind that is not known here, or a content that does not
    /// fit it.
    pub fn load(&self, path: &Path, device: &Device) -> Result<BoxedMemory> {
        Loading::new(self, device).memory(&super::open(path)?)
    }
}

impl<'a> Loading<'a> {
    /// With these kinds, onto that device.
    pub fn new(loaders: &'a Loaders, device: &'a Device) -> Self {
        Self { loaders, device }
    }

    /// Where what is loaded will live.
    pub fn device(&self) -> &'a Device {
        self.device
    }

    /// The generative model of a section: in the file, or given and named there by its hash.
    ///
    /// # Errors
    /// As [`Loading::stored_model`]; [`crate::Error::Weights`] if no model with that hash was given.
    pub fn model(&self, file: &Weights) -> Result<Arc<dyn GenerativeModel>> {
        if file.metadata(KIND) != Some(BY_HASH) {
            return self.stored_model(file);
        }
        let hash = file.metadata(HASH).unwrap_or_default();
        let given = self.loaders.given.get(hash).cloned();
        given.ok_or_else(|| {
            let name = file.metadata(NAME).unwrap_or_default();
            let found: Vec<&str> = self.loaders.given.keys().map(String::as_str).collect();
            let found = match found.as_slice() {
                [] => "none".to_owned(),
                some => some.join(", "),
            };
            file.fail(format!(
                "expected the model `{name}` with the hash {hash} among those given by `Loaders::give_model`, found \
                 {found}"
            ))
        })
    }
}
