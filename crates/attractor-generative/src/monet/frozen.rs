//! The inference form of a MONet.

use attractor_core::backend::is_host_device;
use attractor_core::{
    Activation, Error, GenerativeModel, LayerChain, Persist, Posterior, Result, Segments, check,
};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::host::{Encoded, MonetInference};
use super::{Monet, MonetConfig};
use crate::layers::{BroadcastConv2d, ImageShape, entries, to_images};
use crate::nn::Conv2d;
use crate::vae::split_heads;

const IMAGE: ImageShape = [3, MonetConfig::SIDE, MonetConfig::SIDE];
/// Entries of a decoded slot: colours and mask logits.
const ROW: usize = 4 * MonetConfig::SIDE * MonetConfig::SIDE;

/// A MONet without autodiff: the slot decoder is a chain of layers, shared by all slots. Models that
/// were frozen on a CPU compute in host memory, several times faster than by general tensor
/// operations.
#[derive(Debug)]
pub struct FrozenMonet {
    pub(super) network: Monet,
    decoder: LayerChain,
    host: Option<MonetInference>,
}

/// What [`FrozenMonet::decode_slots`] makes of a scene's code.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Slots {
    /// Colours of each slot, `[n, slots, 3, h, w]`, nominally in `[0, 1]`.
    pub images: Tensor<5>,
    /// Softmax of the decoded mask logits over slots, `[n, slots, h, w]`.
    pub masks: Tensor<4>,
}

struct WithoutAutodiff;

impl ModuleMapper for WithoutAutodiff {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        Param::from_tensor(param.val().without_autodiff()).set_require_grad(false)
    }
}

impl FrozenMonet {
    pub(super) fn new(model: &Monet) -> Result<Self> {
        let device = model.attention.output.weight.val().device();
        let host = is_host_device(&device)
            .then(|| MonetInference::new(model.config(), &model.to_weights()?))
            .transpose()?;
        Ok(Self {
            host,
            ..Self::on_device(model)?
        })
    }

    /// The form that computes by tensor operations on any device.
    pub(super) fn on_device(model: &Monet) -> Result<Self> {
        let network = model.clone().map(&mut WithoutAutodiff);
        let layers = &network.component.decoder;
        let parts = |i: usize| -> Result<_> {
            let layer = &layers[i];
            let bias = layer.bias.as_ref().ok_or_else(|| Error::Mismatch {
                what: "the slot decoder",
                expected: "a bias in every layer".into(),
                part: "a layer",
                found: "none".into(),
            })?;
            Ok((layer.weight.val(), bias.val()))
        };
        let (weight, bias) = parts(0)?;
        let side = MonetConfig::BROADCAST_SIDE;
        let first = BroadcastConv2d::new(weight, bias, side, Activation::Relu)?;
        let mut shape = first.output_shape();
        let mut chain: Vec<Box<dyn attractor_core::Layer>> = vec![Box::new(first)];
        for (i, layer) in layers.iter().enumerate().skip(1) {
            let last = i + 1 == layers.len();
            let activation = if last {
                Activation::Identity
            } else {
                Activation::Relu
            };
            let (layer, output) = Conv2d::freeze(layer, None, shape, activation)?;
            shape = output;
            chain.push(layer);
        }
        Ok(Self {
            network,
            decoder: LayerChain::new(chain)?,
            host: None,
        })
    }

    /// The sizes.
    pub fn config(&self) -> MonetConfig {
        self.network.config()
    }

    /// Rows in `[0, 1]` as images in [`MonetConfig::RANGE`].
    fn images(&self, data: Tensor<2>) -> Tensor<4> {
        let [low, high] = MonetConfig::RANGE;
        let rows = data
            .without_autodiff()
            .mul_scalar(high - low)
            .add_scalar(low);
        to_images(rows, IMAGE)
    }

    /// Attention masks `[n, slots, h, w]` of data `[n, data_dim]`; positive, summing to 1.
    ///
    /// # Errors
    /// As [`check::batch`].
    pub fn attention_masks(&self, data: Tensor<2>) -> Result<Tensor<4>> {
        check::batch("data", &data, self.data_dim())?;
        Ok(self.log_masks(self.images(data)).exp())
    }

    /// Colours and masks of each slot, decoded from codes `[n, latent_dim]`.
    ///
    /// # Errors
    /// As [`check::batch`].
    pub fn decode_slots(&self, codes: Tensor<2>) -> Result<Slots> {
        check::batch("codes", &codes, self.latent_dim())?;
        let rows = self.decode_rows(self.slot_codes(codes.without_autodiff()));
        let (images, masks) = self.split(rows);
        let [n, slots, ..] = images.dims();
        let [c, h, w] = IMAGE;
        let [low, high] = MonetConfig::RANGE;
        let images = images.sub_scalar(low).div_scalar(high - low);
        Ok(Slots {
            images: images.reshape([n, slots, c, h, w]),
            masks: masks.reshape([n, slots, h, w]),
        })
    }

    /// Codes `[n, latent_dim]` slot by slot, `[n * slots, code]`.
    pub fn slot_codes(&self, codes: Tensor<2>) -> Tensor<2> {
        let n = codes.dims()[0];
        let MonetConfig { slots, code, .. } = self.config();
        codes.reshape([n * slots, code])
    }

    /// Logarithms of the masks `[n, slots, h, w]` of images in [`MonetConfig::RANGE`].
    fn log_masks(&self, images: Tensor<4>) -> Tensor<4> {
        match self.encode_on_host(&images, false) {
            Some(found) => self.masks_from_host(found.log_masks, &images.device()),
            None => self.network.log_masks(images),
        }
    }

    /// The same, and the posteriors of the slots' codes, `[n * slots, code]`.
    fn look(&self, images: Tensor<4>) -> (Tensor<4>, Posterior) {
        let device = images.device();
        let (log_masks, heads) = match self.encode_on_host(&images, true) {
            Some(found) => (
                self.masks_from_host(found.log_masks, &device),
                from_host(found.heads, 2 * self.config().code, &device),
            ),
            None => {
                let log_masks = self.network.log_masks(images.clone());
                let heads = self.network.encode_slots(images, log_masks.clone());
                (log_masks, heads)
            }
        };
        (log_masks, split_heads(heads))
    }

    /// Nothing if the model does not compute in host memory.
    fn encode_on_host(&self, images: &Tensor<4>, with_heads: bool) -> Option<Encoded> {
        let host = self.host.as_ref()?;
        let rows = check::to_host(images.clone()).ok()?;
        Some(host.encode(&rows, with_heads))
    }

    fn masks_from_host(&self, masks: Vec<f32>, device: &Device) -> Tensor<4> {
        let [_, h, w] = IMAGE;
        let slots = self.config().slots;
        let n = masks.len() / (slots * h * w);
        from_host(masks, slots * h * w, device).reshape([n, slots, h, w])
    }

    /// Decoded rows `[n * slots, 4 h w]` of slot codes.
    fn decode_rows(&self, slot_codes: Tensor<2>) -> Tensor<2> {
        if let Some(host) = &self.host
            && let Ok(codes) = check::to_host(slot_codes.clone())
        {
            let (rows, _) = host.decode(&codes, false);
            return from_host(rows, ROW, &slot_codes.device());
        }
        self.decoder.forward(slot_codes)
    }

    /// As [`GenerativeModel::pull_back`], from slot codes to decoded rows.
    fn pull_back_rows(
        &self,
        slot_codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        if let Some(host) = &self.host
            && let Ok(codes) = check::to_host(slot_codes.clone())
        {
            let [_, code] = slot_codes.dims();
            let device = slot_codes.device();
            let (rows, open) = host.decode(&codes, true);
            let rows = from_host(rows, ROW, &device);
            let d_rows = cotangent(rows.clone());
            return match check::to_host(d_rows.clone()) {
                Ok(d_rows) => {
                    let d_codes = host.pull_back(&open, &d_rows);
                    (rows, from_host(d_codes, code, &device))
                }
                Err(_) => self.decoder.pull_back(slot_codes, &mut |_| d_rows.clone()),
            };
        }
        self.decoder.pull_back(slot_codes, cotangent)
    }

    /// Decoded rows `[n * slots, 4 h w]` as colours `[n, slots, 3, h w]` and masks
    /// `[n, slots, 1, h w]`.
    fn split(&self, rows: Tensor<2>) -> (Tensor<4>, Tensor<4>) {
        let slots = self.config().slots;
        let [c, h, w] = IMAGE;
        let n = rows.dims()[0] / slots;
        let planes = rows.reshape([n, slots, c + 1, h * w]);
        let masks = activation::softmax(planes.clone().narrow(2, c, 1), 1);
        (planes.narrow(2, 0, c), masks)
    }

    /// `sum_k masks_k images_k` as rows in `[0, 1]`.
    fn mix(&self, images: Tensor<4>, masks: Tensor<4>) -> Tensor<2> {
        let n = images.dims()[0];
        let [low, high] = MonetConfig::RANGE;
        let sum = (images * masks).sum_dim(1).reshape([n, entries(IMAGE)]);
        sum.sub_scalar(low).div_scalar(high - low)
    }
}

/// Rows of a known width.
fn from_host(values: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / width;
    Tensor::from_data(TensorData::new(values, [rows, width]), device)
}

impl GenerativeModel for FrozenMonet {
    fn name(&self) -> &'static str {
        "monet"
    }

    fn data_dim(&self) -> usize {
        entries(IMAGE)
    }

    fn latent_dim(&self) -> usize {
        let MonetConfig { slots, code, .. } = self.config();
        slots * code
    }

    fn encode(&self, data: Tensor<2>) -> Posterior {
        let images = self.images(data);
        let n = images.dims()[0];
        let Posterior { mean, log_variance } = self.look(images).1;
        let [mean, log_variance] =
            [mean, log_variance].map(|rows| rows.reshape([n, self.latent_dim()]));
        Posterior { mean, log_variance }
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        let rows = self.decode_rows(self.slot_codes(codes.without_autodiff()));
        let (images, masks) = self.split(rows);
        self.mix(images, masks)
    }

    fn segments(&self, data: Tensor<2>) -> Option<Segments> {
        let images = self.images(data);
        let n = images.dims()[0];
        let MonetConfig { slots, .. } = self.config();
        let (log_masks, posterior) = self.look(images);
        let (parts, _) = self.split(self.decode_rows(posterior.mean));
        let [low, high] = MonetConfig::RANGE;
        let parts = parts.sub_scalar(low).div_scalar(high - low);
        let [_, height, width] = IMAGE;
        Some(Segments {
            masks: log_masks.exp().reshape([n, slots, height * width]),
            parts: parts.reshape([n, slots, entries(IMAGE)]),
        })
    }

    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let n = codes.dims()[0];
        let slot_codes = self.slot_codes(codes.without_autodiff());
        let (rows, gradient) = self.pull_back_rows(slot_codes, &mut |rows| {
            let count = rows.dims()[0];
            let (images, masks) = self.split(rows);
            let [low, high] = MonetConfig::RANGE;
            let [c, h, w] = IMAGE;
            let d = cotangent(self.mix(images.clone(), masks.clone()));
            let d = d.reshape([n, 1, c, h * w]).div_scalar(high - low);
            let d_images = d.clone() * masks.clone();
            // The softmax: m_k (d_k - sum_j m_j d_j).
            let d_masks = (images * d).sum_dim(2);
            let mean = (masks.clone() * d_masks.clone()).sum_dim(1);
            let d_logits = masks * (d_masks - mean);
            Tensor::cat(vec![d_images, d_logits], 2).reshape([count, (c + 1) * h * w])
        });
        let (images, masks) = self.split(rows);
        let gradient = gradient.reshape([n, self.latent_dim()]);
        (self.mix(images, masks), gradient)
    }
    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}
