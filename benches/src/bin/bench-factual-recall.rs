//! Measures a training step of the factual-recall transformer, collapsed and explicit; prints one JSON line
//! each. One step runs on one thread whatever the pool.

use benches::factual_recall::{OPERATIONS, STEP, Step};
use benches::{Line, timing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let mut step = Step::new()?;
    for (form, runs) in [("attractor", 200), ("explicit", 20)] {
        let timing = match form {
            "explicit" => timing::measure(runs, || step.explicit())?,
            _ => timing::measure(runs, || step.collapsed())?,
        };
        let mut line = Line::new(STEP, form, OPERATIONS, timing);
        line.threads = 1;
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
