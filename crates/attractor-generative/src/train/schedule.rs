//! How the step size moves during training.

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// The rate of a step as a multiple of the optimiser's: a linear rise from 0 over the first
/// [`Schedule::warm_up`] steps, times [`Schedule::decay`].
///
/// It is a function of the step's number alone, so that a resumed run continues exactly. The default
/// is a constant rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Steps until the full rate is reached; step `t` of them has `t / warm_up` of it.
    pub warm_up: u64,
    /// How the rate falls.
    pub decay: Decay,
}

/// How a rate falls with the number of steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decay {
    /// It stays.
    #[default]
    Constant,
    /// Along half a cosine from 1 to `last` at step `steps`, where it stays: I. Loshchilov, F.
    /// Hutter, *SGDR*, ICLR 2017, without restarts.
    Cosine {
        /// Length of the descent, at least 1.
        steps: u64,
        /// Multiple at its end, from 0 to 1.
        last: f64,
    },
    /// Times `factor` after every `every` steps.
    Steps {
        /// Steps with equal rate, at least 1.
        every: u64,
        /// Above 0 and at most 1.
        factor: f64,
    },
}

impl Schedule {
    /// Multiple of the optimiser's rate at step `step`, counted from 1.
    pub fn factor(&self, step: u64) -> f64 {
        let rise = match self.warm_up {
            0 => 1.0,
            steps => (step as f64 / steps as f64).min(1.0),
        };
        let done = step.saturating_sub(1);
        rise * match self.decay {
            Decay::Constant => 1.0,
            Decay::Cosine { steps, last } => {
                let share = (done as f64 / steps as f64).min(1.0);
                last + (1.0 - last) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
            }
            Decay::Steps { every, factor } => factor.powf((done / every) as f64),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        match self.decay {
            Decay::Constant => Ok(()),
            Decay::Cosine { steps, last } => {
                require_nonzero("Decay.Cosine.steps", steps as usize)?;
                if (0.0..=1.0).contains(&last) {
                    Ok(())
                } else {
                    Err(Error::config(
                        "Decay.Cosine.last",
                        "must be from 0 to 1",
                        last,
                    ))
                }
            }
            Decay::Steps { every, factor } => {
                require_nonzero("Decay.Steps.every", every as usize)?;
                require_positive("Decay.Steps.factor", factor)?;
                if factor <= 1.0 {
                    Ok(())
                } else {
                    Err(Error::config(
                        "Decay.Steps.factor",
                        "must be at most 1",
                        factor,
                    ))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_falls_from_one_to_its_last_value_and_stays() {
        let decay = Decay::Cosine {
            steps: 100,
            last: 0.1,
        };
        let schedule = Schedule { warm_up: 0, decay };
        assert_eq!(schedule.factor(1), 1.0);
        // Half way: the mean of both ends.
        assert!((schedule.factor(51) - 0.55).abs() < 1e-12);
        // A quarter of the way the cosine is 1 / sqrt(2).
        let quarter = 0.1 + 0.9 * 0.5 * (1.0 + 0.5_f64.sqrt());
        assert!((schedule.factor(26) - quarter).abs() < 1e-12);
        for step in [101, 1000, u64::MAX] {
            assert!((schedule.factor(step) - 0.1).abs() < 1e-12);
        }
        assert!((1..100).all(|t| schedule.factor(t + 1) < schedule.factor(t)));
    }

    #[test]
    fn stairs_and_the_rise_multiply() {
        let schedule = Schedule {
            warm_up: 4,
            decay: Decay::Steps {
                every: 3,
                factor: 0.5,
            },
        };
        let found: Vec<f64> = (1..=7).map(|t| schedule.factor(t)).collect();
        assert_eq!(found, [0.25, 0.5, 0.75, 0.5, 0.5, 0.5, 0.25]);
        assert_eq!(Schedule::default().factor(12345), 1.0);
    }

    #[test]
    fn fields_out_of_range_are_errors() {
        let text = |decay| {
            let schedule = Schedule { warm_up: 0, decay };
            schedule.validate().unwrap_err().to_string()
        };
        assert!(
            text(Decay::Cosine {
                steps: 0,
                last: 0.0
            })
            .contains("Decay.Cosine.steps")
        );
        assert!(
            text(Decay::Cosine {
                steps: 1,
                last: 1.5
            })
            .contains("from 0 to 1")
        );
        assert!(
            text(Decay::Cosine {
                steps: 1,
                last: f64::NAN
            })
            .contains("from 0 to 1")
        );
        assert!(
            text(Decay::Steps {
                every: 0,
                factor: 0.5
            })
            .contains("Decay.Steps.every")
        );
        assert!(
            text(Decay::Steps {
                every: 1,
                factor: 0.0
            })
            .contains("Decay.Steps.factor")
        );
        assert!(
            text(Decay::Steps {
                every: 1,
                factor: 2.0
            })
            .contains("at most 1")
        );
        assert!(Schedule::default().validate().is_ok());
    }
}
