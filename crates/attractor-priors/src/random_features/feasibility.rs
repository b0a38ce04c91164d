//! Whether a memory of given size can work at all.
//!
//! For independent binary patterns in `{0, 1 / sqrt(D)}^D` and wide D. On the way from a pattern to
//! the centroid of all, the pattern's share p of the softmax obeys `log(p / (1 - p)) = beta p / 4 -
//! log K`: below a critical beta that has no solution near 1, and the energy has no minimum at the
//! pattern, with exact or random features. Above it, random features still need the true S at the
//! cue to stand clear of their noise, whose standard deviation is `sqrt(K / (2 Y))`.

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result};

/// How often S must exceed the standard deviation of its estimate.
const CLEAR: f64 = 3.0;

/// Where beta must lie, and what to expect there. All in units in which the largest squared distance
/// of two patterns is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Window {
    /// Patterns are minima above this beta.
    pub lowest: f64,
    /// A pattern is the global minimum above this beta, `8 ln K`.
    pub global: f64,
    /// The centroid of all patterns is a minimum below this beta, `4 D`: random cues end there.
    pub centroid: f64,
    /// Cues near a pattern stand clear of the noise below this beta; infinite without flips.
    pub highest_near: f64,
    /// Random cues stand clear of the noise below this beta.
    pub highest_random: f64,
    /// Expected root mean square error of a recalled entry, of values in `[0, 1]`, at the beta given.
    pub entry_error: f64,
    /// Numbers of the superposition with `sin_cos` features.
    pub numbers: usize,
    /// Numbers of the patterns themselves.
    pub pattern_numbers: usize,
    /// Whether the beta given lies above [`Self::lowest`] and below [`Self::highest_near`].
    pub feasible: bool,
}

/// The window of `patterns` (K) binary patterns of `dim` (D) entries in `count` (Y) directions at
/// `beta`, for cues with a share `flipped` (rho) of entries flipped.
///
/// # Errors
/// [`Error::Config`] unless all counts are at least 1, beta is above 0 and `flipped` in `[0, 1)`.
pub fn feasibility(
    patterns: usize,
    dim: usize,
    count: usize,
    beta: f64,
    flipped: f64,
) -> Result<Window> {
    require_nonzero("feasibility.patterns", patterns)?;
    require_nonzero("feasibility.dim", dim)?;
    require_nonzero("feasibility.count", count)?;
    require_positive("feasibility.beta", beta)?;
    if !(0.0..1.0).contains(&flipped) {
        let rule = "must be at least 0 and below 1";
        return Err(Error::config("feasibility.flipped", rule, flipped));
    }
    let (k, d, y) = (patterns as f64, dim as f64, count as f64);
    let lowest = spinodal(patterns);
    let highest_near = (2.0 * y / (CLEAR * CLEAR * k)).ln() / flipped;
    Ok(Window {
        lowest,
        global: 8.0 * k.ln(),
        centroid: 4.0 * d,
        highest_near,
        highest_random: 2.0 * (2.0 * k * y / (CLEAR * CLEAR)).ln(),
        entry_error: (k * d / (2.0 * y * beta)).sqrt(),
        numbers: 2 * count,
        pattern_numbers: patterns * dim,
        feasible: beta > lowest && beta < highest_near,
    })
}

/// The beta above which each of `patterns` random binary patterns of wide D is a minimum.
///
/// Where the curve `log(p / (1 - p))` touches the line `beta p / 4 - log K`: its slope there,
/// `1 / (p (1 - p))`, is beta / 4, which gives p as a function of beta. 0 for a single pattern.
pub fn spinodal(patterns: usize) -> f64 {
    if patterns < 2 {
        return 0.0;
    }
    let excess = |beta: f64| {
        let p = 0.5 * (1.0 + (1.0 - 16.0 / beta).max(0.0).sqrt());
        beta * p / 4.0 - (patterns as f64).ln() - (p / (1.0 - p)).ln()
    };
    // At beta 16 p is 1/2 and the excess 2 - log K; it grows with beta. Fewer than 8 patterns are
    // minima from there on, where the two branches are born.
    let (mut low, mut high) = (16.0, 32.0);
    if excess(low) >= 0.0 {
        return low;
    }
    while excess(high) < 0.0 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if excess(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
