//! `attractor forget`.

use std::process::ExitCode;

use anyhow::Result;
use attractor::prelude::*;

use crate::Settings;
use crate::album::Album;
use crate::out::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids, paths or folders
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<String>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let mut album = Album::open(&settings.memory)?;
    let chosen = album.named(&args.photos)?;
    for photo in &chosen {
        album.memory.remove_id(photo.id)?;
    }
    album.save(&settings.memory)?;
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&chosen)?);
    } else if !settings.quiet {
        say!(
            "{} forgotten, {} left; the files themselves are untouched",
            chosen.len(),
            album.memory.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}
