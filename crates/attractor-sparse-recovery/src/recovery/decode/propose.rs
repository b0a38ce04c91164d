//! What each solver proposes.

use attractor_core::Result;

use super::{Open, Run};
use crate::recovery::real::Real;
use crate::recovery::{Solver, bregman, irls, linear, thresholding};

impl<T: Real> Run<'_, T> {
    /// What the solver says; `None` leaves it to alternating directions.
    pub(super) fn propose(&self, own: &Open) -> Result<Option<(Vec<f64>, usize)>> {
        let (most, shortest) = (self.settings.max_iterations, &own.problem.shortest);
        let constraints = self.subspace.constraints();
        let swept = |errors: usize, run: &dyn Fn(usize) -> Result<(Vec<f64>, usize)>| {
            if errors > 0 {
                return run(errors);
            }
            let mut last = (vec![0.0; shortest.len()], 0);
            for errors in thresholding::sweep(own.syndrome.len()) {
                let (error, iterations) = run(errors)?;
                last = (error, last.1 + iterations);
                if self.misses(own, &last.0) <= own.tolerance {
                    break;
                }
            }
            Ok(last)
        };
        Ok(match *self.solver {
            Solver::Admm => None,
            Solver::LinearProgram => {
                let error = linear::basis_pursuit(constraints, &own.syndrome)?;
                Some((error.unwrap_or_else(|| shortest.clone()), 1))
            }
            Solver::Bregman => Some(bregman::iterate(&self.exact, shortest, most)?),
            Solver::LinearisedBregman => Some(bregman::linearised(&self.exact, shortest, most)?),
            Solver::Irls => irls::iterate(self.subspace.basis(), &own.centred)?,
            Solver::HardThresholding(errors) => Some(swept(errors, &|t| {
                thresholding::iterate(&self.exact, shortest, t, most)
            })?),
            Solver::Pursuit(errors) => Some(swept(errors, &|t| {
                let given = (constraints, own.syndrome.as_slice());
                thresholding::pursue(given, &self.exact, shortest, t, most)
            })?),
            Solver::MessagePassing => {
                let Some(amp) = &self.amp else {
                    return Ok(None);
                };
                let (m, n) = constraints.shape();
                let factor = (n as f64 / m as f64).sqrt();
                let scaled: Vec<f64> = own.syndrome.iter().map(|s| factor * s).collect();
                amp.run(&scaled, most)?
            }
        })
    }
}
