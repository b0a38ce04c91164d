//! Trains a MONet on scenes of three objects and measures how well its masks separate them.
//!
//! ```text
//! cargo run --release -p attractor-generative --example monet -- OUT_DIR [KEY=VALUE ...]
//! ```
//!
//! Keys: `data` (`clevr`, rendered here, or `shapes`, flat discs and squares), `images`, `epoch`
//! (images in an epoch), `epochs`, `batch`, `optimiser` (`rmsprop` or `adam`), `rate`, `beta`,
//! `gamma`, `background`, `foreground` (deviations), `width`, `channels`, `seed`, `warm_up` (steps),
//! `cosine` (1: the rate falls along a cosine to a hundredth at the last epoch; 0: constant),
//! `averaging` (of parameters; 0: none), `start` (weights to begin with), `validation` and `held_out`
//! (scenes), `pictures` (a folder in CLEVR's layout, scored at the end beside the held-out scenes).
//!
//! After each epoch the checkpoint, a picture of eight validation scenes (image, reconstruction,
//! attention masks, decoded slots) and a line of figures are written; an existing checkpoint is
//! continued. Validation scenes are for choosing settings and epochs; the held-out ones are looked
//! at once, after the last epoch.

mod scenes;
mod score;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use attractor_core::failure::{known, number};
use attractor_core::{Backend, Failure, check};
use attractor_datasets::Split;
use attractor_generative::monet::MonetObjective;
use attractor_generative::train::{Decay, Optimiser, RmsPropConfig, Schedule};
use attractor_generative::{
    AdamConfig, FromFn, Monet, MonetConfig, MonetTrainer, MonetTrainerConfig,
};

use self::scenes::{PIXELS, Scenes};
use self::score::score;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Result of this program.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Keys of the settings.
const KEYS: [&str; 21] = [
    "data",
    "images",
    "epoch",
    "epochs",
    "batch",
    "optimiser",
    "rate",
    "beta",
    "gamma",
    "background",
    "foreground",
    "width",
    "channels",
    "seed",
    "warm_up",
    "cosine",
    "averaging",
    "start",
    "validation",
    "held_out",
    "pictures",
];

/// The value of a key, or a default.
fn option<T: std::str::FromStr>(key: &str, default: T) -> Outcome<T>
where
    T::Err: std::fmt::Display,
{
    let prefix = format!("{key}=");
    let given = std::env::args().find_map(|arg| arg.strip_prefix(&prefix).map(String::from));
    match given {
        Some(value) => number(key, &value),
        None => Ok(default),
    }
}

fn main() -> Outcome {
    let out = std::env::args().nth(1).map(PathBuf::from);
    let out = out.ok_or("usage: monet OUT_DIR [KEY=VALUE ...]")?;
    let settings: Vec<String> = std::env::args().skip(2).collect();
    let keys = settings
        .iter()
        .map(|word| word.split_once('=').map_or(word.as_str(), |(key, _)| key));
    known(&keys.collect::<Vec<_>>(), &KEYS)?;
    std::fs::create_dir_all(&out)?;
    let device = Backend::Flex.open()?;
    let standard = MonetObjective::default();
    let small = MonetConfig::small();
    let size = MonetConfig {
        attention_width: option("width", small.attention_width)?,
        decoder_channels: option("channels", small.decoder_channels)?,
        ..small
    };
    let learning_rate = option("rate", 1e-4)?;
    let (images, epoch): (usize, usize) = (option("images", 8000)?, option("epoch", 2000)?);
    let (last, batch_size) = (option("epochs", 10)?, option("batch", 32)?);
    let decay = match option("cosine", 0)? {
        0 => Decay::Constant,
        _ => Decay::Cosine {
            steps: (last * epoch.div_ceil(batch_size)) as u64,
            last: 0.01,
        },
    };
    let averaging = option("averaging", 0.0)?;
    let config = MonetTrainerConfig {
        objective: MonetObjective {
            background_deviation: option("background", standard.background_deviation)?,
            foreground_deviation: option("foreground", standard.foreground_deviation)?,
            beta: option("beta", standard.beta)?,
            gamma: option("gamma", standard.gamma)?,
        },
        optimiser: match option("optimiser", String::from("rmsprop"))?.as_str() {
            "adam" => Optimiser::Adam(AdamConfig {
                learning_rate,
                ..AdamConfig::default()
            }),
            _ => Optimiser::RmsProp(RmsPropConfig {
                learning_rate,
                ..RmsPropConfig::default()
            }),
        },
        schedule: Schedule {
            warm_up: option("warm_up", 0)?,
            decay,
        },
        averaging: (averaging > 0.0).then_some(averaging),
        batch_size,
        seed: option("seed", 0)?,
    };
    let start = Instant::now();
    let counts = (option("validation", 200)?, option("held_out", 1000)?);
    let (train, validation, held_out) = match option("data", String::from("clevr"))?.as_str() {
        "shapes" => (
            Scenes::shapes(1, images),
            Scenes::shapes(2, counts.0),
            Scenes::shapes(3, counts.1),
        ),
        _ => (
            Scenes::clevr(0, Split::Train, images)?,
            Scenes::clevr(1, Split::Train, counts.0)?,
            Scenes::clevr(2, Split::Test, counts.1)?,
        ),
    };
    println!(
        "{} scenes made in {:.1} s",
        train.count() + validation.count() + held_out.count(),
        start.elapsed().as_secs_f64()
    );

    let model = match option("start", String::new())?.as_str() {
        "" => size.init(config.seed, &device)?,
        path => Monet::read(path.as_ref(), size.slots, &device)?,
    };
    let checkpoint = out.join("checkpoint.safetensors");
    let mut trainer = if checkpoint.exists() {
        MonetTrainer::load(&checkpoint, model, config)?
    } else {
        MonetTrainer::new(model, config)?
    };
    let mut data = FromFn::new(epoch, |number: usize, indices: &[usize]| {
        let rows: Vec<f32> = indices
            .iter()
            .flat_map(|i| train.row((number * epoch + i) % train.count()))
            .collect();
        Ok(check::from_host("scenes", rows, 3 * PIXELS, &device)?.into())
    });
    while trainer.epoch() < last {
        let start = Instant::now();
        let report = trainer.run_epoch(&mut data, &mut |progress| {
            if progress.step % 250 == 0 {
                let loss = progress.loss;
                println!(
                    "  {}/{} total {:.0} reconstruction {:.0} codes {:.1} masks {:.1}",
                    progress.step,
                    progress.steps,
                    loss.total,
                    loss.reconstruction,
                    loss.codes,
                    loss.masks
                );
            }
            ControlFlow::Continue(())
        })?;
        let seconds = start.elapsed().as_secs_f64();
        trainer.save(&checkpoint)?;
        let model = trainer.model(&device)?;
        let picture = out.join(format!("epoch-{:03}.png", trainer.epoch()));
        let found = score(&model.freeze()?, &validation, &picture)?;
        println!(
            "epoch {} steps {} loss {:.0} codes {:.1} masks {:.1} {found} images/s {:.1}",
            trainer.epoch(),
            trainer.steps(),
            report.loss.total,
            report.loss.codes,
            report.loss.masks,
            report.images as f64 / seconds
        );
    }
    if held_out.count() > 0 {
        let picture = out.join("held-out.png");
        let found = score(&trainer.model(&device)?.freeze()?, &held_out, &picture)?;
        println!("held out: {found}");
    }
    let pictures = option("pictures", PathBuf::new())?;
    if !pictures.as_os_str().is_empty() {
        let picture = out.join("pictures.png");
        let scenes = Scenes::folder(&pictures)?;
        let found = score(&trainer.model(&device)?.freeze()?, &scenes, &picture)?;
        println!("{}: {found}", pictures.display());
    }
    Ok(())
}
