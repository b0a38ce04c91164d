//! Trajectories in double precision, for pictures, analysis and comparison with other programs.

use attractor_core::error::require_positive;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Network;

/// How a trajectory is integrated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrator {
    /// Forward Euler: keeps rates in [0, 1] for steps up to tau.
    #[default]
    Euler,
    /// The classical Runge-Kutta method of fourth order.
    RungeKutta,
}

/// States of one cue at some times.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trajectory {
    /// In units of tau, rising.
    pub times: Vec<f64>,
    /// Rates `[N]` at each time.
    pub states: Vec<Vec<f64>>,
}

impl Network {
    /// Integrates from `start` `[N]` under a constant `input` u `[N]` in steps of `step` tau, and keeps the
    /// states at the first step at or after each of `times`, in units of tau and rising.
    ///
    /// # Errors
    /// [`Error::Config`] unless the step is positive and the times are finite, rising and at least 0;
    /// [`Error::Width`] for vectors of other lengths.
    pub fn trajectory(
        &self,
        start: &[f64],
        input: Option<&[f64]>,
        (integrator, step): (Integrator, f64),
        times: &[f64],
    ) -> Result<Trajectory> {
        require_positive("step", step)?;
        let rising = times.windows(2).all(|pair| pair[0] <= pair[1]);
        if !rising || times.iter().any(|time| !(0.0..1e9).contains(time)) {
            let rule = "must be rising, from 0 to below 1e9";
            return Err(Error::config("times", rule, format!("{times:?}")));
        }
        let dim = self.synapses.patterns().dim();
        for (what, found) in [
            ("start", start.len()),
            ("input", input.map_or(dim, <[f64]>::len)),
        ] {
            if found != dim {
                return Err(Error::Width {
                    what,
                    expected: dim,
                    rows: 1,
                    found,
                });
            }
        }
        let mut states = Vec::with_capacity(times.len());
        let (mut state, mut done) = (start.to_vec(), 0);
        for &time in times {
            // Rounding must not add a step: 0.3 / 0.1 is above 3.
            let steps = (time / step * (1.0 - 1e-12)).ceil() as usize;
            while done < steps {
                self.advance(&mut state, input, integrator, step);
                done += 1;
            }
            states.push(state.clone());
        }
        Ok(Trajectory {
            times: times.to_vec(),
            states,
        })
    }

    fn slope(&self, state: &[f64], input: Option<&[f64]>) -> Vec<f64> {
        let currents = self.currents(state, input).into_iter();
        let pairs = currents.zip(state);
        pairs.map(|(h, x)| self.activation.rate(h) - x).collect()
    }

    /// One step.
    pub fn advance(
        &self,
        state: &mut [f64],
        input: Option<&[f64]>,
        integrator: Integrator,
        step: f64,
    ) {
        let first = self.slope(state, input);
        let change = match integrator {
            Integrator::Euler => first,
            Integrator::RungeKutta => {
                let moved = |slope: &[f64], by: f64| -> Vec<f64> {
                    state.iter().zip(slope).map(|(x, k)| x + by * k).collect()
                };
                let second = self.slope(&moved(&first, 0.5 * step), input);
                let third = self.slope(&moved(&second, 0.5 * step), input);
                let fourth = self.slope(&moved(&third, step), input);
                let mean = |i: usize| (first[i] + 2.0 * (second[i] + third[i]) + fourth[i]) / 6.0;
                (0..state.len()).map(mean).collect()
            }
        };
        for (rate, change) in state.iter_mut().zip(change) {
            *rate += step * change;
        }
    }
}
