//! Writes the cues of the study of unknown corruptions to a file, with what the self-calibrating memory answers:
//! for programs that want to try theirs on the same ones.
//!
//! ```sh
//! cargo run --example export_cues -- cues.safetensors 100 50    # file, stored images, cues of each kind
//! python benches/peers/robust_match.py cues.safetensors
//! ```
//!
//! The file holds `stored [n, 3072]`, and for every corruption `cues/NAME [b, 3072]`, made from the first stored
//! ones, and `ours/NAME [b]`, the index that the memory answers. CIFAR-10 test images if they are there, else
//! built-in ones.

#[path = "shared/mod.rs"]
mod shared;

#[path = "shared/cifar.rs"]
mod cifar;

use attractor::core::burn::tensor::{Tensor, TensorData};
use attractor::core::failure::number;
use attractor::core::kernel::squared_distances;
use attractor::core::weights::Weights;
use attractor::prelude::*;

/// Where the rows of cues have their random numbers from.
const STREAMS: u64 = 1 << 40;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or("cues.safetensors".into());
    let mut count = |name, default| match arguments.next() {
        Some(text) => number(name, &text),
        None => Ok(default),
    };
    let stored: usize = count("STORED", 100)?;
    let cues: usize = count("CUES", 50)?;
    let device = Backend::Flex.open()?;
    let images = cifar::or_builtin(stored)?;
    let order: Vec<usize> = images.shuffled_order(0).into_iter().take(stored).collect();
    let cued = &order[..cues.min(order.len())];
    let patterns = images.tensor(&order, &device)?;
    let config = SelfCalibratingConfig {
        channels: images.shape.channels,
        ..SelfCalibratingConfig::default()
    };
    let mut memory = config.init(images.dim(), &device)?;
    memory.write(patterns.clone())?;
    let mut file = Weights::new();
    file.insert_tensor("stored", patterns.clone())?;
    for corruption in shared::corruptions()? {
        let made = corruption.of_images(&images, cued, 0, STREAMS)?.cues;
        let cues =
            Tensor::<2>::from_data(TensorData::new(made, [cued.len(), images.dim()]), &device);
        let recall = memory.read(cues.clone())?;
        let nearest = squared_distances(recall.state, patterns.clone())?.argmin(1);
        let answers = nearest.float().squeeze_dim::<1>(1);
        let right: usize = attractor::core::check::to_host(answers.clone())?
            .iter()
            .enumerate()
            .filter(|(row, answer)| **answer == *row as f32)
            .count();
        println!("{corruption}: {right} of {}", cued.len());
        file.insert_tensor(format!("cues/{corruption}"), cues)?;
        file.insert_tensor(format!("ours/{corruption}"), answers)?;
    }
    file.write(path.as_ref())?;
    println!("{} stored images and their cues are in {path}", order.len());
    Ok(())
}
