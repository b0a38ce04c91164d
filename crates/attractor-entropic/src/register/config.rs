use attractor_core::error::require_non_negative;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Register;
use crate::object::Domain;

/// How a [`Register`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterConfig {
    /// What objects look like: n columns, m rows.
    pub domain: Domain,
    /// Share of the mean of its column that a cell must reach to count, iota. Default 0: any count will do.
    pub iota: f64,
    /// Share of the memory's mean that the weight of an object must reach, kappa. Default 0.
    pub kappa: f64,
    /// Columns that may mismatch, xi. Default 0.
    pub xi: usize,
    /// Width of the Gaussian around the cue in retrieval, as a share of the rows, sigma. Default 0.1.
    pub sigma: f64,
    /// Where counters stop. Default 65 535.
    pub saturation: u32,
    /// Largest sum of a column, W: beyond it each registration takes one count from another cell of its
    /// column. Experimental, off by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Of the draws that the capacity asks for. Default 0.
    pub seed: u64,
}

impl RegisterConfig {
    /// The published defaults for objects of `domain`.
    pub fn new(domain: Domain) -> Self {
        Self {
            domain,
            iota: 0.0,
            kappa: 0.0,
            xi: 0,
            sigma: 0.1,
            saturation: u32::from(u16::MAX),
            capacity: None,
            seed: 0,
        }
    }

    /// Checks the rules of every field.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        self.domain.validate()?;
        require_non_negative("RegisterConfig.iota", self.iota)?;
        require_non_negative("RegisterConfig.kappa", self.kappa)?;
        if self.xi > self.domain.columns {
            let rule = "must be at most the number of columns";
            return Err(Error::config("RegisterConfig.xi", rule, self.xi));
        }
        check_sigma("RegisterConfig.sigma", self.sigma)?;
        if self.saturation == 0 {
            let rule = "must be at least 1";
            return Err(Error::config("RegisterConfig.saturation", rule, 0));
        }
        if self.capacity == Some(0) {
            let rule = "must be at least 1";
            return Err(Error::config("RegisterConfig.capacity", rule, 0));
        }
        Ok(())
    }

    /// An empty register.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(&self) -> Result<Register> {
        self.validate()?;
        Ok(Register::new(*self))
    }
}

/// A width whose square and that of 65 535 over it stay within double precision.
pub(crate) fn check_sigma(what: &'static str, sigma: f64) -> Result<()> {
    match (1e-100..=1e100).contains(&sigma) {
        true => Ok(()),
        false => Err(Error::config(what, "must be from 1e-100 to 1e100", sigma)),
    }
}
