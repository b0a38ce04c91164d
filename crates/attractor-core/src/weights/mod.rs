//! Safetensors in and out, with errors that name the file, the tensor and both shapes.

mod array;
mod disk;
pub mod modules;
mod named;
mod parts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor, TensorData};
use safetensors::SafeTensors;

use self::array::Array;
pub use self::named::{ModulePath, Named};
use crate::{Error, Result, check};

/// Named arrays with a metadata map, as one safetensors file holds them.
///
/// Arrays are of single or double precision; half precision of a file is read as single, which holds it
/// exactly. Whoever asks for numbers gets finite ones or an error that names file and tensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// Where they came from, for messages.
    pub path: PathBuf,
    /// Shared, so that a section is no second copy.
    tensors: BTreeMap<String, Arc<Array>>,
    metadata: BTreeMap<String, String>,
    /// Of a section, where in the file it is, such as `prior`.
    within: String,
    /// Of a file from before files of memories had a format number.
    unversioned: bool,
}

impl Weights {
    /// No tensors yet.
    pub fn new() -> Self {
        Self {
            path: PathBuf::from("<memory>"),
            ..Self::default()
        }
    }

    /// Reads a file. Tensors that hold no floating-point numbers (such as batch counters) are an error for
    /// whoever asks for weights; [`Self::numbers`] has them.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file is missing, truncated or not safetensors.
    pub fn read(path: &Path) -> Result<Self> {
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let mut weights = Self::from_bytes(&bytes)
            .map_err(|reason| fail(format!("expected a safetensors file: {reason}")))?;
        weights.path = path.into();
        Ok(weights)
    }

    /// Parses the bytes of a safetensors file.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let mut weights = Self::new();
        for (name, view) in file.iter() {
            let array = Arc::new(Array::of(&view));
            weights.tensors.insert(name.to_owned(), array);
        }
        if let Some(metadata) = header.metadata() {
            weights
                .metadata
                .extend(metadata.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        Ok(weights)
    }

    /// Names of the tensors that hold floating-point numbers, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let floats = self.tensors.iter().filter(|(_, array)| array.is_float());
        floats.map(|(name, _)| name.as_str())
    }

    /// Names of all tensors, whatever they hold, sorted.
    pub fn all_names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Shape and numbers of any tensor as they are: whole numbers and truth values as doubles (exact up to
    /// 2^53), NaN and infinities included. For files that record what a program computed; what computes
    /// with numbers asks for [`Self::values`] or [`Self::doubles`], which are finite.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing or of a type that holds no numbers.
    pub fn numbers(&self, name: &str) -> Result<(&[usize], Vec<f64>)> {
        let array = self.present(name)?;
        let numbers = array.numbers();
        let numbers = numbers.map_err(|reason| self.fail(format!("`{name}`: {reason}")))?;
        Ok((&array.shape, numbers))
    }

    /// Adds an array.
    pub fn insert(&mut self, name: impl Into<String>, shape: &[usize], values: Vec<f32>) {
        let array = Arc::new(Array::single(shape, values));
        self.tensors.insert(name.into(), array);
    }

    /// Adds an array of double precision.
    pub fn insert_doubles(&mut self, name: impl Into<String>, shape: &[usize], values: Vec<f64>) {
        let array = Arc::new(Array::double(shape, values));
        self.tensors.insert(name.into(), array);
    }

    /// Adds an array of whole numbers of 64 bits, which are kept exactly.
    pub fn insert_wholes(&mut self, name: impl Into<String>, shape: &[usize], values: Vec<u64>) {
        let array = Arc::new(Array::exact(shape, values));
        self.tensors.insert(name.into(), array);
    }

    /// Adds a tensor in its own precision.
    ///
    /// # Errors
    /// [`Error::Device`] if it cannot be read back.
    pub fn insert_tensor<const D: usize>(
        &mut self,
        name: impl Into<String>,
        tensor: Tensor<D>,
    ) -> Result<()> {
        let (shape, tensor) = (tensor.dims(), tensor.without_autodiff());
        if tensor.dtype() == DType::F64 {
            self.insert_doubles(name, &shape, check::to_host_doubles(&tensor)?);
        } else {
            self.insert(name, &shape, check::to_host(tensor)?);
        }
        Ok(())
    }

    /// Metadata by key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Keys of all metadata, sorted.
    pub fn metadata_keys(&self) -> impl Iterator<Item = &str> {
        self.metadata.keys().map(String::as_str)
    }

    /// Sets metadata.
    pub fn set_metadata(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.metadata.insert(key.into(), value.into());
    }

    /// Removes a tensor; false if there was none of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        self.tensors.remove(name).is_some()
    }

    /// Whether a tensor of that name is present.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Checks that all of these tensors are present; others may be there as well.
    ///
    /// # Errors
    /// [`Error::Weights`] naming every tensor that is missing and those that nobody asked for, among
    /// which a misspelt one will be.
    pub fn require<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let names: Vec<&str> = names.into_iter().collect();
        let missing: Vec<String> = names
            .iter()
            .filter(|name| !self.contains(name))
            .map(|name| format!("`{name}`"))
            .collect();
        let expected = match missing.as_slice() {
            [] => return Ok(()),
            [one] => format!("expected a tensor {one}, which is missing"),
            several => format!("expected tensors {}, which are missing", several.join(", ")),
        };
        let others: Vec<String> = self
            .tensors
            .keys()
            .filter(|found| !names.contains(&found.as_str()))
            .map(|found| format!("`{found}`"))
            .collect();
        Err(self.fail(match others.is_empty() {
            true => expected,
            false => format!("{expected}; not asked for: {}", others.join(", ")),
        }))
    }

    /// The same arrays under other names, `(from, to)`; those not mentioned and metadata are left out.
    ///
    /// # Errors
    /// [`Error::Weights`] if one is missing.
    pub fn renamed(&self, pairs: &[(String, String)]) -> Result<Self> {
        let mut renamed = Self::new();
        renamed.path.clone_from(&self.path);
        for (from, to) in pairs {
            let array = Arc::clone(self.entry(from)?);
            renamed.tensors.insert(to.clone(), array);
        }
        Ok(renamed)
    }

    /// Shape of a tensor of floating-point numbers.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing or of another type.
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        self.entry(name).map(|array| array.shape.as_slice())
    }

    /// The precision of a tensor of floating-point numbers: double, or else single.
    ///
    /// # Errors
    /// As [`Self::shape`].
    pub fn precision(&self, name: &str) -> Result<DType> {
        Ok(match self.entry(name)?.kind() {
            "F64" => DType::F64,
            _ => DType::F32,
        })
    }

    /// Finite values of a tensor in single precision, row-major.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing, of another type, or holds numbers that are not finite in
    /// single precision.
    pub fn values(&self, name: &str) -> Result<&[f32]> {
        let values = self.entry(name)?.singles();
        values.map_err(|reason| self.fail(format!("`{name}`: {reason}")))
    }

    /// Finite values in double precision of a tensor of exactly that shape.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn doubles(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>> {
        let values = self.expect(name, shape)?.doubles();
        values.map_err(|reason| self.fail(format!("`{name}`: {reason}")))
    }

    /// Checks that there is a tensor of exactly that shape with finite numbers in single precision.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing, of another type or shape (naming both), or holds other numbers.
    pub fn check(&self, name: &str, shape: &[usize]) -> Result<()> {
        self.expect(name, shape)?;
        self.values(name).map(|_| ())
    }

    /// A tensor of exactly that shape, in single precision.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>> {
        self.expect(name, &shape)?;
        let values = self.values(name)?.to_vec();
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }

    /// A tensor of exactly that shape, in that precision: double, or else single.
    ///
    /// # Errors
    /// As [`Self::doubles`] or [`Self::check`].
    pub fn tensor_in<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        (device, dtype): (&Device, DType),
    ) -> Result<Tensor<D>> {
        let data = if dtype == DType::F64 {
            TensorData::new(self.doubles(name, &shape)?, shape)
        } else {
            self.expect(name, &shape)?;
            TensorData::new(self.values(name)?.to_vec(), shape)
        };
        Ok(Tensor::from_data(data, (device, dtype)))
    }

    /// The whole numbers of 64 bits of a tensor of exactly that shape.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing or of another type or shape.
    pub fn wholes(&self, name: &str, shape: &[usize]) -> Result<&[u64]> {
        let array = self.present(name)?;
        self.shaped(name, array, shape)?;
        let values = array.wholes();
        values.map_err(|reason| self.fail(format!("`{name}`: {reason}")))
    }

    fn expect(&self, name: &str, shape: &[usize]) -> Result<&Array> {
        let array = self.entry(name)?;
        self.shaped(name, array, shape)?;
        Ok(array)
    }

    fn shaped(&self, name: &str, array: &Array, shape: &[usize]) -> Result<()> {
        if array.shape == shape {
            return Ok(());
        }
        let found = &array.shape;
        Err(self.fail(format!(
            "`{name}`: expected shape {shape:?}, found {found:?}"
        )))
    }

    fn entry(&self, name: &str) -> Result<&Arc<Array>> {
        let array = self.present(name)?;
        match array.is_float() {
            true => Ok(array),
            false => {
                let reason = array::not_float(array.dtype());
                Err(self.fail(format!("`{name}`: {reason}")))
            }
        }
    }

    fn present(&self, name: &str) -> Result<&Arc<Array>> {
        self.tensors.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.all_names().collect();
            self.fail(format!(
                "expected a tensor `{name}`, found only: {}",
                known.join(", ")
            ))
        })
    }

    /// The error that says what is wrong with this file.
    pub fn fail(&self, reason: impl Into<String>) -> Error {
        let reason = reason.into();
        Error::Weights {
            path: self.path.clone(),
            reason: match self.within.as_str() {
                "" => reason,
                within => format!("in `{within}`: {reason}"),
            },
        }
    }
}

#[cfg(test)]
mod tests;
