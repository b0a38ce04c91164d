//! Measures a training step and prints one JSON line. Threads are set by `RAYON_NUM_THREADS`.

use attractor_core::Backend;
use benches::{Line, timing, vae_step};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let mut step = vae_step::Step::new(&Backend::Flex.open()?)?;
    let timing = timing::measure(60, || step.run())?;
    let line = Line::new("vae_step", "attractor", vae_step::OPERATIONS, timing);
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}
