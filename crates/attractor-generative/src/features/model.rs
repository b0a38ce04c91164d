use std::ops::ControlFlow;

use attractor_core::{Error, Result, check, rng};
use burn::module::Module;
use burn::tensor::activation::{log_softmax, relu, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};

use super::ClassAutoencoderConfig;
use crate::nn::{Init, Linear};
use crate::train::Adam;

/// Encoder, decoder and classifier. See the [module](super).
#[derive(Module, Debug)]
pub struct ClassAutoencoder {
    encoder: Vec<Linear>,
    decoder: Vec<Linear>,
    classifier: Vec<Linear>,
}

/// What an epoch of training reached, over its own images as they came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean loss.
    pub loss: f64,
}

/// Below it a variance counts as none.
const EPSILON: f64 = 1e-5;

impl ClassAutoencoder {
    pub(super) fn new(config: &ClassAutoencoderConfig, device: &Device) -> Self {
        let ClassAutoencoderConfig {
            dim,
            hidden,
            code,
            classes,
            seed,
            ..
        } = *config;
        let init = Init { seed, device };
        let chain = |name: &str, widths: &[usize]| -> Vec<Linear> {
            let pairs = widths.windows(2).enumerate();
            pairs
                .map(|(at, pair)| Linear::new(&init, &format!("{name}.{at}"), pair[0], pair[1]))
                .collect()
        };
        Self {
            encoder: chain("encoder", &[dim, hidden, hidden, code]),
            decoder: chain("decoder", &[code, hidden, hidden, dim]),
            classifier: chain("classifier", &[code, code, classes]),
        }
    }

    /// Features `[n, code]` of images `[n, dim]`, each row with mean 0 and variance 1.
    pub fn features(&self, images: Tensor<2>) -> Tensor<2> {
        let code = through(&self.encoder, images);
        let centred = code.clone() - code.mean_dim(1);
        let variance = centred.clone().square().mean_dim(1);
        centred / variance.add_scalar(EPSILON).sqrt()
    }

    /// Images `[n, dim]` in `[0, 1]` of features.
    pub fn decode(&self, features: Tensor<2>) -> Tensor<2> {
        sigmoid(through(&self.decoder, features))
    }

    /// Unnormalised log probabilities `[n, classes]` of features.
    pub fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        through(&self.classifier, features)
    }

    /// The likeliest class of each row of features.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails.
    pub fn classify(&self, features: Tensor<2>) -> Result<Vec<usize>> {
        let logits = self.logits(features);
        let [_, classes] = logits.dims();
        let values = check::to_host(logits)?;
        let best = |row: &[f32]| {
            let places = row.iter().enumerate();
            let most = places.max_by(|a, b| a.1.total_cmp(b.1));
            most.map_or(0, |(class, _)| class)
        };
        Ok(values.chunks_exact(classes).map(best).collect())
    }

    /// Trains a new network on images `[n, dim]` with their labels. `told` hears of every epoch, and may end
    /// training there.
    ///
    /// # Errors
    /// Those of the configuration; [`Error::Width`], [`Error::Rows`], [`Error::Index`] for a label without a
    /// class, [`Error::NonFinite`] for pixels that are none, or if the loss is.
    pub fn train_on(
        config: &ClassAutoencoderConfig,
        (images, labels): (&[f32], &[u32]),
        device: &Device,
        told: &mut dyn FnMut(Fit) -> ControlFlow<()>,
    ) -> Result<Self> {
        let model = config.init(device)?;
        let ClassAutoencoderConfig { dim, classes, .. } = *config;
        let all = check::from_host("images", images.to_vec(), dim, device)?;
        check::batch("images", &all, dim)?;
        let rows = all.dims()[0];
        if labels.len() != rows {
            return Err(Error::Rows {
                what: "labels",
                expected: rows,
                found: labels.len(),
            });
        }
        if let Some(&label) = labels.iter().find(|&&label| label as usize >= classes) {
            return Err(Error::Index {
                what: "labels",
                len: classes,
                index: label as usize,
            });
        }
        let (mut model, mut adam) = (model.train(), Adam::new(config.adam));
        let mut step = 0;
        for epoch in 1..=config.epochs {
            let mut order = rng::indexed_stream(config.seed, "features order", epoch as u64);
            let order = rng::permutation(&mut order, rows);
            let mut sum = 0.0;
            for part in order.chunks(config.batch) {
                let pixels = part
                    .iter()
                    .flat_map(|&row| &images[row * dim..(row + 1) * dim]);
                let pixels = check::from_host("images", pixels.copied().collect(), dim, device)?;
                let mut classes_of = vec![0.0f32; part.len() * classes];
                for (at, &row) in part.iter().enumerate() {
                    classes_of[at * classes + labels[row] as usize] = 1.0;
                }
                let shape = [part.len(), classes];
                let targets = Tensor::from_data(TensorData::new(classes_of, shape), device);
                let loss = loss(&model, pixels, targets, config.reconstruction);
                let gradients = loss.backward();
                let value = check::to_host(loss.without_autodiff())?;
                check::finite("training loss", &value, 1)?;
                sum += f64::from(value[0]) * part.len() as f64;
                step += 1;
                model = adam.step(model, gradients, step, 1.0);
            }
            let fit = Fit {
                epoch,
                loss: sum / rows as f64,
            };
            if told(fit).is_break() {
                break;
            }
        }
        Ok(model.valid())
    }
}

/// Affine layers with rectifiers between them.
fn through(layers: &[Linear], mut values: Tensor<2>) -> Tensor<2> {
    for (at, layer) in layers.iter().enumerate() {
        values = layer.forward(values);
        if at + 1 < layers.len() {
            values = relu(values);
        }
    }
    values
}

/// Cross-entropy and weighted error of a pixel, mean over rows, `[1]`. `targets` hold a 1 for the class.
pub(super) fn loss(
    model: &ClassAutoencoder,
    images: Tensor<2>,
    targets: Tensor<2>,
    weight: f64,
) -> Tensor<1> {
    let [rows, _] = images.dims();
    let features = model.features(images.clone());
    let error = (model.decode(features.clone()) - images).square().mean();
    let log_p = log_softmax(model.logits(features), 1);
    let surprise = (log_p * targets).sum().mul_scalar(-1.0 / rows as f64);
    surprise + error.mul_scalar(weight)
}
