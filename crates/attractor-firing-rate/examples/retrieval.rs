//! A damaged pattern falls into its memory: what the design promises, then overlaps and energy over time.
//!
//! `cargo run -p attractor-firing-rate --example retrieval [UNITS] [PATTERNS] [SEED]`

use attractor_core::{AssociativeMemory, Backend, Failure, check, failure::number};
use attractor_firing_rate::{FiringRateConfig, Integrator, sets};

/// Share of active units, and of those that a cue keeps.
const ACTIVITY: f64 = 0.2;
const KEEP: f64 = 0.6;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |at: usize, name, default: u64| match arguments.get(at) {
        Some(text) => number(name, text),
        None => Ok(default),
    };
    let units = argument(0, "UNITS", 1000)? as usize;
    let count = argument(1, "PATTERNS", 14)? as usize;
    let seed = argument(2, "SEED", 0)?;
    let device = Backend::Flex.open()?;

    let rows = sets::bernoulli(count, units, ACTIVITY, seed)?;
    let mut memory = FiringRateConfig::new(units).init(&device)?;
    let report = memory.store(check::from_host("patterns", rows.clone(), units, &device)?)?;
    println!("{count} patterns of {units} units");
    println!(
        "activity {:.4}, overlap {:.4}",
        report.statistics.activity, report.statistics.overlap
    );
    if let Some(gains) = report.gains {
        println!(
            "alpha {:.4}, beta {:.4}, gamma {:.4}",
            gains.alpha, gains.beta, gains.gamma
        );
    }
    println!("largest abscissa {:.4}", report.worst_abscissa());
    println!(
        "largest error of a current {:.2e}",
        report.worst_current_error()
    );
    for warning in report.warnings() {
        println!("careful: {warning}");
    }

    let cues = sets::silenced(&rows, units, KEEP, seed)?;
    let network = memory.network()?;
    let start: Vec<f64> = cues[..units].iter().copied().map(f64::from).collect();
    let times = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0];
    let path = network.trajectory(&start, None, (Integrator::Euler, 0.01), &times)?;
    println!("\n time  overlap  others   energy");
    for (time, state) in path.times.iter().zip(&path.states) {
        let overlaps = network.overlaps(state);
        let others = overlaps.iter().skip(1).sum::<f64>() / (overlaps.len() - 1).max(1) as f64;
        let energy = network.energy(state, None);
        println!(
            "{time:5.1}  {:7.4}  {others:6.4}  {energy:7.3}",
            overlaps[0]
        );
    }

    let recall = memory.read(check::from_host("cues", cues, units, &device)?)?;
    let answers = check::to_host(recall.data())?;
    let right = answers.chunks_exact(units).zip(rows.chunks_exact(units));
    let right = right.filter(|(answer, pattern)| answer == pattern).count();
    println!("\n{right} of {count} patterns are recalled without a wrong bit");
    Ok(())
}
