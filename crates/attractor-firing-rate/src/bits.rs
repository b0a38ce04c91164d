//! Data as bits, and rates as data.

use attractor_core::error::require_nonzero;
use attractor_core::file::Loading;
use attractor_core::model::Posterior;
use attractor_core::weights::Weights;
use attractor_core::{Error, GenerativeModel, Persist, Restore, Result};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// What stands between data of any range and a memory of bits: a code is 1 where an entry lies above a
/// threshold and 0 elsewhere, and rates decode to 1 and 0 at a threshold of their own.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bits {
    dim: usize,
    data: f64,
    rates: f64,
}

impl Bits {
    /// # Errors
    /// [`Error::Config`] if `dim` is 0 or the threshold of the data is not finite.
    pub(crate) fn new(dim: usize, data: f64, rates: f64) -> Result<Self> {
        require_nonzero("Bits.dim", dim)?;
        match data.is_finite() {
            true => Ok(Self { dim, data, rates }),
            false => Err(Error::config("threshold", "must be finite", data)),
        }
    }
}

impl GenerativeModel for Bits {
    fn name(&self) -> &'static str {
        "bits"
    }

    fn data_dim(&self) -> usize {
        self.dim
    }

    fn latent_dim(&self) -> usize {
        self.dim
    }

    /// Entry by entry: a known pixel is a known unit.
    fn codes_are_data(&self) -> bool {
        true
    }

    /// The variance is 1, which nothing reads.
    fn encode(&self, data: Tensor<2>) -> Posterior {
        let mean = data.greater_elem(self.data).float();
        Posterior {
            log_variance: mean.zeros_like(),
            mean,
        }
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        codes.greater_elem(self.rates).float()
    }

    /// A threshold has no slope.
    fn pull_back(
        &self,
        codes: Tensor<2>,
        _: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let gradient = codes.zeros_like();
        (self.decode(codes), gradient)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Persist for Bits {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.set_config(self)?;
        Ok(file)
    }
}

impl Restore for Bits {
    const KIND: &'static str = "bits";

    fn restore(file: &Weights, _: &Loading<'_>) -> Result<Self> {
        let Self { dim, data, rates } = file.config()?;
        Self::new(dim, data, rates).map_err(|error| file.refuse(error))
    }
}
