//! Lines of a table.

use std::time::Instant;

use attractor_memories::bayespcn::protocol::{RECALLED, Scores};

/// Seconds since it was started.
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Mean error, largest error, share recalled.
pub(crate) fn row(name: &str, scores: &Scores) {
    let (mean, worst) = (scores.mean(), scores.worst());
    let share = scores.below(RECALLED);
    println!("{name:34} {mean:9.2e} {worst:9.2e} {share:6.3}");
}
