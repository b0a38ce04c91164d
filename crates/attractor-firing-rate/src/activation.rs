//! Activation functions: from an input current to a firing rate.

use attractor_core::error::{require_positive, require_square};
use attractor_core::{Error, Result};
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// Shape of an [`Activation`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `S(y) = 1 / (1 + exp(-4 rho (y - I* - 1 / (2 rho))))`: the tangent of slope rho at the inflection
    /// meets 0 at I* and 1 at I* + 1 / rho.
    #[default]
    Sigmoid,
    /// `T(y) = tanh(rho (y - I*))` from I* on, else 0.
    RectifiedTanh,
}

/// Activation function Phi: non-decreasing, with rates between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Activation {
    /// Which function.
    pub shape: Shape,
    /// Current I* from which units are active.
    pub threshold: f64,
    /// Largest slope rho, per unit of current.
    pub slope: f64,
}

impl Default for Activation {
    /// The sigmoid with the authors' numbers: I* = 0.2, rho = 4.8.
    fn default() -> Self {
        Self::new(Shape::Sigmoid, 0.2, 4.8)
    }
}

impl Activation {
    /// Phi of that shape, threshold I* and slope rho.
    pub fn new(shape: Shape, threshold: f64, slope: f64) -> Self {
        Self {
            shape,
            threshold,
            slope,
        }
    }

    /// A finite threshold, a positive slope, both well within single precision.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        require_positive("Activation.slope", self.slope)?;
        require_square("Activation.slope", self.slope)?;
        if self.threshold.abs() <= MOST_CURRENT {
            return Ok(());
        }
        let rule = "must lie between -1e6 and 1e6";
        Err(Error::config("Activation.threshold", rule, self.threshold))
    }

    /// What the logistic function is taken of, up to sign conventions: `4 rho (y - I* - 1 / (2 rho))`.
    fn logit(&self, current: f64) -> f64 {
        4.0 * self.slope * (current - self.inflection())
    }

    fn inflection(&self) -> f64 {
        self.threshold + 0.5 / self.slope
    }

    /// Phi(y).
    pub fn rate(&self, current: f64) -> f64 {
        match self.shape {
            Shape::Sigmoid => logistic(self.logit(current)),
            Shape::RectifiedTanh => (self.slope * (current - self.threshold)).max(0.0).tanh(),
        }
    }

    /// Phi'(y); at the kink of the rectified tanh the derivative from the right.
    pub fn derivative(&self, current: f64) -> f64 {
        match self.shape {
            Shape::Sigmoid => {
                let z = self.logit(current);
                4.0 * self.slope * logistic(z) * logistic(-z)
            }
            Shape::RectifiedTanh if current < self.threshold => 0.0,
            Shape::RectifiedTanh => {
                let rate = self.rate(current);
                self.slope * (1.0 - rate * rate)
            }
        }
    }

    /// The current with Phi(y) = `rate`; infinite at the ends of the range. Of the ray that the rectified
    /// tanh sends to 0 the largest, I*.
    pub fn inverse(&self, rate: f64) -> f64 {
        match self.shape {
            Shape::Sigmoid => {
                self.inflection() + (rate.ln() - (-rate).ln_1p()) / (4.0 * self.slope)
            }
            Shape::RectifiedTanh => self.threshold + rate.atanh() / self.slope,
        }
    }

    /// `int_0^x Phi^-1(s) ds` for a rate x, which is taken into [0, 1] first: finite at both ends.
    pub fn inverse_integral(&self, rate: f64) -> f64 {
        let x = rate.clamp(0.0, 1.0);
        match self.shape {
            Shape::Sigmoid => {
                (x_ln_x(x) + x_ln_x(1.0 - x)) / (4.0 * self.slope) + self.inflection() * x
            }
            Shape::RectifiedTanh => {
                (x_ln_x(1.0 + x) + x_ln_x(1.0 - x)) / (2.0 * self.slope) + self.threshold * x
            }
        }
    }

    /// Phi of every entry, in host memory: a loop that becomes vector instructions, where tensor operations
    /// call the system library once for each number.
    pub(crate) fn apply(&self, currents: &mut [f32]) {
        match self.shape {
            Shape::Sigmoid => {
                let (gain, centre) = ((4.0 * self.slope) as f32, self.inflection() as f32);
                for current in currents {
                    let z = (*current - centre) * gain;
                    let power = exp_non_positive(-z.abs());
                    let share = if z >= 0.0 { 1.0 } else { power };
                    *current = share / (1.0 + power);
                }
            }
            Shape::RectifiedTanh => {
                let (gain, threshold) = ((-2.0 * self.slope) as f32, self.threshold as f32);
                for current in currents {
                    let power = exp_non_positive((*current - threshold).max(0.0) * gain);
                    *current = (1.0 - power) / (1.0 + power);
                }
            }
        }
    }

    /// Phi of every entry.
    pub fn rates(&self, currents: Tensor<2>) -> Tensor<2> {
        match self.shape {
            Shape::Sigmoid => {
                let centred = currents.sub_scalar(self.inflection());
                activation::sigmoid(centred.mul_scalar(4.0 * self.slope))
            }
            Shape::RectifiedTanh => {
                let centred = currents.sub_scalar(self.threshold);
                centred.clamp_min(0.0).mul_scalar(self.slope).tanh()
            }
        }
    }
}

/// Currents and thresholds beyond this are refused: sums of them would leave single precision.
pub(crate) const MOST_CURRENT: f64 = 1e6;

/// `1.5 * 2^23`: adding it rounds to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;
/// log 2 in two parts: multiples of the first by small integers are exact.
const LOG_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// `exp(x)` for x at most 0, to single precision; below -87 the smallest number that it gives, 1.6e-38.
///
/// `x = k log 2 + r`, the series of `exp(r)`, and k put into the exponent's bits: inlined without branches.
#[inline(always)]
fn exp_non_positive(x: f32) -> f32 {
    let kept = if x < -87.0 { -87.0 } else { x };
    let shifted = kept * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (kept - k * LOG_2[0]) - k * LOG_2[1];
    // 1 / k! from 6 down to 0; what is left out stays below 1.3e-7.
    let mut sum = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + coefficient;
    }
    sum * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// In the branch that cannot overflow.
fn logistic(z: f64) -> f64 {
    match z >= 0.0 {
        true => (1.0 + (-z).exp()).recip(),
        false => {
            let power = z.exp();
            power / (1.0 + power)
        }
    }
}

fn x_ln_x(x: f64) -> f64 {
    match x > 0.0 {
        true => x * x.ln(),
        false => 0.0,
    }
}
