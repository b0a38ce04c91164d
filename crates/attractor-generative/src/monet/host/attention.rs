//! One pass of the attention network over one image, and its gradients.

#[cfg(test)]
use super::exact::Gate;
use super::joints::{add_halved, concatenate, halve, join, split};
use super::parameters::{Adjoints, BlockIds, Parameters};
use super::{Gradients, pair};
use crate::host::image::{
    Image, InstanceNormRelu, Start, add_channel_gradient, add_weight_gradient, convolve, dense,
};
use crate::monet::MonetConfig;

/// Convolution, normalisation and ReLU: what a pass must remember.
#[derive(Debug)]
struct Stage {
    /// Input within a ring of zeros.
    input: Image,
    /// Before the normalisation.
    pre: Image,
    norm: InstanceNormRelu,
    output: Image,
}

impl Stage {
    fn new(side: usize, inputs: usize, outputs: usize) -> Self {
        Self {
            input: Image::new([side, side, inputs], 1),
            pre: Image::new([side, side, outputs], 0),
            norm: InstanceNormRelu::new(outputs),
            output: Image::new([side, side, outputs], 0),
        }
    }

    fn forward(&mut self, parameters: &Parameters, ids: BlockIds) {
        let weight = parameters.value(ids.conv);
        convolve(&self.input, 1, weight, Start::Zero, false, &mut self.pre);
        let [scale, shift] = [ids.scale, ids.shift].map(|id| parameters.value(id));
        self.norm.forward(&self.pre, scale, shift, &mut self.output);
    }

    /// Adds the gradients; leaves the derivative before the normalisation in `work.d_pre`.
    fn backward(
        &self,
        parameters: &Parameters,
        ids: BlockIds,
        work: &mut StageWork,
        gradients: &mut Gradients,
    ) {
        let affine = [ids.scale, ids.shift].map(|id| parameters.value(id));
        let [scale, shift] = pair(gradients, ids.scale, ids.shift);
        let sums = [scale.as_mut_slice(), shift.as_mut_slice()];
        self.norm
            .backward(&self.pre, affine, &mut work.d_output, sums, &mut work.d_pre);
        add_weight_gradient(&self.input, 1, &work.d_pre, &mut gradients[ids.conv]);
    }
}

/// Derivatives of one stage, shared by all passes.
#[derive(Debug)]
struct StageWork {
    d_output: Image,
    d_pre: Image,
    d_input: Image,
}

impl StageWork {
    fn new(side: usize, inputs: usize, outputs: usize) -> Self {
        Self {
            d_output: Image::new([side, side, outputs], 0),
            d_pre: Image::new([side, side, outputs], 1),
            d_input: Image::new([side, side, inputs], 0),
        }
    }

    fn fill_input(&mut self, flipped: &[f32]) {
        convolve(
            &self.d_pre,
            1,
            flipped,
            Start::Zero,
            false,
            &mut self.d_input,
        );
    }
}

/// Activations of one pass.
#[derive(Debug)]
pub(super) struct Pass {
    down: Vec<Stage>,
    /// Input of the fully connected layers, then the output of each.
    dense: Vec<Vec<f32>>,
    /// By resolution, the finest first.
    up: Vec<Stage>,
    /// `[side * side]`
    pub(super) logits: Vec<f32>,
}

/// Derivatives, shared by all passes.
#[derive(Debug)]
pub(super) struct Work {
    down: Vec<StageWork>,
    dense: Vec<Vec<f32>>,
    up: Vec<StageWork>,
}

/// Something for each stage down (`way` 0) or up (1), from its side, input and output channels.
fn stages<T>(config: &MonetConfig, way: usize, new: impl Fn(usize, usize, usize) -> T) -> Vec<T> {
    let channels = config.attention_channels();
    (0..config.blocks)
        .map(|i| {
            let side = MonetConfig::SIDE >> i;
            let inputs = if i == 0 { 4 } else { channels[i - 1] };
            let outwards = [2 * channels[i], channels[i.saturating_sub(1)]];
            let [inputs, outputs] = [[inputs, channels[i]], outwards][way];
            new(side, inputs, outputs)
        })
        .collect()
}

fn dense_buffers(config: &MonetConfig) -> Vec<Vec<f32>> {
    let last = config.attention_channels()[config.blocks - 1] * config.smallest_side().pow(2);
    let hidden = MonetConfig::ATTENTION_HIDDEN;
    [last, hidden, hidden, last]
        .map(|width| vec![0.0; width])
        .into()
}

impl Work {
    pub(super) fn new(config: &MonetConfig) -> Self {
        Self {
            down: stages(config, 0, StageWork::new),
            dense: dense_buffers(config),
            up: stages(config, 1, StageWork::new),
        }
    }
}

impl Pass {
    pub(super) fn new(config: &MonetConfig) -> Self {
        Self {
            down: stages(config, 0, Stage::new),
            dense: dense_buffers(config),
            up: stages(config, 1, Stage::new),
            logits: vec![0.0; MonetConfig::SIDE * MonetConfig::SIDE],
        }
    }

    /// Which units are open after [`Pass::forward`], in its order.
    #[cfg(test)]
    pub(super) fn gates(&self) -> Vec<Gate> {
        let image = |image: &Image| {
            let shape = [1, image.height, image.width, image.channels];
            Gate::of(shape, image.flat())
        };
        let down = self.down.iter().map(|stage| image(&stage.output));
        let hidden = self.dense[1..3]
            .iter()
            .map(|row| Gate::of([1, 1, 1, row.len()], row));
        let coarsest = &self.down[self.down.len() - 1].output;
        let shape = [1, coarsest.height, coarsest.width, coarsest.channels];
        let last = Gate::of(shape, &self.dense[3]);
        let up = self.up.iter().rev().map(|stage| image(&stage.output));
        down.chain(hidden).chain([last]).chain(up).collect()
    }

    /// Fills the logits for an image `[h, w, 3]` and the logarithm of its scope `[h, w]`.
    pub(super) fn forward(&mut self, parameters: &Parameters, image: &[f32], log_scope: &[f32]) {
        let ids = &parameters.ids;
        let Self {
            down,
            dense,
            up,
            logits,
        } = self;
        let last = down.len() - 1;
        join(&mut down[0].input, image, log_scope);
        for i in 0..=last {
            down[i].forward(parameters, ids.down[i]);
            let (before, after) = down.split_at_mut(i + 1);
            if let Some(next) = after.first_mut() {
                halve(&before[i].output, &mut next.input);
            }
        }
        dense[0].copy_from_slice(down[last].output.flat());
        for (i, ids) in ids.mlp.iter().enumerate() {
            let (before, after) = dense.split_at_mut(i + 1);
            let [weight, bias] = [ids.weight, ids.bias].map(|id| parameters.value(id));
            dense::forward(&before[i], weight, bias, true, &mut after[0]);
        }
        for i in (0..=last).rev() {
            let (before, after) = up.split_at_mut(i + 1);
            let below = match after.first() {
                Some(stage) => (stage.output.flat(), 2),
                None => (dense[3].as_slice(), 1),
            };
            concatenate(&mut before[i].input, below, down[i].output.flat());
            before[i].forward(parameters, ids.up[i]);
        }
        let weight = parameters.value(ids.output.weight);
        let bias = parameters.value(ids.output.bias)[0];
        let features = up[0].output.flat().chunks_exact(weight.len());
        for (logit, x) in logits.iter_mut().zip(features) {
            *logit = bias + x.iter().zip(weight).map(|(x, w)| x * w).sum::<f32>();
        }
    }

    /// Adds the gradients of the parameters and, if wanted, the derivative with respect to the
    /// scope's logarithm.
    pub(super) fn backward(
        &self,
        parameters: &Parameters,
        adjoints: &Adjoints,
        d_logits: &[f32],
        work: &mut Work,
        gradients: &mut Gradients,
        d_log_scope: Option<&mut [f32]>,
    ) {
        let ids = &parameters.ids;
        let last = self.down.len() - 1;
        let weight = parameters.value(ids.output.weight);
        let width = weight.len();
        {
            let [d_weight, d_bias] = pair(gradients, ids.output.weight, ids.output.bias);
            // In double precision: thousands of terms of both signs nearly cancel.
            d_bias[0] += d_logits.iter().copied().map(f64::from).sum::<f64>() as f32;
            let rows = work.up[0].d_output.flat_mut().chunks_exact_mut(width);
            let values = self.up[0].output.flat().chunks_exact(width);
            for ((d, x), d_logit) in rows.zip(values).zip(d_logits) {
                for (((d, x), w), sum) in d.iter_mut().zip(x).zip(weight).zip(&mut *d_weight) {
                    *d = d_logit * w;
                    *sum += d_logit * x;
                }
            }
        }
        for i in 0..=last {
            let (stage, ids) = (&self.up[i], ids.up[i]);
            stage.backward(parameters, ids, &mut work.up[i], gradients);
            work.up[i].fill_input(adjoints.get(ids.conv));
            let (here, coarser) = work.up.split_at_mut(i + 1);
            let (below, scale) = match coarser.first_mut() {
                Some(next) => (next.d_output.flat_mut(), 2),
                None => (work.dense[3].as_mut_slice(), 1),
            };
            let skip = work.down[i].d_output.flat_mut();
            split(&here[i].d_input, (below, scale), skip);
        }
        for i in (0..3).rev() {
            let (before, after) = work.dense.split_at_mut(i + 1);
            let (d_output, ids) = (&mut after[0], ids.mlp[i]);
            dense::mask(&self.dense[i + 1], d_output);
            let [d_weight, d_bias] = pair(gradients, ids.weight, ids.bias);
            dense::add_gradients(&self.dense[i], d_output, d_weight, d_bias);
            let transposed = adjoints.get(ids.weight);
            dense::input_gradient(d_output, d_output.len(), transposed, &mut before[i]);
        }
        let coarsest = work.down[last].d_output.flat_mut();
        for (sum, d) in coarsest.iter_mut().zip(&work.dense[0]) {
            *sum += d;
        }
        for i in (0..=last).rev() {
            let (stage, ids) = (&self.down[i], ids.down[i]);
            stage.backward(parameters, ids, &mut work.down[i], gradients);
            if i > 0 {
                work.down[i].fill_input(adjoints.get(ids.conv));
                let (finer, here) = work.down.split_at_mut(i);
                add_halved(&here[0].d_input, &mut finer[i - 1].d_output);
            }
        }
        if let Some(d_log_scope) = d_log_scope {
            let weight = parameters.value(ids.down[0].conv);
            add_channel_gradient(&work.down[0].d_pre, weight, [4, 3], d_log_scope);
        }
    }
}
