//! Lists of memories by name. Each crate of memories exports one; a catalogue joins them.

use std::sync::Arc;

use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::Identity;
use crate::options::{Options, fill};
use crate::{AssociativeMemory, Error, GenerativeModel, Result};

/// What a memory is built on.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where it lives.
    pub device: Device,
    /// The representation; [`Identity`] for pixels and other vectors.
    pub model: Arc<dyn GenerativeModel>,
    /// A separately trained autoencoder, for a memory that asks for one.
    pub autoencoder: Option<Arc<dyn GenerativeModel>>,
}

impl Context {
    /// Without a representation: rows of `dim` numbers.
    ///
    /// # Errors
    /// [`Error::Config`] if `dim` is 0.
    pub fn pixels(dim: usize, device: &Device) -> Result<Self> {
        Ok(Self::codes(Arc::new(Identity::new(dim)?), device))
    }

    /// With a generative model.
    pub fn codes(model: Arc<dyn GenerativeModel>, device: &Device) -> Self {
        Self {
            device: device.clone(),
            model,
            autoencoder: None,
        }
    }
}

/// A memory, whatever it is.
pub type BoxedMemory = Box<dyn AssociativeMemory>;

/// How the memory of an entry is made from its options.
#[derive(Debug, Clone, Copy)]
pub enum BuildMemory {
    /// Over rows of some width. With a representation these are codes: the catalogue puts the memory
    /// behind the model.
    OfCodes(fn(&Options, usize, &Device) -> Result<BoxedMemory>),
    /// Over data: it sees the model.
    OfData(fn(&Options, &Context) -> Result<BoxedMemory>),
}

/// A memory by name.
#[derive(Debug, Clone, Copy)]
pub struct MemoryEntry {
    /// Key in experiment files.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Where it is from: authors, year, title or place.
    pub citation: &'static str,
    /// Every option with its default.
    pub defaults: fn() -> Options,
    /// Builds it.
    pub build: BuildMemory,
}

/// The defaults of a configuration as a table, without `dim`, which follows from the data.
pub fn defaults<T: Serialize>(config: T) -> Options {
    // A configuration that is no table has no options.
    let mut table = Options::try_from(config).unwrap_or_default();
    table.remove("dim");
    table
}

/// The configuration that options give in part, the rest as in `defaults`. `dim` is not an option: it
/// follows from the data.
///
/// # Errors
/// [`Error::Config`] naming the memory and the unknown key or the wrong value.
pub fn configure<T>(name: &str, defaults: T, options: &Options) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    let refuse =
        |found: &str| Error::config(WHAT, "must fit the memory", format!("{name}: {found}"));
    if options.contains_key("dim") {
        return Err(refuse("unknown field `dim`"));
    }
    let mut table = Options::try_from(defaults).map_err(|error| refuse(&error.to_string()))?;
    fill(&mut table, options.clone());
    let config: Result<T, toml::de::Error> = toml::Value::Table(table).try_into();
    config.map_err(|error| refuse(error.message()))
}

/// Takes `iterations` out of the options, for memories that count several loops at once.
///
/// # Errors
/// [`Error::Config`] unless it is a whole number.
pub fn iterations(name: &str, options: &mut Options) -> Result<Option<usize>> {
    let Some(value) = options.remove("iterations") else {
        return Ok(None);
    };
    match value
        .as_integer()
        .and_then(|number| usize::try_from(number).ok())
    {
        Some(number) => Ok(Some(number)),
        None => {
            let found = format!("{name}: iterations = {value}");
            Err(Error::config(WHAT, "must fit the memory", found))
        }
    }
}

const WHAT: &str = "memory options";
