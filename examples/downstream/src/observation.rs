//! An observation model of one's own.

use attractor::core::burn::tensor::Tensor;
use attractor::core::{Error, ObservationModel, Result};

/// Squares near zero, lines beyond `turn`: `rho(r) = (min(|r|, t)^2 / 2 + t max(|r| - t, 0)) / s^2`.
///
/// P. J. Huber, *Robust estimation of a location parameter*, Annals of Mathematical Statistics 35 (1964).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Huber {
    turn: f32,
    scale: f32,
}

impl Huber {
    /// With residuals above `turn` taken for outliers, and noise of that scale.
    ///
    /// # Errors
    /// [`Error::Config`] unless both are above 0.
    pub fn new(turn: f32, scale: f32) -> Result<Self> {
        match turn.is_finite() && scale.is_finite() && turn > 0.0 && scale > 0.0 {
            true => Ok(Self { turn, scale }),
            false => Err(Error::config(
                "Huber",
                "must have a turn and a scale above 0",
                format!("{turn} and {scale}"),
            )),
        }
    }
}

impl ObservationModel for Huber {
    fn name(&self) -> &'static str {
        "huber"
    }

    fn energy(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<1> {
        let residual = (decoded - cues.clone()).abs();
        let near = residual.clone().clamp_max(self.turn);
        let far = residual - near.clone();
        let rho = (near.powi_scalar(2) / 2.0 + far * self.turn) / (self.scale * self.scale);
        rho.sum_dim(1).squeeze_dim(1)
    }

    fn gradient(&self, cues: &Tensor<2>, decoded: Tensor<2>) -> Tensor<2> {
        (decoded - cues.clone()).clamp(-self.turn, self.turn) / (self.scale * self.scale)
    }

    fn boxed(&self) -> Box<dyn ObservationModel> {
        Box::new(*self)
    }
}
