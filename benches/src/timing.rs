//! Wall-clock times of repeated work.

use std::hint::black_box;
use std::time::Instant;

use crate::Result;

/// Times of repeated runs, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Half of the runs took no longer.
    pub median_ms: f64,
    /// The shortest run: the least disturbed by other programs.
    pub min_ms: f64,
}

/// Runs `work` once to warm up, then `runs` times (at least once).
///
/// # Errors
/// Those of `work`.
pub fn measure<T>(runs: usize, mut work: impl FnMut() -> Result<T>) -> Result<Timing> {
    black_box(work()?);
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        black_box(work()?);
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(Timing {
        median_ms: times[times.len() / 2],
        min_ms: times[0],
    })
}
