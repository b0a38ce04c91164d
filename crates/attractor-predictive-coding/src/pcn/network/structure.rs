//! Configuration and weights, read together: what the network predicts.

use attractor_core::coding::Link;
use attractor_core::{Activation, rng};
use burn::tensor::{Bool, Tensor, TensorData};

use super::body::{Body, Data};
use super::links::{Clamped, Dense, Gram, Sensory, TopEnd};
use super::parameters::PcnParameters;
use crate::pcn::config::{HiddenStart, PcnConfig, Placement};
use crate::relaxation::InferenceConfig;

/// The network: configuration and weights, read together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network<'a> {
    pub(crate) config: &'a PcnConfig,
    pub(crate) parameters: &'a PcnParameters,
}

impl Network<'_> {
    /// The link that predicts layer `l`.
    pub(crate) fn link(&self, l: usize) -> Dense {
        let layer = &self.parameters.layers[l];
        let (before, after) = match self.config.placement {
            Placement::Pre => (self.config.activation, Activation::Identity),
            Placement::Post if l == 0 => (Activation::Identity, Activation::Identity),
            Placement::Post => (Activation::Identity, self.config.activation),
        };
        Dense {
            weight: layer.weight.clone(),
            bias: layer.bias.clone(),
            before,
            after,
        }
    }

    pub(crate) fn top(&self) -> Option<TopEnd> {
        Some(TopEnd {
            mean: self.parameters.mean.clone()?,
            recurrent: self.parameters.recurrent.clone(),
        })
    }

    /// Hidden values `[rows, n_l]` before inference, the memory layer first.
    pub(crate) fn start(&self, rows: usize) -> Vec<Tensor<2>> {
        let config = self.config;
        let depth = config.depth();
        let weight = &self.parameters.layers[0].weight;
        let place = || (weight.device(), weight.dtype());
        let zeros = |l: usize| {
            let (device, dtype) = place();
            Tensor::zeros([rows, config.width(l)], (&device, dtype))
        };
        match config.start {
            HiddenStart::Zero => (1..=depth).rev().map(zeros).collect(),
            HiddenStart::Random => (1..=depth)
                .rev()
                .map(|l| {
                    let mut stream = rng::indexed_stream(config.seed, "pcn/start", l as u64);
                    let values = rng::normal_vec(&mut stream, config.width(l));
                    let data = TensorData::new(values, [1, config.width(l)]);
                    let (device, dtype) = place();
                    Tensor::<2>::from_data(data, (&device, dtype)).repeat_dim(0, rows)
                })
                .collect(),
            HiddenStart::TopDown => {
                let top = match &self.parameters.mean {
                    Some(mean) => mean.clone().repeat_dim(0, rows),
                    None => zeros(depth),
                };
                self.downwards(top)
            }
        }
    }

    /// Values of every hidden layer as predicted from those of the memory layer, which come first.
    pub(crate) fn downwards(&self, top: Tensor<2>) -> Vec<Tensor<2>> {
        let mut blocks = vec![top];
        for l in (1..self.config.depth()).rev() {
            let above = blocks[blocks.len() - 1].clone();
            blocks.push(self.link(l).predict(above).prediction.value);
        }
        blocks
    }

    /// The data `[b, dim]` that hidden values predict.
    pub(crate) fn data(&self, hidden: &[Tensor<2>]) -> Tensor<2> {
        // There is at least one hidden layer.
        let lowest = hidden[hidden.len() - 1].clone();
        self.link(0).predict(lowest).prediction.value
    }

    /// Around clamped data of which the entries with `known` 1 count.
    pub(crate) fn clamped(
        &self,
        target: Tensor<2>,
        known: Option<Tensor<2>>,
        sensory: Option<Sensory>,
    ) -> Body {
        let clamped = Clamped {
            link: self.link(0),
            target,
            known,
        };
        let sensory = sensory.unwrap_or_else(|| Sensory::Direct(Box::new(clamped.clone())));
        self.body(Data::Clamped(sensory, Box::new(clamped)))
    }

    /// Around data that move where `free` is 1, everywhere without.
    pub(crate) fn open(&self, free: Option<Tensor<2>>) -> Body {
        self.body(Data::Block(Box::new(self.link(0)), free.map(Box::new)))
    }

    fn body(&self, data: Data) -> Body {
        Body {
            top: self.top(),
            links: (1..self.config.depth())
                .rev()
                .map(|l| self.link(l))
                .collect(),
            data,
            host: None,
        }
    }

    /// `W^T W` of the data's weights.
    pub(crate) fn gram(&self) -> Tensor<2> {
        let weight = &self.parameters.layers[0].weight;
        weight.clone().transpose().matmul(weight.clone())
    }

    /// The Gram form around data `[b, d]`.
    pub(crate) fn projected(&self, target: Tensor<2>, gram: Tensor<2>) -> Sensory {
        let link = self.link(0);
        let centred = match &link.bias {
            Some(bias) => target - bias.clone(),
            None => target,
        };
        Sensory::Gram(Box::new(Gram {
            before: link.before,
            projected: centred.matmul(link.weight),
            gram,
        }))
    }

    /// The Gram form of weights that just changed, if it pays off for this many rows.
    pub(crate) fn fresh(&self, target: &Tensor<2>, inference: &InferenceConfig) -> Option<Sensory> {
        let [rows, dim] = target.dims();
        let pays = inference.gram(rows, dim, self.config.width(1), true);
        pays.then(|| self.projected(target.clone(), self.gram()))
    }
}

/// A square matrix with 0 on its diagonal.
pub(crate) fn off_diagonal(square: Tensor<2>) -> Tensor<2> {
    let size = square.dims()[0];
    // True off the diagonal.
    let others = Tensor::<2, Bool>::diag_mask([size, size], 0, &square.device());
    square.mask_fill(others.bool_not(), 0.0)
}
