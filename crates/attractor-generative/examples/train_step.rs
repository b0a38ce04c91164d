//! Median time of a training step of the published CIFAR-10 autoencoder, batch 20.
//!
//! `cargo run --release -p attractor-generative --example train_step [batch] [steps]`

use std::time::Instant;

use attractor_core::failure::number;
use attractor_core::{Backend, Failure, check, rng};
use attractor_generative::{CifarVaeConfig, Trainer, TrainerConfig};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize, default| words.get(at).map_or(default, String::as_str);
    let batch: usize = number("batch", word(0, "20"))?;
    let steps: usize = number("steps", word(1, "50"))?;
    if batch == 0 || steps == 0 {
        return Err("expected batch and steps of at least 1".into());
    }
    let device = Backend::Flex.open()?;
    let model = CifarVaeConfig::default().init(0, &device)?;
    let mut trainer = Trainer::new(model, TrainerConfig::default(), &device)?;
    let images = rng::uniform::<2>(
        &mut rng::stream(0, "images"),
        [batch, 3072],
        0.0,
        1.0,
        &device,
    );
    let mut times = Vec::with_capacity(steps);
    for step in 0..steps + 10 {
        let start = Instant::now();
        let loss = check::to_host(trainer.step(images.clone())?)?;
        if step >= 10 {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        } else if step == 0 {
            eprintln!("first loss {}", loss[0]);
        }
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{{\"bench\":\"vae_step\",\"ms\":{:.2}}}",
        times[times.len() / 2]
    );
    Ok(())
}
