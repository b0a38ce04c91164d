//! Spherical codes: how far apart points of a sphere can lie (Tammes' problem).

use std::f64::consts::PI;

use attractor_core::{Result, rng};

use super::learn::{FitReport, SeparationConfig, Start, learn};

/// Best known smallest angles in degrees of codes on the ordinary sphere, N. J. A. Sloane's tables of
/// spherical codes; 5 to 14 and 24 points are proven optimal.
const SPHERE: [(usize, f64); 12] = [
    (7, 77.869_542_1),
    (8, 74.858_492_2),
    (9, 70.528_779_4),
    (10, 66.146_822_0),
    (11, 63.434_948_8),
    (12, 63.434_948_8),
    (13, 57.136_703_1),
    (14, 55.670_570_0),
    (20, 47.431_036_2),
    (24, 43.690_767_1),
    (50, 29.75),
    (100, 21.03),
];

/// The largest known smallest `1 - cosine` of `points` points on the unit sphere of `dim` dimensions:
/// polygons, simplices, cross-polytopes, and a table for three dimensions. None where it is not known
/// here.
pub fn best_known_code(dim: usize, points: usize) -> Option<f64> {
    if dim < 2 || points < 2 {
        return None;
    }
    if points <= dim + 1 {
        return Some(points as f64 / (points as f64 - 1.0));
    }
    if dim == 2 {
        return Some(1.0 - (2.0 * PI / points as f64).cos());
    }
    if points <= 2 * dim {
        return Some(1.0);
    }
    let tabled = SPHERE.iter().find(|(count, _)| *count == points);
    match tabled {
        Some((_, angle)) if dim == 3 => Some(1.0 - angle.to_radians().cos()),
        _ => None,
    }
}

/// Dimensions, points, and the share of the best known smallest `1 - cosine` that a learned code should
/// reach: nearly all of it where the optimum is a polygon, a simplex or a cross-polytope.
pub const SPHERE_CASES: [(usize, usize, f64); 11] = [
    (2, 5, 0.995),
    (2, 8, 0.995),
    (3, 4, 0.995),
    (3, 6, 0.995),
    (3, 8, 0.98),
    (3, 12, 0.98),
    (3, 20, 0.98),
    (3, 24, 0.98),
    (4, 5, 0.995),
    (8, 9, 0.995),
    (8, 16, 0.995),
];

/// A code of `points` points in `dim` dimensions, learned from as many random codes of twice as many
/// entries: 2000 steps of Adam at rate 0.05, tau from 1 to 0.02.
///
/// # Errors
/// As [`learn`].
pub fn learned_code(dim: usize, points: usize, seed: u64) -> Result<FitReport> {
    let entries = 2 * points;
    let codes = rng::normal_vec(&mut rng::stream(seed, "codes"), points * entries);
    let config = SeparationConfig {
        start: Start::Gaussian,
        width: Some(dim),
        iterations: 2000,
        patience: 0,
        seed,
        ..SeparationConfig::default()
    };
    Ok(learn(&codes, entries, &config)?.1)
}

/// Bounds between which the smallest `1 - cosine` of the best code of `points` points in `dim`
/// dimensions lies, for many points; at least 2 of each.
///
/// # Source
/// Hu et al. 2024, the bounds beside which the paper plots its codes.
pub fn code_bounds(dim: usize, points: usize) -> Option<(f64, f64)> {
    if dim < 2 || points < 2 {
        return None;
    }
    let (d, m) = (dim as f64, points as f64);
    let lower = log_gamma_half(dim + 1) - log_gamma_half(dim + 2) + (PI.sqrt() / m).ln();
    let upper = log_gamma_half(dim + 1) - log_gamma_half(dim) + (2.0 * PI.sqrt() / m).ln();
    Some((
        0.5 * (2.0 * lower / (d - 1.0)).exp(),
        2.0 * (upper / (d - 1.0)).exp(),
    ))
}

/// `log Gamma(n / 2)`, n at least 1.
fn log_gamma_half(n: usize) -> f64 {
    let first = if n.is_multiple_of(2) {
        0.0
    } else {
        0.5 * PI.ln()
    };
    let steps = (n - 1) / 2;
    let low = if n.is_multiple_of(2) { 1.0 } else { 0.5 };
    first + (0..steps).map(|k| (low + k as f64).ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_at_halves() {
        for (n, value) in [
            (1, PI.sqrt()),
            (2, 1.0),
            (3, PI.sqrt() / 2.0),
            (4, 1.0),
            (8, 6.0),
        ] {
            assert!((log_gamma_half(n).exp() - value).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn classical_codes() {
        let near = |dim, points, value: f64| {
            let ours = best_known_code(dim, points).unwrap();
            assert!(
                (ours - value).abs() < 1e-4,
                "{dim} {points}: {ours} {value}"
            );
        };
        near(2, 8, 0.2929);
        near(4, 5, 1.25);
        near(8, 16, 1.0);
        near(3, 12, 0.5528); // the icosahedron: 1 - 1 / sqrt(5)
        near(3, 6, 1.0);
        assert_eq!(best_known_code(5, 40), None);
        assert_eq!(best_known_code(1, 4), None);
    }

    #[test]
    fn known_codes_lie_between_the_bounds() {
        for points in [8, 9, 10, 12, 13, 14, 20, 24, 50, 100] {
            let (low, high) = code_bounds(3, points).unwrap();
            let best = best_known_code(3, points).unwrap();
            assert!(low <= best && best <= high, "{points}: {low} {best} {high}");
        }
    }
}
