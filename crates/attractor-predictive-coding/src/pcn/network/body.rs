//! The energy of the network around given data, and its gradient.

use attractor_core::Result;
use attractor_core::coding::{End, Link, Stack};
use burn::tensor::Tensor;

use super::host::Host;
use super::links::{Clamped, Dense, Sensory, TopEnd};
use crate::relaxation::{Evaluation, HostSteps, Landscape, energy, squares};

/// Blocks of hidden values, the memory layer first, between prior and data. With free entries the
/// data are a block of their own, the last.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) top: Option<TopEnd>,
    /// Between hidden layers.
    pub(crate) links: Vec<Dense>,
    pub(crate) data: Data,
    /// The same in host memory, for many steps.
    pub(crate) host: Option<Host>,
}

/// The layer of the data.
#[derive(Debug)]
pub(crate) enum Data {
    /// Clamped; the first computes what the second means.
    Clamped(Sensory, Box<Clamped>),
    /// Values that may move where the factor is 1 (everywhere without it).
    Block(Box<Dense>, Option<Box<Tensor<2>>>),
}

impl Body {
    /// Ready for so many steps.
    ///
    /// # Errors
    /// Those of the device.
    pub(crate) fn prepared(mut self, steps: usize) -> Result<Self> {
        if let Data::Clamped(sensory, clamped) = &self.data {
            self.host = Host::of(self.top.as_ref(), &self.links, (sensory, clamped), steps)?;
        }
        Ok(self)
    }

    fn stack(&self) -> Stack<'_> {
        let mut links: Vec<&dyn Link> = self.links.iter().map(|link| link as &dyn Link).collect();
        let bottom = match &self.data {
            Data::Clamped(sensory, _) => Some(sensory as &dyn End),
            Data::Block(link, _) => {
                links.push(link.as_ref());
                None
            }
        };
        Stack {
            top: self.top.as_ref().map(|top| top as &dyn End),
            links,
            bottom,
        }
    }
}

impl Landscape for Body {
    fn host(&self) -> Option<&dyn HostSteps> {
        self.host.as_ref().map(|host| host as &dyn HostSteps)
    }

    fn drives(&self, state: &[Tensor<2>]) -> Result<Vec<Tensor<2>>> {
        let stack = self.stack();
        let mut drives = stack.drives(stack.snapshot(state)?);
        if let Data::Block(_, Some(free)) = &self.data
            && let Some(last) = drives.last_mut()
        {
            last.inplace(|drive| drive * free.as_ref().clone());
        }
        Ok(drives)
    }

    fn evaluate(&self, state: &[Tensor<2>]) -> Result<Evaluation> {
        let mut errors = Vec::new();
        if let (Some(top), Some(values)) = (&self.top, state.first()) {
            errors.push(top.error(values.clone()));
        }
        let mut links = self.links.iter().collect::<Vec<_>>();
        if let Data::Block(link, _) = &self.data {
            links.push(link);
        }
        for (link, pair) in links.into_iter().zip(state.windows(2)) {
            errors.push(pair[1].clone() - link.predict(pair[0].clone()).prediction.value);
        }
        if let (Data::Clamped(_, clamped), Some(values)) = (&self.data, state.last()) {
            let predicted = clamped.link.predict(values.clone()).prediction.value;
            errors.push(clamped.error(predicted));
        }
        Ok(Evaluation {
            energy: energy(&errors)?,
            errors,
        })
    }

    fn size(&self) -> Result<Option<Vec<f64>>> {
        match &self.data {
            Data::Clamped(_, clamped) => squares(&clamped.target).map(Some),
            Data::Block(..) => Ok(None),
        }
    }
}
