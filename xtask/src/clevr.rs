//! `cargo xtask data render-clevr`: pictures in CLEVR's layout from the built-in renderer.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use attractor::datasets::Split;
use attractor::datasets::clevr::{Generator, MAX_OBJECTS, scene_file, split_name};
use indicatif::{ProgressBar, ProgressStyle};

use crate::out::say;

/// Pictures at most: their names have six digits.
const MOST: u64 = 1_000_000;
/// Pixels of a side at most.
const LONGEST: usize = 8192;

/// Arguments of `data render-clevr`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write to: `images/<split>/*.png` and `scenes/CLEVR_<split>_scenes.json`
    dir: PathBuf,
    /// Number of pictures, 1000000 at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    count: u64,
    /// Width and height in pixels; the loader expects 320x240
    #[arg(long, value_name = "WxH", default_value = "320x240", value_parser = size)]
    size: (usize, usize),
    /// Objects in a scene: a number, or a range such as 3-10
    #[arg(long, value_name = "K", default_value = "3-10", value_parser = objects)]
    objects: (usize, usize),
    /// Seed of every random choice
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// `train` or `val`
    #[arg(long, default_value = "val", value_parser = ["train", "val"])]
    split: String,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let split = match args.split.as_str() {
        "train" => Split::Train,
        _ => Split::Test,
    };
    let generator = Generator {
        objects: args.objects.into(),
        seed: args.seed,
        ..Generator::default()
    };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}")?;
    let bar = ProgressBar::new(args.count).with_style(style);
    let (width, height) = args.size;
    let written = generator.write(
        &args.dir,
        split,
        args.count as usize,
        (height, width),
        &|| bar.inc(1),
    );
    bar.finish_and_clear();
    written.with_context(|| format!("could not render to {}", args.dir.display()))?;
    let scenes = scene_file(&args.dir, split_name(split));
    say!("{} pictures, annotated in {}", args.count, scenes.display());
    Ok(())
}

/// `WxH`.
fn size(text: &str) -> Result<(usize, usize)> {
    let (width, height) = text
        .split_once('x')
        .with_context(|| format!("expected WIDTHxHEIGHT, found `{text}`"))?;
    let side = |text: &str| -> Result<usize> {
        let side = text.parse()?;
        match (1..=LONGEST).contains(&side) {
            true => Ok(side),
            false => bail!("expected sides of 1 to {LONGEST} pixels, found {side}"),
        }
    };
    Ok((side(width)?, side(height)?))
}

/// `K` or `K-L`.
fn objects(text: &str) -> Result<(usize, usize)> {
    let (fewest, most) = text.split_once('-').unwrap_or((text, text));
    let range: (usize, usize) = (fewest.parse()?, most.parse()?);
    if range.0 < 1 || range.0 > range.1 || range.1 > MAX_OBJECTS {
        bail!("expected a number or range within 1 to {MAX_OBJECTS}");
    }
    Ok(range)
}
