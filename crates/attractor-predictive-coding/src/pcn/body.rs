//! The energy of the network around given data, and its gradient.

use attractor_core::Result;
use attractor_core::coding::{End, Link, Stack};
use burn::tensor::Tensor;

use super::host::Host;
use super::links::{Clamped, Dense, Sensory, TopEnd};
use super::relax::{Landscape, Point};
use crate::files::host;

/// Blocks of hidden values, the memory layer first, between prior and data. With free entries the
/// data are a block of their own, the last.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) top: Option<TopEnd>,
    /// Between hidden layers.
    pub(crate) links: Vec<Dense>,
    pub(crate) data: Data,
    /// The same in host memory, for many steps.
    pub(super) host: Option<Host>,
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
        self.host = Host::of(&self, steps)?;
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
    fn host(&self) -> Option<&Host> {
        self.host.as_ref()
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

    fn evaluate(&self, state: &[Tensor<2>]) -> Result<Point> {
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
        Ok(Point {
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

/// `1/2 sum |e|^2` of every row, summed in double precision on the host: near the end of learning the
/// squares of a row span more digits than a single one has.
pub(crate) fn energy(errors: &[Tensor<2>]) -> Result<Vec<f64>> {
    let mut energy = vec![0.0; errors.first().map_or(0, |error| error.dims()[0])];
    for error in errors {
        for (total, square) in energy.iter_mut().zip(squares(error)?) {
            *total += 0.5 * square;
        }
    }
    Ok(energy)
}

/// Squared length of every row.
pub(crate) fn squares(rows: &Tensor<2>) -> Result<Vec<f64>> {
    let width = rows.dims()[1];
    let values = host(rows)?;
    let rows = values.chunks(width.max(1));
    Ok(rows.map(|row| crate::linalg::dot(row, row)).collect())
}
