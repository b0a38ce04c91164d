//! Codes that share most of their direction, recalled after a map has spread them.
//!
//! ```sh
//! cargo run --example kernelised_hopfield
//! ```

use attractor_core::burn::tensor::Tensor;
use attractor_core::{Backend, Failure, MemoryPrior, Result, Stopping, check, rng};
use attractor_priors::KernelisedConfig;
use attractor_priors::kernelised::{ComparisonConfig, compare, metastable};

fn main() -> Result<(), Failure> {
    let device = Backend::available()[0].open()?;
    let (count, dim) = (40, 64);
    let mut random = rng::stream(0, "example");

    // One part in common, one of their own that is much smaller.
    let common = rng::normal(&mut random, [1, dim], &device);
    let own = rng::normal(&mut random, [count, dim], &device).mul_scalar(0.3);
    let codes = common + own;
    let noise = rng::normal(&mut random, [count, dim], &device).mul_scalar(0.1);
    let cues = codes.clone() + noise;

    let mut plain = KernelisedConfig::identity(20.0).init(dim, &device)?;
    plain.store(codes.clone())?;
    let mut spread = KernelisedConfig::default().init(dim, &device)?;
    spread.store(codes.clone())?;

    println!("map        separation  codes mixed  squared error");
    for (name, memory) in [("identity", &plain), ("learned", &spread)] {
        let stopping = Stopping::after(3);
        let answers = memory.retrieve(cues.clone(), stopping)?.state;
        let sizes = metastable(memory.retrieval_weights(cues.clone(), stopping)?, 0.01)?;
        let mixed = sizes.iter().map(|size| size.effective).sum::<f64>() / count as f64;
        println!(
            "{name:<10} {:>10.3}  {mixed:>11.2}  {:>13.5}",
            memory.separation()?.delta_min,
            squared_error(answers, &codes)?
        );
    }

    // The same with the identity at whatever beta suits it best: often that is all it takes.
    let targets: Vec<usize> = (0..count).collect();
    let config = ComparisonConfig {
        steps: 3,
        ..ComparisonConfig::default()
    };
    println!("\n{}", compare(&codes, &cues, &targets, &config)?);
    Ok(())
}

/// Squared error summed over entries, mean over rows.
fn squared_error(answers: Tensor<2>, truth: &Tensor<2>) -> Result<f32> {
    let errors = (answers - truth.clone()).square().sum_dim(1).mean();
    Ok(check::to_host(errors)?[0])
}
