//! Median time of an image in training of the feature networks, digits of 28 x 28, 64 features.
//!
//! `cargo run --release -p attractor-generative --example feature_step [host|tensor] [batch] [images]`

use std::ops::ControlFlow;
use std::time::Instant;

use attractor_core::failure::number;
use attractor_core::{Backend, Failure, rng};
use attractor_generative::{ClassAutoencoder, ClassAutoencoderConfig, Engine};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize, default| words.get(at).map_or(default, String::as_str);
    let engine = match word(0, "host") {
        "host" => Engine::Host,
        "tensor" => Engine::Tensor,
        other => return Err(format!("expected host or tensor, found `{other}`").into()),
    };
    let batch: usize = number("batch", word(1, "50"))?;
    let count: usize = number("images", word(2, "500"))?;
    if batch == 0 || count == 0 {
        return Err("expected batch and images of at least 1".into());
    }
    let device = Backend::Flex.open()?;
    let images = rng::uniform_vec(&mut rng::stream(0, "images"), count * 784, 0.0, 1.0);
    let labels: Vec<u32> = (0..count as u32).map(|at| at % 10).collect();
    let config = ClassAutoencoderConfig {
        batch,
        epochs: 6,
        engine,
        ..ClassAutoencoderConfig::new([1, 28, 28])
    };
    let (mut start, mut times) = (Instant::now(), Vec::new());
    let mut told = |fit: attractor_generative::features::Fit| {
        // The first epoch fills buffers and caches.
        if fit.epoch > 1 {
            times.push(start.elapsed().as_secs_f64() * 1e3 / count as f64);
        }
        start = Instant::now();
        ControlFlow::Continue(())
    };
    ClassAutoencoder::train_on(&config, (&images, &labels), &device, &mut told)?;
    times.sort_by(f64::total_cmp);
    println!(
        "{{\"bench\":\"feature_step\",\"ms_per_image\":{:.4}}}",
        times[times.len() / 2]
    );
    Ok(())
}
