//! Published capacities for random patterns of D entries.
//!
//! # Sources
//! Amit, Gutfreund, Sompolinsky 1985; McEliece, Posner, Rodemich, Venkatesh 1987; Krotov, Hopfield
//! 2016; Demircigil et al. 2017; Ramsauer et al. 2021, theorem 3.

use attractor::core::error::{require_nonzero, require_positive};
use attractor::core::{Error, Result};

/// Load K / D at which recall by Hebb's rule collapses, with about 1.6 % wrong entries just below.
pub const HEBB_COLLAPSE: f64 = 0.138;

/// Patterns of a polynomial network of `power` n that one pattern is stable among without errors:
/// `D^(n-1) / (2 (2n - 3)!! ln D)`; `D / (2 ln D)` for n = 2, the classical network.
pub fn polynomial_without_errors(dim: usize, power: u32) -> f64 {
    let dim = dim as f64;
    dim.powi(power as i32 - 1) / (2.0 * odd_factorial(power) * dim.ln())
}

/// Patterns at which one update of a stored pattern leaves a share `error` of its entries wrong:
/// signal `D^(n-1)` against a sum of K terms of variance `(2n - 3)!! D^(n-1)`, so
/// `K = D^(n-1) / ((2n - 3)!! q^2)` with q the normal quantile of `1 - error`.
///
/// # Errors
/// [`Error::Config`] unless `error` lies between 0 and 1/2.
pub fn polynomial_with_errors(dim: usize, power: u32, error: f64) -> Result<f64> {
    if !(error > 0.0 && error < 0.5) {
        return Err(Error::config("error", "must lie between 0 and 1/2", error));
    }
    let quantile = normal_quantile(1.0 - error);
    let signal = (dim as f64).powi(power as i32 - 1);
    Ok(signal / (odd_factorial(power) * quantile.powi(2)))
}

/// `(2n - 3)!!`, the (2n - 2)-th moment of a normal variable.
fn odd_factorial(power: u32) -> f64 {
    (1..power).map(|k| f64::from(2 * k - 1)).product()
}

/// Rate a of the patterns `exp(a D)` that the exponential network corrects a share `flipped` of wrong
/// entries of: a must stay below `I(1 - 2 flipped) / 2`.
pub fn exponential_rate(flipped: f64) -> f64 {
    let u = 1.0 - 2.0 * flipped.clamp(0.0, 0.5);
    let part = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
    0.25 * (part(1.0 + u) + part(1.0 - u))
}

/// The constant c of the modern network: `sqrt(p) c^((D - 1) / 4)` patterns on a sphere of radius
/// `k sqrt(D - 1)` are stored with a probability of failure p.
///
/// `c = b / W(exp(a + ln b))`, `a = 2 / (D - 1) (1 + ln(2 beta k^2 p (D - 1)))`, `b = 2 k^2 beta / 5`,
/// with W the main branch of Lambert's function.
///
/// # Errors
/// [`Error::Config`] for numbers that are not above 0 or a D below 2.
pub fn modern_constant(dim: usize, beta: f64, radius: f64, failure: f64) -> Result<f64> {
    require_nonzero("dim - 1", dim.saturating_sub(1))?;
    require_positive("beta", beta)?;
    require_positive("radius", radius)?;
    require_positive("failure", failure)?;
    let d = dim as f64 - 1.0;
    let a = 2.0 / d * (1.0 + (2.0 * beta * radius * radius * failure * d).ln());
    let b = 0.4 * radius * radius * beta;
    Ok(b / lambert_of_exp(a + b.ln()))
}

/// `W(exp(x))`: the w with `w + ln w = x`, by Newton's rule from above, where it cannot overshoot.
fn lambert_of_exp(x: f64) -> f64 {
    let mut w = if x > 1.0 {
        x
    } else {
        x.min(0.0).exp().max(f64::MIN_POSITIVE)
    };
    for _ in 0..100 {
        let next = w * (1.0 + x - w.ln()) / (1.0 + w);
        if (next - w).abs() <= 1e-15 * w {
            break;
        }
        w = next;
    }
    w
}

/// The x with a share p of a normal variable below it, p in (1/2, 1), by bisection.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        // 1 - p against the upper tail: no cancellation where p is near 1.
        if 0.5 * libm::erfc(middle / std::f64::consts::SQRT_2) > 1.0 - p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        // Worked out by hand in the paper: c = 3.1546 at beta 1, radius factor 3, D 20, p 0.001.
        let c = modern_constant(20, 1.0, 3.0, 0.001).unwrap();
        assert!((c - 3.1546).abs() < 1e-3, "{c}");
        assert!(modern_constant(1, 1.0, 3.0, 0.001).is_err());
        // 2^(D/2) without flipped entries.
        assert!((exponential_rate(0.0) - 0.5 * 2f64.ln()).abs() < 1e-15);
        assert_eq!(exponential_rate(0.5), 0.0);
        let d = 100f64;
        for (power, expected) in [
            (2, d / (2.0 * d.ln())),
            (3, d * d / (6.0 * d.ln())),
            (4, d * d * d / (30.0 * d.ln())),
        ] {
            let ours = polynomial_without_errors(100, power);
            assert!((ours / expected - 1.0).abs() < 1e-12, "{power}: {ours}");
        }
    }

    #[test]
    fn quantiles_and_lambert() {
        for (p, expected) in [(0.975, 1.959_964), (0.99, 2.326_348), (0.995, 2.575_829)] {
            assert!((normal_quantile(p) - expected).abs() < 1e-5);
        }
        // W(1) is the omega constant, W(e) = 1, and w + ln w = x wherever.
        assert!((lambert_of_exp(0.0) - 0.567_143_290_4).abs() < 1e-9);
        assert!((lambert_of_exp(1.0) - 1.0).abs() < 1e-12);
        for x in [-50.0, -3.0, 0.4, 7.0, 900.0] {
            let w = lambert_of_exp(x);
            assert!((w + w.ln() - x).abs() < 1e-9 * f64::abs(x), "{x}: {w}");
        }
        assert!(polynomial_with_errors(50, 3, 0.5).is_err());
    }
}
