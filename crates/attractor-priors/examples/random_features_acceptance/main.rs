//! How well random features stand in for the exact dense associative memory, in numbers.
//!
//! ```sh
//! cargo run --example random_features_acceptance -- scaling   # errors against the number of directions
//! cargo run --example random_features_acceptance -- maps 60   # feature maps at equal storage, 60 seeds
//! cargo run --example random_features_acceptance -- retrieval # stored patterns back, bit by bit
//! cargo run --example random_features_acceptance -- threshold # where recall sets in at all
//! cargo run --example random_features_acceptance -- tutorial  # the setting of the authors' tutorial
//! ```
//!
//! Patterns are binary, in `{0, 1 / sqrt(D)}`; every number is a mean over feature seeds. The bounds
//! printed beside the numbers follow from the variances of the maps; they are not fitted.

mod measure;
mod recall;
mod variance;

use attractor_core::failure::known;
use attractor_core::{Backend, Failure};

fn main() -> Result<(), Failure> {
    let device = Backend::available()[0].open()?;
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    // A number says how many seeds the maps are compared on.
    let names: Vec<&String> = wanted
        .iter()
        .filter(|word| word.parse::<u64>().is_err())
        .collect();
    let parts = ["scaling", "maps", "retrieval", "threshold", "tutorial"];
    known(&names, &parts)?;
    let number = wanted.iter().find_map(|word| word.parse::<u64>().ok());
    let seeds = number.unwrap_or(60).max(2);
    let all = names.is_empty();
    let asked = |name: &str| all || wanted.iter().any(|wanted| wanted == name);
    if asked("scaling") {
        measure::scaling(&device)?;
    }
    if asked("maps") {
        measure::maps(seeds, &device)?;
        measure::centring(&device)?;
    }
    if asked("retrieval") {
        recall::retrieval(&device)?;
    }
    if asked("threshold") {
        recall::threshold(&device)?;
    }
    if asked("tutorial") {
        recall::tutorial(&device)?;
    }
    Ok(())
}

/// `good` or `MISSED`.
fn verdict(good: bool) -> &'static str {
    if good { "good" } else { "MISSED" }
}
