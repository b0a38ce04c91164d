use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::observation::SelfCalibrating;
use attractor_core::observation::self_calibrating::nuisance::{Geometry, Nuisance};
use attractor_core::{Error, GenerativeModel, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SelfCalibratingMemory;

/// Options of a [`SelfCalibratingMemory`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SelfCalibratingConfig {
    /// Channels of a site: 3 for colour images, 1 for grey ones and for vectors. Default 1.
    pub channels: usize,
    /// Sites that are compared at most, drawn evenly over all where data have more: the cost of a cue grows
    /// with their square. Default 1024.
    pub most_sites: usize,
    /// Rows of the images, with `width`: what nuisances need that depend on where sites lie. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<usize>,
    /// Columns of the images, with `height`. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// What may have happened to a picture besides noise and cover
    /// ([`NUISANCES`](attractor_core::observation::self_calibrating::nuisance::NUISANCES)). Those but `gain` and `affine` need
    /// `height` and `width`, and all sites: `most_sites` of at least their product. Default `affine`.
    pub nuisances: Vec<Nuisance>,
    /// Stored patterns that are compared exactly; a first pass finds them where more are stored. Not with nuisances that
    /// move sites. Default none: all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortlist: Option<usize>,
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
            height: None,
            width: None,
            nuisances: vec![Nuisance::Affine],
            shortlist: None,
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
        self.observation()?;
        self.false_accept.map_or(Ok(()), rate)
    }

    /// What compares cues and patterns.
    ///
    /// # Errors
    /// [`Error::Config`] for channels, sizes, nuisances and a shortlist that do not go together.
    pub(super) fn observation(&self) -> Result<SelfCalibrating> {
        let geometry = Geometry::given(self.height, self.width)?;
        let model = SelfCalibrating::new(self.channels)?;
        let model = model.with_nuisances(&self.nuisances, geometry)?;
        match self.shortlist {
            Some(count) => model.with_shortlist(count),
            None => Ok(model),
        }
    }

    /// Sites that are left out have no place.
    pub(super) fn sites(&self, all: usize) -> Result<()> {
        let placed = self.nuisances.iter().find(|kind| kind.needs_geometry());
        match placed.filter(|_| all > self.most_sites) {
            None => Ok(()),
            Some(kind) => {
                let rule =
                    "must be at least height x width for nuisances that depend on where sites lie";
                let found = format!("{} of {all} sites, with `{}`", self.most_sites, kind.name());
                Err(Error::config(
                    "SelfCalibratingConfig.most_sites",
                    rule,
                    found,
                ))
            }
        }
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
