//! Recall with a cue on both sides.

use attractor_core::Result;
use attractor_core::rng::Rng;

use super::{Plane, Relation, Side};
use crate::draw;
use crate::object::{UNDEFINED, defined};
use crate::register::check_sigma;

impl Relation {
    /// The plane of a cue of `side`, weighted around a second cue on the other side, column by column, with a
    /// Gaussian of width `sigma` times the number of rows; columns where the second cue is undefined stay as
    /// they are. None if the cue is not recognised, or its plane, as a register without thresholds, has more
    /// than `tolerance` mismatches with the second cue.
    ///
    /// # Errors
    /// As [`crate::Domain::check_one`]; for a sigma that is not positive.
    pub fn gated_plane(
        &self,
        side: Side,
        cue: &[u16],
        (second, tolerance, sigma): (&[u16], usize, f64),
    ) -> Result<Option<Plane>> {
        check_sigma("sigma", sigma)?;
        let plane = self.project(side, cue, None)?;
        let domain = plane.domain();
        domain.check_one("second cue", second)?;
        let missing = defined(second).filter(|&(j, level)| plane.of_column(j)[level] == 0.0);
        if !plane.accepted() || missing.count() > tolerance {
            return Ok(None);
        }
        Ok(Some(gated(&plane, second, sigma)))
    }

    /// An object of the other side drawn from [`Self::gated_plane`]: recall between two cues. With the true
    /// partner as second cue this bounds what any answer to the missing cue can reach.
    ///
    /// # Errors
    /// As [`Self::gated_plane`].
    pub fn recall_between(
        &self,
        side: Side,
        cue: &[u16],
        second: (&[u16], usize, f64),
        rng: &mut Rng,
    ) -> Result<Option<Vec<u16>>> {
        let plane = self.gated_plane(side, cue, second)?;
        Ok(plane.map(|plane| plane.draw(rng)))
    }
}

/// The product of the plane and the Gaussians, each column up to a factor: none is lost where its Gaussian
/// underflows.
fn gated(plane: &Plane, second: &[u16], sigma: f64) -> Plane {
    let domain = plane.domain();
    let width = sigma * domain.rows as f64;
    let columns = (0..domain.columns).flat_map(|j| match second[j] {
        UNDEFINED => plane.of_column(j).to_vec(),
        level => draw::around(plane.of_column(j), Some(usize::from(level)), width),
    });
    Plane::new(domain, columns.collect())
}
