//! Weights, and what they predict.

use attractor_core::coding::Link;
use attractor_core::{Activation, Error, Result, rng};
use burn::tensor::{Bool, Device, Tensor, TensorData};

use super::body::{Body, Data};
use super::config::{Placement, Start, TopPrior};
use super::links::{Clamped, Dense, Gram, Sensory, TopEnd};
use super::{InferenceConfig, PcnConfig};

/// Weights that predict one layer from the layer above.
#[derive(Debug, Clone)]
pub struct PcnLayer {
    /// `[below, above]`.
    pub weight: Tensor<2>,
    /// `[1, below]`, if the network has biases.
    pub bias: Option<Tensor<2>>,
}

/// Everything that a [`super::Pcn`] learns.
#[derive(Debug, Clone)]
pub struct PcnParameters {
    /// The layer that predicts the data first.
    pub layers: Vec<PcnLayer>,
    /// What is expected of the memory layer, `[1, n]`; none if nothing is.
    pub mean: Option<Tensor<2>>,
    /// Recurrent weights of the memory layer, `[n, n]` with a diagonal of 0, if it has them.
    pub recurrent: Option<Tensor<2>>,
}

impl PcnParameters {
    /// Weights and biases uniform within the root of 1 / inputs, expected values normal, recurrent
    /// weights 0.
    pub(crate) fn drawn(config: &PcnConfig, device: &Device) -> Self {
        let place = || (device, config.precision.dtype());
        let layers = (0..config.depth()).map(|l| {
            let (below, above) = (config.width(l), config.width(l + 1));
            let bound = (above as f32).sqrt().recip();
            let uniform = |purpose: &str, shape: [usize; 2]| {
                let mut stream = rng::indexed_stream(config.seed, purpose, l as u64);
                let values = rng::uniform_vec(&mut stream, shape[0] * shape[1], -bound, bound);
                Tensor::from_data(TensorData::new(values, shape), place())
            };
            PcnLayer {
                weight: uniform("pcn/weight", [below, above]),
                bias: config.bias.then(|| uniform("pcn/bias", [1, below])),
            }
        });
        let top = config.width(config.depth());
        let mean = (config.prior != TopPrior::None).then(|| {
            let mut stream = rng::stream(config.seed, "pcn/mean");
            let mut values = rng::normal_vec(&mut stream, top);
            // Rectifiers that are all off would never learn.
            if values.iter().all(|&value| value <= 0.0) {
                values.iter_mut().for_each(|value| *value = -*value);
            }
            let values: Vec<f32> = values
                .into_iter()
                .map(|value| value * config.prior_std as f32)
                .collect();
            Tensor::from_data(TensorData::new(values, [1, top]), place())
        });
        let recurrent = (config.prior == TopPrior::Recurrent)
            .then(|| Tensor::zeros([top, top], (device, config.precision.dtype())));
        let mut drawn = Self {
            layers: layers.collect(),
            mean,
            recurrent,
        };
        drawn.wake(config);
        drawn
    }

    /// Turns weights around whose layer would start with every rectifier off: narrow layers happen to
    /// be drawn so, and could never learn.
    fn wake(&mut self, config: &PcnConfig) {
        let starts = config.start == Start::TopDown && config.placement == Placement::Pre;
        if config.activation != Activation::Relu || !starts {
            return;
        }
        for l in (1..config.depth()).rev() {
            let network = Network {
                config,
                parameters: self,
            };
            let values = &network.start(1)[config.depth() - l];
            let highest = values.clone().max().try_into_scalar::<f32>();
            if highest.is_ok_and(|highest| highest <= 0.0) {
                let layer = &mut self.layers[l];
                layer.weight.inplace(Tensor::neg);
                if let Some(bias) = &mut layer.bias {
                    bias.inplace(Tensor::neg);
                }
            }
        }
    }

    /// Shapes in the order of [`Self::list`], with names.
    pub(crate) fn shapes(config: &PcnConfig) -> Vec<(String, [usize; 2])> {
        let mut shapes = Vec::new();
        for l in 0..config.depth() {
            shapes.push((
                format!("layer{l}/weight"),
                [config.width(l), config.width(l + 1)],
            ));
            if config.bias {
                shapes.push((format!("layer{l}/bias"), [1, config.width(l)]));
            }
        }
        let top = config.width(config.depth());
        if config.prior != TopPrior::None {
            shapes.push(("mean".into(), [1, top]));
        }
        if config.prior == TopPrior::Recurrent {
            shapes.push(("recurrent".into(), [top, top]));
        }
        shapes
    }

    /// From tensors in the order of [`Self::shapes`].
    pub(crate) fn from_list(config: &PcnConfig, list: Vec<Tensor<2>>) -> Option<Self> {
        let mut list = list.into_iter();
        let mut layers = Vec::new();
        for _ in 0..config.depth() {
            layers.push(PcnLayer {
                weight: list.next()?,
                bias: if config.bias {
                    Some(list.next()?)
                } else {
                    None
                },
            });
        }
        Some(Self {
            layers,
            mean: if config.prior == TopPrior::None {
                None
            } else {
                Some(list.next()?)
            },
            recurrent: if config.prior == TopPrior::Recurrent {
                Some(list.next()?)
            } else {
                None
            },
        })
    }

    pub(crate) fn list(&self) -> Vec<&Tensor<2>> {
        let layers = self.layers.iter();
        let layers = layers.flat_map(|layer| std::iter::once(&layer.weight).chain(&layer.bias));
        layers.chain(&self.mean).chain(&self.recurrent).collect()
    }

    pub(crate) fn list_mut(&mut self) -> Vec<&mut Tensor<2>> {
        let layers = self.layers.iter_mut();
        let layers =
            layers.flat_map(|layer| std::iter::once(&mut layer.weight).chain(&mut layer.bias));
        layers
            .chain(&mut self.mean)
            .chain(&mut self.recurrent)
            .collect()
    }

    /// Checks presence and shapes against the configuration.
    pub(crate) fn fit(&self, config: &PcnConfig) -> Result<()> {
        let expected: Vec<[usize; 2]> = Self::shapes(config)
            .into_iter()
            .map(|(_, shape)| shape)
            .collect();
        let found: Vec<[usize; 2]> = self.list().into_iter().map(Tensor::dims).collect();
        if expected == found {
            Ok(())
        } else {
            Err(Error::Mismatch {
                what: "PcnConfig",
                expected: format!("parameters of shapes {expected:?}"),
                part: "PcnParameters",
                found: format!("{found:?}"),
            })
        }
    }
}

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
            Start::Zero => (1..=depth).rev().map(zeros).collect(),
            Start::Random => (1..=depth)
                .rev()
                .map(|l| {
                    let mut stream = rng::indexed_stream(config.seed, "pcn/start", l as u64);
                    let values = rng::normal_vec(&mut stream, config.width(l));
                    let data = TensorData::new(values, [1, config.width(l)]);
                    let (device, dtype) = place();
                    Tensor::<2>::from_data(data, (&device, dtype)).repeat_dim(0, rows)
                })
                .collect(),
            Start::TopDown => {
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
