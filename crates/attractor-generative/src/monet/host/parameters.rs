//! Parameters of the network by name, and what a step derives from them once for all images.

use attractor_core::Result;
use attractor_core::weights::Weights;

use crate::host::conv::weight_slot;
use crate::host::image::flip;
use crate::host::linear::weight_and_bias;
use crate::host::slot::Slot;
use crate::layers::ImageShape;
use crate::monet::MonetConfig;
use crate::nn::weights as nn;
use attractor_core::matmul::transpose;

/// Place of a parameter in the list.
pub(super) type Id = usize;

/// A convolution's weight and its normalisation.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockIds {
    pub(super) conv: Id,
    pub(super) scale: Id,
    pub(super) shift: Id,
}

/// Weight and bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerIds {
    pub(super) weight: Id,
    pub(super) bias: Id,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Ids {
    pub(super) down: Vec<BlockIds>,
    pub(super) mlp: Vec<LayerIds>,
    /// By resolution, the finest first.
    pub(super) up: Vec<BlockIds>,
    pub(super) output: LayerIds,
    pub(super) encoder: Vec<LayerIds>,
    pub(super) heads: Vec<LayerIds>,
    pub(super) decoder: Vec<LayerIds>,
}

/// All trained arrays, with gradients and moments.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) slots: Vec<Slot>,
    pub(super) ids: Ids,
}

/// Makes slots of the sizes that a file has.
struct Builder<'a> {
    weights: &'a Weights,
    slots: Vec<Slot>,
}

impl Builder<'_> {
    fn add(&mut self, mut slot: Slot) -> Result<Id> {
        slot.import(self.weights)?;
        self.slots.push(slot);
        Ok(self.slots.len() - 1)
    }

    /// The weight of a convolution, and how many channels it has for outputs.
    fn weight(&mut self, path: &str) -> Result<(Id, usize)> {
        let name = format!("{path}.weight");
        let [outputs, inputs, kernel, _] = nn::shape::<4>(self.weights, &name)?;
        let slot = weight_slot(path, [inputs, outputs, kernel]);
        Ok((self.add(slot)?, outputs))
    }

    fn block(&mut self, path: String) -> Result<BlockIds> {
        let (conv, outputs) = self.weight(&format!("{path}.conv"))?;
        Ok(BlockIds {
            conv,
            scale: self.add(Slot::vector(format!("{path}.norm.weight"), outputs))?,
            shift: self.add(Slot::vector(format!("{path}.norm.bias"), outputs))?,
        })
    }

    fn conv(&mut self, path: String) -> Result<LayerIds> {
        let (weight, outputs) = self.weight(&path)?;
        let bias = self.add(Slot::vector(format!("{path}.bias"), outputs))?;
        Ok(LayerIds { weight, bias })
    }

    fn linear(&mut self, path: &str, input: ImageShape, output: ImageShape) -> Result<LayerIds> {
        let (weight, bias) = weight_and_bias(&[path.into()], input, output);
        Ok(LayerIds {
            weight: self.add(weight)?,
            bias: self.add(bias)?,
        })
    }
}

impl Parameters {
    /// The parameters that `weights` hold under the published names.
    pub(super) fn new(config: &MonetConfig, weights: &Weights) -> Result<Self> {
        let mut builder = Builder {
            weights,
            slots: Vec::new(),
        };
        let flat = |width| [width, 1, 1];
        let (blocks, side) = (config.blocks, config.smallest_side());
        let smallest = [config.attention_channels()[blocks - 1], side, side];
        let hidden = flat(MonetConfig::ATTENTION_HIDDEN);
        let down = (1..=blocks).map(|i| builder.block(format!("netAttn.downblock{i}")));
        let down = down.collect::<Result<_>>()?;
        let mlp = vec![
            builder.linear("netAttn.mlp.0", smallest, hidden)?,
            builder.linear("netAttn.mlp.2", hidden, hidden)?,
            builder.linear("netAttn.mlp.4", hidden, smallest)?,
        ];
        // Numbered from the coarsest, which is the second.
        let up = (2..blocks + 2).rev();
        let up = up.map(|i| builder.block(format!("netAttn.upblock{i}")));
        let up = up.collect::<Result<_>>()?;
        let output = builder.conv("netAttn.output".into())?;
        let channels = MonetConfig::ENCODER_CHANNELS;
        let encoder = (0..channels.len()).map(|i| 2 * i);
        let encoder = encoder.map(|i| builder.conv(format!("netCVAE.encoder.{i}")));
        let encoder = encoder.collect::<Result<_>>()?;
        let side = MonetConfig::SIDE / 16;
        let image = [channels[channels.len() - 1], side, side];
        let wide = flat(MonetConfig::ENCODER_HIDDEN);
        let heads = vec![
            builder.linear("netCVAE.encoder.9", image, wide)?,
            builder.linear("netCVAE.encoder.11", wide, flat(2 * config.code))?,
        ];
        let decoder = (0..5).map(|i| builder.conv(format!("netCVAE.decoder.{}", 2 * i)));
        let decoder = decoder.collect::<Result<_>>()?;
        let ids = Ids {
            down,
            mlp,
            up,
            output,
            encoder,
            heads,
            decoder,
        };
        let slots = builder.slots;
        Ok(Self { slots, ids })
    }

    /// Values of a parameter.
    pub(super) fn value(&self, id: Id) -> &[f32] {
        &self.slots[id].value
    }
}

/// Weights of adjoints, made once for each step.
#[derive(Debug, Default)]
pub(super) struct Adjoints {
    /// Flipped convolutions and transposed matrices by parameter; empty where none is needed.
    by_id: Vec<Vec<f32>>,
}

impl Adjoints {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let Parameters { slots, ids } = parameters;
        let mut by_id = vec![Vec::new(); slots.len()];
        let mut convolution = |id: Id, outputs: usize| {
            let value = &slots[id].value;
            by_id[id] = flip(value, value.len() / 9 / outputs, outputs);
        };
        for block in ids.down.iter().skip(1).chain(&ids.up) {
            convolution(block.conv, slots[block.scale].value.len());
        }
        for layer in &ids.decoder[1..4] {
            convolution(layer.weight, slots[layer.bias].value.len());
        }
        for layer in ids.mlp.iter().chain(&ids.heads).chain(&ids.decoder[4..]) {
            let (value, outputs) = (&slots[layer.weight].value, slots[layer.bias].value.len());
            let mut transposed = Vec::new();
            transpose(value, value.len() / outputs, outputs, &mut transposed);
            by_id[layer.weight] = transposed;
        }
        Self { by_id }
    }

    pub(super) fn get(&self, id: Id) -> &[f32] {
        &self.by_id[id]
    }
}
