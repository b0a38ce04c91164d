//! Half-masked digits, one update; squared error summed over pixels.

use std::sync::OnceLock;

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{Error, MemoryPrior, Result, Stopping, check, rng};
use attractor_datasets::{DataRoot, ImageSet, Split, load};
use attractor_priors::kernelised::{ComparisonConfig, Coordinates, SeparationLoss, compare};
use attractor_priors::{FeatureScale, Kernelised, KernelisedConfig, MapKind, SeparationConfig};

use super::verdict;

/// Draws of images and masks over which means are taken.
const DRAWS: u64 = 10;

/// Memories and masked cues, `[count, 784]`: training images in an order drawn from `seed`, each pixel
/// dropped with probability 1/2, the others doubled.
fn digits(seed: u64, count: usize, device: &Device) -> Result<(Tensor<2>, Tensor<2>)> {
    static IMAGES: OnceLock<ImageSet> = OnceLock::new();
    let images = match IMAGES.get() {
        Some(images) => images,
        None => {
            let images = load("mnist", Split::Train, &DataRoot::from_environment(None))
                .map_err(|error| Error::config("ATTRACTOR_DATA", "must hold mnist", error))?;
            IMAGES.get_or_init(|| images)
        }
    };
    let order = images.shuffled_order(seed);
    let chosen = images.tensor(&order[..count], device);
    let patterns = chosen.map_err(|error| Error::config("mnist", "must hold the images", error))?;
    let mut random = rng::stream(seed, "mask");
    let kept = rng::uniform(&mut random, [count, 784], 0.0, 1.0, device);
    let kept = kept.lower_elem(0.5).float().mul_scalar(2.0);
    Ok((patterns.clone(), patterns * kept))
}

fn error(memory: &Kernelised, cues: &Tensor<2>, patterns: &Tensor<2>) -> Result<f64> {
    let recall = memory.retrieve(cues.clone(), Stopping::after(1))?;
    let answers = recall.state.clamp(0.0, 1.0);
    let errors = (answers - patterns.clone()).square().sum_dim(1).mean();
    Ok(check::to_host(errors)?[0].into())
}

/// Mean, least and largest.
fn summary(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{mean:.2} ({least:.2} .. {largest:.2})")
}

pub(super) fn run(device: &Device) -> Result<()> {
    cosines(device)?;
    dot(device)?;
    uhop(device)
}

/// Identity and learned maps at the same beta, and at their best.
fn cosines(device: &Device) -> Result<()> {
    for (count, beta) in [(100, 20.0), (500, 20.0), (100, 10.0), (500, 10.0)] {
        let (patterns, cues) = digits(0, count, device)?;
        let targets: Vec<usize> = (0..count).collect();
        for (coordinates, tau_start, tau_end, iterations) in [
            (Coordinates::Entries, 0.1, 0.1, 60),
            (Coordinates::Span, 0.1, 0.1, 60),
            (Coordinates::Span, 1.0, 0.02, 60),
            (Coordinates::Span, 1.0, 0.02, 300),
        ] {
            let config = ComparisonConfig {
                memory: KernelisedConfig {
                    beta,
                    separation: SeparationConfig {
                        iterations,
                        patience: 0,
                        coordinates,
                        tau_start,
                        tau_end,
                        ..SeparationConfig::default()
                    },
                    ..KernelisedConfig::default()
                },
                ..ComparisonConfig::default()
            };
            let found = compare(&patterns, &cues, &targets, &config)?;
            println!(
                "\n{count} digits, cosines, beta {beta}; Adam 0.05 on {coordinates:?}, {iterations} steps, tau {tau_start} -> {tau_end}\n{found}"
            );
            let (identity, learned) = (found.identity.error, found.learned.error);
            if beta == 20.0 {
                let quarter = verdict(learned <= identity / 4.0);
                println!("learned at most a quarter of identity: {quarter}");
            }
            if (count, beta) == (100, 20.0) {
                println!(
                    "identity between 0.3 and 1.5: {}; learned at most 0.2: {}",
                    verdict((0.3..=1.5).contains(&identity)),
                    verdict(learned <= 0.2)
                );
            }
        }
    }
    Ok(())
}

/// Draws of the memory that learns nothing.
const MANY: u64 = 100;

/// The modern Hopfield network on raw pixels, beta 1. The row to reach, 12 to 20 with 100 digits, stems
/// from one draw; how many draws lie there says how much that means.
fn dot(device: &Device) -> Result<()> {
    println!("\ndot products of pixels, beta 1; mean (least .. largest) of {MANY} draws");
    for count in [50, 100, 200, 500] {
        let mut errors = Vec::new();
        for seed in 0..MANY {
            let (patterns, cues) = digits(seed, count, device)?;
            let config = KernelisedConfig {
                features: FeatureScale::Raw,
                ..KernelisedConfig::identity(1.0)
            };
            let mut memory = config.init(784, device)?;
            memory.store(patterns.clone())?;
            errors.push(error(&memory, &cues, &patterns)?);
        }
        print!("{count} digits: {}", summary(&errors));
        let inside = errors.iter().filter(|error| (12.0..=20.0).contains(*error));
        match count {
            100 => {
                let mean = errors.iter().sum::<f64>() / MANY as f64;
                println!(
                    "; mean between 12 and 20: {}, as {} of {MANY} draws are",
                    verdict((12.0..=20.0).contains(&mean)),
                    inside.count()
                );
            }
            _ => println!(),
        }
    }
    Ok(())
}

/// U-Hop as published, fitted to the first half of 100 memories, with the identity at the beta that
/// its features amount to.
fn uhop(device: &Device) -> Result<()> {
    println!("\nU-Hop as published, 100 digits, raw features, beta 1; {DRAWS} draws");
    println!(
        "| loss | steps | error | beta times | identity at that beta | cosines, identity, 200 |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for separation in [
        SeparationConfig::uhop_maximum(1),
        SeparationConfig::uhop_maximum(10),
        SeparationConfig::uhop_maximum(100),
        SeparationConfig::uhop_maximum(300),
        SeparationConfig::uhop_maximum(1000),
        SeparationConfig::uhop_average(12),
        SeparationConfig::uhop_average(100),
    ] {
        let mut columns: [Vec<f64>; 4] = Default::default();
        for seed in 0..DRAWS {
            let (patterns, cues) = digits(seed, 100, device)?;
            let holding = |config: KernelisedConfig| -> Result<Kernelised> {
                let mut memory = config.init(784, device)?;
                memory.store(patterns.clone().narrow(0, 0, 50))?;
                memory.store(patterns.clone().narrow(0, 50, 50))?;
                Ok(memory)
            };
            let raw = KernelisedConfig {
                features: FeatureScale::Raw,
                beta: 1.0,
                separation: SeparationConfig { seed, ..separation },
                ..KernelisedConfig::default()
            };
            let plain = KernelisedConfig {
                map: MapKind::Identity,
                ..raw.clone()
            };
            let (memory, plain) = (holding(raw)?, holding(plain)?);
            let factor = memory.separation()?.mean_square / plain.separation()?.mean_square;
            let cosines = holding(KernelisedConfig::identity(200.0))?;
            let memories = [&memory, &plain.with_beta(factor as f32)?, &cosines];
            columns[0].push(factor);
            for (column, memory) in columns[1..].iter_mut().zip(memories) {
                column.push(error(memory, &cues, &patterns)?);
            }
        }
        let [factor, ours, matched, cosines] = columns.each_ref().map(|column| summary(column));
        let (loss, steps) = (separation.loss, separation.iterations);
        println!("| {loss:?} | {steps} | {ours} | {factor} | {matched} | {cosines} |");
        if loss == SeparationLoss::Maximum && steps == 300 {
            let mean = columns[1].iter().sum::<f64>() / DRAWS as f64;
            println!("| | at most 1.0 | {} | | | |", verdict(mean <= 1.0));
        }
    }
    Ok(())
}
