//! `attractor add`.

mod photos;
mod vectors;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use attractor::baselines::Distance;
use attractor_listing::{PICTURES, file_name, has_suffix, list};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Settings;
use crate::album::{Album, SIDE};
use crate::lock::Lock;
use crate::memory::{Memory, absolute};
use crate::vectors::{Description, SUFFIXES, is_vectors};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folders of photos, or single ones (JPEG, PNG, WebP); or files of vectors (.npy, .safetensors, .csv, .tsv, .parquet)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Side of the squares that photos are brought to, in a new memory
    #[arg(long, value_name = "PIXELS", default_value_t = SIDE, value_parser = clap::value_parser!(u16).range(16..=128))]
    size: u16,
    /// Without colours, in a new memory
    #[arg(long)]
    grey: bool,
    /// Photos between two savings: what a power cut can lose
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// What is near, in a new memory of vectors
    #[arg(long, value_enum, default_value_t = Near::Cosine, help_heading = "Vectors")]
    distance: Near,
    #[command(flatten)]
    description: Description,
}

/// [`Distance`] by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Near {
    Cosine,
    Euclidean,
    Manhattan,
}

impl From<Near> for Distance {
    fn from(near: Near) -> Self {
        match near {
            Near::Cosine => Self::Cosine,
            Near::Euclidean => Self::Euclidean,
            Near::Manhattan => Self::Manhattan,
        }
    }
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let path = &settings.memory;
    let (mut files, mut given) = (Vec::new(), Vec::new());
    for path in &args.paths {
        let path = absolute(path)?;
        match path.is_file() && is_vectors(&path) {
            true => given.push(path),
            false => walk(&path, PICTURES, &mut files)?,
        }
    }
    files.sort();
    files.dedup();
    if let (Some(photo), Some(vectors)) = (files.first(), given.first()) {
        bail!(
            "expected photos or vectors, found both: {} and {}",
            photo.display(),
            vectors.display()
        );
    }
    if files.is_empty() && given.is_empty() {
        bail!(
            "{}: expected photos ({}), found none; files of vectors ({}) are named one by one",
            args.paths[0].display(),
            PICTURES.join(", "),
            SUFFIXES.join(", ")
        );
    }
    let _lock = Lock::take(path)?;
    let there = path.exists().then(|| Memory::open(path)).transpose()?;
    match (there, given.is_empty()) {
        (None, true) => photos::add(
            Album::new(args.size.into(), args.grey)?,
            &files,
            args,
            settings,
        ),
        (Some(Memory::Photos(album)), true) => photos::add(*album, &files, args, settings),
        (None, false) => vectors::add(None, &given, args, settings),
        (Some(Memory::Vectors(known)), false) => vectors::add(Some(*known), &given, args, settings),
        (Some(Memory::Photos(_)), false) => bail!(
            "{}: expected a memory of vectors, found one of photos; another `--memory` takes {}",
            path.display(),
            given[0].display()
        ),
        (Some(Memory::Vectors(_)), true) => bail!(
            "{}: expected a memory of photos, found one of vectors; another `--memory` takes {}",
            path.display(),
            files[0].display()
        ),
    }
}

/// The files of a folder and its folders that have one of the suffixes, or the file itself.
fn walk(path: &Path, suffixes: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        if !path.exists() {
            bail!("{}: there is no such file or folder", path.display());
        }
        files.push(path.to_owned());
        return Ok(());
    }
    let found = list(path).with_context(|| path.display().to_string())?;
    for file in found.visible {
        // A link to a folder may lead back to where it lies.
        let kind = file
            .symlink_metadata()
            .with_context(|| file.display().to_string())?;
        if kind.is_dir() {
            walk(&file, suffixes, files)?;
        } else if has_suffix(&file_name(&file), suffixes) {
            files.push(file);
        }
    }
    Ok(())
}

/// A flag that Ctrl-C sets: work ends after what is at hand, and what is done is kept.
fn stopper() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let heard = stop.clone();
    ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed)).context("Ctrl-C")?;
    Ok(stop)
}

/// A bar of so many photos, if somebody looks.
fn bar(count: usize, settings: &Settings) -> Result<ProgressBar> {
    let bar = match settings.quiet || settings.json {
        true => ProgressBar::hidden(),
        false => ProgressBar::new(count as u64),
    };
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {pos} of {len} photos, {per_sec}, {eta} left",
    )?);
    Ok(bar)
}
