//! Measures energies of the self-calibrating observation model and prints one JSON line per case.
//!
//! `bench-self-calibrating [TEXT]`: only cases whose name contains the text. Threads are set by
//! `RAYON_NUM_THREADS`.

use benches::self_calibrating::{CASES, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), attractor_core::Failure> {
    let only = std::env::args().nth(1).unwrap_or_default();
    for case in CASES.iter().filter(|case| case.name().contains(&only)) {
        println!("{}", serde_json::to_string(&run(*case, 9)?)?);
    }
    Ok(())
}
