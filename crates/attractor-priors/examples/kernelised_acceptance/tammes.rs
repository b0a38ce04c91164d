//! Points on spheres: learned from as many random codes, in twice as many dimensions.

use attractor_core::Result;
use attractor_priors::kernelised::{SPHERE_CASES, best_known_code, code_bounds, learned_code};

use super::verdict;

pub(super) fn run() -> Result<()> {
    println!("\nSpherical codes, Adam 0.05, tau 1 -> 0.02, 2000 steps, best of 3 seeds");
    println!("| D | points | 1 - cos | bounds | best known | ratio | at least | |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (width, points, share) in SPHERE_CASES {
        let mut found = f64::NEG_INFINITY;
        for seed in 0..3 {
            found = learned_code(width, points, seed)?.separation.max(found);
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
