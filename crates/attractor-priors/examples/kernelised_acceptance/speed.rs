//! Times of one thread; the best of several, on a machine that may be shared.

use std::time::{Duration, Instant};

use attractor_core::burn::tensor::Device;
use attractor_core::{MemoryPrior, Result, Stopping, rng};
use attractor_priors::kernelised::{Coordinates, Start, learn};
use attractor_priors::{KernelisedConfig, SeparationConfig};

use super::verdict;

pub(super) fn run(device: &Device) -> Result<()> {
    println!(
        "\nBest of several runs; learning uses one thread, reading as many as RAYON_NUM_THREADS says"
    );
    let (count, dim) = (200, 784);
    let codes = rng::normal_vec(&mut rng::stream(0, "codes"), count * dim);
    for coordinates in [Coordinates::Entries, Coordinates::Span] {
        // Two numbers of steps, so that what happens once cancels.
        let time = |steps| -> Result<Duration> {
            let config = SeparationConfig {
                start: Start::Gaussian,
                width: Some(200),
                iterations: steps,
                patience: 0,
                coordinates,
                ..SeparationConfig::default()
            };
            let mut best = Duration::MAX;
            for _ in 0..15 {
                let start = Instant::now();
                learn(&codes, dim, &config)?;
                best = best.min(start.elapsed());
            }
            Ok(best)
        };
        let (few, many) = (time(2)?, time(8)?);
        let per_step = many.saturating_sub(few).as_secs_f64() / 6.0 * 1e3;
        println!(
            "learning, {count} codes of {dim} into 200, {coordinates:?}: {per_step:.2} ms a step (at most 15: {}); start {:.0} ms",
            verdict(per_step <= 15.0),
            few.as_secs_f64() * 1e3 - 2.0 * per_step
        );
    }
    let (stored, dim, rows) = (1000, 128, 256);
    let normal =
        |purpose: &str, rows| rng::normal(&mut rng::stream(0, purpose), [rows, dim], device);
    let mut memory = KernelisedConfig::identity(20.0).init(dim, device)?;
    memory.store(normal("stored", stored))?;
    let memory = memory.with_map(normal("map", dim))?;
    let queries = normal("queries", rows);
    let mut best = Duration::MAX;
    for _ in 0..50 {
        let start = Instant::now();
        memory.retrieve(queries.clone(), Stopping::after(1))?;
        best = best.min(start.elapsed());
    }
    let rate = rows as f64 / best.as_secs_f64();
    println!(
        "reading, {stored} codes of {dim}, {rows} queries, one update: {rate:.0} queries a second (at least 20000: {})",
        verdict(rate >= 20_000.0)
    );
    Ok(())
}
