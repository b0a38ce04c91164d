//! Learns the temperature of a memory by gradients through its read: cues with noise are to recall their patterns.
//!
//! ```sh
//! cargo run --example learned_temperature
//! ```

use attractor::core::{check, rng};
use attractor::prelude::*;
use attractor::priors::GaussianMixtureConfig;

fn main() -> Result<(), Failure> {
    const DIM: usize = 16;
    let device = Backend::Flex.open()?;
    let normal = |name, rows| rng::normal::<2>(&mut rng::stream(0, name), [rows, DIM], &device);
    let patterns = normal("patterns", 400);
    // Four cues for each pattern: noise of 1.2, so that a sharp memory takes some for others.
    let noise = normal("noise", 1600) * 1.2;
    let targets = Tensor::cat(vec![patterns.clone(); 4], 0);
    let cues = targets.clone() + noise;

    let mut log_sigma = Tensor::<1>::from_data([-1.5f32], &device)
        .autodiff()
        .require_grad();
    for step in 0..=60 {
        let sigma = log_sigma.clone().exp();
        let prior = GaussianMixtureConfig::default().init(DIM, &device)?;
        let mut prior = prior.with_tracked_sigma(sigma.clone())?;
        prior.store(patterns.clone())?;
        let loss = (prior.attract(cues.clone())? - targets.clone())
            .square()
            .mean();
        if step % 10 == 0 {
            let of = |x: Tensor<1>| check::to_host(x.without_autodiff()).map(|x| x[0]);
            println!(
                "step {step:2}: sigma {:.3}, mean squared error {:.4}",
                of(sigma)?,
                of(loss.clone())?
            );
        }
        let gradients = loss.backward();
        let Some(slope) = log_sigma.grad(&gradients) else {
            break;
        };
        let next = log_sigma.without_autodiff() - slope * 1.0;
        log_sigma = next.autodiff().require_grad();
    }
    Ok(())
}
