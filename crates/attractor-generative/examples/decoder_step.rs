//! Median time of a decode and of a decode with its derivative, published CIFAR-10 size.
//!
//! `cargo run --release -p attractor-generative --example decoder_step [cues]`

use std::time::Instant;

use attractor_core::failure::number;
use attractor_core::{Backend, Failure, GenerativeModel, check, rng};
use attractor_generative::{CifarVaeConfig, Vae};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn median(mut work: impl FnMut() -> attractor_core::Result<()>) -> attractor_core::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..40 {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn main() -> Result<(), Failure> {
    let cues: usize = match std::env::args().nth(1) {
        Some(cues) => number("cues", &cues)?,
        None => 10,
    };
    let device = Backend::Flex.open()?;
    let model = CifarVaeConfig::default().init(0, &device)?.freeze()?;
    let codes = rng::normal::<2>(&mut rng::stream(0, "codes"), [cues, 64], &device);
    let decode = median(|| check::to_host(model.decode(codes.clone())).map(drop))?;
    let both = median(|| {
        let (_, gradient) = model.pull_back(codes.clone(), &mut |data| data);
        check::to_host(gradient).map(drop)
    })?;
    println!(
        "{{\"bench\":\"decoder\",\"cues\":{cues},\"decode_ms\":{decode:.2},\"pull_back_ms\":{both:.2}}}"
    );
    Ok(())
}
