//! Points on spheres: learned from as many random codes, in twice as many dimensions.

use attractor_core::{Result, rng};
use attractor_priors::SeparationConfig;
use attractor_priors::kernelised::{Start, best_known_code, code_bounds, learn};

use super::verdict;

/// Dimensions, points, share of the best known smallest `1 - cosine` to reach.
const CASES: [(usize, usize, f64); 11] = [
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

pub(super) fn run() -> Result<()> {
    println!("\nSpherical codes, Adam 0.05, tau 1 -> 0.02, 2000 steps, best of 3 seeds");
    println!("| D | points | 1 - cos | bounds | best known | ratio | at least | |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (width, points, share) in CASES {
        let mut found = f64::NEG_INFINITY;
        for seed in 0..3 {
            let dim = 2 * points;
            let codes = rng::normal_vec(&mut rng::stream(seed, "codes"), points * dim);
            let config = SeparationConfig {
                start: Start::Gaussian,
                width: Some(width),
                iterations: 2000,
                patience: 0,
                seed,
                ..SeparationConfig::default()
            };
            found = learn(&codes, dim, &config)?.1.separation.max(found);
        }
        let (Some(best), Some((low, high))) =
            (best_known_code(width, points), code_bounds(width, points))
        else {
            continue;
        };
        let ratio = found / best;
        println!(
            "| {width} | {points} | {found:.4} | {low:.3} .. {high:.3} | {best:.4} | {ratio:.4} | {share} | {} |",
            verdict(ratio >= share && found <= best + 1e-3)
        );
    }
    Ok(())
}
