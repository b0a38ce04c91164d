//! A whole layer as one node: normalisation, projections, read, output projection.
//!
//! Scale and shift of a normalisation go into the projection behind it, and inputs that are one tensor are
//! normalised and projected together.

mod back;
mod work;

use attractor_core::Result;
use attractor_core::autodiff::{AnyTensor, custom};
use burn::tensor::{Device, Tensor, TensorData};

use super::affine::forward;
use super::passes::Passes;
use super::real::Real;
use super::task::Arrays;
use super::to_host;
use crate::read::{Dims, Report, Rules};
use back::Saved;
use work::{Host, Work};

/// States, stored patterns, values.
const ROLES: usize = 3;
/// Three inputs, scales and shifts of three normalisations, three projections, their bias, temperatures, the output
/// projection and its bias.
const SLOTS: usize = 4 * ROLES + 4;
const SCALE: usize = ROLES;
const SHIFT: usize = 2 * ROLES;
const WEIGHT: usize = 3 * ROLES;
const BIAS: usize = 4 * ROLES;
const BETA: usize = BIAS + 1;
const OUT: usize = BIAS + 2;
const OUT_BIAS: usize = BIAS + 3;

/// A layer whose inputs become patterns of the heads by normalisation and projection alone.
#[derive(Debug)]
pub(crate) struct Fused {
    /// States, stored patterns and what becomes values.
    pub(crate) inputs: [Tensor<3>; ROLES],
    /// For each input the first that is the same tensor.
    pub(crate) same: [usize; ROLES],
    pub(crate) roles: [Role; ROLES],
    /// Input projections, packed or one for each role.
    pub(crate) weights: Vec<Tensor<2>>,
    pub(crate) bias: Option<Tensor<1>>,
    pub(crate) beta: Tensor<1>,
    pub(crate) out: Option<(Tensor<2>, Option<Tensor<1>>)>,
}

/// How an input becomes patterns of the heads.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) normalised: bool,
    pub(crate) affine: Option<(Tensor<1>, Tensor<1>)>,
    /// Which of the projections, from which of its rows on, and how many; none of static patterns.
    pub(crate) weight: Option<(usize, usize, usize)>,
    /// Where its part of the bias begins.
    pub(crate) bias: usize,
}

/// The output `[n, l, output]`, before an activation.
pub(crate) fn layer<T: Real>(own: Fused, rules: &Rules, dims: Dims) -> Result<(Tensor<3>, Report)> {
    let device = own.inputs[0].device().without_autodiff();
    let slots = own.slots(&device, T::TYPE);
    let host = Host::<T>::new(&own)?;
    let mut work = Work::new(&own, &host, rules, dims)?;
    let (q, k, v) = (work.view(0), work.view(1), work.view(2));
    let arrays = Arrays {
        data: std::mem::take(&mut work.projected),
        q,
        k,
        v,
        beta: to_host(&own.beta)?,
    };
    let (passes, read, report) = Passes::run(arrays, rules.clone(), dims, &device);
    let wide = dims.heads * dims.p;
    let (output, width) = match &host.out {
        None => (read.clone(), wide),
        Some((weight, bias)) => {
            let zeros = || vec![T::ZERO; weight.len() / wide];
            let bias = bias.clone().unwrap_or_else(zeros);
            (forward(&read, weight, &bias, wide), bias.len())
        }
    };
    let shape = [dims.n, dims.l, width];
    let output = Tensor::<3>::from_data(TensorData::new(output, shape), (&device, T::TYPE));
    let saved = Saved {
        shapes: own.inputs.each_ref().map(Tensor::dims),
        host,
        work,
        passes,
        read,
        wide,
        device,
    };
    let output = custom(slots, output, move |gradient, asked| {
        saved.pull_back(gradient.into_tensor(), asked)
    })?;
    Ok((output, report))
}

impl Fused {
    /// Everything with a gradient in its place; what is not there is a constant.
    fn slots(&self, device: &Device, dtype: burn::tensor::DType) -> [AnyTensor; SLOTS] {
        let none = AnyTensor::from(Tensor::<1>::zeros([1], (device, dtype)));
        let mut slots: [AnyTensor; SLOTS] = std::array::from_fn(|_| none.clone());
        for at in 0..ROLES {
            if self.same[at] == at {
                slots[at] = self.inputs[at].clone().into();
            }
            if let Some((scale, shift)) = &self.roles[at].affine {
                slots[SCALE + at] = scale.clone().into();
                slots[SHIFT + at] = shift.clone().into();
            }
        }
        for (at, weight) in self.weights.iter().enumerate() {
            slots[WEIGHT + at] = weight.clone().into();
        }
        if let Some(bias) = &self.bias {
            slots[BIAS] = bias.clone().into();
        }
        slots[BETA] = self.beta.clone().into();
        if let Some((weight, bias)) = &self.out {
            slots[OUT] = weight.clone().into();
            if let Some(bias) = bias {
                slots[OUT_BIAS] = bias.clone().into();
            }
        }
        slots
    }
}
