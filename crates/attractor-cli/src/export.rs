//! `attractor export`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::evaluation::figures::ImageGrid;

use crate::Settings;
use crate::album::Album;
use crate::out::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids, paths or folders; all if none is named
    #[arg(value_name = "PHOTO")]
    photos: Vec<String>,
    /// Folder to write to
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let album = Album::open(&settings.memory)?;
    let photos = match args.photos.is_empty() {
        true => album.photos()?,
        false => album.named(&args.photos)?,
    };
    std::fs::create_dir_all(&args.to).with_context(|| args.to.display().to_string())?;
    for photo in &photos {
        let picture = album.picture(album.stored(photo.index)?)?;
        let path = args.to.join(format!("{}.png", photo.id));
        std::fs::write(&path, ImageGrid::new(vec![vec![picture]])?.png()?)
            .with_context(|| path.display().to_string())?;
    }
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&photos)?);
    } else if !settings.quiet {
        say!(
            "{} photos in {}, each under its id",
            photos.len(),
            args.to.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}
