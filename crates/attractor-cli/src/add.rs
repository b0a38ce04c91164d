//! `attractor add`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use attractor::core::failure::reasons;
use attractor::core::kernel::Tags;
use attractor::core::{Identify, check};
use attractor::prelude::*;
use attractor_listing::{file_name, has_suffix, list};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use crate::Settings;
use crate::album::{Album, SIDE, absolute};
use crate::out::{complain, say};
use crate::similar;

/// What a photo's name ends with.
const PHOTOS: &[&str] = &[".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"];
/// Photos between two savings: what a power cut can lose.
const BETWEEN: usize = 2000;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folders of photos, or single ones (JPEG, PNG, WebP)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Side of the squares that photos are brought to, in a new memory
    #[arg(long, value_name = "PIXELS", default_value_t = SIDE, value_parser = clap::value_parser!(u16).range(16..=128))]
    size: u16,
    /// Without colours, in a new memory
    #[arg(long)]
    grey: bool,
}

/// What became of the photos.
#[derive(Debug, Default, serde::Serialize)]
struct Outcome {
    added: usize,
    known: usize,
    damaged: Vec<Damaged>,
    near_duplicates: Vec<[String; 2]>,
    stored: usize,
    stopped: bool,
}

#[derive(Debug, serde::Serialize)]
struct Damaged {
    path: String,
    reason: String,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let mut album = match settings.memory.exists() {
        true => Album::open(&settings.memory)?,
        false => Album::new(args.size.into(), args.grey)?,
    };
    let before = album.memory.len();
    let stored: HashSet<String> = album
        .photos()?
        .into_iter()
        .map(|photo| photo.path)
        .collect();
    let mut files = Vec::new();
    for path in &args.paths {
        walk(&absolute(path)?, &mut files)?;
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        bail!(
            "{}: expected photos ({}), found none",
            args.paths[0].display(),
            PHOTOS.join(", ")
        );
    }
    let mut outcome = Outcome::default();
    let all = files.len();
    files.retain(|file| !stored.contains(&*file.to_string_lossy()));
    let fresh = files;
    outcome.known = all - fresh.len();

    // Ctrl-C ends the work after the photos at hand, and what is done is kept.
    let stop = Arc::new(AtomicBool::new(false));
    let heard = stop.clone();
    ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed)).context("Ctrl-C")?;
    let bar = match settings.quiet || settings.json {
        true => ProgressBar::hidden(),
        false => ProgressBar::new(fresh.len() as u64),
    };
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {pos} of {len} photos, {per_sec}, {eta} left",
    )?);
    for part in fresh.chunks(BETWEEN) {
        store(&mut album, part, &bar, &stop, &mut outcome)?;
        outcome.stopped = stop.load(Ordering::Relaxed);
        if album.memory.is_empty() {
            continue;
        }
        album.save(&settings.memory)?;
        if outcome.stopped {
            break;
        }
    }
    bar.finish_and_clear();
    outcome.stored = album.memory.len();
    outcome.near_duplicates = similar::pairs(&album, before)?;
    tell(&outcome, settings)?;
    match outcome.stored {
        0 => bail!("none of the photos could be read"),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Reads photos on all threads, one each at a time, and writes them in the order of their paths.
fn store(
    album: &mut Album,
    files: &[PathBuf],
    bar: &ProgressBar,
    stop: &AtomicBool,
    outcome: &mut Outcome,
) -> Result<()> {
    let options = album.options();
    let read: Vec<Option<Result<Vec<f32>, String>>> = files
        .par_iter()
        .map(|file| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let found = folder::load_one(file, &options).and_then(|one| one.rows(&[0]));
            bar.inc(1);
            Some(found.map_err(|error| reasons(&error)))
        })
        .collect();
    let (mut rows, mut names) = (Vec::new(), Vec::new());
    for (file, found) in files.iter().zip(read) {
        let path = file.to_string_lossy().into_owned();
        match found {
            None => {}
            Some(Ok(values)) => {
                rows.extend(values);
                names.push(path);
            }
            Some(Err(reason)) => outcome.damaged.push(Damaged { path, reason }),
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    outcome.added += names.len();
    let patterns = check::from_host("photos", rows, album.shape.dim(), &album.device)?;
    Ok(album.memory.write_as(patterns, &Tags::labels(names))?)
}

/// The photos of a folder and its folders, or the file itself.
fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
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
            walk(&file, files)?;
        } else if has_suffix(&file_name(&file), PHOTOS) {
            files.push(file);
        }
    }
    Ok(())
}

fn tell(outcome: &Outcome, settings: &Settings) -> Result<()> {
    if settings.json {
        say!("{}", serde_json::to_string_pretty(outcome)?);
        return Ok(());
    }
    for damaged in &outcome.damaged {
        complain!("left out: {}: {}", damaged.path, damaged.reason);
    }
    if settings.quiet {
        return Ok(());
    }
    for [one, other] in outcome.near_duplicates.iter().take(10) {
        say!("nearly the same: {one} and {other}");
    }
    if outcome.near_duplicates.len() > 10 {
        say!(
            "... and {} more such pairs",
            outcome.near_duplicates.len() - 10
        );
    }
    if outcome.stopped {
        say!("stopped; what had been read is kept, and the next `add` goes on");
    }
    say!(
        "{} added, {} were there, {} left out: {} photos in {}",
        outcome.added,
        outcome.known,
        outcome.damaged.len(),
        outcome.stored,
        settings.memory.display()
    );
    Ok(())
}
