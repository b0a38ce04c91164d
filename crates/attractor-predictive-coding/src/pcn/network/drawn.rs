//! Weights before anything is learned.

use attractor_core::{Activation, rng};
use burn::tensor::{Device, Tensor, TensorData};

use super::parameters::{PcnLayer, PcnParameters};
use super::structure::Network;
use crate::pcn::config::{HiddenStart, PcnConfig, Placement, TopPrior};

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
        let starts = config.start == HiddenStart::TopDown && config.placement == Placement::Pre;
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
}
