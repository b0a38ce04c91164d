use attractor::core::error::require_nonzero;
use attractor::core::{Error, Result};
use serde::{Deserialize, Serialize};

/// What a sweep measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SweepConfig {
    /// Entries of a pattern, D. Default 200.
    pub dim: usize,
    /// Numbers of stored patterns, rising. Default 10, 20, 40, 80.
    pub counts: Vec<usize>,
    /// Cues at most, one for each of the patterns that were stored first. Default 100.
    pub cues: usize,
    /// Share of a cue's entries that are flipped, below 1; rounded to whole entries. Default 0.
    pub flipped: f64,
    /// A pattern counts as recalled from this overlap on. Default 0.9.
    pub overlap: f64,
    /// Independent sets of patterns. Default 3.
    pub seeds: u64,
    /// The first of their seeds.
    pub first_seed: u64,
}

impl Default for SweepConfig {
    fn default() -> Self {
        Self {
            dim: 200,
            counts: vec![10, 20, 40, 80],
            cues: 100,
            flipped: 0.0,
            overlap: 0.9,
            seeds: 3,
            first_seed: 0,
        }
    }
}

impl SweepConfig {
    /// At least one entry, cue, seed and count; counts rising from 1; `flipped` in [0, 1), `overlap`
    /// in (0, 1].
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("SweepConfig.dim", self.dim)?;
        require_nonzero("SweepConfig.cues", self.cues)?;
        require_nonzero("SweepConfig.seeds", self.seeds as usize)?;
        let rising = self.counts.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || self.counts.first().is_none_or(|&first| first == 0) {
            let rule = "must rise, from at least 1";
            let found = format!("{:?}", self.counts);
            return Err(Error::config("SweepConfig.counts", rule, found));
        }
        if !(0.0..1.0).contains(&self.flipped) {
            let rule = "must be at least 0 and below 1";
            return Err(Error::config("SweepConfig.flipped", rule, self.flipped));
        }
        match self.overlap > 0.0 && self.overlap <= 1.0 {
            true => Ok(()),
            false => Err(Error::config(
                "SweepConfig.overlap",
                "must be above 0 and at most 1",
                self.overlap,
            )),
        }
    }
}
