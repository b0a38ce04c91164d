//! Half-masked digits, one update; squared error summed over pixels.

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{Error, MemoryPrior, Result, Stopping, check, rng};
use attractor_datasets::{DataRoot, Split, load};
use attractor_priors::kernelised::{ComparisonConfig, Start, compare};
use attractor_priors::{FeatureScale, Kernelised, KernelisedConfig, SeparationConfig};

use super::verdict;

/// Memories and masked cues, `[count, 784]`: the first of 600 training images, each pixel dropped with
/// probability 1/2, the others doubled.
fn digits(count: usize, device: &Device) -> Result<(Tensor<2>, Tensor<2>)> {
    let root = DataRoot::from_environment(None);
    let images = load("mnist", Split::Train, &root)
        .map_err(|error| Error::config("ATTRACTOR_DATA", "must hold mnist", error))?;
    let order = images.shuffled_order(0);
    let chosen = images.tensor(&order[..count], device);
    let patterns = chosen.map_err(|error| Error::config("mnist", "must hold the images", error))?;
    let mut random = rng::stream(0, "mask");
    let kept = rng::uniform(&mut random, [count, 784], 0.0, 1.0, device);
    let kept = kept.lower_elem(0.5).float().mul_scalar(2.0);
    Ok((patterns.clone(), patterns * kept))
}

fn error(memory: &Kernelised, cues: &Tensor<2>, patterns: &Tensor<2>) -> Result<f64> {
    let recall = memory.retrieve(cues.clone(), Stopping::after(1))?;
    let errors = (recall.state - patterns.clone()).square().sum_dim(1).mean();
    Ok(check::to_host(errors)?[0].into())
}

pub(super) fn run(device: &Device) -> Result<()> {
    cosines(device)?;
    dot(device)?;
    uhop(device)
}

/// Identity and learned maps at the same beta, and at their best.
fn cosines(device: &Device) -> Result<()> {
    for (count, beta) in [(100, 20.0), (500, 20.0), (100, 10.0), (500, 10.0)] {
        let (patterns, cues) = digits(count, device)?;
        let targets: Vec<usize> = (0..count).collect();
        let config = ComparisonConfig {
            memory: KernelisedConfig {
                beta,
                separation: SeparationConfig {
                    iterations: 60,
                    patience: 0,
                    ..SeparationConfig::default()
                },
                ..KernelisedConfig::default()
            },
            ..ComparisonConfig::default()
        };
        let found = compare(&patterns, &cues, &targets, &config)?;
        println!("\n{count} digits, cosines, beta {beta}, map learned in 60 steps\n{found}");
        let (identity, learned) = (found.identity.error, found.learned.error);
        if beta == 20.0 {
            println!(
                "learned at most a quarter of identity: {}",
                verdict(learned <= identity / 4.0)
            );
        }
        if (count, beta) == (100, 20.0) {
            println!(
                "identity between 0.3 and 1.5: {}; learned at most 0.2: {}",
                verdict((0.3..=1.5).contains(&identity)),
                verdict(learned <= 0.2)
            );
        }
    }
    Ok(())
}

/// The modern Hopfield network on raw pixels, beta 1.
fn dot(device: &Device) -> Result<()> {
    println!("\ndot products of pixels, beta 1");
    for count in [50, 100, 200, 500] {
        let (patterns, cues) = digits(count, device)?;
        let config = KernelisedConfig {
            features: FeatureScale::Raw,
            ..KernelisedConfig::identity(1.0)
        };
        let mut memory = config.init(784, device)?;
        memory.store(patterns.clone())?;
        let error = error(&memory, &cues, &patterns)?;
        print!("{count} digits: {error:.1}");
        match count {
            100 => println!(
                " (between 12 and 20: {})",
                verdict((12.0..=20.0).contains(&error))
            ),
            _ => println!(),
        }
    }
    Ok(())
}

/// U-Hop as published, fitted to the first half of 100 memories, with the identity at the beta that
/// its features amount to.
fn uhop(device: &Device) -> Result<()> {
    let (patterns, cues) = digits(100, device)?;
    println!("\nU-Hop as published, 100 digits, raw features, beta 1");
    println!(
        "| loss | steps | error | mean square of features / of pixels | identity at that beta | at 784 |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut plain = KernelisedConfig {
        features: FeatureScale::Raw,
        ..KernelisedConfig::identity(1.0)
    }
    .init(784, device)?;
    plain.store(patterns.clone())?;
    let pixels = plain.separation()?.mean_square;
    for (name, separation) in [
        ("maximum", SeparationConfig::uhop_maximum(1)),
        ("maximum", SeparationConfig::uhop_maximum(10)),
        ("maximum", SeparationConfig::uhop_maximum(100)),
        ("maximum", SeparationConfig::uhop_maximum(300)),
        ("maximum", SeparationConfig::uhop_maximum(1000)),
        ("average", SeparationConfig::uhop_average(12)),
        ("average", SeparationConfig::uhop_average(100)),
    ] {
        debug_assert_eq!(separation.start, Start::StandardGaussian);
        let config = KernelisedConfig {
            features: FeatureScale::Raw,
            beta: 1.0,
            separation,
            ..KernelisedConfig::default()
        };
        let mut memory = config.init(784, device)?;
        memory.store(patterns.clone().narrow(0, 0, 50))?;
        memory.store(patterns.clone().narrow(0, 50, 50))?;
        let factor = memory.separation()?.mean_square / pixels;
        let ours = error(&memory, &cues, &patterns)?;
        let matched = error(&plain.clone().with_beta(factor as f32)?, &cues, &patterns)?;
        let untrained = error(&plain.clone().with_beta(784.0)?, &cues, &patterns)?;
        let steps = separation.iterations;
        println!("| {name} | {steps} | {ours:.3} | {factor:.0} | {matched:.3} | {untrained:.3} |");
        if (name, steps) == ("maximum", 300) {
            println!("| | at most 1.0 | {} | | | |", verdict(ours <= 1.0));
        }
    }
    Ok(())
}
