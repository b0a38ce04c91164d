//! The generative predictive coding network that BayesPCN is compared with: point weights, learned
//! by gradient steps.

use attractor_core::error::require_positive;
use attractor_core::file::Loading;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Complete, Error, Persist, Recall, Restore, Result, spans};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::inference::density::Density;
use super::{BayesPcn, BayesPcnConfig};
use crate::linalg::Mat;

/// Configuration of a [`Gpcn`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpcnConfig {
    /// Layers, activation, noise and search; what concerns the uncertainty of weights or several
    /// particles is not used.
    pub network: BayesPcnConfig,
    /// Learning rate times the noise variance of a layer gives the step of its weights: at
    /// `sigma^2` a step is `Z^T E / b`. Default 1e-4, the default noise variance.
    pub rate: f64,
    /// Passes over the patterns of one write. Default 1.
    pub epochs: usize,
    /// Patterns in one step; 0 takes all of a write. Default 1.
    pub batch: usize,
}

impl GpcnConfig {
    /// Online, as in the paper: every pattern is seen once, alone.
    pub fn online(dim: usize) -> Self {
        Self {
            network: BayesPcnConfig::new(dim),
            rate: 1e-4,
            epochs: 1,
            batch: 1,
        }
    }

    /// Offline, as in the paper: 4000 steps on all patterns of the write.
    pub fn offline(dim: usize) -> Self {
        Self {
            epochs: 4000,
            batch: 0,
            ..Self::online(dim)
        }
    }

    /// An untrained network.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn init(self, device: &Device) -> Result<Gpcn> {
        require_positive("GpcnConfig.rate", self.rate)?;
        if self.epochs == 0 {
            return Err(Error::config("GpcnConfig.epochs", "must be at least 1", 0));
        }
        if self.network.particles != 1 {
            let found = self.network.particles;
            return Err(Error::config(
                "GpcnConfig.network.particles",
                "must be 1",
                found,
            ));
        }
        let mut network = self.network.init(device)?;
        network.density = Density::Mean;
        Ok(Gpcn {
            config: self,
            network,
        })
    }
}

/// Generative predictive coding network: hidden values as in [`BayesPcn`] but under the mean
/// weights alone (`v = s^2`), then `R += (rate / b) Z^T (X - Z R) / s^2`.
///
/// Salvatori et al., "Associative Memories via Predictive Coding", NeurIPS 2021; the baseline of
/// Yoo and Wood 2022.
#[derive(Debug)]
pub struct Gpcn {
    config: GpcnConfig,
    network: BayesPcn,
}

impl Gpcn {
    /// What it was made from.
    pub fn config(&self) -> &GpcnConfig {
        &self.config
    }

    fn step(&mut self, rows: &Mat) -> Result<()> {
        let (rate, network) = (self.config.rate, self.network.config);
        let codes = self.network.encode(rows);
        for (particle, code) in self.network.state.particles.iter_mut().zip(&codes) {
            for (l, layer) in particle.layers.iter_mut().enumerate() {
                let (z, x) = (
                    &code.inputs[l],
                    if l == 0 { rows } else { &code.hidden[l - 1] },
                );
                let mut error = x.clone();
                error.add_product(-1.0, z.view(), layer.mean.view());
                let scale = rate / (rows.rows as f64 * network.variance(l));
                layer
                    .mean
                    .add_product(scale, z.view().transpose(), error.view());
                if layer.mean.data.iter().any(|weight| !weight.is_finite()) {
                    return Err(Error::config(
                        "GpcnConfig.rate",
                        "must be small enough for finite weights",
                        rate,
                    ));
                }
            }
        }
        self.network.state.written += rows.rows as u64;
        Ok(())
    }
}

impl AssociativeMemory for Gpcn {
    fn name(&self) -> &'static str {
        "gpcn"
    }

    /// Trains on these patterns alone: earlier ones fade as their weights are overwritten.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let (_, rows) = self.network.rows("patterns", patterns)?;
        let backup = self.network.state.clone();
        let size = match self.config.batch {
            0 => rows.rows,
            size => size,
        };
        let order: Vec<usize> = (0..rows.rows).collect();
        for _ in 0..self.config.epochs {
            for batch in order.chunks(size) {
                if let Err(error) = self.step(&rows.pick(batch)) {
                    self.network.state = backup;
                    return Err(error);
                }
            }
        }
        // Drops what was derived from the old weights.
        self.network.change(|network| {
            network.state.len += rows.rows;
            Ok(())
        })
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.network.read(cues)
    }

    fn len(&self) -> usize {
        self.network.len()
    }

    fn dim(&self) -> usize {
        self.network.dim()
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        Err(Error::Unsupported {
            what: "Gpcn::stored_states",
            capability: "patterns that are kept one by one",
            part: "a network that learns them into its weights".into(),
        })
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

/// Key of the configuration in the metadata, and the section of the network.
const CONFIG: &str = "config";
const NETWORK: &str = "network";

/// The configuration, and the network with its weights in a section.
impl Persist for Gpcn {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn pack(&self) -> Result<Weights> {
        let mut file = Weights::new();
        let config = serde_json::to_string(&self.config);
        let config = config.map_err(|error| file.fail(error.to_string()))?;
        file.set_metadata(CONFIG, config);
        file.insert_section(NETWORK, self.network.section()?);
        Ok(file)
    }
}

impl Restore for Gpcn {
    const KIND: &'static str = "gpcn";

    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self> {
        let text = file.metadata(CONFIG).unwrap_or_default();
        let config: GpcnConfig = serde_json::from_str(text)
            .map_err(|error| file.fail(format!("the configuration of `gpcn`: {error}")))?;
        // Before anything of the sizes of the configuration is drawn: the network has looked for its arrays.
        let network = <BayesPcn as Restore>::restore(&file.section(NETWORK)?, loading)?;
        if network.config != config.network {
            let reason = "the configuration of `gpcn`: expected that of its network, found another";
            return Err(file.fail(reason));
        }
        let made = config.init(loading.device());
        let mut memory = made.map_err(|error| file.refuse(error))?;
        let density = memory.network.density;
        memory.network = network;
        memory.network.density = density;
        Ok(memory)
    }
}

impl Complete for Gpcn {
    /// As [`BayesPcn`] completes.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        self.network.complete(cues, known)
    }
}
