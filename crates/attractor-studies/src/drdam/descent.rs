//! Descent of an energy by steps of one length, as the paper's: no momentum, no stopping.

use attractor::core::burn::tensor::Tensor;

use super::memories::Field;
use crate::{Result, Session};

/// Steps of a descent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descent {
    pub(super) rate: f64,
    pub(super) steps: usize,
}

impl Descent {
    pub(super) fn is_valid(&self) -> bool {
        self.rate > 0.0 && self.rate < 2.0 && self.steps > 0
    }

    /// From `states` `[b, d]`; entries where `free` `[b, d]` is 0 stay. `field` gives gradients.
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
            let mut gradient = field(states.clone())?.gradient;
            if let Some(free) = free {
                gradient = gradient * free.clone();
            }
            states = states - gradient.mul_scalar(self.rate);
        }
        Ok(states)
    }
}
