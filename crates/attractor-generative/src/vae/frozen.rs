//! The inference form of an autoencoder.

use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{Error, GenerativeModel, LayerChain, Persist, Posterior, Restore, Result};
use burn::tensor::Tensor;

/// Encoder and decoder as layer chains; batch normalisation is folded in, nothing is trained.
#[derive(Debug)]
pub struct FrozenVae {
    encoder: LayerChain,
    decoder: LayerChain,
}

impl FrozenVae {
    /// A model from an encoder `[n, data_dim] -> [n, 2 * latent_dim]`, means first, log-variances
    /// second, and a decoder `[n, latent_dim] -> [n, data_dim]`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the widths disagree.
    pub fn new(encoder: LayerChain, decoder: LayerChain) -> Result<Self> {
        if encoder.output_dim() != 2 * decoder.input_dim() {
            return Err(Error::Mismatch {
                what: "the decoder",
                expected: format!("means and log-variances of {} entries", decoder.input_dim()),
                part: "the encoder",
                found: format!("{} outputs", encoder.output_dim()),
            });
        }
        if encoder.input_dim() != decoder.output_dim() {
            return Err(Error::Mismatch {
                what: "the encoder",
                expected: format!("data of {} entries", encoder.input_dim()),
                part: "the decoder",
                found: format!("{} outputs", decoder.output_dim()),
            });
        }
        Ok(Self { encoder, decoder })
    }

    /// The encoder; the last layer holds both heads.
    pub fn encoder(&self) -> &LayerChain {
        &self.encoder
    }

    /// The decoder.
    pub fn decoder(&self) -> &LayerChain {
        &self.decoder
    }
}

impl GenerativeModel for FrozenVae {
    fn name(&self) -> &'static str {
        "vae"
    }

    fn data_dim(&self) -> usize {
        self.decoder.output_dim()
    }

    fn latent_dim(&self) -> usize {
        self.decoder.input_dim()
    }

    fn encode(&self, data: Tensor<2>) -> Posterior {
        split_heads(self.encoder.forward(data.without_autodiff()))
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        self.decoder.forward(codes.without_autodiff())
    }

    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        self.decoder.pull_back(codes.without_autodiff(), cotangent)
    }

    fn layer_chain(&self) -> Option<&LayerChain> {
        Some(&self.decoder)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

const ENCODER: &str = "encoder";
const DECODER: &str = "decoder";

/// A section for each chain, with its weights as they are used: batch normalisation is folded in.
impl Persist for FrozenVae {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn savable(&self) -> Result<()> {
        self.encoder.savable()?;
        self.decoder.savable()
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        file.insert_section(ENCODER, self.encoder.pack()?);
        file.insert_section(DECODER, self.decoder.pack()?);
        Ok(file)
    }
}

impl Restore for FrozenVae {
    const KIND: &'static str = "vae";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let chain = |name| LayerChain::restore(&file.section(name)?, loading);
        let (encoder, decoder) = (chain(ENCODER)?, chain(DECODER)?);
        Self::new(encoder, decoder).map_err(|error| file.refuse(error))
    }
}

/// `[n, 2 d]` into means (first half) and log-variances.
pub(crate) fn split_heads(heads: Tensor<2>) -> Posterior {
    let width = heads.dims()[1] / 2;
    Posterior {
        mean: heads.clone().narrow(1, 0, width),
        log_variance: heads.narrow(1, width, width),
    }
}
