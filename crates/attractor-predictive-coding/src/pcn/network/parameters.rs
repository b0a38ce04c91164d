//! Everything that the network learns.

use attractor_core::{Error, Result};
use burn::tensor::Tensor;

use crate::pcn::config::{PcnConfig, TopPrior};

/// Weights that predict one layer from the layer above.
#[derive(Debug, Clone)]
pub struct PcnLayer {
    /// `[below, above]`.
    pub weight: Tensor<2>,
    /// `[1, below]`, if the network has biases.
    pub bias: Option<Tensor<2>>,
}

/// Everything that a [`crate::pcn::Pcn`] learns.
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
