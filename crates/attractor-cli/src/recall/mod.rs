//! `attractor recall`.

mod photos;
mod vectors;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::album::Album;
use crate::embeddings::Vectors;
use crate::memory::Memory;
use crate::out::say;
use crate::vectors::Description;
use crate::{Settings, page, terminal};

pub(crate) use photos::{Found, identify};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Damaged copies of photos, or files of vectors, each of which is a cue
    #[arg(required = true, value_name = "CUE")]
    cues: Vec<PathBuf>,
    /// How many of what is stored to name
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    top: u16,
    /// Write one page with pictures: cue, recalled photo, what was taken for covered, runners-up
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    description: Description,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    match Memory::open(&settings.memory)? {
        Memory::Photos(album) => of_photos(&album, args, settings),
        Memory::Vectors(mut known) => of_vectors(&mut known, args, settings),
    }
}

/// What is said of a cue first, and alone if the rest is not wanted; whether it is.
fn headline(
    [cue, best]: [&str; 2],
    recognised: Option<bool>,
    [kind, unsure]: [&str; 2],
    settings: &Settings,
) -> bool {
    match (settings.quiet, recognised) {
        (true, Some(false)) => say!("none"),
        (true, _) => say!("{best}"),
        (false, Some(true)) => say!("{cue} is {best}"),
        (false, Some(false)) => say!("{cue} is none of the stored {kind}"),
        (false, None) => say!("{cue} is {unsure}"),
    }
    !settings.quiet
}

fn of_photos(album: &Album, args: &Args, settings: &Settings) -> Result<ExitCode> {
    let pictures = args.cues.len() == 1 && !settings.quiet && !settings.json;
    let mut all = Vec::new();
    for cue in &args.cues {
        let found =
            photos::find(album, cue, args.top.into()).with_context(|| cue.display().to_string())?;
        if !settings.json {
            photos::tell(&found, settings);
        }
        if pictures {
            terminal::show(album, &found)?;
        }
        all.push(found);
    }
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&all)?);
    }
    if let Some(path) = &args.html {
        let text = page::render(album, &all, &settings.memory)?;
        std::fs::write(path, text).with_context(|| path.display().to_string())?;
        if !settings.quiet && !settings.json {
            say!("pictures: {}", path.display());
        }
    }
    Ok(verdict(all.iter().map(|found| found.recognised)))
}

fn of_vectors(known: &mut Vectors, args: &Args, settings: &Settings) -> Result<ExitCode> {
    if args.html.is_some() {
        bail!("expected a memory of photos with --html, found one of vectors");
    }
    let mut all = Vec::new();
    for cue in &args.cues {
        let found = vectors::find(known, cue, &args.description, args.top.into())?;
        if !settings.json {
            found
                .iter()
                .for_each(|found| vectors::tell(found, settings));
        }
        all.extend(found);
    }
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&all)?);
    }
    Ok(verdict(all.iter().map(|found| found.recognised)))
}

/// 1 if a cue is of nothing stored.
fn verdict(mut recognised: impl Iterator<Item = Option<bool>>) -> ExitCode {
    ExitCode::from(u8::from(recognised.any(|known| known == Some(false))))
}
