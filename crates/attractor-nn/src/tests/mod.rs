//! Properties of the layers. Numbers of the authors' code are compared by `cargo xtask verify`.

mod gradients;
mod limits;
mod masks;
mod memory;
mod reads;
mod weights;

use attractor_core::check::to_host_doubles;
use attractor_core::rng;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};

use crate::{Hopfield, HopfieldConfig, in_precision};

pub(crate) fn device() -> Device {
    attractor_testing::device()
}

/// Normal numbers in double precision.
pub(crate) fn normal<const D: usize>(seed: u64, shape: [usize; D]) -> Tensor<D> {
    let numbers = attractor_testing::normal_vec(seed, "nn", shape.iter().product());
    let numbers: Vec<f64> = numbers.into_iter().map(f64::from).collect();
    Tensor::from_data(TensorData::new(numbers, shape), (&device(), DType::F64))
}

/// A leaf of the graph.
pub(crate) fn leaf<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.autodiff().require_grad()
}

pub(crate) fn single<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.cast(FloatDType::F32)
}

pub(crate) fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    to_host_doubles(&x.without_autodiff()).unwrap()
}

#[track_caller]
pub(crate) fn assert_near(ours: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        let allowed = tolerance * b.abs().max(1.0);
        assert!(
            (a - b).abs() <= allowed,
            "{what}[{i}]: ours {a}, expected {b}"
        );
    }
}

/// Parameters as after some training rather than at the start: normal numbers of standard deviation .4 added.
pub(crate) fn trained<M: Module>(module: M, seed: u64) -> M {
    module.map(&mut Shake { seed, count: 0 })
}

struct Shake {
    seed: u64,
    count: u64,
}

impl ModuleMapper for Shake {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.count += 1;
        let mut stream = rng::indexed_stream(self.seed, "shake", self.count);
        param.map(|old| {
            let noise = rng::normal(&mut stream, old.dims(), &old.device());
            let (tracked, trained) = (old.is_autodiff(), old.is_require_grad());
            let free = old.without_autodiff();
            let shaken = free.clone() + noise.without_autodiff().cast(free.dtype()) * 0.4;
            match tracked {
                true => shaken.autodiff().set_require_grad(trained),
                false => shaken,
            }
        })
    }
}

/// A layer with trained parameters in double precision, off the graph.
pub(crate) fn exact(config: &HopfieldConfig) -> Hopfield {
    in_precision(trained(config.init(&device()).unwrap(), 5), FloatDType::F64).unwrap()
}

/// Two heads of width 3 on patterns of width 5.
pub(crate) fn two_heads() -> HopfieldConfig {
    HopfieldConfig::new(5)
        .with_hidden_size(Some(3))
        .with_num_heads(2)
        .with_scaling(Some(0.7.into()))
        .with_scaling_as_trainable(true)
}
