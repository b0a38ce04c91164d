//! The network as Burn modules. Initial values come from the streams of the modules' own paths,
//! parameters bear the published names; there, layers without parameters take numbers too, and up
//! blocks count from 2.

use attractor_core::Result;
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};

use super::{Attention, Block, FrozenMonet, MonetConfig};
use crate::layers::{coordinates, to_rows};
use crate::nn::{Conv2d, Init, Linear, Named};

/// Where the log-variances of codes start.
const INITIAL_LOG_VARIANCE: f64 = -4.0;

/// Gain of the coordinates' first weights.
const INITIAL_COORDINATES: f64 = 5.0;

/// The autoencoder of one slot, shared by all.
#[derive(Module, Debug)]
pub struct Component {
    /// 3x3, stride 2, padding 1, each followed by ReLU.
    pub encoder: Vec<Named<Conv2d>>,
    /// Two layers with ReLU between, to means and log-variances.
    pub heads: Vec<Named<Linear>>,
    /// Four valid 3x3 convolutions with ReLU, then 1x1 to three colours and a mask logit.
    pub decoder: Vec<Named<Conv2d>>,
}

impl Component {
    /// From PyTorch's default initial values to ones from which training starts at once.
    ///
    /// Weights before a ReLU are taken times `sqrt(6)`, to the bounds `sqrt(6 / fan_in)` of He et
    /// al. (2015), which keep the size of activations; the default would shrink a code's influence
    /// on its image thirtyfold. Biases of log-variances start [`INITIAL_LOG_VARIANCE`] lower: at
    /// unit variance noise would hide where an object is until the decoder has learned to ask.
    /// Weights of coordinates start [`INITIAL_COORDINATES`] times larger, so that features change
    /// within the plane and not somewhere outside.
    fn ready_to_train(mut self, code: usize) -> Self {
        let gain = 6.0_f64.sqrt();
        let hidden = self.decoder.len() - 1;
        for conv in self.encoder.iter_mut().chain(&mut self.decoder[..hidden]) {
            conv.weight = conv.weight.clone().map(|weight| weight.mul_scalar(gain));
        }
        let first = &mut self.decoder[0].weight;
        *first = first.clone().map(|weight| {
            let codes = weight.clone().narrow(1, 0, code);
            let coordinates = weight.narrow(1, code, 2).mul_scalar(INITIAL_COORDINATES);
            Tensor::cat(vec![codes, coordinates], 1)
        });
        let first = &mut self.heads[0];
        first.weight = first.weight.clone().map(|weight| weight.mul_scalar(gain));
        let last = &mut self.heads[1];
        last.bias = last.bias.clone().map(|bias| {
            let log_variances = bias.clone().narrow(0, code, code);
            let means = bias.narrow(0, 0, code);
            Tensor::cat(
                vec![means, log_variances.add_scalar(INITIAL_LOG_VARIANCE)],
                0,
            )
        });
        self
    }

    /// Means and log-variances `[n, 2 * code]` of `[image; log mask]`, `[n, 4, h, w]`.
    pub fn encode(&self, input: Tensor<4>) -> Tensor<2> {
        let features = self
            .encoder
            .iter()
            .fold(input, |h, conv| activation::relu(conv.forward(h)));
        let hidden = activation::relu(self.heads[0].forward(to_rows(features)));
        self.heads[1].forward(hidden)
    }

    /// Colours and mask logit `[n, 4, h, w]` of codes `[n, code]`.
    pub fn decode(&self, codes: Tensor<2>) -> Tensor<4> {
        let [n, code] = codes.dims();
        let side = MonetConfig::BROADCAST_SIDE;
        let plane = coordinates(side, &codes.device()).expand([n, 2, side, side]);
        let codes = codes.reshape([n, code, 1, 1]).expand([n, code, side, side]);
        let (hidden, last) = self.decoder.split_at(self.decoder.len() - 1);
        let h = hidden
            .iter()
            .fold(Tensor::cat(vec![codes, plane], 1), |h, conv| {
                activation::relu(conv.forward(h))
            });
        last[0].forward(h)
    }
}

/// Attention and component autoencoder.
#[derive(Module, Debug)]
pub struct Monet {
    /// Divides the image.
    pub attention: Attention,
    /// Encodes and decodes one slot.
    pub component: Component,
    #[module(skip)]
    config: MonetConfig,
}

impl Monet {
    pub(super) fn new(config: MonetConfig, seed: u64, device: &Device) -> Self {
        let init = Init { seed, device };
        let channels = config.attention_channels();
        let last = config.blocks - 1;
        let features = channels[last] * config.smallest_side().pow(2);
        let hidden = MonetConfig::ATTENTION_HIDDEN;
        let down = (0..config.blocks).map(|i| {
            let inputs = if i == 0 { 4 } else { channels[i - 1] };
            let block = Block::new(&init, &format!("attention.down.{i}"), inputs, channels[i]);
            Named::new(format!("netAttn.downblock{}", i + 1), block)
        });
        let up = (0..config.blocks).map(|i| {
            let level = last - i;
            let outputs = channels[level.saturating_sub(1)];
            let path = format!("attention.up.{i}");
            let block = Block::new(&init, &path, 2 * channels[level], outputs);
            Named::new(format!("netAttn.upblock{}", i + 2), block)
        });
        let mlp = [(features, hidden), (hidden, hidden), (hidden, features)]
            .into_iter()
            .enumerate()
            .map(|(i, (inputs, outputs))| {
                let layer = Linear::new(&init, &format!("attention.mlp.{i}"), inputs, outputs);
                Named::new(format!("netAttn.mlp.{}", 2 * i), layer)
            });
        let output = Conv2d::new(&init, "attention.output", [channels[0], 1, 1], (1, 0), true);
        let attention = Attention {
            down: down.collect(),
            mlp: mlp.collect(),
            up: up.collect(),
            output: Named::new("netAttn.output", output),
        };
        let [a, b, c, d] = MonetConfig::ENCODER_CHANNELS;
        let encoder = [[4, a], [a, b], [b, c], [c, d]]
            .into_iter()
            .enumerate()
            .map(|(i, [inputs, outputs])| {
                let path = format!("component.encoder.{i}");
                let conv = Conv2d::new(&init, &path, [inputs, outputs, 3], (2, 1), true);
                Named::new(format!("netCVAE.encoder.{}", 2 * i), conv)
            });
        let width = config.decoder_channels;
        let decoder = [
            [config.code + 2, width, 3],
            [width, width, 3],
            [width, width, 3],
            [width, width, 3],
            [width, 4, 1],
        ];
        let decoder = decoder.into_iter().enumerate().map(|(i, sizes)| {
            let path = format!("component.decoder.{i}");
            let conv = Conv2d::new(&init, &path, sizes, (1, 0), true);
            Named::new(format!("netCVAE.decoder.{}", 2 * i), conv)
        });
        let flat = d * (MonetConfig::SIDE / 16).pow(2);
        let wide = MonetConfig::ENCODER_HIDDEN;
        let heads = [[flat, wide], [wide, 2 * config.code]]
            .into_iter()
            .enumerate();
        let heads = heads.map(|(i, [inputs, outputs])| {
            let layer = Linear::new(&init, &format!("component.heads.{i}"), inputs, outputs);
            // Behind four convolutions and their ReLUs, and what makes vectors of images.
            Named::new(format!("netCVAE.encoder.{}", 9 + 2 * i), layer)
        });
        let component = Component {
            encoder: encoder.collect(),
            heads: heads.collect(),
            decoder: decoder.collect(),
        };
        Self {
            attention,
            component: component.ready_to_train(config.code),
            config,
        }
    }

    /// The sizes.
    pub fn config(&self) -> MonetConfig {
        self.config
    }

    /// Logarithms of the attention masks, `[n, slots, h, w]`, of images `[n, 3, h, w]` in
    /// [`MonetConfig::RANGE`].
    pub fn log_masks(&self, images: Tensor<4>) -> Tensor<4> {
        let [n, _, h, w] = images.dims();
        let mut scope = Tensor::zeros([n, 1, h, w], &images.device());
        let mut masks = Vec::with_capacity(self.config.slots);
        for _ in 1..self.config.slots {
            let input = Tensor::cat(vec![images.clone(), scope.clone()], 1);
            let logits = self.attention.forward(input);
            let taken = activation::log_sigmoid(logits.clone());
            masks.push(scope.clone() + taken.clone());
            // log(1 - sigmoid(l)) = log sigmoid(l) - l
            scope = scope + taken - logits;
        }
        masks.push(scope);
        Tensor::cat(masks, 1)
    }

    /// Means and log-variances of every slot, `[n * slots, 2 * code]`, slots of an image together.
    pub fn encode_slots(&self, images: Tensor<4>, log_masks: Tensor<4>) -> Tensor<2> {
        let [n, channels, h, w] = images.dims();
        let slots = self.config.slots;
        let images = images.reshape([n, 1, channels, h, w]);
        let images = images.expand([n, slots, channels, h, w]);
        let masks = log_masks.reshape([n, slots, 1, h, w]);
        let input = Tensor::cat(vec![images, masks], 2);
        self.component
            .encode(input.reshape([n * slots, channels + 1, h, w]))
    }

    /// The inference form.
    ///
    /// # Errors
    /// If the layers do not fit together, which an initialised or imported model rules out.
    pub fn freeze(&self) -> Result<FrozenMonet> {
        FrozenMonet::new(self)
    }
}
