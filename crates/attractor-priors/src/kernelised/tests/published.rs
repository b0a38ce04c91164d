//! What the papers' programs measure, on MNIST. The data are not part of the library:
//!
//! ```sh
//! ATTRACTOR_DATA=... cargo test -p attractor-priors kernelised -- --ignored --nocapture
//! ```

use attractor_core::Stopping;
use attractor_datasets::{DataRoot, Split, load};

use super::*;
use crate::kernelised::SeparationConfig;

/// The first `count` of 600 training images drawn at random, `[count, 784]` in [0, 1], and the same
/// with each pixel dropped with probability 1/2 and the others doubled.
fn digits(count: usize) -> (Tensor<2>, Tensor<2>) {
    let images = load("mnist", Split::Train, &DataRoot::from_environment(None)).unwrap();
    let order = images.shuffled_order(0);
    let patterns = images.tensor(&order[..count], &device()).unwrap();
    let mut random = rng::stream(0, "mask");
    let kept = rng::uniform(&mut random, [count, 784], 0.0, 1.0, &device());
    let kept = kept.lower_elem(0.5).float().mul_scalar(2.0);
    (patterns.clone(), patterns * kept)
}

/// (P18) The maximum loss of U-Hop as published, fitted to the first half of the memories: one
/// update from half-masked digits.
#[test]
#[ignore = "needs MNIST"]
fn maximum_loss_as_published() {
    let (patterns, cues) = digits(100);
    let error = |steps: usize| {
        let mut memory = KernelisedConfig {
            features: FeatureScale::Raw,
            beta: 1.0,
            separation: SeparationConfig::uhop_maximum(steps),
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
    let (first, last) = (error(1), error(300));
    println!("squared error {first} after 1 step, {last} after 300");
    assert!(first > 20.0 && last < 1.0, "{first} {last}");
}
