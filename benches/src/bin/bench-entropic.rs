//! Measures registration, recognition and recall of the entropic relation on one thread; prints one JSON line each.
//! A line is of many pairs or cues: the names say how many.

use attractor_core::Failure;
use benches::Line;
use benches::entropic::{self as problem, Filled};
use benches::timing::{self, Timing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Failure> {
    let mut filled = Filled::new()?;
    let print = |bench: &str, (operations, rows): (f64, usize), timing: Timing| {
        let line = Line {
            rows_per_second: Some(1e3 * rows as f64 / timing.median_ms),
            threads: 1,
            ..Line::new(bench, "attractor", operations, timing)
        };
        println!("{}", serde_json::to_string(&line)?);
        Ok::<(), Failure>(())
    };
    let pairs = (problem::PAIR_OPERATIONS, problem::PAIRS);
    let timing = timing::measure(20, || filled.recognise())?;
    print(problem::RECOGNISE, pairs, timing)?;
    let cues = (problem::RECALL_OPERATIONS, problem::CUES);
    let timing = timing::measure(10, || filled.recall())?;
    print(problem::RECALL, cues, timing)?;
    let timing = timing::measure(20, || filled.register())?;
    print(problem::REGISTER, pairs, timing)
}
