//! Safetensors in and out, with errors that name the file, the tensor and both shapes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Error, Result};

/// Named `f32` arrays with a metadata map, as one safetensors file holds them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// Where they came from, for messages.
    pub path: PathBuf,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    metadata: BTreeMap<String, String>,
}

impl Weights {
    /// No tensors yet.
    pub fn new() -> Self {
        Self {
            path: PathBuf::from("<memory>"),
            ..Self::default()
        }
    }

    /// Reads a file. Tensors that are not `f32` (such as batch counters) are left out.
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
            if view.dtype() == Dtype::F32 {
                let (chunks, _) = view.data().as_chunks::<4>();
                let values = chunks
                    .iter()
                    .map(|chunk| f32::from_le_bytes(*chunk))
                    .collect();
                weights
                    .tensors
                    .insert(name.to_owned(), (view.shape().to_vec(), values));
            }
        }
        if let Some(metadata) = header.metadata() {
            weights
                .metadata
                .extend(metadata.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        Ok(weights)
    }

    /// Writes the file atomically: to a neighbour first, then renamed.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let fail = |reason: String| Error::Weights {
            path: path.into(),
            reason,
        };
        let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, (shape, values))| {
                (
                    name,
                    shape,
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                )
            })
            .collect();
        let views: Vec<(&str, TensorView<'_>)> = bytes
            .iter()
            .map(|(name, shape, data)| {
                TensorView::new(Dtype::F32, shape.to_vec(), data).map(|view| (name.as_str(), view))
            })
            .collect::<Result<_, _>>()
            .map_err(|error| fail(error.to_string()))?;
        let metadata = self
            .metadata
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let out = safetensors::serialize(views, Some(metadata))
            .map_err(|error| fail(error.to_string()))?;
        let partial = path.with_extension("safetensors.part");
        std::fs::write(&partial, out)
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|error| fail(error.to_string()))
    }

    /// Names of the tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Adds an array.
    pub fn insert(&mut self, name: impl Into<String>, shape: &[usize], values: Vec<f32>) {
        self.tensors.insert(name.into(), (shape.to_vec(), values));
    }

    /// Adds a tensor.
    ///
    /// # Errors
    /// [`Error::Device`] if it cannot be read back.
    pub fn insert_tensor<const D: usize>(
        &mut self,
        name: impl Into<String>,
        tensor: Tensor<D>,
    ) -> Result<()> {
        let shape = tensor.dims();
        self.insert(
            name,
            &shape,
            crate::check::to_host(tensor.without_autodiff())?,
        );
        Ok(())
    }

    /// Metadata by key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Sets metadata.
    pub fn set_metadata(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.metadata.insert(key.into(), value.into());
    }

    /// Whether a tensor of that name is present.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Shape of a tensor.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing.
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        self.entry(name).map(|(shape, _)| shape.as_slice())
    }

    /// Values of a tensor, row-major.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing.
    pub fn values(&self, name: &str) -> Result<&[f32]> {
        self.entry(name).map(|(_, values)| values.as_slice())
    }

    /// A tensor of exactly that shape.
    ///
    /// # Errors
    /// [`Error::Weights`] if it is missing, or naming both shapes if it has another one.
    pub fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>> {
        let (found, values) = self.entry(name)?;
        if found != &shape {
            return Err(self.fail(format!(
                "`{name}`: expected shape {shape:?}, found {found:?}"
            )));
        }
        Ok(Tensor::from_data(
            TensorData::new(values.clone(), shape),
            device,
        ))
    }

    fn entry(&self, name: &str) -> Result<&(Vec<usize>, Vec<f32>)> {
        self.tensors.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.names().collect();
            self.fail(format!(
                "expected a tensor `{name}`, found only: {}",
                known.join(", ")
            ))
        })
    }

    fn fail(&self, reason: String) -> Error {
        Error::Weights {
            path: self.path.clone(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_errors() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.safetensors");
        let mut weights = Weights::new();
        weights.insert("a", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        weights.set_metadata("spec", "x");
        weights.write(&path).unwrap();
        let back = Weights::read(&path).unwrap();
        assert_eq!(back.values("a").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(back.metadata("spec"), Some("x"));
        let device = Device::default();
        let message = back.tensor("a", [4], &device).unwrap_err().to_string();
        assert!(
            message.contains("expected shape [4], found [2, 2]"),
            "{message}"
        );
        let message = back.tensor("b", [4], &device).unwrap_err().to_string();
        assert!(
            message.contains("expected a tensor `b`, found only: a"),
            "{message}"
        );

        // Truncation and garbage are errors, never a panic.
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            assert!(Weights::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        std::fs::write(&path, b"\xff\xff\xff\xff\xff\xff\xff\xffgarbage").unwrap();
        let message = Weights::read(&path).unwrap_err().to_string();
        assert!(
            message.contains("w.safetensors: expected a safetensors file"),
            "{message}"
        );
    }
}
