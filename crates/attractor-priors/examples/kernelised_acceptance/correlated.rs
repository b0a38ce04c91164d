//! Codes that share most of their direction.

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::{Result, rng};
use attractor_priors::kernelised::{ComparisonConfig, Coordinates, compare};
use attractor_priors::{KernelisedConfig, SeparationConfig};

use super::verdict;

/// Rows of norm 1.
fn unit(rows: Tensor<2>) -> Tensor<2> {
    let norms = rows.clone().square().sum_dim(1).sqrt();
    rows / norms
}

pub(super) fn run(device: &Device) -> Result<()> {
    let (count, dim, rho) = (50, 64, 0.9f32);
    let normal =
        |purpose: &str, rows| rng::normal(&mut rng::stream(0, purpose), [rows, dim], device);
    let base = unit(normal("base", 1)).mul_scalar(rho.sqrt());
    let noise = normal("own part", count).mul_scalar(((1.0 - rho) / dim as f32).sqrt());
    let codes = unit(base + noise);
    let targets: Vec<usize> = (0..count).collect();
    println!("\n{count} unit codes of {dim} entries, {rho} in common; cosines, beta 20, 3 updates");
    for coordinates in [Coordinates::Entries, Coordinates::Span] {
        for level in [0.0, 0.1, 0.2, 0.3, 0.4] {
            let cues = codes.clone() + unit(normal("noise", count)).mul_scalar(level);
            let config = ComparisonConfig {
                memory: KernelisedConfig {
                    separation: SeparationConfig {
                        coordinates,
                        patience: 0,
                        ..SeparationConfig::default()
                    },
                    ..KernelisedConfig::default()
                },
                steps: 3,
                ..ComparisonConfig::default()
            };
            let found = compare(&codes, &cues, &targets, &config)?;
            let ratio = found.learned.error / found.identity.error;
            println!(
                "\nlearned on {coordinates:?}, noise of norm {level}: error ratio {ratio:.2e} (at most 0.05: {}), separation at least 0.6: {}",
                verdict(ratio <= 0.05),
                verdict(found.separation_learned >= 0.6)
            );
            println!("{found}");
        }
    }
    Ok(())
}
