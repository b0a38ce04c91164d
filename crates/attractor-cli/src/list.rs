//! `attractor list`.

use std::process::ExitCode;

use anyhow::Result;

use crate::Settings;
use crate::album::Album;
use crate::out::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these: ids, paths or folders
    #[arg(value_name = "PHOTO")]
    photos: Vec<String>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let album = Album::open(&settings.memory)?;
    let photos = match args.photos.is_empty() {
        true => album.photos()?,
        false => album.named(&args.photos)?,
    };
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&photos)?);
        return Ok(ExitCode::SUCCESS);
    }
    for photo in photos {
        say!("{:>6}  {}", photo.id, photo.path);
    }
    Ok(ExitCode::SUCCESS)
}
