//! What a kernelised memory gains, beside what a better inverse temperature gains.
//!
//! ```sh
//! cargo run --example kernelised_acceptance -- tammes      # learned spherical codes, best known ones
//! cargo run --example kernelised_acceptance -- correlated  # codes that share most of their direction
//! cargo run --example kernelised_acceptance -- metastable  # the hidden temperature of raw features
//! cargo run --example kernelised_acceptance -- speed       # one learning step, one read, one thread
//! ATTRACTOR_DATA=... cargo run --example kernelised_acceptance -- mnist
//! ```
//!
//! Without a name, all but `mnist` run, which needs the data set.

mod correlated;
mod metastable;
mod mnist;
mod speed;
mod tammes;

use attractor_core::failure::known;
use attractor_core::{Backend, Failure};

fn main() -> Result<(), Failure> {
    let device = Backend::available()[0].open()?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let parts = ["tammes", "correlated", "metastable", "speed", "mnist"];
    known(&wanted, &parts)?;
    let asked = |name: &str| wanted.iter().any(|wanted| wanted == name);
    let all = wanted.is_empty();
    if all || asked("tammes") {
        tammes::run()?;
    }
    if all || asked("correlated") {
        correlated::run(&device)?;
    }
    if all || asked("metastable") {
        metastable::run(&device)?;
    }
    if all || asked("speed") {
        speed::run(&device)?;
    }
    if asked("mnist") {
        mnist::run(&device)?;
    }
    Ok(())
}

/// `good` or `MISSED`.
fn verdict(good: bool) -> &'static str {
    if good { "good" } else { "MISSED" }
}
