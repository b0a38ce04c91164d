use attractor_core::Result;
use attractor_core::adam::{AdamStep, DECAY, EPSILON};
use attractor_core::error::{require_non_negative, require_positive};
use attractor_core::{Error, error};
use serde::{Deserialize, Serialize};

use crate::Real;

/// How a gradient moves weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// `v = momentum v + g`, `w = w - rate v`.
    Sgd {
        /// Step size. A mean over N keys has gradients of order 1 / N, so that useful rates grow with N.
        rate: f64,
        /// From 0 to below 1.
        #[serde(default)]
        momentum: f64,
    },
    /// Adam with decay rates 0.9 and 0.999 and epsilon 1e-8; `w` shrinks by `rate weight_decay w` besides.
    Adam {
        /// Step size.
        rate: f64,
        /// Decoupled weight decay (Loshchilov and Hutter).
        #[serde(default)]
        weight_decay: f64,
    },
}

impl Rule {
    /// A positive rate, momentum in [0, 1), a decay of at least 0.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Self::Sgd { rate, momentum } => {
                require_positive("Rule.rate", rate)?;
                match (0.0..1.0).contains(&momentum) {
                    true => Ok(()),
                    false => Err(Error::config(
                        "Rule.momentum",
                        "must be from 0 to below 1",
                        momentum,
                    )),
                }
            }
            Self::Adam { rate, weight_decay } => {
                error::require_positive("Rule.rate", rate)?;
                require_non_negative("Rule.weight_decay", weight_decay)
            }
        }
    }
}

/// A rule with what it remembers of each array of weights.
#[derive(Debug, Clone)]
pub struct Optimiser<T> {
    rule: Rule,
    step: u64,
    /// First and second moments by array.
    moments: Vec<[Vec<T>; 2]>,
}

impl<T: Real> Optimiser<T> {
    /// Before the first step.
    ///
    /// # Errors
    /// Those of [`Rule::validate`].
    pub fn new(rule: Rule) -> Result<Self> {
        rule.validate()?;
        Ok(Self {
            rule,
            step: 0,
            moments: Vec::new(),
        })
    }

    /// Moves arrays of weights by their gradients; always the same arrays in the same order.
    ///
    /// # Errors
    /// [`Error::Width`] for a gradient of another length than its weights, and for weights of another length
    /// than in the step before; the arrays before them have moved.
    pub fn step<'a>(
        &mut self,
        arrays: impl IntoIterator<Item = (&'a mut [T], &'a [T])>,
    ) -> Result<()> {
        self.step += 1;
        for (at, (weights, gradient)) in arrays.into_iter().enumerate() {
            if self.moments.len() == at {
                let zeros = || vec![T::of(0.0); weights.len()];
                self.moments.push([zeros(), zeros()]);
            }
            let [first, second] = &mut self.moments[at];
            let found = [("gradient", gradient.len()), ("weights", weights.len())];
            let expected = [weights.len(), first.len()];
            for ((what, found), expected) in found.into_iter().zip(expected) {
                if found != expected {
                    return Err(Error::Width {
                        what,
                        expected,
                        rows: 1,
                        found,
                    });
                }
            }
            match self.rule {
                Rule::Sgd { rate, momentum } => {
                    let (rate, momentum) = (T::of(rate), T::of(momentum));
                    for ((weight, &g), velocity) in weights.iter_mut().zip(gradient).zip(first) {
                        *velocity = momentum * *velocity + g;
                        *weight -= rate * *velocity;
                    }
                }
                Rule::Adam { rate, weight_decay } => {
                    let shrink = T::of(rate * weight_decay);
                    if weight_decay > 0.0 {
                        weights
                            .iter_mut()
                            .for_each(|weight| *weight -= shrink * *weight);
                    }
                    AdamStep::new(rate, DECAY, EPSILON, self.step)
                        .apply(weights, gradient, first, second);
                }
            }
        }
        Ok(())
    }
}
