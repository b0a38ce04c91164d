//! Images of CIFAR-10 written into a predictive coding network and recalled from noise and parts.
//!
//! ```sh
//! cargo run --release -p attractor-memories --example pcn_cifar10 -- 16 256
//! ```
//!
//! The arguments are the number of images, the width of both hidden layers and, if wanted, epochs at
//! most and a file that keeps the network: it is read if it is there, and written after training.
//! `batch=100`, `rate=1e-3`, `steps=10` (of inference in an epoch) and `ridge=0.001` (a solution in closed
//! form first), `error=1e-8` (of the worst image, to stop at) and `prior_std=0.01` may stand anywhere and
//! change how images are written; `rounds=300`, `read_steps=50` and `restart=false` how they are read from
//! noise. Data is looked for where `ATTRACTOR_DATA` says. Values are in [0, 1]; errors are mean squares, over
//! unknown entries where some are known. An image is recalled if its error is below 0.005 from noise
//! and below 0.001 from parts.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use attractor_core::failure::number;
use attractor_core::{Backend, Energy, Failure, Persist, Recall, check, rng};
use attractor_datasets::{DataRoot, ImageSet, Split, load};
use attractor_memories::predictive_coding::{
    Denoising, Form, InferenceConfig, Optimiser, Progress, Ridge, Step,
};
use attractor_memories::{Pcn, PcnConfig};
use burn::tensor::{Device, Tensor};

const CHANNELS: usize = 3;
const SIDE: usize = 32;
const DIM: usize = CHANNELS * SIDE * SIDE;
/// Rounds of recall from noise that are reported.
const ROUNDS: [usize; 7] = [1, 3, 10, 30, 100, 300, 1000];
const NOISE: f64 = 0.2;

fn main() -> Result<(), Failure> {
    let words = std::env::args().skip(1);
    let (settings, words): (Vec<String>, Vec<String>) = words.partition(|word| word.contains('='));
    let usage = "give the number of images and the width of the hidden layers";
    let (count, width): (usize, usize) = match words.as_slice() {
        [count, width, ..] => (number("images", count)?, number("width", width)?),
        _ => return Err(usage.into()),
    };
    let mut config = PcnConfig {
        hidden: vec![width, width],
        ..PcnConfig::new(DIM)
    };
    let mut denoising = Denoising::default();
    if let Some(epochs) = words.get(2) {
        config.write.epochs = number("epochs", epochs)?;
    }
    for setting in settings {
        change(&mut config, &mut denoising, &setting)?;
    }
    let device = Backend::available()[0].open()?;
    let set = load("cifar10", Split::Train, &DataRoot::from_environment(None))?;
    let images = interleaved(&set, 2 * count)?;
    let (stored, novel) = images.split_at(count * DIM);
    let patterns = tensor(stored.to_vec(), &device)?;
    let memory = network(config, words.get(3), &patterns, &device)?;

    let strange = check::to_host(memory.energy(tensor(novel.to_vec(), &device)?)?)?;
    let familiar = check::to_host(memory.energy(patterns)?)?;
    println!(
        "energy: at most {:.3} if stored, at least {:.3} if not",
        familiar.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        strange.iter().copied().fold(f32::INFINITY, f32::min)
    );

    println!("\ncue                 error     worst  recalled  steps      s");
    noisy(&memory, stored, &denoising, &device)?;
    for share in [2, 4, 8, 16] {
        let known = random_pixels(count, share);
        partial(
            &memory,
            stored,
            &known,
            &format!("random 1/{share}"),
            &device,
        )?;
    }
    for share in [2, 4, 8] {
        let rows = SIDE / share;
        let image = (0..DIM).map(|at| (at / SIDE) % SIDE < rows);
        let known = image.collect::<Vec<bool>>().repeat(count);
        partial(&memory, stored, &known, &format!("top 1/{share}"), &device)?;
    }
    speed(&memory, &device)
}

/// One of the settings `name=value`.
fn change(config: &mut PcnConfig, denoising: &mut Denoising, setting: &str) -> Result<(), Failure> {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    let write = &mut config.write;
    match name {
        "batch" => write.batch = number(name, value)?,
        "rate" => {
            let rate = number(name, value)?;
            write.optimiser = Optimiser::Adam { rate };
        }
        "steps" => write.inference = InferenceConfig::plain(Step::Auto, number(name, value)?),
        "ridge" => {
            let lambda = number(name, value)?;
            write.ridge = Some(Ridge {
                lambda,
                ..Ridge::default()
            });
        }
        "error" => write.stop.error = number(name, value)?,
        "prior_std" => config.prior_std = number(name, value)?,
        "rounds" => denoising.rounds = number(name, value)?,
        "read_steps" => denoising.inference.max_steps = number(name, value)?,
        "restart" => denoising.restart = number(name, value)?,
        _ => {
            let known =
                "batch, rate, steps, ridge, error, prior_std, rounds, read_steps or restart";
            return Err(format!("{setting}: expected {known}").into());
        }
    }
    Ok(())
}

/// The trained network, from its file if there is one.
fn network(
    config: PcnConfig,
    file: Option<&String>,
    patterns: &Tensor<2>,
    device: &Device,
) -> Result<Pcn, Failure> {
    if let Some(file) = file
        && Path::new(file).exists()
    {
        return Ok(Pcn::load(Path::new(file), device)?);
    }
    let (count, width, write) = (patterns.dims()[0], config.hidden[0], config.write);
    let mut memory = config.init(device)?;
    let clock = Instant::now();
    let mut show = |at: &Progress| {
        if at.epoch.is_multiple_of(100) || at.epoch == 1 {
            let seconds = clock.elapsed().as_secs_f64();
            println!(
                "epoch {:5}  energy {:9.3e}  worst error {:8.2e}  norm {:5.2}  {seconds:7.1} s",
                at.epoch, at.energy, at.error, at.norm
            );
        }
        ControlFlow::Continue(())
    };
    let report = memory.write_with(patterns.clone(), &write, &mut show)?;
    println!(
        "{count} images, {width} units: {} epochs ({:?}) in {:.1} s, energy {:.3e}, mean error \
         {:.2e}, worst {:.2e}",
        report.epochs,
        report.stopped,
        clock.elapsed().as_secs_f64(),
        report.mean_energy(),
        report.error.iter().sum::<f64>() / count as f64,
        report.worst_error()
    );
    if let Some(file) = file {
        memory.save(Path::new(file))?;
    }
    Ok(memory)
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

/// One of `share` pixels of each image, in all channels.
fn random_pixels(count: usize, share: usize) -> Vec<bool> {
    let pixels = SIDE * SIDE;
    let mut all = Vec::with_capacity(count * DIM);
    for image in 0..count as u64 {
        let mut stream = rng::indexed_stream(0, "pixels", image);
        let mut known = vec![false; pixels];
        for pixel in &rng::permutation(&mut stream, pixels)[..pixels / share] {
            known[*pixel] = true;
        }
        all.extend(known.repeat(CHANNELS));
    }
    all
}

fn noisy(
    memory: &Pcn,
    stored: &[f32],
    denoising: &Denoising,
    device: &Device,
) -> Result<(), Failure> {
    let noise = rng::normal_vec(&mut rng::stream(0, "noise"), stored.len());
    let scale = NOISE.sqrt() as f32;
    let cues = stored.iter().zip(noise).map(|(x, noise)| x + scale * noise);
    let mut latest: Vec<f32> = cues.collect();
    let cues = tensor(latest.clone(), device)?;
    let all = vec![false; stored.len()];
    let clock = Instant::now();
    let mut lines: Vec<(usize, Vec<f64>, f64)> = Vec::new();
    let recall = memory.recall_noisy_with(cues, denoising, &mut |round| {
        if let Ok(estimate) = check::to_host(round.estimate.clone()) {
            for (values, row) in estimate.chunks(DIM).zip(round.rows) {
                latest[row * DIM..(row + 1) * DIM].copy_from_slice(values);
            }
        }
        if ROUNDS.contains(&round.number) {
            let seconds = clock.elapsed().as_secs_f64();
            lines.push((round.number, errors(&latest, stored, &all), seconds));
        }
        ControlFlow::Continue(())
    })?;
    let steps = recall.steps.iter().sum::<usize>() / recall.len();
    for (number, errors, seconds) in lines {
        line(
            &format!("noise, round {number}"),
            &errors,
            0.005,
            0,
            seconds,
        );
    }
    let end = errors(&check::to_host(recall.data())?, stored, &all);
    line(
        "noise, end",
        &end,
        0.005,
        steps,
        clock.elapsed().as_secs_f64(),
    );
    Ok(())
}

fn partial(
    memory: &Pcn,
    stored: &[f32],
    known: &[bool],
    name: &str,
    device: &Device,
) -> Result<(), Failure> {
    let cues = stored.iter().zip(known);
    let cues = cues.map(|(x, &known)| if known { *x } else { 0.0 });
    let mask = known.iter().map(|&known| f32::from(u8::from(known)));
    let (cues, mask) = (
        tensor(cues.collect(), device)?,
        tensor(mask.collect(), device)?,
    );
    let config = memory.config();
    let clock = Instant::now();
    let recall: Recall = memory.recall_partial(cues, mask, config.completion, &config.inference)?;
    let errors = errors(&check::to_host(recall.data())?, stored, known);
    let steps = recall.steps.iter().sum::<usize>() / recall.len();
    line(name, &errors, 0.001, steps, clock.elapsed().as_secs_f64());
    Ok(())
}

/// A thousand steps for 128 cues in both forms.
fn speed(memory: &Pcn, device: &Device) -> Result<(), Failure> {
    let cues = rng::uniform(&mut rng::stream(0, "speed"), [128, DIM], 0.0, 1.0, device);
    let mut seconds = Vec::new();
    for form in [Form::Direct, Form::Gram] {
        let inference = InferenceConfig {
            form,
            check_every: 20,
            ..InferenceConfig::plain(Step::Auto, 1000)
        };
        let clock = Instant::now();
        memory.infer(cues.clone(), None, &inference)?;
        seconds.push(clock.elapsed().as_secs_f64());
    }
    println!(
        "\n1000 steps for 128 cues: direct {:.2} s, Gram {:.2} s, ratio {:.3}",
        seconds[0],
        seconds[1],
        seconds[1] / seconds[0]
    );
    Ok(())
}

fn tensor(values: Vec<f32>, device: &Device) -> Result<Tensor<2>, attractor_core::Error> {
    check::from_host("images", values, DIM, device)
}

/// Mean squared error of each image over entries that are not known.
fn errors(found: &[f32], stored: &[f32], known: &[bool]) -> Vec<f64> {
    let rows = found.chunks(DIM).zip(stored.chunks(DIM));
    rows.zip(known.chunks(DIM))
        .map(|((found, stored), known)| {
            let squares: Vec<f64> = (0..DIM)
                .filter(|&at| !known[at])
                .map(|at| f64::from(found[at] - stored[at]).powi(2))
                .collect();
            squares.iter().sum::<f64>() / squares.len() as f64
        })
        .collect()
}

fn line(name: &str, errors: &[f64], below: f64, steps: usize, seconds: f64) {
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let worst = errors.iter().copied().fold(0.0, f64::max);
    let recalled = errors.iter().filter(|&&error| error < below).count();
    let share = recalled as f64 / errors.len() as f64;
    println!("{name:16} {mean:9.2e} {worst:9.2e} {share:9.3} {steps:6} {seconds:6.1}");
}
