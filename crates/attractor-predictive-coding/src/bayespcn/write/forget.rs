//! Forgetting by degrees, and all at once.

use attractor_core::Result;

use crate::bayespcn::BayesPcn;
use crate::bayespcn::posterior::{Origin, Particle, check_strength};

impl BayesPcn {
    /// Moves every weight towards its prior: 0 changes nothing, 1 empties the memory. Strengths
    /// compose: `b1` then `b2` is `b1 + b2 - b1 b2`. See [`crate::bayespcn::MatrixNormal::forget`].
    ///
    /// Patterns written before can no longer be removed one by one.
    ///
    /// # Errors
    /// [`attractor_core::Error::Config`] for a strength outside `[0, 1]`.
    pub fn forget(&mut self, strength: f64) -> Result<()> {
        check_strength(strength)?;
        if strength == 1.0 {
            self.empty();
            return Ok(());
        }
        self.change(|memory| {
            let config = memory.config;
            for particle in &mut memory.state.particles {
                particle.forget(&config, strength)?;
            }
            for record in &mut memory.state.records {
                record.exact &= strength == 0.0;
            }
            Ok(())
        })
    }

    /// The state before anything was written.
    pub(crate) fn empty(&mut self) {
        let config = self.config;
        let particles = self.state.particles.iter().enumerate();
        let particles = particles.map(|(index, particle)| match &particle.origin {
            Origin::Drawn(_) => Particle::drawn(&config, index as u64),
            Origin::Given(prior) => Particle::given(prior.clone()),
        });
        let density = self.density;
        *self = Self::of(config, &self.device, particles.collect());
        self.density = density;
    }
}
