//! A mixture of Student's t, whose weights fall with a power of the distance, read and ranked by the kernel.
//!
//! ```sh
//! cargo run --example own_similarity
//! ```

use attractor::core::kernel::{Measure, PatternStore, Score, Similarity, read, read_by, top_by};
use attractor::core::{check, rng};
use attractor::prelude::*;

/// `s = -(nu + d) / 2 log(1 + |u - m|^2 / (nu variance))`
#[derive(Debug, Clone)]
struct StudentT {
    nu: f64,
    variance: f64,
    dim: f64,
}

impl Similarity for StudentT {
    fn measure(&self) -> Measure {
        Measure::SquaredDistance
    }

    fn score(&self, distance: f64) -> f64 {
        -0.5 * (self.nu + self.dim) * (distance / (self.nu * self.variance)).ln_1p()
    }

    fn slope(&self, distance: f64) -> f64 {
        -0.5 * (self.nu + self.dim) / (self.nu * self.variance + distance)
    }

    fn steepest(&self) -> f64 {
        self.slope(0.0).abs()
    }
}

fn main() -> Result<(), Failure> {
    const DIM: usize = 16;
    let device = Backend::Flex.open()?;
    let mut store = PatternStore::new(DIM, &device)?;
    let patterns = rng::normal::<2>(&mut rng::stream(1, "patterns"), [20_000, DIM], &device);
    store.push(patterns.clone())?;
    let noise = rng::normal::<2>(&mut rng::stream(2, "noise"), [5, DIM], &device);
    let cues = patterns.narrow(0, 0, 5) + noise * 0.4;

    let heavy = StudentT {
        nu: 3.0,
        variance: 0.02,
        dim: DIM as f64,
    };
    let light = Score::SquaredDistance { variance: 0.02 };
    let of_student = read_by(&store, &store, cues.clone(), &heavy)?;
    let of_gauss = read(&store, cues.clone(), light)?;
    let best = top_by(&store, cues, &heavy, 2)?;
    let sums = check::to_host(of_student.mean()?.sub(of_gauss.mean()?).abs().max_dim(1))?;
    for ((row, ranked), far) in best.rows().enumerate().zip(sums) {
        let shares: Vec<String> = ranked
            .iter()
            .map(|found| format!("pattern {} {:.3}", found.index, found.probability))
            .collect();
        println!(
            "cue {row}: {}; Gaussians answer up to {far:.3} away",
            shares.join(", ")
        );
    }
    Ok(())
}
