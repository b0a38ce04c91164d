//! Maps of stability over the parameters of the activation function.

use attractor_core::Result;
use rayon::prelude::*;

use crate::activation::{Activation, Shape};
use crate::network::Synapses;
use crate::{Certificates, Currents, Gains, Levels, Patterns, Statistics};

/// One activation function, for a fixed set of patterns and currents.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PhaseCell {
    /// Phi.
    pub activation: Activation,
    /// Rates and slopes.
    pub levels: Levels,
    /// The gains of the design.
    pub gains: Gains,
    /// Conditions for independent memories.
    pub certificates: Certificates,
    /// The largest spectral abscissa of all memories.
    pub abscissa: f64,
}

impl PhaseCell {
    /// Whether the abscissa says that all memories are stable.
    pub fn stable(&self) -> bool {
        self.abscissa < 0.0
    }

    /// Whether a certificate contradicts the abscissa, which none ever should for an ideal set.
    pub fn contradicts(&self) -> bool {
        (self.certificates.stable() && !self.stable())
            || (self.certificates.unstable() && self.stable())
    }
}

/// A cell for each slope, and in it for each threshold, in that order: `[slopes, thresholds]`. `None` where
/// silent and active units have the same rate to within 1e-6, so that there is no design. At the kink of the
/// rectified tanh slopes are those to the right. `O(P (N P^2 / 64 + P^3))` a cell, on all cores.
///
/// # Errors
/// [`attractor_core::Error::Config`] for slopes and thresholds that no activation function has; what
/// [`Statistics::of`] and [`Gains::new`] refuse of the patterns.
pub fn phase_map(
    patterns: &Patterns,
    currents: &Currents,
    shape: Shape,
    slopes: &[f64],
    thresholds: &[f64],
) -> Result<Vec<Option<PhaseCell>>> {
    currents.validate()?;
    let statistics = Statistics::of(patterns)?;
    let places: Vec<Activation> = slopes
        .iter()
        .flat_map(|&slope| {
            let of = move |&threshold: &f64| Activation::new(shape, threshold, slope);
            thresholds.iter().map(of)
        })
        .collect();
    let cell = |activation: &Activation| cell(patterns, &statistics, currents, *activation);
    places.par_iter().map(cell).collect()
}

fn cell(
    patterns: &Patterns,
    statistics: &Statistics,
    currents: &Currents,
    activation: Activation,
) -> Result<Option<PhaseCell>> {
    activation.validate()?;
    let levels = Levels::unchecked(&activation, currents);
    if !levels.apart() {
        return Ok(None);
    }
    let Statistics {
        activity: q,
        overlap: r,
        ..
    } = *statistics;
    let gains = Gains::new(&levels, currents, q, r)?;
    let synapses = Synapses::hebbian(patterns.clone(), &gains);
    let abscissae: Result<Vec<f64>> = (0..patterns.len())
        .map(|index| synapses.abscissa(&levels, index))
        .collect();
    Ok(Some(PhaseCell {
        activation,
        levels,
        gains,
        certificates: Certificates::of(&levels, &gains, q),
        abscissa: abscissae?.into_iter().fold(f64::NEG_INFINITY, f64::max),
    }))
}
