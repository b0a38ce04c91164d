use attractor_core::rng::Rng;
use attractor_core::{Result, check};
use burn::module::Module;
use burn::tensor::activation::{log_softmax, relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::ClassAutoencoderConfig;
use super::stage::{Stage, forward, forward_train};
use crate::nn::Init;

/// Encoder, decoder and classifier. See the [module](super).
#[derive(Module, Debug)]
pub struct ClassAutoencoder {
    encoder: Vec<Stage>,
    decoder: Vec<Stage>,
    classifier: Vec<Stage>,
}

/// Rows that go through the layers at a time: what lies between them is tens of times larger.
const BLOCK: usize = 256;

impl ClassAutoencoder {
    pub(super) fn new(config: &ClassAutoencoderConfig, device: &Device) -> Self {
        let init = Init {
            seed: config.seed,
            device,
        };
        let [encoder, decoder, classifier] = config.plans().map(|plan| Stage::list(&plan, &init));
        Self {
            encoder,
            decoder,
            classifier,
        }
    }

    /// Features `[n, code]` of images `[n, dim]`, each row with mean 0 and variance 1.
    pub fn features(&self, images: Tensor<2>) -> Tensor<2> {
        in_blocks(images, |images| forward(&self.encoder, images))
    }

    /// Images `[n, dim]` in `[0, 1]` of features.
    pub fn decode(&self, features: Tensor<2>) -> Tensor<2> {
        in_blocks(features, |features| {
            sigmoid(forward(&self.decoder, features))
        })
    }

    /// Unnormalised log probabilities `[n, classes]` of features.
    pub fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        forward(&self.classifier, features)
    }

    /// The likeliest class of each row of features.
    ///
    /// # Errors
    /// [`attractor_core::Error::Device`] if the device fails.
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

    /// Cross-entropies of the class and, weighted, of a pixel in training, mean over rows, `[1]`. `targets` hold a 1
    /// for the class; what is dropped is drawn from `rng`.
    pub(super) fn loss(
        &mut self,
        images: Tensor<2>,
        targets: Tensor<2>,
        weight: f64,
        rng: &mut Rng,
    ) -> Tensor<1> {
        let [rows, _] = images.dims();
        let features = forward_train(&mut self.encoder, images.clone(), rng);
        let pre = forward_train(&mut self.decoder, features.clone(), rng);
        let rest = pre.clone().abs().neg().exp().add_scalar(1.0).log();
        let error = (relu(pre.clone()) - pre * images + rest).mean();
        let log_p = log_softmax(forward_train(&mut self.classifier, features, rng), 1);
        let surprise = (log_p * targets).sum().mul_scalar(-1.0 / rows as f64);
        surprise + error.mul_scalar(weight)
    }
}

fn in_blocks(rows: Tensor<2>, through: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    if rows.dims()[0] <= BLOCK {
        return through(rows);
    }
    Tensor::cat(rows.split(BLOCK, 0).into_iter().map(through).collect(), 0)
}
