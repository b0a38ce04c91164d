use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result, rng};
use faer::Mat;
use serde::{Deserialize, Serialize};

use super::loss::Objective;

/// What is minimised. See the [module](super::super) for the equations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeparationLoss {
    /// U-Hop+: a smooth maximum of the cosines, sharpened while learning.
    #[default]
    Tempered,
    /// U-Hop: the logarithm of a mean over all pairs. Says little about the closest pair.
    Average,
    /// U-Hop: the closest pair only.
    Maximum,
}

/// How W moves along the gradient.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Optimiser {
    /// Adam with moments 0.9 and 0.999; the map of the largest separation seen is kept.
    #[default]
    Adam,
    /// Gradient descent with a line search: no step ever increases the loss. The last map is kept.
    Backtracking,
    /// Gradient descent at a fixed rate. The last map is kept.
    Constant,
    /// Gradient descent whose rate is divided by `sqrt(i + 1)` after step i, cumulatively: after ten
    /// steps it hardly moves. The last map is kept.
    Factorial,
}

/// The map before learning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Start {
    /// W = I; features are as wide as codes.
    #[default]
    Identity,
    /// Independent normal entries of variance 1 / (entries of a code).
    Gaussian,
    /// Independent normal entries of variance 1, as in the program of U-Hop: with raw features this
    /// alone multiplies beta by the number of entries of a code.
    StandardGaussian,
}

/// The coordinates in which W is optimised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Coordinates {
    /// `Span` where codes have more entries than there are codes, else `Entries`.
    #[default]
    Automatic,
    /// The entries of W.
    Entries,
    /// W on an orthonormal basis of the codes' span; what W does outside of it stays.
    Span,
}

/// How the map W is learned from the stored codes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeparationConfig {
    /// What is minimised. Default tempered.
    pub loss: SeparationLoss,
    /// Entries of a feature, D. Default as many as a code has.
    pub width: Option<usize>,
    /// The map before learning. Default the identity.
    pub start: Start,
    /// Steps at most. Default 300.
    pub iterations: usize,
    /// How W moves. Default Adam.
    pub optimiser: Optimiser,
    /// Rate of the optimiser; the first trial step of `backtracking`. Default 0.05.
    pub learning_rate: f64,
    /// Temperature of `tempered` at the start. Default 1.
    pub tau_start: f64,
    /// Temperature from three quarters of the iterations on; between, it falls geometrically.
    /// Default 0.02.
    pub tau_end: f64,
    /// t of `average` and `maximum`. Default 2.
    pub sharpness: f64,
    /// Scale W to the norm `sqrt(D)` after each step; losses do not depend on it. Default true.
    pub rescale: bool,
    /// At the final temperature, stop after this many steps in which the separation grew by less
    /// than 1e-4; 0 for never. Default 100.
    pub patience: usize,
    /// The coordinates of the optimisation. Default automatic.
    pub coordinates: Coordinates,
    /// Seed of a Gaussian start.
    pub seed: u64,
}

impl Default for SeparationConfig {
    fn default() -> Self {
        Self {
            loss: SeparationLoss::Tempered,
            width: None,
            start: Start::Identity,
            iterations: 300,
            optimiser: Optimiser::Adam,
            learning_rate: 0.05,
            tau_start: 1.0,
            tau_end: 0.02,
            sharpness: 2.0,
            rescale: true,
            patience: 100,
            coordinates: Coordinates::Automatic,
            seed: 0,
        }
    }
}

impl SeparationConfig {
    /// The average loss as the program of U-Hop runs it: rate 1, divided cumulatively.
    pub fn uhop_average(iterations: usize) -> Self {
        Self {
            loss: SeparationLoss::Average,
            optimiser: Optimiser::Factorial,
            learning_rate: 1.0,
            ..Self::uhop(iterations)
        }
    }

    /// The maximum loss as the program of U-Hop runs it: rate 10.
    pub fn uhop_maximum(iterations: usize) -> Self {
        Self {
            loss: SeparationLoss::Maximum,
            optimiser: Optimiser::Constant,
            learning_rate: 10.0,
            ..Self::uhop(iterations)
        }
    }

    fn uhop(iterations: usize) -> Self {
        Self {
            start: Start::StandardGaussian,
            iterations,
            rescale: false,
            patience: 0,
            ..Self::default()
        }
    }

    /// U-Hop+ at one temperature by gradient descent that never increases the loss.
    pub fn monotone(tau: f64, iterations: usize) -> Self {
        Self {
            optimiser: Optimiser::Backtracking,
            learning_rate: 1.0,
            tau_start: tau,
            tau_end: tau,
            iterations,
            patience: 0,
            ..Self::default()
        }
    }

    /// Rates, temperatures and `sharpness` above 0, the temperature not rising, at least one
    /// iteration, a width of at least 1.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive("SeparationConfig.learning_rate", self.learning_rate)?;
        require_positive("SeparationConfig.tau_start", self.tau_start)?;
        require_positive("SeparationConfig.tau_end", self.tau_end)?;
        require_positive("SeparationConfig.sharpness", self.sharpness)?;
        require_nonzero("SeparationConfig.iterations", self.iterations)?;
        require_nonzero("SeparationConfig.width", self.width.unwrap_or(1))?;
        if self.tau_end > self.tau_start {
            return Err(Error::config(
                "SeparationConfig.tau_end",
                "must not exceed tau_start",
                self.tau_end,
            ));
        }
        Ok(())
    }

    /// Entries of a feature of codes of `dim` entries.
    pub fn width_of(&self, dim: usize) -> usize {
        self.width.unwrap_or(dim)
    }

    pub(in super::super) fn check_width(&self, dim: usize) -> Result<()> {
        require_nonzero("Kernelised.dim", dim)?;
        match self.width {
            Some(width) if width != dim && self.start == Start::Identity => Err(Error::Mismatch {
                what: "SeparationConfig.start = identity",
                expected: format!("features of {dim} entries, as a code"),
                part: "SeparationConfig.width",
                found: width.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// The map before learning, `[D, dim]`.
    pub(super) fn first_map(&self, dim: usize) -> Mat<f64> {
        let width = self.width_of(dim);
        let scale = match self.start {
            Start::Identity => return Mat::identity(width, dim),
            Start::Gaussian => (dim as f64).sqrt().recip(),
            Start::StandardGaussian => 1.0,
        };
        let mut random = rng::stream(self.seed, "kernelised map");
        let values = rng::normal_vec(&mut random, width * dim);
        Mat::from_fn(width, dim, |i, j| scale * f64::from(values[i * dim + j]))
    }

    /// The loss of step `step`; the temperature of the last one is `tau_end`.
    pub(super) fn objective(&self, step: usize) -> Objective {
        match self.loss {
            SeparationLoss::Tempered => Objective::tempered(self.tau(step)),
            SeparationLoss::Average => Objective::average(self.sharpness),
            SeparationLoss::Maximum => Objective::maximum(self.sharpness),
        }
    }

    /// Steps until the temperature is final.
    pub(super) fn annealing(&self) -> usize {
        match self.loss {
            SeparationLoss::Tempered if self.tau_start > self.tau_end => self.iterations * 3 / 4,
            _ => 0,
        }
    }

    fn tau(&self, step: usize) -> f64 {
        let steps = self.annealing();
        if step >= steps {
            return self.tau_end;
        }
        self.tau_start * (self.tau_end / self.tau_start).powf(step as f64 / steps as f64)
    }
}
