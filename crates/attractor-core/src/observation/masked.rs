//! Any observation model, restricted to known entries.

use burn::tensor::Tensor;

use super::ObservationModel;
use crate::{Result, check};

/// Counts the entries where `known` is 1 and ignores those where it is 0.
#[derive(Debug)]
pub struct Masked {
    inner: Box<dyn ObservationModel>,
    known: Tensor<2>,
}

impl Masked {
    /// `inner` on the entries where `known` is 1, for the cues of one read, which have that shape.
    ///
    /// # Errors
    /// As [`check::known`].
    pub fn new(
        inner: Box<dyn ObservationModel>,
        known: Tensor<2>,
        cues: [usize; 2],
    ) -> Result<Self> {
        check::known(&known, cues)?;
        Ok(Self { inner, known })
    }
}

impl ObservationModel for Masked {
    fn name(&self) -> &'static str {
        "masked"
    }

    fn check(&self, dim: usize) -> Result<()> {
        self.inner.check(dim)
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
