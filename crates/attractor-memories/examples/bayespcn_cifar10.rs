//! Images of CIFAR-10, each written once and recalled from what the paper corrupts them with.
//!
//! ```sh
//! cargo run --release -p attractor-memories --example bayespcn_cifar10 -- 16 256 4
//! ```
//!
//! The arguments are the number of images, of hidden units and of layers. Data is looked for where
//! `ATTRACTOR_DATA` says. Errors are mean squares in units of [-1, 1], over unknown entries if some
//! are known; an image is recalled if its error is below 0.01.

use std::time::Instant;

use attractor_core::{AssociativeMemory, Backend, Complete, Outcome, Recall, rng};
use attractor_datasets::{DataRoot, ImageSet, Split, load};
use attractor_memories::BayesPcnConfig;
use burn::tensor::{Device, Tensor, TensorData};

const CHANNELS: usize = 3;
const SIDE: usize = 32;
const DIM: usize = CHANNELS * SIDE * SIDE;
const RECALLED: f64 = 0.01;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()?;
    let &[count, hidden, layers] = numbers.as_slice() else {
        return Err("give the number of images, of hidden units and of layers".into());
    };
    let device = Backend::available()[0].open()?;
    let set = load("cifar10", Split::Train, &DataRoot::from_environment(None))?;
    let images = interleaved(&set, count)?;
    let patterns: Vec<f32> = images.iter().map(|x| 2.0 * x - 1.0).collect();
    let mut memory = BayesPcnConfig {
        hidden,
        layers,
        ..BayesPcnConfig::new(DIM)
    }
    .init(&device)?;

    let clock = Instant::now();
    memory.write(tensor(patterns.clone(), &device))?;
    let spent = clock.elapsed().as_secs_f64();
    println!("{count} images written in {spent:.1} s");
    println!("corruption     error     worst    recalled  converged  steps   s");

    for (name, std) in [("clean", 0.0), ("white 0.2", 0.2), ("white 0.8", 0.8)] {
        let noise = rng::normal_vec(&mut rng::stream(0, name), patterns.len());
        let cues = images.iter().zip(noise);
        let cues = cues.map(|(x, noise)| 2.0 * (x + std * noise) - 1.0);
        let clock = Instant::now();
        let recall = memory.read(tensor(cues.collect(), &device))?;
        report(name, recall, &patterns, None, clock)?;
    }
    for (name, share, right) in [
        ("drop 0.25", 0.25, false),
        ("drop 0.75", 0.75, false),
        ("mask 0.25", 0.25, true),
        ("mask 0.50", 0.5, true),
        ("mask 0.75", 0.75, true),
    ] {
        let known = known(count, share, right);
        let cues = patterns.iter().zip(&known);
        let cues = cues
            .map(|(x, &known)| if known { *x } else { -1.0 })
            .collect();
        let mask = known.iter().map(|&known| f32::from(u8::from(known)));
        let clock = Instant::now();
        let recall = memory.complete(tensor(cues, &device), tensor(mask.collect(), &device))?;
        report(name, recall, &patterns, Some(&known), clock)?;
    }
    // Strengths compose, so that what is missing from one to the next can be added.
    let mut forgotten = 0.0;
    for strength in [0.01, 0.5, 1.0] {
        memory.forget((strength - forgotten) / (1.0 - forgotten))?;
        forgotten = strength;
        let clock = Instant::now();
        let given = vec![attractor_memories::bayespcn::Given::Noisy; count];
        let recall = memory.recall(tensor(patterns.clone(), &device), &given)?;
        report(
            &format!("forget {strength}"),
            recall,
            &patterns,
            None,
            clock,
        )?;
    }
    Ok(())
}

/// The first images of every class in turn, values in [0, 1].
fn interleaved(set: &ImageSet, count: usize) -> Result<Vec<f32>, Failure> {
    let mut taken = vec![0; set.classes.len()];
    let mut order: Vec<(usize, usize, usize)> = Vec::new();
    for (index, &label) in set.labels.iter().enumerate() {
        let label = label as usize;
        order.push((taken[label], label, index));
        taken[label] += 1;
    }
    order.sort_unstable();
    let first: Vec<usize> = order.into_iter().take(count).map(|item| item.2).collect();
    Ok(set.rows(&first)?)
}

/// Whether each entry is known: all but the rightmost columns, or all but random pixels.
fn known(count: usize, share: f64, right: bool) -> Vec<bool> {
    let pixels = SIDE * SIDE;
    let hidden = (share * pixels as f64) as usize;
    let mut all = Vec::with_capacity(count * DIM);
    for image in 0..count as u64 {
        let mut stream = rng::indexed_stream(0, "dropout", image);
        let order = rng::permutation(&mut stream, pixels);
        let mut seen = vec![true; pixels];
        for &pixel in &order[..hidden] {
            seen[pixel] = right;
        }
        if right {
            let first = SIDE - (share * SIDE as f64) as usize;
            (0..pixels).for_each(|pixel| seen[pixel] = pixel % SIDE < first);
        }
        all.extend(seen.repeat(CHANNELS));
    }
    all
}

fn tensor(values: Vec<f32>, device: &Device) -> Tensor<2> {
    let rows = values.len() / DIM;
    Tensor::from_data(TensorData::new(values, [rows, DIM]), device)
}

fn report(
    name: &str,
    recall: Recall,
    patterns: &[f32],
    known: Option<&[bool]>,
    clock: Instant,
) -> Result<(), Failure> {
    let seconds = clock.elapsed().as_secs_f64();
    let rows = recall.len();
    let settled = recall.outcomes.iter();
    let settled = settled.filter(|&&outcome| outcome == Outcome::Converged);
    let (settled, steps) = (settled.count(), recall.steps.iter().sum::<usize>() / rows);
    let values = attractor_core::check::to_host(recall.data())?;
    let errors: Vec<f64> = (0..rows)
        .map(|row| {
            let entries = row * DIM..(row + 1) * DIM;
            let squares: Vec<f64> = entries
                .filter(|&at| known.is_none_or(|known| !known[at]))
                .map(|at| f64::from(values[at] - patterns[at]).powi(2))
                .collect();
            squares.iter().sum::<f64>() / squares.len() as f64
        })
        .collect();
    let mean = errors.iter().sum::<f64>() / rows as f64;
    let worst = errors.iter().copied().fold(0.0, f64::max);
    let share = errors.iter().filter(|&&error| error < RECALLED).count() as f64 / rows as f64;
    println!(
        "{name:12} {mean:9.2e} {worst:9.2e} {share:9.2} {settled:7}/{rows} {steps:6} {seconds:6.1}"
    );
    Ok(())
}
