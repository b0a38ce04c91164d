//! The theoretical curve: up to which number of errors basis pursuit recovers them.
//!
//! For constraints of a random subspace in general position, `min |e|_1 s.t. Q e = s` finds almost every
//! error of `t < m rho(m/n)` entries and misses almost every larger one, as n grows:
//!
//! ```text
//! rho(delta) = max over z >= 0 of  [1 - (2/delta) G(z)] / [1 + z^2 - 2 G(z)]
//! G(z) = (1 + z^2) Phi(-z) - z phi(z)
//! ```
//!
//! with the density phi and the distribution function Phi of the standard normal. The maximiser is also the
//! threshold of [approximate message passing](crate::recovery::amp).
//!
//! # References
//! - D. Donoho, J. Tanner, "Counting faces of randomly projected polytopes when the projection radically
//!   lowers dimension", Journal of the AMS 22(1), 2009: the weak curve.
//! - D. Donoho, A. Maleki, A. Montanari, "Message-passing algorithms for compressed sensing", PNAS 106(45),
//!   2009: the form above.

use attractor_core::{Error, Result};

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// Errors per constraint at the transition, `t / m`.
    pub rho: f64,
    /// The maximiser.
    pub z: f64,
}

/// Beyond this the normal tail is 0 in double precision.
const FARTHEST: f64 = 37.0;

/// The curve at `delta = m / n`, constraints per entry.
///
/// # Errors
/// [`Error::Config`] unless `0 < delta <= 1`.
pub fn transition(delta: f64) -> Result<Transition> {
    if !(delta > 0.0 && delta <= 1.0) {
        let rule = "must be above 0 and at most 1";
        return Err(Error::config("constraints per entry", rule, delta));
    }
    if delta == 1.0 {
        return Ok(Transition { rho: 1.0, z: 0.0 });
    }
    // The slope of numerator / denominator changes its sign once, from plus to minus.
    let slope = |z: f64| {
        let (g, dg) = (g(z), dg(z));
        let (top, bottom) = (1.0 - 2.0 / delta * g, 1.0 + z * z - 2.0 * g);
        -2.0 / delta * dg * bottom - top * (2.0 * z - 2.0 * dg)
    };
    let (mut low, mut high) = (0.0, FARTHEST);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        match slope(middle) > 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    let z = 0.5 * (low + high);
    let rho = (1.0 - 2.0 / delta * g(z)) / (1.0 + z * z - 2.0 * g(z));
    Ok(Transition {
        rho: rho.clamp(0.0, 1.0),
        z,
    })
}

/// Errors among `n` entries that `m` constraints are expected to correct: `m rho(m/n)`, 0 without
/// constraints and `n` where nothing but 0 fulfils them.
pub fn expected_capacity(n: usize, m: usize) -> f64 {
    match m {
        0 => 0.0,
        _ => {
            let delta = (m as f64 / n.max(m) as f64).min(1.0);
            transition(delta).map_or(0.0, |at| at.rho * m as f64)
        }
    }
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// `Phi(-z)`.
fn tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

fn g(z: f64) -> f64 {
    (1.0 + z * z) * tail(z) - z * density(z)
}

fn dg(z: f64) -> f64 {
    2.0 * (z * tail(z) - density(z))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table computed with another program.
    #[test]
    fn the_curve_is_the_known_one() {
        let rho = [
            0.189, 0.243, 0.291, 0.337, 0.386, 0.438, 0.499, 0.573, 0.678,
        ];
        let z = [
            1.736, 1.408, 1.192, 1.023, 0.877, 0.743, 0.614, 0.481, 0.327,
        ];
        for (index, (rho, z)) in rho.into_iter().zip(z).enumerate() {
            let at = transition(0.1 * (index + 1) as f64).unwrap();
            assert!((at.rho - rho).abs() < 1e-3, "{index}: {at:?}");
            assert!((at.z - z).abs() < 1e-3, "{index}: {at:?}");
        }
        assert!((expected_capacity(1000, 500) - 193.0).abs() < 1.0);
        assert_eq!(expected_capacity(10, 0), 0.0);
        assert_eq!(expected_capacity(10, 10), 10.0);
    }

    /// Against the maximum over a grid.
    #[test]
    fn no_point_of_a_grid_lies_higher() {
        for delta in [1e-3, 0.05, 0.37, 0.93, 0.999] {
            let at = transition(delta).unwrap();
            for step in 1..4000 {
                let z = 0.001 * f64::from(step);
                let rho = (1.0 - 2.0 / delta * g(z)) / (1.0 + z * z - 2.0 * g(z));
                assert!(rho <= at.rho + 1e-12, "{delta} {z}");
            }
        }
    }

    #[test]
    fn mistakes_are_named() {
        for delta in [0.0, 1.5, f64::NAN] {
            let message = transition(delta).unwrap_err().to_string();
            assert!(
                message.starts_with("constraints per entry: must be above 0"),
                "{message}"
            );
        }
    }
}
