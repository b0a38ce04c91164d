//! Pictures learned by a predictive coding network, recalled from noise and from parts, told from new
//! ones, and named.
//!
//! ```sh
//! cargo run --example predictive_coding
//! ```

use std::ops::ControlFlow;

use attractor::core::{HeteroAssociative, check, rng};
use attractor::predictive_coding::PcnConfig;
use attractor::prelude::*;

const STORED: usize = 8;
/// Numbers of a name.
const NAME: usize = 64;

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
    let all = pictures.tensor(&pictures.all(), &device)?;
    let stored = all.clone().narrow(0, 0, STORED);
    let novel = all.narrow(0, STORED, STORED);

    let config = PcnConfig {
        hidden: vec![128, 128],
        ..PcnConfig::new(dim)
    };
    let mut memory = config.clone().init(&device)?;
    println!("{STORED} pictures of {dim} values");
    let report = memory.write_with(stored.clone(), &config.write, &mut |at| {
        if at.epoch.is_multiple_of(50) {
            println!(
                "epoch {:4}: energy {:8.3}, worst error {:.2e}",
                at.epoch, at.energy, at.error
            );
        }
        ControlFlow::Continue(())
    })?;
    println!("{} epochs, then {:?}", report.epochs, report.stopped);

    let noise = rng::normal(&mut rng::stream(0, "example"), [STORED, dim], &device);
    let cues = stored.clone() + noise.mul_scalar(0.2f32.sqrt());
    let recall = memory.read(cues.clone())?;
    let (before, after) = (errors(cues, &stored)?, errors(recall.data(), &stored)?);
    println!("\npicture  error of noisy cue  of recall  outcome");
    for row in 0..STORED {
        let outcome = recall.outcomes[row];
        println!(
            "{row:7} {:19.4} {:10.6}  {outcome}",
            before[row], after[row]
        );
    }

    // The upper half is known.
    let (height, width) = (pictures.shape.height, pictures.shape.width);
    let upper = (0..dim).map(|at| f32::from(u8::from((at / width) % height < height / 2)));
    let known = check::from_host(
        "known",
        upper.collect::<Vec<_>>().repeat(STORED),
        dim,
        &device,
    )?;
    let recall = memory.complete(stored.clone() * known.clone(), known)?;
    let worst = errors(recall.data(), &stored)?
        .into_iter()
        .fold(0.0, f32::max);
    println!("\nfrom the upper half: error at most {worst:.2e}");

    let familiar = check::to_host(memory.energy(stored.clone())?)?;
    let strange = check::to_host(memory.energy(novel)?)?;
    println!(
        "energy: at most {:.3} if stored, at least {:.3} if not",
        familiar.into_iter().fold(f32::MIN, f32::max),
        strange.into_iter().fold(f32::MAX, f32::min)
    );

    // Pairs: a picture and a name of random numbers.
    let names = rng::uniform(
        &mut rng::stream(0, "names"),
        [STORED, NAME],
        0.0,
        1.0,
        &device,
    );
    let mut named = PcnConfig {
        dim: dim + NAME,
        keys: dim,
        ..config
    }
    .init(&device)?;
    named.write_pairs(stored.clone(), names.clone())?;
    let found = named.recall_values(stored.clone())?;
    let worst = errors(found.data(), &names)?
        .into_iter()
        .fold(0.0, f32::max);
    println!("\nnames from pictures: error at most {worst:.2e}");
    let found = named.recall_keys(names)?;
    let worst = errors(found.data(), &stored)?
        .into_iter()
        .fold(0.0, f32::max);
    println!("pictures from names: error at most {worst:.2e}");
    Ok(())
}

/// Mean squared error of each row.
fn errors(found: Tensor<2>, expected: &Tensor<2>) -> Result<Vec<f32>, attractor::core::Error> {
    check::to_host((found - expected.clone()).square().mean_dim(1))
}
