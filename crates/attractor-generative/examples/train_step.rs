//! Median time of a training step of the published CIFAR-10 autoencoder, batch 20.
//!
//! `cargo run --release -p attractor-generative --example train_step [batch] [steps]`

use std::time::Instant;

use attractor_core::{Backend, check, rng};
use attractor_generative::{CifarVaeConfig, Trainer, TrainerConfig};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> attractor_core::Result<()> {
    let mut arguments = std::env::args()
        .skip(1)
        .map_while(|argument| argument.parse().ok());
    let batch: usize = arguments.next().unwrap_or(20);
    let steps: usize = arguments.next().unwrap_or(50);
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
