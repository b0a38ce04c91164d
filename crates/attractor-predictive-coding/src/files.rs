//! Safetensors of single and double precision, bit by bit, for memories with a state of their own.
//!
//! `attractor_core::weights` holds `f32` alone; posteriors and networks in `f64` need both.

use std::collections::HashMap;
use std::path::Path;

use attractor_core::check;
use burn::tensor::{DType, Device, Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;

/// Named arrays on their way to a file.
#[derive(Default)]
pub(crate) struct Arrays(Vec<(String, Dtype, Vec<usize>, Vec<u8>)>);

impl Arrays {
    pub(crate) fn add(&mut self, name: &str, shape: Vec<usize>, values: &[f64]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.0
            .push((name.to_owned(), Dtype::F64, shape, bytes.collect()));
    }

    /// A tensor in its own precision.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if it cannot be read back.
    pub(crate) fn add_tensor(
        &mut self,
        name: &str,
        tensor: &Tensor<2>,
    ) -> attractor_core::Result<()> {
        let shape = tensor.dims().to_vec();
        if tensor.dtype() == DType::F64 {
            self.add(name, shape, &host(tensor)?);
            return Ok(());
        }
        let values = check::to_host(tensor.clone())?;
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.0
            .push((name.to_owned(), Dtype::F32, shape, bytes.collect()));
        Ok(())
    }

    /// Writes the file atomically, to a neighbour first, with `header` under the name `system`.
    pub(crate) fn write(&self, path: &Path, system: &str, header: String) -> Result<(), String> {
        let views = self.0.iter().map(|(name, dtype, shape, data)| {
            TensorView::new(*dtype, shape.clone(), data).map(|view| (name.as_str(), view))
        });
        let views: Vec<_> = views
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let metadata = HashMap::from([(system.to_owned(), header)]);
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| e.to_string())?;
        let partial = path.with_extension("safetensors.part");
        std::fs::write(&partial, bytes)
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|error| error.to_string())
    }
}

/// Arrays of a file and the header that `system` wrote into it.
pub(crate) fn open<'a, H: DeserializeOwned>(
    bytes: &'a [u8],
    system: &str,
) -> Result<(SafeTensors<'a>, H), String> {
    let not = |error: safetensors::SafeTensorError| format!("expected a safetensors file: {error}");
    let file = SafeTensors::deserialize(bytes).map_err(not)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(not)?;
    let text = metadata.metadata().as_ref();
    let text = text.and_then(|all| all.get(system));
    let text = text.ok_or_else(|| format!("expected the system `{system}`, found another"))?;
    let header = serde_json::from_str(text)
        .map_err(|error| format!("the configuration of `{system}`: {error}"))?;
    Ok((file, header))
}

/// A finite `f64` array of exactly that shape.
pub(crate) fn array(
    file: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f64>, String> {
    let data = bytes(file, name, shape, Dtype::F64)?;
    let (chunks, _) = data.as_chunks::<8>();
    finite(name, chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)))
}

/// A finite matrix of exactly that shape and precision.
pub(crate) fn tensor(
    file: &SafeTensors<'_>,
    name: &str,
    shape: [usize; 2],
    dtype: DType,
    device: &Device,
) -> Result<Tensor<2>, String> {
    let data = if dtype == DType::F64 {
        TensorData::new(array(file, name, &shape)?, shape)
    } else {
        let data = bytes(file, name, &shape, Dtype::F32)?;
        let (chunks, _) = data.as_chunks::<4>();
        let values = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes));
        TensorData::new(finite(name, values)?, shape)
    };
    Ok(Tensor::from_data(data, (device, dtype)))
}

/// Reads a tensor back in double precision.
///
/// # Errors
/// [`attractor_core::Error::Device`] if it cannot be read back.
pub(crate) fn host<const D: usize>(tensor: &Tensor<D>) -> attractor_core::Result<Vec<f64>> {
    let values = tensor.clone().try_into_vec_as::<f64>();
    values.map_err(|error| attractor_core::Error::Device(error.to_string()))
}

fn bytes<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    shape: &[usize],
    dtype: Dtype,
) -> Result<&'a [u8], String> {
    let view = file.tensor(name).map_err(|error| error.to_string())?;
    if view.shape() != shape || view.dtype() != dtype {
        let (found, kind) = (view.shape(), view.dtype());
        return Err(format!(
            "`{name}`: expected {dtype:?} of shape {shape:?}, found {kind:?} of shape {found:?}"
        ));
    }
    Ok(view.data())
}

fn finite<T: Copy + Into<f64>>(
    name: &str,
    values: impl Iterator<Item = T>,
) -> Result<Vec<T>, String> {
    let values: Vec<T> = values.collect();
    match values.iter().find(|&&value| !value.into().is_finite()) {
        Some(&bad) => {
            let bad: f64 = bad.into();
            Err(format!("`{name}`: expected finite numbers, found {bad}"))
        }
        None => Ok(values),
    }
}
