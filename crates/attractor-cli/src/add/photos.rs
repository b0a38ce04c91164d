//! Photos into a memory.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use attractor::core::failure::reasons;
use attractor::core::{Identify, check};
use attractor::prelude::*;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::{Args, bar, stopper};
use crate::Settings;
use crate::album::Album;
use crate::out::{complain, say};
use crate::similar;

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

pub(super) fn add(
    mut album: Album,
    files: &[PathBuf],
    args: &Args,
    settings: &Settings,
) -> Result<ExitCode> {
    let before = album.memory.len();
    let stored: HashSet<String> = album
        .photos()?
        .into_iter()
        .map(|photo| photo.name)
        .collect();
    let new = |file: &&PathBuf| !stored.contains(&*file.to_string_lossy());
    let fresh: Vec<&PathBuf> = files.iter().filter(new).collect();
    let mut outcome = Outcome {
        known: files.len() - fresh.len(),
        ..Outcome::default()
    };
    let stop = stopper()?;
    let bar = bar(fresh.len(), settings)?;
    let mut parts = fresh.chunks(args.every as usize).peekable();
    while let Some(part) = parts.next() {
        store(&mut album, part, &bar, &stop, &mut outcome)?;
        outcome.stopped = stop.load(Ordering::Relaxed);
        let ends = parts.peek().is_none();
        match (album.memory.is_empty(), ends && !outcome.stopped) {
            (true, _) => {}
            (false, true) => album.save_calibrated(&settings.memory)?,
            (false, false) => album.save(&settings.memory)?,
        }
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
    files: &[&PathBuf],
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
