//! A cue falls into its memory: overlaps with all patterns, tau by tau, and the energy beside them.

use attractor_core::{AssociativeMemory, Backend, Failure, rng};
use attractor_spiking::network::engine::Engine;
use attractor_spiking::{CubeRun, Schedule, SpikingMemoryConfig};

const UNITS: usize = 100;

fn main() -> Result<(), Failure> {
    let device = Backend::Flex.open()?;
    let patterns = rng::normal(&mut rng::stream(0, "example"), [5, UNITS], &device).sign();
    let mut memory = SpikingMemoryConfig::new(UNITS).init(&device)?;
    memory.write(patterns.clone())?;
    for (index, certificate) in memory.certificates()?.iter().enumerate() {
        let (rate, slack) = (certificate.smallest_rate, certificate.smallest_slack);
        let eigenvalue = certificate.smallest_eigenvalue;
        println!("pattern {index}: V1 {rate:.3}, V2 {slack:.3}, V3 {eigenvalue:.3}");
    }
    let patterns = attractor_core::check::to_host(patterns)?;
    // A fifth of the first pattern turned round.
    let sign = |(k, x): (usize, &f32)| if k % 5 == 0 { -*x as i8 } else { *x as i8 };
    let cue: Vec<i8> = patterns[..UNITS].iter().enumerate().map(sign).collect();
    let network = memory.network()?;
    let mut run = CubeRun::new(network, &Schedule::default().start(&cue))?;
    println!("\n tau  spikes  overlaps with the patterns          energy");
    let mut spikes = 0;
    for tau in 0..=10 {
        spikes += run.run(f64::from(tau)).len();
        let (signed, total) = (run.signed(), run.total());
        let overlap = |pattern: &[f32]| -> f64 {
            let products = pattern.iter().zip(&signed).map(|(&x, m)| f64::from(x) * m);
            products.sum::<f64>() / total
        };
        let overlaps: Vec<String> = patterns
            .chunks_exact(UNITS)
            .map(|x| format!("{:6.2}", overlap(x)))
            .collect();
        println!(
            "{tau:4} {spikes:7} {} {:11.1}",
            overlaps.join(" "),
            run.energy()
        );
    }
    Ok(())
}
