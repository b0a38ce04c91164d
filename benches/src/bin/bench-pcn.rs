//! Measures writing into and reading from a predictive coding memory; prints one JSON line each.
//! Threads are set by `RAYON_NUM_THREADS`.

use attractor_core::Backend;
use attractor_predictive_coding::pcn::Form;
use benches::pcn::{Read, Write};
use benches::{Line, pcn, timing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let device = Backend::Flex.open()?;
    for (form, name) in [(Form::Auto, "attractor"), (Form::Direct, "direct")] {
        let mut write = Write::new(form, &device)?;
        let timing = timing::measure(3, || write.run())?;
        let line = Line::new(pcn::WRITE, name, pcn::WRITE_OPERATIONS, timing);
        println!("{}", serde_json::to_string(&line)?);
    }
    for (form, name) in [(Form::Auto, "attractor"), (Form::Direct, "direct")] {
        let read = Read::new(form, &device)?;
        let timing = timing::measure(3, || read.run())?;
        let line = Line::new(pcn::READ, name, pcn::READ_OPERATIONS, timing);
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
