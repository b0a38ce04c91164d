//! Spherical codes: as many memories as their space has dimensions or fewer can be sent anywhere.

use super::*;
use crate::kernelised::{SeparationConfig, Start, best_known_code, code_bounds, learn};

/// Smallest `1 - cosine` of `points` points learned in `width` dimensions, best of three seeds.
fn learned(width: usize, points: usize) -> f64 {
    let seeds = (0..3).map(|seed| {
        let dim = 2 * points;
        let codes = host(normal(seed, points, dim));
        let config = SeparationConfig {
            start: Start::Gaussian,
            width: Some(width),
            iterations: 2000,
            patience: 0,
            seed,
            ..SeparationConfig::default()
        };
        learn(&codes, dim, &config).unwrap().1.separation
    });
    seeds.fold(f64::NEG_INFINITY, f64::max)
}

/// (P7) The share of the best known separation that must be reached; none may be exceeded.
#[test]
fn codes_are_nearly_optimal() {
    for (width, points, share) in [
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
    ] {
        let found = learned(width, points);
        let best = best_known_code(width, points).unwrap();
        println!("{points} points in {width} dimensions: {:.4}", found / best);
        assert!(found >= share * best, "{width} {points}: {found} of {best}");
        assert!(
            found <= best + 1e-3,
            "{width} {points}: {found} above {best}"
        );
        // (P8)
        let (low, high) = code_bounds(width, points).unwrap();
        assert!(
            low <= found && found <= high,
            "{width} {points}: {low} {found} {high}"
        );
    }
}
