//! Measures forward and backward passes of Hopfield layers; prints one JSON line each.
//!
//! `bench-hopfield-layers [NAME]`: only the shapes whose names hold this.

use attractor_core::Backend;
use benches::hopfield_layers::{Pass, SHAPES, operations};
use benches::{Line, timing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let only = std::env::args().nth(1).unwrap_or_default();
    let device = Backend::Flex.open()?;
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&only)) {
        let pass = Pass::new(shape, &device)?;
        let timing = timing::measure(10, || pass.run())?;
        let line = Line::new(shape.name, "attractor", operations(shape), timing);
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
