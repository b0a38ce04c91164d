//! Parameters of the network by name, and what a step derives from them once for all images.

use attractor_core::Result;
use attractor_core::weights::Weights;

use crate::host::conv::weight_slot;
use crate::host::image::flip;
use crate::host::linear::weight_and_bias;
use crate::host::matmul::transpose;
use crate::host::slot::Slot;
use crate::monet::MonetConfig;

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

struct Builder {
    slots: Vec<Slot>,
}

impl Builder {
    fn add(&mut self, slot: Slot) -> Id {
        self.slots.push(slot);
        self.slots.len() - 1
    }

    fn block(&mut self, path: &str, inputs: usize, outputs: usize) -> BlockIds {
        BlockIds {
            conv: self.add(weight_slot(&format!("{path}.conv"), [inputs, outputs, 3])),
            scale: self.add(Slot::vector(format!("{path}.norm.weight"), outputs)),
            shift: self.add(Slot::vector(format!("{path}.norm.bias"), outputs)),
        }
    }

    fn conv(&mut self, path: &str, sizes: [usize; 3]) -> LayerIds {
        LayerIds {
            weight: self.add(weight_slot(path, sizes)),
            bias: self.add(Slot::vector(format!("{path}.bias"), sizes[1])),
        }
    }

    fn linear(&mut self, path: &str, input: [usize; 3], output: [usize; 3]) -> LayerIds {
        let (weight, bias) = weight_and_bias(&[path.into()], input, output);
        LayerIds {
            weight: self.add(weight),
            bias: self.add(bias),
        }
    }
}

impl Parameters {
    /// The parameters that `weights` hold under the published names.
    pub(super) fn new(config: &MonetConfig, weights: &Weights) -> Result<Self> {
        let mut builder = Builder { slots: Vec::new() };
        let flat = |width| [width, 1, 1];
        let channels = config.attention_channels();
        let (last, side) = (config.blocks - 1, config.smallest_side());
        let smallest = [channels[last], side, side];
        let hidden = flat(MonetConfig::ATTENTION_HIDDEN);
        let down = (0..config.blocks)
            .map(|i| {
                let inputs = if i == 0 { 4 } else { channels[i - 1] };
                builder.block(&format!("netAttn.downblock{}", i + 1), inputs, channels[i])
            })
            .collect();
        let mlp = vec![
            builder.linear("netAttn.mlp.0", smallest, hidden),
            builder.linear("netAttn.mlp.2", hidden, hidden),
            builder.linear("netAttn.mlp.4", hidden, smallest),
        ];
        let up = (0..config.blocks)
            .map(|i| {
                // Blocks are numbered from the coarsest, which is the second.
                let path = format!("netAttn.upblock{}", config.blocks + 1 - i);
                builder.block(&path, 2 * channels[i], channels[i.saturating_sub(1)])
            })
            .collect();
        let output = builder.conv("netAttn.output", [channels[0], 1, 1]);
        let mut inputs = 4;
        let mut encoder = Vec::new();
        for (i, outputs) in MonetConfig::ENCODER_CHANNELS.into_iter().enumerate() {
            encoder.push(builder.conv(&format!("netCVAE.encoder.{}", 2 * i), [inputs, outputs, 3]));
            inputs = outputs;
        }
        let image = [inputs, MonetConfig::SIDE / 16, MonetConfig::SIDE / 16];
        let wide = flat(MonetConfig::ENCODER_HIDDEN);
        let heads = vec![
            builder.linear("netCVAE.encoder.9", image, wide),
            builder.linear("netCVAE.encoder.11", wide, flat(2 * config.code)),
        ];
        let width = config.decoder_channels;
        let decoder = [config.code + 2, width, width, width, width]
            .into_iter()
            .zip([(width, 3), (width, 3), (width, 3), (width, 3), (4, 1)])
            .enumerate()
            .map(|(i, (inputs, (outputs, kernel)))| {
                builder.conv(
                    &format!("netCVAE.decoder.{}", 2 * i),
                    [inputs, outputs, kernel],
                )
            })
            .collect();
        let ids = Ids {
            down,
            mlp,
            up,
            output,
            encoder,
            heads,
            decoder,
        };
        let mut slots = builder.slots;
        slots.iter_mut().try_for_each(|slot| slot.import(weights))?;
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
