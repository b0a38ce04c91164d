//! Pictures written one at a time into a network of fixed size, completed, recognised and forgotten.
//!
//! ```sh
//! cargo run --example bayespcn
//! ```

use attractor::core::check;
use attractor::predictive_coding::BayesPcnConfig;
use attractor::predictive_coding::bayespcn::Given;
use attractor::prelude::*;

const STORED: usize = 12;

fn main() -> Result<(), Failure> {
    let device = Backend::Flex.open()?;
    let pictures = builtin::scenes(
        Split::Test,
        &BuiltinSize {
            train: 1,
            test: 2 * STORED,
        },
    )?;
    let dim = pictures.dim();
    // Pixels in [-1, 1], as the default noise expects.
    let all = pictures.tensor(&pictures.all(), &device)?;
    let all = all.mul_scalar(2.0).sub_scalar(1.0);
    let stored = all.clone().narrow(0, 0, STORED);
    let novel = all.narrow(0, STORED, STORED);

    let mut memory = BayesPcnConfig {
        hidden: 128,
        ..BayesPcnConfig::new(dim)
    }
    .init(&device)?;
    for row in 0..STORED {
        memory.write(stored.clone().narrow(0, row, 1))?;
    }
    println!("{STORED} pictures of {dim} values, each written once");

    // One batch of both kinds: even rows are noisy, odd rows lack their right half.
    let noise = attractor::core::rng::normal_vec(
        &mut attractor::core::rng::stream(0, "example"),
        STORED * dim,
    );
    let width = pictures.shape.width;
    let left = |at: usize| at % width < width / 2;
    let given: Vec<Given> = (0..STORED)
        .map(|row| match row % 2 {
            0 => Given::Noisy,
            _ => Given::Entries((0..dim).map(left).collect()),
        })
        .collect();
    let patterns = check::to_host(stored.clone())?;
    let cues = patterns.iter().zip(noise).enumerate();
    let cues = cues.map(|(at, (pattern, noise))| match (at / dim) % 2 {
        0 => pattern + 0.3 * noise,
        _ if left(at % dim) => *pattern,
        _ => -1.0,
    });
    let cues = check::from_host("cues", cues.collect(), dim, &device)?;
    let recall = memory.recall(cues.clone(), &given)?;
    let before = errors(cues, &stored)?;
    let after = errors(recall.data(), &stored)?;
    println!("\npicture  cue         error of cue  of recall  outcome");
    for row in 0..STORED {
        let kind = if row % 2 == 0 { "noisy" } else { "left half" };
        println!(
            "{row:7}  {kind:9}  {:13.4} {:10.6}  {}",
            before[row], after[row], recall.outcomes[row]
        );
    }

    let familiar = memory.log_evidence(stored.clone())?;
    let strange = memory.log_evidence(novel)?;
    println!(
        "\nlog evidence: at least {:.0} nats if stored, at most {:.0} if not",
        familiar.iter().copied().fold(f64::INFINITY, f64::min),
        strange.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    );

    println!("\nforgotten  error of recall from the clean picture");
    let mut forgotten = 0.0;
    for strength in [0.0, 0.01, 0.1, 0.5] {
        // Strengths compose, so that the rest can be added.
        memory.forget((strength - forgotten) / (1.0 - forgotten))?;
        forgotten = strength;
        let all = errors(memory.read(stored.clone())?.data(), &stored)?;
        println!(
            "{strength:9} {:10.6}",
            all.iter().sum::<f32>() / all.len() as f32
        );
    }
    Ok(())
}

/// Mean squared error of each row.
fn errors(found: Tensor<2>, expected: &Tensor<2>) -> Result<Vec<f32>, attractor::core::Error> {
    check::to_host((found - expected.clone()).square().mean_dim(1))
}
