//! What the papers' programs measure, on MNIST. The data are not part of the library:
//!
//! ```sh
//! ATTRACTOR_DATA=... cargo test -p attractor-priors kernelised -- --ignored --nocapture
//! ```

use attractor_core::Stopping;
use attractor_datasets::{DataRoot, Split, load};

use super::*;
use crate::kernelised::SeparationConfig;

/// Training images in an order drawn from `seed`, `[count, 784]` in [0, 1], and the same with each
/// pixel dropped with probability 1/2 and the others doubled.
fn digits(seed: u64, count: usize) -> (Tensor<2>, Tensor<2>) {
    let images = load("mnist", Split::Train, &DataRoot::from_environment(None)).unwrap();
    let order = images.shuffled_order(seed);
    let patterns = images.tensor(&order[..count], &device()).unwrap();
    let mut random = rng::stream(seed, "mask");
    let kept = rng::uniform(&mut random, [count, 784], 0.0, 1.0, &device());
    let kept = kept.lower_elem(0.5).float().mul_scalar(2.0);
    (patterns.clone(), patterns * kept)
}

/// (P18) The maximum loss of U-Hop as published, fitted to the first half of 100 memories: one update
/// from half-masked digits. How bad the start is depends on the boldest digit drawn; where the error
/// is above 20 after one step of learning, it falls below 1 within 300. The rate of 10 makes the error
/// jump about, so that it need not be low at any given step.
#[test]
#[ignore = "needs MNIST"]
fn maximum_loss_as_published() {
    let mut bad_starts = 0;
    for draw in 0..10 {
        let (patterns, cues) = digits(draw, 100);
        let error = |steps: usize| {
            let mut memory = KernelisedConfig {
                features: FeatureScale::Raw,
                beta: 1.0,
                separation: SeparationConfig {
                    seed: draw,
                    ..SeparationConfig::uhop_maximum(steps)
                },
                ..KernelisedConfig::default()
            }
            .init(784, &device())
            .unwrap();
            memory.store(patterns.clone().narrow(0, 0, 50)).unwrap();
            memory.store(patterns.clone().narrow(0, 50, 50)).unwrap();
            let recall = memory.retrieve(cues.clone(), Stopping::after(1)).unwrap();
            let errors = (recall.state - patterns.clone()).square().sum_dim(1).mean();
            host(errors)[0]
        };
        let first = error(1);
        let later = [50, 100, 150, 200, 250, 300].map(error);
        println!("draw {draw}: squared error {first} after 1 step, then {later:?}");
        if first > 20.0 {
            bad_starts += 1;
            assert!(
                later.iter().any(|error| *error < 1.0),
                "draw {draw}: {later:?}"
            );
        }
    }
    assert!(bad_starts > 0);
}
