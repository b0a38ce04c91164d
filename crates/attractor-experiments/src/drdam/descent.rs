//! Descent of an energy: by steps of one length, as the paper's, or by steps that never climb.

use attractor::core::burn::tensor::Tensor;
use attractor::core::check;
use serde::Deserialize;

use super::memories::Field;
use crate::{Result, Session};

/// Armijo's constant.
const SUFFICIENT: f32 = 1e-4;
/// Halvings of a step at most.
const HALVINGS: usize = 12;

/// How long a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
    /// `rate` times the gradient: no momentum, no stopping, no bound.
    #[default]
    Fixed,
    /// At most `rate` times the gradient, halved per row until the energy falls enough.
    Search,
}

/// Steps of a descent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descent {
    pub(super) rate: f64,
    pub(super) steps: usize,
    pub(super) rule: Rule,
}

impl Descent {
    pub(super) fn is_valid(&self) -> bool {
        self.rate > 0.0 && self.rate < 2.0 && self.steps > 0
    }

    /// From `states` `[b, d]`; entries where `free` `[b, d]` is 0 stay. `field` gives gradients and
    /// energies.
    pub(super) fn run(
        &self,
        mut states: Tensor<2>,
        free: Option<&Tensor<2>>,
        session: &mut dyn Session,
        mut field: impl FnMut(Tensor<2>) -> Result<Field>,
    ) -> Result<Tensor<2>> {
        for step in 0..self.steps {
            session.check()?;
            session.progress("descent", step, self.steps, "");
            let Field { gradient, energy } = field(states.clone())?;
            let gradient = match free {
                Some(free) => gradient * free.clone(),
                None => gradient,
            };
            states = match self.rule {
                Rule::Fixed => states - gradient.mul_scalar(self.rate),
                Rule::Search => self.search(states, gradient, &energy, &mut field)?,
            };
        }
        Ok(states)
    }

    /// The first of the steps `rate`, `rate / 2`, ... of each row that lowers its energy enough; rows
    /// without one stay.
    fn search(
        &self,
        states: Tensor<2>,
        gradient: Tensor<2>,
        energy: &[f64],
        field: &mut impl FnMut(Tensor<2>) -> Result<Field>,
    ) -> Result<Tensor<2>> {
        let device = states.device();
        let [rows, dim] = states.dims();
        let slopes = check::to_host(gradient.clone().square().sum_dim(1))?;
        let mut rates = vec![self.rate as f32; rows];
        let mut settled = vec![false; rows];
        let mut next = states.clone();
        for _ in 0..HALVINGS {
            let scale = check::from_host("rates", rates.clone(), 1, &device)?;
            let trial = states.clone() - gradient.clone() * scale.expand([rows, dim]);
            let reached = field(trial.clone())?.energy;
            let mut taken = vec![0.0f32; rows];
            for row in 0..rows {
                let enough = energy[row] - f64::from(SUFFICIENT * rates[row] * slopes[row]);
                if !settled[row] && reached[row] <= enough {
                    (settled[row], taken[row]) = (true, 1.0);
                } else {
                    rates[row] *= 0.5;
                }
            }
            let taken: Tensor<2> = check::from_host("taken", taken, 1, &device)?;
            let mask = taken.greater_elem(0.5).expand([rows, dim]);
            next = next.mask_where(mask, trial);
            if settled.iter().all(|settled| *settled) {
                break;
            }
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use attractor::core::Backend;

    use super::*;
    use crate::drdam::binary::rows;
    use crate::testing::Silent;

    /// A parabola that a step of the whole gradient overshoots in the first row only.
    #[test]
    fn a_search_never_climbs_and_rows_keep_their_own_steps() {
        let device = Backend::Flex.open().unwrap();
        let bend = [30.0, 0.5];
        let field = |x: Tensor<2>| {
            let host = check::to_host(x)?;
            let slopes = host
                .iter()
                .zip(&bend)
                .map(|(x, b)| x * b)
                .collect::<Vec<f32>>();
            let energy = host
                .iter()
                .zip(&bend)
                .map(|(x, b)| f64::from(0.5 * b * x * x));
            Ok(Field {
                gradient: rows(&slopes, 1, &device)?,
                energy: energy.collect(),
            })
        };
        let run = |rule, steps| {
            let descent = Descent {
                rate: 1.0,
                steps,
                rule,
            };
            let start = rows(&[1.0, 1.0], 1, &device).unwrap();
            let ended = descent.run(start, None, &mut Silent::new(), field);
            check::to_host(ended.unwrap()).unwrap()
        };
        assert_eq!(run(Rule::Fixed, 1), [-29.0, 0.5]);
        let once = run(Rule::Search, 1);
        assert!(once[0].abs() < 1.0 && once[1] == 0.5, "{once:?}");
        assert!(run(Rule::Search, 100).iter().all(|x| x.abs() < 1e-3));
    }
}
