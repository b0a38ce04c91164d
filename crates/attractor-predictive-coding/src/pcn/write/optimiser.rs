//! From the local gradient of the weights to a step.

use attractor_core::adam::{AdamStep, DECAY, EPSILON};
use attractor_core::backend::is_host_device;
use attractor_core::error::require_positive;
use attractor_core::{Result, check};
use burn::tensor::{DType, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// How weights move. Gradients are sums over the rows of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimiser {
    /// The gradient times the rate: `W_l += rate * e_l^T f(x_(l+1))`, the paper's rule.
    Sgd {
        /// Learning rate.
        rate: f64,
    },
    /// Adam (Kingma and Ba 2015) with decay rates 0.9 and 0.999.
    Adam {
        /// Learning rate.
        rate: f64,
    },
}

impl Default for Optimiser {
    fn default() -> Self {
        Self::Adam { rate: 5e-4 }
    }
}

impl Optimiser {
    pub(crate) fn validate(self) -> Result<()> {
        match self {
            Self::Sgd { rate } | Self::Adam { rate } => require_positive("Optimiser.rate", rate),
        }
    }
}

/// First and second moments of every parameter, and the steps that made them.
#[derive(Debug, Clone, Default)]
pub(crate) struct AdamMoments {
    pub(crate) steps: u64,
    pub(crate) pairs: Vec<(Tensor<2>, Tensor<2>)>,
}

impl AdamMoments {
    /// Moves `parameters` along `ascent`, one direction for each.
    pub(crate) fn step(
        &mut self,
        optimiser: Optimiser,
        parameters: Vec<&mut Tensor<2>>,
        ascent: Vec<Tensor<2>>,
    ) -> Result<()> {
        let rate = match optimiser {
            Optimiser::Sgd { rate } => {
                for (parameter, ascent) in parameters.into_iter().zip(ascent) {
                    parameter.inplace(|parameter| parameter + ascent.mul_scalar(rate));
                }
                return Ok(());
            }
            Optimiser::Adam { rate } => rate,
        };
        if self.pairs.is_empty() {
            let zeros = |g: &Tensor<2>| (g.zeros_like(), g.zeros_like());
            self.pairs = ascent.iter().map(zeros).collect();
        }
        self.steps += 1;
        let on_host_climb = AdamStep::new(-rate, DECAY, EPSILON, self.steps);
        let climb = AdamStep::<f64>::new(-rate, DECAY, EPSILON, self.steps);
        for ((parameter, g), (mean, square)) in
            parameters.into_iter().zip(ascent).zip(&mut self.pairs)
        {
            if on_host(parameter) {
                climb_on_host(&on_host_climb, parameter, g, mean, square)?;
            } else {
                climb.apply_to_tensor(parameter, g, mean, square);
            }
        }
        Ok(())
    }
}

fn on_host(parameter: &Tensor<2>) -> bool {
    parameter.dtype() == DType::F32 && is_host_device(&parameter.device())
}

/// One pass over arrays in host memory instead of a dozen.
fn climb_on_host(
    climb: &AdamStep,
    parameter: &mut Tensor<2>,
    ascent: Tensor<2>,
    mean: &mut Tensor<2>,
    square: &mut Tensor<2>,
) -> Result<()> {
    let (shape, device) = (parameter.dims(), parameter.device());
    // What nobody else holds is taken over, not copied.
    let numbers = |tensor: &mut Tensor<2>| {
        let rest = Tensor::zeros([1, 1], &device);
        check::to_host(std::mem::replace(tensor, rest))
    };
    let ascent = check::to_host(ascent)?;
    let (mut values, mut first, mut second) =
        (numbers(parameter)?, numbers(mean)?, numbers(square)?);
    climb.apply(&mut values, &ascent, &mut first, &mut second);
    for (tensor, values) in [(parameter, values), (mean, first), (square, second)] {
        *tensor = Tensor::from_data(TensorData::new(values, shape), &device);
    }
    Ok(())
}
