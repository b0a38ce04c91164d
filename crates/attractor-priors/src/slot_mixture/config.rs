use attractor_core::error::require_square;
use attractor_core::{Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::SlotMixture;
use super::assignment::MAX_SLOTS;

/// Configuration of a [`SlotMixture`] prior.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, MemoryPrior, check};
/// use attractor_priors::{SlotMixtureConfig};
///
/// let device = Backend::Flex.open()?;
/// let codes = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
/// let mut prior = SlotMixtureConfig { sigma: 0.2, slots: 2 }.init(4, &device)?;
/// prior.store(Tensor::<2>::from_data([[1.0f32, 0.0, 0.0, 1.0]], &device))?;
/// // The same two slots in the other order: the code is found, and comes back as it was stored.
/// let cue = Tensor::<2>::from_data([[0.0f32, 1.0, 1.0, 0.0]], &device);
/// assert_eq!(check::to_host(prior.attract(cue)?)?, [1.0, 0.0, 0.0, 1.0]);
/// # drop(codes);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlotMixtureConfig {
    /// Standard deviation of a component, in units of a code's entries. Default 0.1.
    pub sigma: f32,
    /// Slots of a code: equal parts, one after the other. Default 1.
    pub slots: usize,
}

impl Default for SlotMixtureConfig {
    fn default() -> Self {
        Self {
            sigma: 0.1,
            slots: 1,
        }
    }
}

impl SlotMixtureConfig {
    /// `sigma` must be above 0, with a square that single precision holds, `slots` from 1 to 12.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn validate(&self) -> Result<()> {
        require_square("SlotMixtureConfig.sigma", self.sigma.into())?;
        if !(1..=MAX_SLOTS).contains(&self.slots) {
            let rule = "must be from 1 to 12";
            return Err(Error::config("SlotMixtureConfig.slots", rule, self.slots));
        }
        Ok(())
    }

    /// An empty prior over codes of `dim` entries.
    ///
    /// # Errors
    /// As [`Self::validate`]; also if `dim` is 0 or no multiple of `slots`.
    pub fn init(self, dim: usize, device: &Device) -> Result<SlotMixture> {
        self.validate()?;
        if !dim.is_multiple_of(self.slots) {
            return Err(Error::config(
                "SlotMixtureConfig.slots",
                "must divide the entries of a code",
                format!("{} slots for {dim} entries", self.slots),
            ));
        }
        SlotMixture::new(self, dim, device)
    }
}
