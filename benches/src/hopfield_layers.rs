//! Forward and backward passes of Hopfield layers, of the shapes that the documentation page compares.

use attractor_core::rng;
use attractor_nn::{Hopfield, HopfieldConfig, Masks, Options, Pooling, PoolingConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::Result;

/// A layer and its input.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Under what name.
    pub name: &'static str,
    /// Sets, rows of each, width, heads.
    pub size: [usize; 4],
    pooling: bool,
    /// Updates.
    pub steps: usize,
}

const fn shape(name: &'static str, pooling: bool, size: [usize; 4], steps: usize) -> Shape {
    Shape {
        name,
        size,
        pooling,
        steps,
    }
}

/// What is measured.
pub const SHAPES: [Shape; 10] = [
    shape(
        "hopfield layers/hopfield 32x64x64, 4 heads, 0 updates",
        false,
        [32, 64, 64, 4],
        0,
    ),
    shape(
        "hopfield layers/hopfield 8x512x64, 4 heads, 0 updates",
        false,
        [8, 512, 64, 4],
        0,
    ),
    shape(
        "hopfield layers/hopfield 1x2048x128, 4 heads, 0 updates",
        false,
        [1, 2048, 128, 4],
        0,
    ),
    shape(
        "hopfield layers/pooling 32x256x64, 4 heads, 0 updates",
        true,
        [32, 256, 64, 4],
        0,
    ),
    shape(
        "hopfield layers/pooling 8x4096x128, 4 heads, 0 updates",
        true,
        [8, 4096, 128, 4],
        0,
    ),
    shape(
        "hopfield layers/hopfield 32x64x64, 4 heads, 3 updates",
        false,
        [32, 64, 64, 4],
        3,
    ),
    shape(
        "hopfield layers/hopfield 8x512x64, 4 heads, 3 updates",
        false,
        [8, 512, 64, 4],
        3,
    ),
    shape(
        "hopfield layers/hopfield 1x2048x128, 4 heads, 3 updates",
        false,
        [1, 2048, 128, 4],
        3,
    ),
    shape(
        "hopfield layers/pooling 32x256x64, 4 heads, 3 updates",
        true,
        [32, 256, 64, 4],
        3,
    ),
    shape(
        "hopfield layers/pooling 8x4096x128, 4 heads, 3 updates",
        true,
        [8, 4096, 128, 4],
        3,
    ),
];

enum Layer {
    Hopfield(Box<Hopfield>),
    Pooling(Box<Pooling>),
}

/// A layer in training with an input that has a gradient too.
pub struct Pass {
    layer: Layer,
    input: Tensor<3>,
}

impl Pass {
    /// Initial parameters, normal inputs. No update is left out because it moves a state little.
    ///
    /// # Errors
    /// None: the shapes are valid.
    pub fn new(shape: &Shape, device: &Device) -> Result<Self> {
        let [sets, rows, width, heads] = shape.size;
        let config = HopfieldConfig::new(width)
            .with_num_heads(heads)
            .with_update_steps_max(Some(shape.steps).into())
            .with_update_steps_eps(1e-30.into());
        let mut random = rng::stream(0, "bench/hopfield layers");
        let input = rng::normal(&mut random, [sets, rows, width], device);
        Ok(Self {
            layer: match shape.pooling {
                false => Layer::Hopfield(Box::new(config.init(device)?.train())),
                true => {
                    let layer = PoolingConfig::new(config).init(device)?;
                    Layer::Pooling(Box::new(layer.train()))
                }
            },
            input: input.autodiff().require_grad(),
        })
    }

    /// One pass in both directions; the sum of the output.
    ///
    /// # Errors
    /// None: the shapes are valid.
    pub fn run(&self) -> Result<f32> {
        let input = || self.input.clone();
        let sum = match &self.layer {
            Layer::Hopfield(layer) => layer.forward_self(input(), &Masks::none())?.sum(),
            Layer::Pooling(layer) => layer
                .forward_with(input(), input(), &Options::default())?
                .output
                .sum(),
        };
        let gradients = sum.backward();
        let gradient = self.input.grad(&gradients);
        let found = gradient.map_or(f32::NAN, |gradient| {
            gradient.narrow(1, 0, 1).sum().into_scalar()
        });
        Ok(found)
    }
}

/// Floating-point operations of the projections and the passes, forward and twice as many backward.
pub fn operations(shape: &Shape) -> f64 {
    let [sets, rows, width, _] = shape.size;
    let states = if shape.pooling { 1 } else { rows };
    let projections = 2 * sets * (2 * rows + 2 * states) * width * width;
    let passes = 4 * (shape.steps + 1) * sets * states * rows * width;
    3.0 * (projections + passes) as f64
}
