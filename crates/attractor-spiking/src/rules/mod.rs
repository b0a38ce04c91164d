//! The learning rules: from patterns of +1 and -1 to a coupling J between units.
//!
//! | rule | J | one more pattern | one less |
//! | --- | --- | --- | --- |
//! | Hebb | `(1/K) sum xi xi^T`, zero diagonal | plus its outer product | minus its outer product, exactly |
//! | pseudo-inverse | projector on the span of the patterns | `e = xi - J xi; J += e e^T / e.xi` | `J -= u u^T / u.u`, u the part of the span that only it spans |
//! | perceptron | `J_kl += (eta/K) xi_k xi_l` for units with `xi_k (J xi)_k < kappa`, pattern after pattern | more sweeps from J, or from nothing | from nothing: the order matters |
//! | gradient | minimiser of `sum softplus(kappa - xi_k (J xi)_k) + (ridge/2) \|J\|^2` | more Newton steps from the present strengths | the same |
//!
//! The names of the first two are the paper's keywords; formulas are the classical ones (Hebb, Hopfield 1982; Personnaz,
//! Guyon and Dreyfus 1985), the perceptron is Gardner's (1988).

mod gradient;
mod hebb;
mod perceptron;
mod projector;

pub use gradient::Gradient;
pub use hebb::Hebb;
pub use perceptron::Perceptron;
pub use projector::Projector;

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::algebra::Matrix;

/// Which rule, with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LearningRule {
    /// Hebb's, zero diagonal.
    Hebb,
    /// The pseudo-inverse.
    PseudoInverse {
        /// Whether the projector keeps its diagonal: the rank of W is then at most K + n.
        #[serde(default)]
        keep_diagonal: bool,
    },
    /// The perceptron with a margin.
    Perceptron {
        /// kappa.
        margin: f64,
        /// eta.
        rate: f64,
        /// Sweeps after which patterns are refused.
        max_sweeps: usize,
    },
    /// The minimiser of a convex loss.
    Gradient {
        /// kappa.
        margin: f64,
        /// Weight of `|J|^2 / 2`.
        ridge: f64,
    },
}

impl LearningRule {
    /// The perceptron with kappa = 1, eta = 1.
    pub const PERCEPTRON: Self = Self::Perceptron {
        margin: 1.0,
        rate: 1.0,
        max_sweeps: 1000,
    };

    /// The gradient rule with kappa = 1 and ridge 0.05.
    pub const GRADIENT: Self = Self::Gradient {
        margin: 1.0,
        ridge: 0.05,
    };

    /// The pooled inhibition in units of the largest eigenvalue of J that suits the rule: V3 needs more than 1.
    /// Hebb's fields differ from unit to unit, and more inhibition evens the rates.
    pub fn inhibition_ratio(&self) -> f64 {
        match self {
            Self::Hebb => 12.0,
            Self::PseudoInverse { .. } => 1.5,
            Self::Perceptron { .. } | Self::Gradient { .. } => 3.0,
        }
    }

    pub(crate) fn validate(&self) -> Result<()> {
        match *self {
            Self::Hebb | Self::PseudoInverse { .. } => Ok(()),
            Self::Perceptron {
                margin,
                rate,
                max_sweeps,
            } => {
                require_positive("LearningRule::Perceptron.margin", margin)?;
                require_positive("LearningRule::Perceptron.rate", rate)?;
                require_nonzero("LearningRule::Perceptron.max_sweeps", max_sweeps)
            }
            Self::Gradient { margin, ridge } => {
                require_positive("LearningRule::Gradient.margin", margin)?;
                require_positive("LearningRule::Gradient.ridge", ridge)
            }
        }
    }
}

/// A coupling that learns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Learner {
    Hebb(Hebb),
    Projector(Projector, bool),
    Perceptron(Perceptron),
    Gradient(Gradient),
}

impl Learner {
    pub(crate) fn new(rule: LearningRule, units: usize) -> Self {
        match rule {
            LearningRule::Hebb => Self::Hebb(Hebb::new(units)),
            LearningRule::PseudoInverse { keep_diagonal } => {
                Self::Projector(Projector::new(units), keep_diagonal)
            }
            LearningRule::Perceptron {
                margin,
                rate,
                max_sweeps,
            } => Self::Perceptron(Perceptron::new(units, margin, rate, max_sweeps)),
            LearningRule::Gradient { margin, ridge } => {
                Self::Gradient(Gradient::new(units, margin, ridge))
            }
        }
    }

    /// Learns the patterns `[n, K]` of `all` from the `known`-th on. What comes out depends on `all` alone, not on
    /// how it was cut into writes (the gradient rule and the projector to rounding).
    pub(crate) fn add(&mut self, all: &[i8], known: usize, units: usize) -> Result<()> {
        match self {
            Self::Hebb(hebb) => {
                let new = all[known * units..].chunks_exact(units);
                new.for_each(|pattern| hebb.add(pattern));
            }
            Self::Projector(projector, _) => {
                for (index, pattern) in all.chunks_exact(units).enumerate().skip(known) {
                    projector.add(index, pattern);
                }
            }
            Self::Perceptron(perceptron) => {
                perceptron.forget();
                perceptron.learn(all)?;
            }
            Self::Gradient(gradient) => gradient.learn(all)?,
        }
        Ok(())
    }

    /// Forgets pattern `index` of `all` (which still has it).
    pub(crate) fn remove(&mut self, all: &[i8], index: usize, units: usize) -> Result<()> {
        let rest = || {
            let mut rest = all.to_vec();
            rest.drain(index * units..(index + 1) * units);
            rest
        };
        match self {
            Self::Hebb(hebb) => hebb.remove(&all[index * units..(index + 1) * units]),
            Self::Projector(projector, _) => projector.remove(index, all),
            Self::Perceptron(perceptron) => {
                perceptron.forget();
                perceptron.learn(&rest())?;
            }
            Self::Gradient(gradient) => {
                gradient.remove(index);
                gradient.learn(&rest())?;
            }
        }
        Ok(())
    }

    pub(crate) fn coupling(&self) -> Matrix {
        match self {
            Self::Hebb(hebb) => hebb.coupling(),
            Self::Projector(projector, true) => projector.matrix().clone(),
            Self::Projector(projector, false) => {
                let mut coupling = projector.matrix().clone();
                (0..coupling.shape()[0]).for_each(|k| coupling.set(k, k, 0.0));
                coupling
            }
            Self::Perceptron(perceptron) => perceptron.coupling().clone(),
            Self::Gradient(gradient) => gradient.coupling().clone(),
        }
    }
}

/// The entries of a batch as signs, 0 among them where `unknown` says so.
pub(crate) fn signs(what: &'static str, values: &[f32], unknown: bool) -> Result<Vec<i8>> {
    let sign = |&value: &f32| match value {
        1.0 => Ok(1),
        -1.0 => Ok(-1),
        0.0 if unknown => Ok(0),
        other if unknown => {
            let rule = "every entry must be 1, -1 or 0 (unknown)";
            Err(Error::config(what, rule, other))
        }
        other => Err(Error::config(what, "every entry must be 1 or -1", other)),
    };
    values.iter().map(sign).collect()
}

pub(crate) fn doubles(pattern: &[i8]) -> Vec<f64> {
    pattern.iter().map(|&sign| f64::from(sign)).collect()
}
