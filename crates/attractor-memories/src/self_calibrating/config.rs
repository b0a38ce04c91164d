use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::{Error, GenerativeModel, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SelfCalibratingMemory;

/// Options of a [`SelfCalibratingMemory`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SelfCalibratingConfig {
    /// Channels of a site: 3 for colour images, 1 for grey ones and for vectors. Default 1.
    pub channels: usize,
    /// Sites that are compared at most, drawn evenly over all where data have more: the cost of a cue grows
    /// with their square. Default 1024.
    pub most_sites: usize,
    /// Cues of nothing stored that may be taken for stored ones, as a share: a read rejects the others.
    /// Default none: a read always answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_accept: Option<f64>,
    /// Seed of the calibration and of the sites.
    pub seed: u64,
}

impl Default for SelfCalibratingConfig {
    fn default() -> Self {
        Self {
            channels: 1,
            most_sites: 1024,
            false_accept: None,
            seed: 0,
        }
    }
}

impl SelfCalibratingConfig {
    /// Checks the options.
    ///
    /// # Errors
    /// [`Error::Config`] naming the option and its rule.
    pub fn validate(&self) -> Result<()> {
        if self.most_sites < 16 {
            let rule = "must be at least 16";
            let found = self.most_sites;
            return Err(Error::config(
                "SelfCalibratingConfig.most_sites",
                rule,
                found,
            ));
        }
        self.false_accept.map_or(Ok(()), rate)
    }

    /// An empty memory of rows of `dim` numbers.
    ///
    /// # Errors
    /// As [`SelfCalibratingConfig::with_model`].
    pub fn init(self, dim: usize, device: &Device) -> Result<SelfCalibratingMemory> {
        self.with_model(Arc::new(Identity::new(dim)?), device)
    }

    /// An empty memory that stores codes and compares what they decode to.
    ///
    /// # Errors
    /// [`Error::Config`] for an option out of range, or channels that do not divide the width of the data.
    pub fn with_model(
        self,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<SelfCalibratingMemory> {
        SelfCalibratingMemory::new(self, model, device)
    }
}

/// Checks a rate of false acceptance.
pub(super) fn rate(rate: f64) -> Result<()> {
    match rate > 0.0 && rate < 1.0 {
        true => Ok(()),
        false => {
            let rule = "must be between 0 and 1";
            Err(Error::config("rate of false acceptance", rule, rate))
        }
    }
}
