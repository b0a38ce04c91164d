//! Files of memories with a state of their own: `attractor_core::weights`, with a header of the system
//! that wrote them and matrices of either precision, bit by bit.

use std::path::Path;

use attractor_core::weights::Weights;
use attractor_core::{Result, check};
use burn::tensor::{DType, Device, Tensor, TensorData};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Adds a tensor in its own precision.
///
/// # Errors
/// [`attractor_core::Error::Device`] if it cannot be read back.
pub(crate) fn add_tensor(weights: &mut Weights, name: &str, tensor: &Tensor<2>) -> Result<()> {
    let shape = tensor.dims();
    if tensor.dtype() == DType::F64 {
        weights.insert_doubles(name, &shape, host(tensor)?);
    } else {
        weights.insert(name, &shape, check::to_host(tensor.clone())?);
    }
    Ok(())
}

/// Writes the file atomically, with `header` under the name `system`.
///
/// # Errors
/// [`attractor_core::Error::Weights`] if it cannot be written.
pub(crate) fn save<H: Serialize>(
    mut weights: Weights,
    path: &Path,
    system: &str,
    header: &H,
) -> Result<()> {
    weights.path = path.into();
    let header = serde_json::to_string(header).map_err(|error| weights.fail(error.to_string()))?;
    weights.set_metadata(system, header);
    weights.write(path)
}

/// Arrays of a file and the header that `system` wrote into it.
///
/// # Errors
/// [`attractor_core::Error::Weights`] if it is another system's file, or none.
pub(crate) fn open<H: DeserializeOwned>(path: &Path, system: &str) -> Result<(Weights, H)> {
    let weights = Weights::read(path)?;
    let text = weights.metadata(system);
    let text =
        text.ok_or_else(|| weights.fail(format!("expected the system `{system}`, found another")))?;
    let header = serde_json::from_str(text)
        .map_err(|error| weights.fail(format!("the configuration of `{system}`: {error}")))?;
    Ok((weights, header))
}

/// A finite matrix of exactly that shape, in that precision.
///
/// # Errors
/// As [`Weights::check`].
pub(crate) fn tensor(
    weights: &Weights,
    name: &str,
    shape: [usize; 2],
    dtype: DType,
    device: &Device,
) -> Result<Tensor<2>> {
    if dtype == DType::F64 {
        let data = TensorData::new(weights.doubles(name, &shape)?, shape);
        return Ok(Tensor::from_data(data, (device, dtype)));
    }
    weights.check(name, &shape)?;
    let data = TensorData::new(weights.values(name)?.to_vec(), shape);
    Ok(Tensor::from_data(data, (device, dtype)))
}

/// Reads a tensor back in double precision.
///
/// # Errors
/// [`attractor_core::Error::Device`] if it cannot be read back.
pub(crate) fn host<const D: usize>(tensor: &Tensor<D>) -> Result<Vec<f64>> {
    let values = tensor.clone().try_into_vec_as::<f64>();
    values.map_err(|error| attractor_core::Error::Device(error.to_string()))
}
