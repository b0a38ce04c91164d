//! What a design promises for the patterns that are stored.

use std::fmt;

use attractor_core::{Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::network::Network;
use crate::statistics::SPREAD;
use crate::{Certificates, Currents, Gains, Guarantee, Levels, Statistics};

/// Currents at a memory may be off by this, relative to `I1 - I0`, for it to count as an equilibrium.
pub(crate) const EQUILIBRIUM: f64 = 1e-6;

/// One stored memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemoryReport {
    /// `max_i |(W x)_i - I_i|` at the re-scaled memory x with its target currents I. Look at this one:
    /// where Phi saturates, rates hide errors of currents.
    pub current_error: f64,
    /// `max_i |x_i - Phi((W x)_i)|`.
    pub rate_error: f64,
    /// Spectral abscissa of the Jacobian at the memory, in units of 1 / tau: below 0 it is stable, if it is
    /// an equilibrium.
    pub abscissa: f64,
}

/// Equilibria, stability and certificates of everything stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StabilityReport {
    /// Activity and overlap of the patterns as they are.
    pub statistics: Statistics,
    /// Rates and slopes of silent and active units.
    pub levels: Levels,
    /// The gains; `None` for exact storage, which has none.
    pub gains: Option<Gains>,
    /// Conditions for ideal independent memories; `None` for exact storage.
    pub certificates: Option<Certificates>,
    /// Each memory.
    pub memories: Vec<MemoryReport>,
    /// Eigenvalues of W that are not 0 by construction, falling.
    pub eigenvalues: Vec<f64>,
    /// `rho max(0, largest eigenvalue of W)`: below 1 there is one equilibrium, which attracts everything,
    /// so that nothing is remembered.
    pub contraction: f64,
    /// `2 / (1 + rho max(0, -smallest eigenvalue of W))`: Euler steps below this many tau do not oscillate.
    pub step_limit: f64,
}

/// What to be careful about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// Activities of patterns differ from their mean by this much, relative to it; above 5 % memories are
    /// equilibria only roughly.
    Activity(f64),
    /// The same for overlaps of pairs.
    Overlap(f64),
    /// The homogeneous term excites (gamma): a cue of the wrong activity may run away.
    Excitation(f64),
    /// So many memories have an abscissa that is not below 0.
    Unstable(usize),
    /// There is a single equilibrium: nothing is remembered.
    Contraction(f64),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(spread) => {
                write!(
                    f,
                    "activities differ by {:.0} % from their mean",
                    100.0 * spread
                )
            }
            Self::Overlap(spread) => {
                write!(
                    f,
                    "overlaps differ by {:.0} % from their mean",
                    100.0 * spread
                )
            }
            Self::Excitation(gamma) => {
                write!(f, "the homogeneous term excites, gamma = {gamma:.3}")
            }
            Self::Unstable(count) => write!(f, "{count} memories are not stable"),
            Self::Contraction(value) => {
                write!(
                    f,
                    "one equilibrium alone: rho times the largest eigenvalue is {value:.3}"
                )
            }
        }
    }
}

impl StabilityReport {
    /// Looks at every memory; the gains come with the activity that they are for: `O(P (N P^2 / 64 + P^3))`, on all cores.
    pub(crate) fn of(
        network: &Network,
        statistics: Statistics,
        gains: Option<(Gains, f64)>,
        currents: &Currents,
    ) -> Result<Self> {
        let count = network.synapses.patterns().len();
        let memories: Result<Vec<MemoryReport>> = (0..count)
            .into_par_iter()
            .map(|index| {
                let (current_error, rate_error) = errors(network, currents, index);
                Ok(MemoryReport {
                    current_error,
                    rate_error,
                    abscissa: network.synapses.abscissa(&network.levels, index)?,
                })
            })
            .collect();
        let eigenvalues = network.synapses.eigenvalues()?;
        let slope = network.activation.slope;
        let largest = eigenvalues.first().map_or(0.0, |value| value.max(0.0));
        let smallest = eigenvalues.last().map_or(0.0, |value| value.min(0.0));
        Ok(Self {
            certificates: gains
                .map(|(gains, activity)| Certificates::of(&network.levels, &gains, activity)),
            statistics,
            levels: network.levels,
            gains: gains.map(|(gains, _)| gains),
            memories: memories?,
            contraction: slope * largest,
            step_limit: 2.0 / (1.0 - slope * smallest),
            eigenvalues,
        })
    }

    /// The largest error of a current at a memory.
    pub fn worst_current_error(&self) -> f64 {
        let errors = self.memories.iter().map(|memory| memory.current_error);
        errors.fold(0.0, f64::max)
    }

    /// The largest error of a rate at a memory.
    pub fn worst_rate_error(&self) -> f64 {
        let errors = self.memories.iter().map(|memory| memory.rate_error);
        errors.fold(0.0, f64::max)
    }

    /// The largest abscissa.
    pub fn worst_abscissa(&self) -> f64 {
        let abscissae = self.memories.iter().map(|memory| memory.abscissa);
        abscissae.fold(f64::NEG_INFINITY, f64::max)
    }

    /// What to be careful about.
    pub fn warnings(&self) -> Vec<Warning> {
        let Statistics {
            activity_spread,
            overlap_spread,
            ..
        } = self.statistics;
        let unstable = self.memories.iter().filter(|memory| memory.abscissa >= 0.0);
        let unstable = unstable.count();
        let gamma = self.gains.map_or(0.0, |gains| gains.gamma);
        let all = [
            (activity_spread > SPREAD, Warning::Activity(activity_spread)),
            (overlap_spread > SPREAD, Warning::Overlap(overlap_spread)),
            (gamma > 0.0, Warning::Excitation(gamma)),
            (unstable > 0, Warning::Unstable(unstable)),
            (
                self.contraction < 1.0,
                Warning::Contraction(self.contraction),
            ),
        ];
        let raised = all.into_iter().filter(|(raised, _)| *raised);
        raised.map(|(_, warning)| warning).collect()
    }

    /// Refuses a design that does not keep a guarantee.
    ///
    /// # Errors
    /// [`Error::Guarantee`] naming the first that failed, the memory and the number.
    pub fn require(&self, guarantee: Guarantee, currents: &Currents) -> Result<()> {
        if guarantee >= Guarantee::Equilibrium {
            let allowed = EQUILIBRIUM * (currents.high - currents.low);
            for (index, memory) in self.memories.iter().enumerate() {
                check_equilibrium(index, memory.current_error, allowed, &self.statistics)?;
            }
        }
        if guarantee >= Guarantee::Stable {
            let count = self.memories.len();
            let mut memories = self.memories.iter().enumerate();
            if let Some((index, memory)) = memories.find(|(_, memory)| memory.abscissa >= 0.0) {
                return Err(Error::Guarantee {
                    what: "stability of the memories",
                    expected: "a spectral abscissa below 0 at each".into(),
                    found: format!("{:.3e} at memory {index} of {count}", memory.abscissa),
                });
            }
        }
        Ok(())
    }
}

/// Errors of currents and of rates at a memory.
pub(crate) fn errors(network: &Network, currents: &Currents, index: usize) -> (f64, f64) {
    let rates = network.memory(index);
    let found = network.currents(&rates, None);
    let patterns = network.synapses.patterns();
    let mut worst = (0.0f64, 0.0f64);
    for (i, (&current, rate)) in found.iter().zip(&rates).enumerate() {
        let target = currents.at(patterns.is_active(index, i));
        worst.0 = worst.0.max((current - target).abs());
        worst.1 = worst.1.max((rate - network.activation.rate(current)).abs());
    }
    worst
}

fn check_equilibrium(
    index: usize,
    error: f64,
    allowed: f64,
    statistics: &Statistics,
) -> Result<()> {
    if error <= allowed {
        return Ok(());
    }
    Err(Error::Guarantee {
        what: "memories that are equilibria",
        expected: format!("max |W x - I| of at most {allowed:.1e} at each"),
        found: format!(
            "{error:.3e} at memory {index} (activities differ by {:.0} % from their mean, overlaps by {:.0} %)",
            100.0 * statistics.activity_spread,
            100.0 * statistics.overlap_spread
        ),
    })
}
