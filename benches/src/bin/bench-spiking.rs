//! Measures recall in the hypercube of spiking neurons, and the cost of a spike against the units, with the
//! fitted power; prints one JSON line each. Threads are set by `RAYON_NUM_THREADS`; runs for the cost of a spike
//! use one.

use attractor_core::Backend;
use benches::spiking::{self, RECALL, Recall, Spikes, UNITS};
use benches::{Line, timing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Additions and comparisons of a spike for each unit.
const OPERATIONS: f64 = 5.0;

fn main() -> Result<(), attractor_core::Failure> {
    let device = Backend::Flex.open()?;
    let recall = Recall::new(&device)?;
    let timing = timing::measure(5, || recall.run())?;
    let (units, cues) = RECALL;
    let spikes = (cues * recall.run()?) as f64;
    let operations = OPERATIONS * spikes * units as f64;
    let mut line = Line::new(&spiking::recall_name(), "attractor", operations, timing);
    line.rows_per_second = Some(1e3 * cues as f64 / timing.median_ms);
    println!("{}", serde_json::to_string(&line)?);
    let (mut each, mut whole) = (Vec::new(), Vec::new());
    for units in UNITS {
        let network = Spikes::new(units, &device)?;
        let timing = timing::measure(7, || network.run())?;
        let spikes = network.run()? as f64;
        let operations = OPERATIONS * spikes * units as f64;
        let name = spiking::spikes_name(units);
        let line = Line {
            threads: 1,
            ..Line::new(&name, "attractor", operations, timing)
        };
        println!("{}", serde_json::to_string(&line)?);
        println!(
            "{units} units: {spikes} spikes, {:.0} ns each",
            1e6 * timing.min_ms / spikes
        );
        each.push((units as f64, timing.min_ms / spikes));
        whole.push((units as f64, timing.min_ms));
    }
    println!(
        "cost of a spike grows with the units to the power of {:.2}, of a tau {:.2}",
        spiking::slope(&each),
        spiking::slope(&whole)
    );
    Ok(())
}
