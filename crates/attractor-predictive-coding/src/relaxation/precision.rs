//! Numbers that tensors are made of.

use attractor_core::{Error, Result, check};
use burn::tensor::{DType, Device, FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// Numbers that values and weights are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Single.
    #[default]
    F32,
    /// Double; not on every GPU.
    F64,
}

impl Precision {
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F64 => DType::F64,
        }
    }

    /// Whether the device has such numbers.
    pub(crate) fn check(self, device: &Device) -> Result<()> {
        if device.supports_dtype(self.dtype()) {
            return Ok(());
        }
        Err(Error::Unsupported {
            what: "double precision",
            capability: "64-bit floating-point numbers",
            part: format!("the device {device:?}"),
        })
    }

    /// What tensors are cast to.
    pub(crate) fn float(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::F64 => FloatDType::F64,
        }
    }

    /// Rows `[n, width]` of a batch, checked and in this precision.
    pub(crate) fn rows(
        self,
        what: &'static str,
        batch: Tensor<2>,
        width: usize,
    ) -> Result<Tensor<2>> {
        check::shape(what, &batch, width)?;
        let batch = batch.without_autodiff().cast(self.float());
        check::batch(what, &batch, width)?;
        Ok(batch)
    }

    /// Known entries of cues `[rows, width]`, checked and in this precision.
    pub(crate) fn mask(self, known: Tensor<2>, shape: [usize; 2]) -> Result<Tensor<2>> {
        check::known(&known, shape)?;
        Ok(known.without_autodiff().cast(self.float()))
    }
}
