//! Exact search for the nearest, and the softmax read, of stores that outgrow caches, in single and half precision.

use attractor_core::backend::Backend;
use attractor_core::kernel::{PatternStore, Precision, Score, read, top};
use attractor_core::rng;
use burn::tensor::Tensor;

use crate::timing::measure;
use crate::{Line, Result};

/// Patterns and width of the stores.
pub const STORES: [(usize, usize); 3] = [(1_000_000, 64), (1_000_000, 384), (50_000, 3072)];
/// Cues at once.
pub const CUES: [usize; 2] = [1, 100];
/// How stores keep their numbers.
pub const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::F16];
/// Patterns that are sought.
const MOST: usize = 10;
/// Variance of the read, for each entry of a pattern: some patterns share the weight.
const SPREAD: f32 = 0.05;

/// `top10/1000000x64x1/f32`.
pub fn name(kind: &str, (patterns, dim): (usize, usize), cues: usize, kept: Precision) -> String {
    format!("{kind}/{patterns}x{dim}x{cues}/{kept}")
}

/// Measures both on a store, by each number of cues whose name contains `only`.
///
/// # Errors
/// Those of the store and the reads.
pub fn run(
    (patterns, dim): (usize, usize),
    kept: Precision,
    runs: usize,
    only: &str,
) -> Result<Vec<Line>> {
    let wanted = |kind, cues| name(kind, (patterns, dim), cues, kept).contains(only);
    if !CUES
        .iter()
        .any(|&cues| wanted("top10", cues) || wanted("softmax", cues))
    {
        return Ok(Vec::new());
    }
    let device = Backend::Flex.open()?;
    let mut random = rng::stream(0, "bench/search");
    let mut store = PatternStore::new(dim, &device)?.with_precision(kept)?;
    // In parts, so that no copy of the whole is made.
    let part = 10_000;
    for _ in 0..patterns / part {
        store.push(rng::normal(&mut random, [part, dim], &device))?;
    }
    let mut lines = Vec::new();
    for count in CUES {
        let cues: Tensor<2> = rng::normal(&mut random, [count, dim], &device);
        let score = Score::SquaredDistance {
            variance: SPREAD * dim as f32,
        };
        let mut line = |kind: &str, products: f64, timing| {
            let operations = products * (patterns * dim * count) as f64;
            let mut line = Line::new(
                &name(kind, (patterns, dim), count, kept),
                "attractor",
                operations,
                timing,
            );
            if count == 1 {
                let bytes = (patterns * dim * kept.bytes()) as f64;
                line.gb_per_second = Some(bytes / line.ms / 1e6);
            }
            lines.push(line);
        };
        if wanted("top10", count) {
            let timing = measure(runs, || top(&store, cues.clone(), score, MOST))?;
            line("top10", 2.0, timing);
        }
        if wanted("softmax", count) {
            let timing = measure(runs, || read(&store, cues.clone(), score)?.mean())?;
            line("softmax", 4.0, timing);
        }
    }
    Ok(lines)
}
