//! Measures basis pursuit and decoding; prints one JSON line each. Threads are set by `RAYON_NUM_THREADS`.

use attractor_core::Failure;
use benches::sparse_recovery::{self as problem, Decoding, Pursuit};
use benches::{Line, timing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Failure> {
    let pursuit = Pursuit::new()?;
    let timing = timing::measure(3, || pursuit.run())?;
    let line = Line::new(
        problem::PURSUIT,
        "attractor",
        problem::PURSUIT_OPERATIONS,
        timing,
    );
    println!("{}", serde_json::to_string(&line)?);
    let decoding = Decoding::new()?;
    assert!(
        decoding.run()?,
        "one percent of errors is far below what is decoded"
    );
    let timing = timing::measure(10, || decoding.run())?;
    let line = Line::new(
        problem::DECODING,
        "attractor",
        problem::DECODING_OPERATIONS,
        timing,
    );
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}
