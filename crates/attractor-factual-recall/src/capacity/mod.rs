//! How much a memory holds, and how that grows with its parameters.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`fn@search`] | the largest size that still works, by bisection, or that there is none in the range |
//! | [`fit`] | slopes on logarithmic axes, with intervals |

pub mod fit;
pub mod search;

pub use fit::{PowerLaw, power_law};
pub use search::{Capacity, Range, search};

/// `N ln N`: what grows in proportion to the parameters, so that slopes of it do not bend.
pub fn n_log_n(n: usize) -> f64 {
    let n = n as f64;
    n * n.ln()
}

/// `count` targets spread evenly over `answers`: `floor(x answers / count)` in whole numbers. (In 32-bit floats,
/// as the published sweep has it, some are one too low from 4099 answers on.)
///
/// # Errors
/// [`attractor_core::Error::Config`] if either is 0.
pub fn spread_targets(count: usize, answers: usize) -> attractor_core::Result<Vec<u32>> {
    attractor_core::error::require_nonzero("spread_targets.count", count)?;
    attractor_core::error::require_nonzero("spread_targets.answers", answers)?;
    Ok((0..count)
        .map(|x| (x as u128 * answers as u128 / count as u128) as u32)
        .collect())
}
