//! Files of memories with a state of their own: a header of the system that wrote them and arrays of
//! either precision, bit by bit.

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

/// What a file holds of the memory: the header under the name of the system, and arrays.
///
/// # Errors
/// [`attractor_core::Error::Device`] if tensors cannot be read back.
pub(crate) fn pack<M: Stored>(memory: &M) -> Result<Weights> {
    let mut arrays = Weights::new();
    memory.add_arrays(&mut arrays)?;
    let header = serde_json::to_string(&memory.header());
    let header = header.map_err(|error| arrays.fail(error.to_string()))?;
    arrays.set_metadata(M::SYSTEM, header);
    Ok(arrays)
}

/// The memory of what [`pack`] gave.
///
/// # Errors
/// [`attractor_core::Error::Weights`] naming what does not fit.
pub(crate) fn restore<M: Stored>(file: &Weights, device: &Device) -> Result<M> {
    let system = M::SYSTEM;
    let text = file.metadata(system).ok_or_else(|| {
        file.fail(format!(
            "expected the configuration of `{system}`, found none"
        ))
    })?;
    let header = serde_json::from_str(text)
        .map_err(|error| file.fail(format!("the configuration of `{system}`: {error}")))?;
    M::restored(file, header, device)
}

/// Implements `Persist` and `Restore` for a [`Stored`] memory.
macro_rules! persists {
    ($memory:ty) => {
        impl attractor_core::Persist for $memory {
            fn kind(&self) -> &'static str {
                <Self as $crate::files::Stored>::SYSTEM
            }

            fn pack(&self) -> attractor_core::Result<attractor_core::weights::Weights> {
                $crate::files::pack(self)
            }
        }

        impl attractor_core::Restore for $memory {
            const KIND: &'static str = <Self as $crate::files::Stored>::SYSTEM;

            fn restore(
                file: &attractor_core::weights::Weights,
                loading: &attractor_core::file::Loading<'_>,
            ) -> attractor_core::Result<Self> {
                $crate::files::restore(file, loading.device())
            }
        }
    };
}

pub(crate) use persists;

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
