//! What memories in files are made of: configurations, stored patterns, sections within sections.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::Weights;
use super::array::Array;
use crate::kernel::{PatternIds, PatternStore};
use crate::options::Options;
use crate::{Error, Result};

const CONFIG: &str = "config";
/// Sections within one another: four is the most that this library writes.
const DEEPEST: usize = 16;

impl Weights {
    /// Puts a configuration into the metadata, as TOML under `config`.
    ///
    /// # Errors
    /// [`Error::Config`] for what TOML does not hold: whole numbers above 9223372036854775807.
    pub fn set_config<T: Serialize>(&mut self, config: &T) -> Result<()> {
        let table = Options::try_from(config).map_err(|error| {
            let rule = "must be a table of what TOML holds";
            Error::config("a configuration in a file", rule, error)
        })?;
        self.set_metadata(CONFIG, table.to_string());
        Ok(())
    }

    /// The configuration of [`Self::set_config`] as a table.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing or no table.
    pub fn options(&self) -> Result<Options> {
        let text = self.metadata(CONFIG).ok_or_else(|| {
            let reason = "expected a configuration (metadata `config`), found none";
            self.fail(reason)
        })?;
        let table = text.parse::<Options>();
        table.map_err(|error| self.fail(format!("the configuration: {}", error.message())))
    }

    /// The configuration of [`Self::set_config`].
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing or another.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T> {
        let table = toml::Value::Table(self.options()?);
        let config: Result<T, toml::de::Error> = table.try_into();
        config.map_err(|error| self.fail(format!("the configuration: {}", error.message())))
    }

    /// Adds everything that a store keeps, its patterns as `name [n, d]`.
    ///
    /// # Errors
    /// [`Error::Device`] if they cannot be read back.
    pub fn insert_store(&mut self, name: &str, store: &PatternStore) -> Result<()> {
        self.insert(name, &[store.len(), store.dim()], store.to_host()?);
        store.ids().write_to(self, name)
    }

    /// The store of [`Self::insert_store`]. Files from before there was a format number may lack it: then it is
    /// empty.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing, of another width or holds other than finite numbers.
    pub fn store(&self, name: &str, dim: usize, device: &Device) -> Result<PatternStore> {
        let mut store = PatternStore::new(dim, device).map_err(|error| self.refuse(error))?;
        if let Some(patterns) = self.rows(name, dim, device)? {
            store.push(patterns).map_err(|error| self.refuse(error))?;
        }
        let ids = PatternIds::read_from(self, name, store.len())?;
        Ok(store.with_ids(ids))
    }

    /// Rows `name [n, dim]`, none if n is 0 or the tensor is absent from a file without a format number.
    ///
    /// # Errors
    /// As [`Self::store`].
    pub fn rows(&self, name: &str, dim: usize, device: &Device) -> Result<Option<Tensor<2>>> {
        let Some((rows, values)) = self.host_rows(name, dim)? else {
            return Ok(None);
        };
        let data = TensorData::new(values.to_vec(), [rows, dim]);
        Ok(Some(Tensor::from_data(data, device)))
    }

    /// [`Self::rows`] as they are in host memory, with their number.
    ///
    /// # Errors
    /// As [`Self::store`].
    pub fn host_rows(&self, name: &str, dim: usize) -> Result<Option<(usize, &[f32])>> {
        if self.unversioned && !self.contains(name) {
            return Ok(None);
        }
        match *self.shape(name)? {
            [0, width] if width == dim => Ok(None),
            [rows, width] if width == dim => Ok(Some((rows, self.values(name)?))),
            ref found => Err(self.fail(format!(
                "`{name}`: expected shape [n, {dim}], found {found:?}"
            ))),
        }
    }

    /// Puts everything that `section` holds under `name/`.
    pub fn insert_section(&mut self, name: &str, section: Self) {
        let own = |key: String| format!("{name}/{key}");
        let tensors = section.tensors.into_iter();
        self.tensors.extend(tensors.map(|(key, to)| (own(key), to)));
        let metadata = section.metadata.into_iter();
        self.metadata
            .extend(metadata.map(|(key, to)| (own(key), to)));
    }

    /// What is under `name/`. Its errors say where in the file it is.
    ///
    /// # Errors
    /// [`Error::Weights`] if there is nothing, or if it is the seventeenth section within another: what is loaded section by
    /// section must not be led ever deeper.
    pub fn section(&self, name: &str) -> Result<Self> {
        let outer = self.within.split('/').filter(|outer| !outer.is_empty());
        if outer.count() >= DEEPEST {
            return Err(self.fail(format!(
                "expected at most {DEEPEST} sections within one another, found `{name}` below them"
            )));
        }
        let prefix = format!("{name}/");
        let own = |key: &str| key.strip_prefix(&prefix).map(ToOwned::to_owned);
        let tensors = self.tensors.iter();
        let metadata = self.metadata.iter();
        let section = Self {
            path: self.path.clone(),
            tensors: tensors
                .filter_map(|(key, array)| Some((own(key)?, Arc::clone(array))))
                .collect(),
            metadata: metadata
                .filter_map(|(key, text)| Some((own(key)?, text.clone())))
                .collect(),
            within: match self.within.as_str() {
                "" => name.to_owned(),
                within => format!("{within}/{name}"),
            },
            unversioned: self.unversioned,
        };
        match section.tensors.is_empty() && section.metadata.is_empty() {
            true => Err(self.fail(format!("expected a section `{name}`, found none"))),
            false => Ok(section),
        }
    }

    /// Removes what is under `name/`.
    pub(crate) fn remove_section(&mut self, name: &str) {
        let prefix = format!("{name}/");
        self.tensors.retain(|key, _| !key.starts_with(&prefix));
        self.metadata.retain(|key, _| !key.starts_with(&prefix));
    }

    /// SHA-256 of everything but the metadata `except`, in hexadecimal: of names, types, shapes and bytes of the
    /// tensors and of keys and values of the metadata, each in the order of their names.
    ///
    /// # Errors
    /// [`Error::Weights`] for tensors of a type that this library does not write.
    pub fn digest(&self, except: &str) -> Result<String> {
        let mut hash = Sha256::new();
        let text = |hash: &mut Sha256, text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        let metadata = self.metadata.iter().filter(|(key, _)| *key != except);
        for (key, value) in metadata {
            hash.update(b"m");
            text(&mut hash, key);
            text(&mut hash, value);
        }
        for (name, array) in &self.tensors {
            hash.update(b"t");
            text(&mut hash, name);
            text(&mut hash, array.kind());
            hash.update((array.shape.len() as u64).to_le_bytes());
            for axis in &array.shape {
                hash.update((*axis as u64).to_le_bytes());
            }
            let fed = array.feed(&mut |bytes| hash.update(bytes));
            fed.map_err(|reason| self.fail(format!("`{name}`: {reason}")))?;
        }
        let digits = hash.finalize();
        Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Refuses a configuration that asks for an array of more numbers than the whole file has, before memory is taken for it;
    /// `sides` are those of the array, `what` is what it holds.
    ///
    /// # Errors
    /// [`Error::Weights`] naming both.
    pub fn require_room(&self, what: &str, sides: &[usize]) -> Result<()> {
        let wanted = sides.iter().copied().fold(1, usize::saturating_mul);
        let count = |array: &Arc<Array>| array.shape.iter().product::<usize>();
        let found: usize = self.tensors.values().map(count).sum();
        match wanted <= found {
            true => Ok(()),
            false => Err(self.fail(format!(
                "the configuration: expected {what} among the {found} numbers of the file, found the size {sides:?}"
            ))),
        }
    }

    /// What a part says of a file that does not fit it, with the file's name.
    pub fn refuse(&self, error: Error) -> Error {
        match error {
            Error::Weights { .. } => error,
            other => self.fail(other.to_string()),
        }
    }

    pub(crate) fn mark_unversioned(&mut self) {
        self.unversioned = true;
    }

    /// Whether the file is from before files of memories had a format number.
    pub fn is_unversioned(&self) -> bool {
        self.unversioned
    }
}
