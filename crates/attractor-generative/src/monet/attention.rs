//! The attention network as a Burn module.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use crate::layers::{double, halve, to_rows};
use crate::nn::{Conv2d, Init, InstanceNorm, Linear, Named};

/// Convolution, instance normalisation, ReLU.
#[derive(Module, Debug)]
pub struct Block {
    /// 3x3, padding 1, no bias.
    pub conv: Conv2d,
    /// After `conv`.
    pub norm: InstanceNorm,
}

impl Block {
    pub(super) fn new(init: &Init<'_>, path: &str, inputs: usize, outputs: usize) -> Self {
        let sizes = [inputs, outputs, 3];
        Self {
            conv: Conv2d::new(init, &format!("{path}.conv"), sizes, (1, 1), false),
            norm: InstanceNorm::new(outputs, init.device),
        }
    }

    /// `[n, in, h, w]` to `[n, out, h, w]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        activation::relu(self.norm.forward(self.conv.forward(images)))
    }
}

/// The U-Net that divides an image among the slots.
#[derive(Module, Debug)]
pub struct Attention {
    /// Contracting blocks, the finest first.
    pub down: Vec<Named<Block>>,
    /// On the coarsest features, each followed by ReLU.
    pub mlp: Vec<Named<Linear>>,
    /// Expanding blocks, the coarsest first.
    pub up: Vec<Named<Block>>,
    /// 1x1, to one logit.
    pub output: Named<Conv2d>,
}

impl Attention {
    /// Logits `[n, 1, h, w]` of `[image; log scope]`, `[n, 4, h, w]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let last = self.down.len() - 1;
        let mut skips = Vec::with_capacity(self.down.len());
        let mut h = input;
        for (i, block) in self.down.iter().enumerate() {
            h = block.forward(h);
            skips.push(h.clone());
            if i < last {
                h = halve(h);
            }
        }
        let shape = h.dims();
        let mut rows = to_rows(h);
        for layer in &self.mlp {
            rows = activation::relu(layer.forward(rows));
        }
        let mut h = rows.reshape(shape);
        for (i, (block, skip)) in self.up.iter().zip(skips.into_iter().rev()).enumerate() {
            h = block.forward(Tensor::cat(vec![h, skip], 1));
            if i < last {
                h = double(h);
            }
        }
        self.output.forward(h)
    }
}
