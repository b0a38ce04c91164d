//! What the benches measure, shared by the criterion benches and by the quick `bench-read`.
//!
//! Every measurement is printed as one JSON line ([`Line`]) that the PyTorch scripts under `peers/`
//! print too, so that `cargo xtask bench` can divide one by the other. A time by itself says
//! little about a program on a shared machine: read the ratios of one run.

pub mod bayespcn;
pub mod entropic;
pub mod factual_recall;
pub mod family;
pub mod firing_rate;
pub mod gemm;
pub mod hopfield_layers;
pub mod pcn;
pub mod read;
pub mod search;
pub mod self_calibrating;
pub mod sparse_recovery;
pub mod spiking;
pub mod timing;
pub mod vae_step;

use serde::{Deserialize, Serialize};

use crate::timing::Timing;

/// Anything that can go wrong while measuring.
pub type Result<T> = std::result::Result<T, attractor_core::Error>;

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What was measured, such as `read/10000x64x1000`: patterns x width x cues.
    pub bench: String,
    /// How it was computed: `attractor`, or burn's `plain` and `fused` forms of it.
    pub form: String,
    /// Median time of one run in milliseconds.
    pub ms: f64,
    /// Shortest time of one run in milliseconds.
    pub min_ms: f64,
    /// 10^9 floating-point operations per second at the median time; exponentials are not counted.
    pub gflops: f64,
    /// Threads of the pool that ran it.
    pub threads: usize,
    /// Rows answered in a second at the median time, where the work is an answer to cues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_second: Option<f64>,
    /// 10^9 bytes of memory per second at the median time, where memory is what limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gb_per_second: Option<f64>,
}

impl Line {
    /// A line for work of `operations` floating-point operations.
    pub fn new(bench: &str, form: &str, operations: f64, timing: Timing) -> Self {
        Self {
            bench: bench.into(),
            form: form.into(),
            ms: timing.median_ms,
            min_ms: timing.min_ms,
            gflops: operations / timing.median_ms / 1e6,
            threads: threads(),
            rows_per_second: None,
            gb_per_second: None,
        }
    }
}

/// Threads that rayon's pool has: `RAYON_NUM_THREADS`, or one per processor.
pub fn threads() -> usize {
    let asked = std::env::var("RAYON_NUM_THREADS")
        .ok()
        .and_then(|value| value.parse::<usize>().ok());
    asked
        .filter(|&threads| threads > 0)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}
