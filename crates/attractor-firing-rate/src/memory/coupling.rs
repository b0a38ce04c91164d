//! The connectivity on the device.

use attractor_core::Result;
use attractor_core::check::from_host;
use burn::tensor::{Device, Tensor};

use crate::network::Synapses;

/// W in single precision: factored, or dense where that is the smaller product.
#[derive(Debug, Clone)]
pub(super) struct Coupling {
    /// `U [P + 1, N]` of `W = U^T M U`, or `W [N, N]`.
    left: Tensor<2>,
    /// `M [P + 1, P + 1]`, if it is factored.
    mixing: Option<Tensor<2>>,
}

impl Coupling {
    /// Factored from `N = 2 (P + 1)` units on.
    pub(super) fn new(synapses: &Synapses, device: &Device) -> Result<Self> {
        let dim = synapses.patterns().dim();
        let size = synapses.patterns().len() + 1;
        let tensor = |values: Vec<f64>, width| {
            let singles = values.into_iter().map(|value| value as f32).collect();
            from_host("synapses", singles, width, device)
        };
        Ok(match dim < 2 * size {
            true => Self {
                left: tensor(synapses.weights(), dim)?,
                mixing: None,
            },
            false => Self {
                left: tensor(synapses.units(), dim)?,
                mixing: Some(tensor(synapses.mixing(), size)?),
            },
        })
    }

    /// `W x` for rows x `[b, N]`.
    pub(super) fn currents(&self, rates: Tensor<2>) -> Tensor<2> {
        match &self.mixing {
            None => rates.matmul(self.left.clone()),
            Some(mixing) => {
                let projected = rates.matmul(self.left.clone().transpose());
                projected.matmul(mixing.clone()).matmul(self.left.clone())
            }
        }
    }
}
