//! Spherical codes: as many memories as their space has dimensions or fewer can be sent anywhere.

use crate::kernelised::{SPHERE_CASES, best_known_code, code_bounds, learned_code};

/// (P7) The share of the best known separation that must be reached; none may be exceeded.
#[test]
fn codes_are_nearly_optimal() {
    for (width, points, share) in SPHERE_CASES {
        let seeds = (0..3).map(|seed| learned_code(width, points, seed).unwrap().separation);
        let found = seeds.fold(f64::NEG_INFINITY, f64::max);
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
