//! What the first pass of the self-calibrating observation model loses: among how many stored patterns of lower rough energy
//! the right one stands.
//!
//! ```sh
//! cargo run --example first_pass -- noise:0.8 10000 1000 300    # damage, stored images, cues, kept patterns
//! ```
//!
//! CIFAR-10 test images if they are there, else built-in ones.

#[path = "shared/cifar.rs"]
mod cifar;

use attractor::core::burn::tensor::{Tensor, TensorData};
use attractor::core::check;
use attractor::core::failure::number;
use attractor::core::observation::{ObservationModel, SelfCalibrating};
use attractor::prelude::*;

/// Where the rows of cues have their random numbers from.
const STREAMS: u64 = 1 << 40;
/// Cues that are compared at once.
const TOGETHER: usize = 20;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let damage = arguments.next().unwrap_or("noise:0.8".into());
    let mut count = |name, default| match arguments.next() {
        Some(text) => number(name, &text),
        None => Ok(default),
    };
    let stored: usize = count("STORED", 10_000)?;
    let cues: usize = count("CUES", 100)?;
    let kept: usize = count("KEPT", 300)?;
    let (task, level) = match damage.split_once(':') {
        Some((task, level)) => (task, Some(number("LEVEL", level)?)),
        None => (&damage[..], None),
    };
    let corruption = Corruption::from_task(task, level)?;
    let device = Backend::Flex.open()?;
    let images = cifar::or_builtin(stored)?;
    let order: Vec<usize> = images.shuffled_order(0).into_iter().take(stored).collect();
    let patterns = images.tensor(&order, &device)?;
    let model = SelfCalibrating::new(images.shape.channels)?;
    let asked = &order[..cues.min(order.len())];
    let mut ranks = Vec::new();
    for (part, some) in asked.chunks(TOGETHER).enumerate() {
        let first = part * TOGETHER;
        let made = corruption.of_images(&images, some, 0, STREAMS + first as u64)?;
        let data = TensorData::new(made.cues, [some.len(), images.dim()]);
        let cues = Tensor::<2>::from_data(data, &device);
        let rough = check::to_host(model.rough_energies(&cues, patterns.clone()))?;
        for (row, energies) in rough.chunks_exact(order.len()).enumerate() {
            let own = energies[first + row];
            ranks.push(energies.iter().filter(|energy| **energy < own).count());
        }
    }
    let lost = ranks.iter().filter(|rank| **rank >= kept).count();
    let worst = ranks.iter().max().unwrap_or(&0);
    println!(
        "{corruption}: of {} cues, {lost} right ones among {} are not among the best {kept}; the worst has {worst} before it",
        ranks.len(),
        order.len()
    );
    Ok(())
}
