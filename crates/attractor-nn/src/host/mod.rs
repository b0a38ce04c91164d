//! Layers in host memory: loops over heads of sets, forward and backward, as one node of the graph.
//!
//! Scores of some states at a time are made, weighed and thrown away, in both directions; what is kept are the
//! states. Heads of sets are divided among threads, and their gradients are added in order, so that results do
//! not depend on how many there are.

mod affine;
mod backward;
mod forward;
mod lanes;
mod layer;
mod passes;
mod real;
mod separation;
mod solve;
mod task;

use std::sync::Arc;

use attractor_core::autodiff::{AnyTensor, custom};
use attractor_core::{Error, Result};
use burn::tensor::{Tensor, TensorData};

pub(crate) use self::layer::{Fused, Role, layer};
pub(crate) use self::real::Real;
pub(crate) use self::separation::separate_row;

use self::passes::Passes;
use self::task::{Arrays, View};
use crate::read::{Parts, Report, Rules};

/// As [`crate::read::read`], for tensors in host memory.
pub(crate) fn read<T: Real>(parts: Parts, rules: &Rules) -> Result<(Tensor<3>, Report)> {
    let dims = rules.dims(&parts);
    let arrays = Arrays {
        q: View::whole(0, parts.q.dims()),
        k: View::whole(1, parts.k.dims()),
        v: View::whole(2, parts.v.dims()),
        data: vec![to_host(&parts.q)?, to_host(&parts.k)?, to_host(&parts.v)?],
        beta: to_host::<T, 1>(&parts.beta)?,
    };
    let device = parts.q.device().without_autodiff();
    let (passes, output, report) = Passes::run(arrays, rules.clone(), dims, &device);
    let shape = [dims.n, dims.l, dims.heads * dims.p];
    let output = Tensor::<3>::from_data(TensorData::new(output, shape), (&device, T::TYPE));
    let shapes = [parts.q.dims(), parts.k.dims(), parts.v.dims()];
    let Parts { q, k, v, beta } = parts;
    let inputs: [AnyTensor; 4] = [q.into(), k.into(), v.into(), beta.into()];
    let passes = Arc::new(passes);
    let output = custom(inputs, output, move |gradient, asked| {
        let gradient: Tensor<3> = gradient.into_tensor();
        let gradient = to_host::<T, 3>(&gradient).expect("the device of the forward pass answers");
        let (found, beta) = passes.pull_back(&gradient);
        let place = (&device, T::TYPE);
        let mut found = found.into_iter().zip(shapes).map(|(data, shape)| {
            AnyTensor::from(Tensor::<3>::from_data(TensorData::new(data, shape), place))
        });
        let beta = Tensor::<1>::from_data(TensorData::new(beta, [dims.heads]), place);
        let all = [found.next(), found.next(), found.next(), Some(beta.into())];
        let mut asked = asked.into_iter();
        all.map(|gradient| gradient.filter(|_| asked.next().unwrap_or(false)))
    })?;
    Ok((output, report))
}

fn to_host<T: Real, const D: usize>(tensor: &Tensor<D>) -> Result<Vec<T>> {
    let values = tensor.clone().without_autodiff().try_into_vec_as::<T>();
    values.map_err(|error| Error::Device(error.to_string()))
}
