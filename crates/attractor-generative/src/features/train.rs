use std::ops::ControlFlow;

use attractor_core::backend::is_host_device;
use attractor_core::rng::Rng;
use attractor_core::{Error, Result, check, rng};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::host::HostNetwork;
use super::{ClassAutoencoder, ClassAutoencoderConfig};
use crate::nn::weights as nn;
use crate::train::{Adam, Engine};

/// What an epoch of training reached, over its own images as they came.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean loss.
    pub loss: f64,
}

/// A network in training.
enum Training {
    /// By automatic differentiation.
    Tensor(Box<(ClassAutoencoder, Adam)>),
    /// In host memory.
    Host(Box<HostNetwork>),
}

impl Training {
    fn new(
        config: &ClassAutoencoderConfig,
        model: ClassAutoencoder,
        device: &Device,
    ) -> Result<Self> {
        let on_host = match config.engine {
            Engine::Tensor => false,
            Engine::Auto => is_host_device(device),
            Engine::Host => true,
        };
        Ok(match on_host {
            true => Self::Host(Box::new(HostNetwork::new(
                &config.plans(),
                &nn::export(&model)?,
            )?)),
            false => Self::Tensor(Box::new((model.train(), Adam::new(config.adam)))),
        })
    }

    /// Loss before the step, which is counted from 1.
    fn step(
        &mut self,
        config: &ClassAutoencoderConfig,
        (images, labels): (Vec<f32>, Vec<u32>),
        device: &Device,
        (step, rng): (u64, &mut Rng),
    ) -> Result<f64> {
        let weight = config.reconstruction;
        match self {
            Self::Host(network) => {
                let loss = network.loss_and_gradients(&images, &labels, weight, rng);
                network.update(&config.adam, step);
                Ok(loss)
            }
            Self::Tensor(training) => {
                let (model, adam) = &mut **training;
                let images = check::from_host("images", images, config.dim(), device)?;
                let targets = targets(&labels, config.classes, device);
                let loss = model.loss(images, targets, weight, rng);
                let gradients = loss.backward();
                let value = check::to_host(loss.without_autodiff())?;
                // The map consumes the module; a clone shares every tensor.
                *model = adam.step(model.clone(), gradients, step, 1.0);
                Ok(f64::from(value[0]))
            }
        }
    }

    /// The network on the plain device.
    fn end(self, template: ClassAutoencoder, device: &Device) -> Result<ClassAutoencoder> {
        match self {
            Self::Tensor(training) => Ok(training.0.valid()),
            Self::Host(network) => nn::import(template, &network.export(), device),
        }
    }
}

/// A 1 for the class of each row.
pub(super) fn targets(labels: &[u32], classes: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0f32; labels.len() * classes];
    for (row, &label) in labels.iter().enumerate() {
        values[row * classes + label as usize] = 1.0;
    }
    Tensor::from_data(TensorData::new(values, [labels.len(), classes]), device)
}

impl ClassAutoencoder {
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
        let template = config.init(device)?;
        let (dim, classes) = (config.dim(), config.classes);
        let all = check::from_host("images", images.to_vec(), dim, device)?;
        check::batch("images", &all, dim)?;
        let rows = all.dims()[0];
        drop(all);
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
        let mut training = Training::new(config, template.clone(), device)?;
        let mut dropped = rng::stream(config.seed, "features dropout");
        let mut step = 0;
        for epoch in 1..=config.epochs {
            let mut order = rng::indexed_stream(config.seed, "features order", epoch as u64);
            let order = rng::permutation(&mut order, rows);
            let mut sum = 0.0;
            for part in order.chunks(config.batch) {
                let pixels = part
                    .iter()
                    .flat_map(|&row| &images[row * dim..(row + 1) * dim]);
                let part_labels = part.iter().map(|&row| labels[row]).collect();
                step += 1;
                let batch = (pixels.copied().collect(), part_labels);
                let loss = training.step(config, batch, device, (step, &mut dropped))?;
                check::finite("training loss", &[loss as f32], 1)?;
                sum += loss * part.len() as f64;
            }
            let fit = Fit {
                epoch,
                loss: sum / rows as f64,
            };
            if told(fit).is_break() {
                break;
            }
        }
        training.end(template, device)
    }
}
