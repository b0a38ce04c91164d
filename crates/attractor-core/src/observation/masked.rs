//! Any observation model, restricted to known entries.

use burn::tensor::Tensor;

use super::ObservationModel;
use crate::{Error, Result};

/// Counts the entries where `known` is 1 and ignores those where it is 0.
#[derive(Debug)]
pub struct Masked {
    inner: Box<dyn ObservationModel>,
    known: Tensor<2>,
}

impl Masked {
    /// `inner` on the entries where `known [b, d]` is 1, for the `b` cues of one read.
    ///
    /// # Errors
    /// [`Error::Config`] if `known` holds other numbers than 0 and 1.
    pub fn new(inner: Box<dyn ObservationModel>, known: Tensor<2>) -> Result<Self> {
        let values = crate::check::to_host(known.clone())?;
        match values.iter().find(|&&value| value != 0.0 && value != 1.0) {
            Some(found) => Err(Error::config("known", "must hold 0 and 1 only", found)),
            None => Ok(Self { inner, known }),
        }
    }
}

impl ObservationModel for Masked {
    fn name(&self) -> &'static str {
        "masked"
    }

    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
        // An unknown entry is taken to be observed exactly as decoded: every rho(0) is 0.
        self.inner
            .energy(cues, self.agree_where_unknown(cues, decoded))
    }

    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
        self.inner.gradient(cues, decoded) * self.known.clone()
    }

    fn known(&self) -> Option<&Tensor<2>> {
        Some(&self.known)
    }

    fn boxed(&self) -> Box<dyn ObservationModel> {
        Box::new(Self {
            inner: self.inner.boxed(),
            known: self.known.clone(),
        })
    }
}

impl Masked {
    fn agree_where_unknown(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
        cues.clone() + (decoded - cues.clone()) * self.known.clone()
    }
}
