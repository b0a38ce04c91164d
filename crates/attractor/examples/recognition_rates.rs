//! How often the self-calibrating memory rejects what it knows and accepts what it does not, beside the rate it was asked for.
//!
//! ```sh
//! cargo run --example recognition_rates -- cifar10 100 100 0.05    # images, stored, cues of each kind and sort, rate
//! ```
//!
//! The kinds are those of the study of unknown corruptions; the memory calibrates itself on others. Images: a data set that is
//! there, or `builtin`.

#[path = "shared/mod.rs"]
mod shared;

use attractor::core::burn::tensor::TensorData;
use attractor::core::check;
use attractor::core::failure::number;
use attractor::datasets::{DataRoot, load};
use attractor::prelude::*;

/// Where the cues have their random numbers from.
const STREAMS: u64 = 1 << 40;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or("builtin".into());
    let mut count = |name, default| match arguments.next() {
        Some(text) => number(name, &text),
        None => Ok(default),
    };
    let (stored, cues) = (count("STORED", 100usize)?, count("CUES", 50usize)?);
    let rate: f64 = match arguments.next() {
        Some(text) => number("RATE", &text)?,
        None => 0.05,
    };
    let images = match &name[..] {
        "builtin" => {
            let size = BuiltinSize {
                train: 1,
                test: stored + cues,
            };
            builtin::scenes(Split::Test, &size)?
        }
        name => load(name, Split::Test, &DataRoot::from_environment(None))?,
    };
    let device = Backend::Flex.open()?;
    let order = images.shuffled_order(0);
    let known = &order[..stored.min(order.len())];
    let others = &order[known.len()..(known.len() + cues).min(order.len())];
    let config = SelfCalibratingConfig {
        channels: images.shape.channels,
        ..SelfCalibratingConfig::default()
    };
    let mut memory = config.init(images.dim(), &device)?;
    memory.write(images.tensor(known, &device)?)?;
    let threshold = Recognise::threshold(&memory, rate)?;
    println!(
        "{} of {name} stored, rate of false acceptance {rate}: threshold {threshold:.2}",
        known.len()
    );
    println!("{:24} stored, rejected   others, accepted   (percent)", "");
    let mut sums = (0.0, 0.0, 0);
    for corruption in shared::corruptions()? {
        let accepted = |some: &[usize]| -> Result<f64, Failure> {
            let made = corruption.of_images(&images, some, 0, STREAMS)?.cues;
            let data = TensorData::new(made, [some.len(), images.dim()]);
            let cues = Tensor::<2>::from_data(data, &device);
            let found = check::to_host(memory.familiarity(cues)?)?;
            let above = found.iter().filter(|value| f64::from(**value) >= threshold);
            Ok(100.0 * above.count() as f64 / some.len() as f64)
        };
        let both =
            accepted(&known[..cues.min(known.len())]).and_then(|own| Ok((own, accepted(others)?)));
        let (own, foreign) = match both {
            Ok(both) => both,
            // Some are of colours.
            Err(error) => {
                println!("{corruption}: {error}");
                continue;
            }
        };
        println!(
            "{:24} {:16.1} {foreign:18.1}",
            corruption.to_string(),
            100.0 - own
        );
        sums = (sums.0 + 100.0 - own, sums.1 + foreign, sums.2 + 1);
    }
    let kinds = f64::from(sums.2);
    println!(
        "{:24} {:16.1} {:18.1}",
        "mean",
        sums.0 / kinds,
        sums.1 / kinds
    );
    Ok(())
}
