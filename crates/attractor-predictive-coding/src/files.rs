//! Files of memories with a state of their own: a header of the system that wrote them and arrays of
//! either precision, bit by bit.

use std::path::Path;

use attractor_core::Result;
use attractor_core::weights::Weights;
use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::linalg::Mat;

/// A memory that goes to a file and back.
pub(crate) trait Stored: Sized {
    /// Under what name.
    const SYSTEM: &'static str;

    /// What is not an array.
    type Header: Serialize + DeserializeOwned;

    fn header(&self) -> Self::Header;

    /// # Errors
    /// [`attractor_core::Error::Device`] if tensors cannot be read back.
    fn add_arrays(&self, arrays: &mut Weights) -> Result<()>;

    /// The memory of a file, whose header was read.
    ///
    /// # Errors
    /// [`attractor_core::Error::Weights`] naming what does not fit.
    fn restored(file: &Weights, header: Self::Header, device: &Device) -> Result<Self>;
}

/// Writes the file atomically.
///
/// # Errors
/// [`attractor_core::Error::Weights`] if it cannot be written.
pub(crate) fn save<M: Stored>(memory: &M, path: &Path) -> Result<()> {
    let mut arrays = Weights::new();
    memory.add_arrays(&mut arrays)?;
    arrays.path = path.into();
    let header = serde_json::to_string(&memory.header());
    let header = header.map_err(|error| arrays.fail(error.to_string()))?;
    arrays.set_metadata(M::SYSTEM, header);
    arrays.write(path)
}

/// Reads a file that [`save`] wrote.
///
/// # Errors
/// [`attractor_core::Error::Weights`] if it is another system's file, or none, or damaged.
pub(crate) fn load<M: Stored>(path: &Path, device: &Device) -> Result<M> {
    let (file, system) = (Weights::read(path)?, M::SYSTEM);
    let text = file
        .metadata(system)
        .ok_or_else(|| file.fail(format!("expected the system `{system}`, found another")))?;
    let header = serde_json::from_str(text)
        .map_err(|error| file.fail(format!("the configuration of `{system}`: {error}")))?;
    M::restored(&file, header, device)
}

/// Adds a matrix.
pub(crate) fn add_mat(arrays: &mut Weights, name: impl Into<String>, mat: &Mat) {
    arrays.insert_doubles(name, &[mat.rows, mat.cols], mat.data.clone());
}

/// A finite matrix of exactly that shape.
///
/// # Errors
/// As [`Weights::doubles`].
pub(crate) fn mat(file: &Weights, name: &str, shape: [usize; 2]) -> Result<Mat> {
    let values = file.doubles(name, &shape)?;
    Ok(Mat::new(shape[0], shape[1], values))
}
