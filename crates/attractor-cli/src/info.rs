//! `attractor info`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::prelude::*;

use crate::Settings;
use crate::album::Album;
use crate::out::say;

pub(crate) fn run(settings: &Settings) -> Result<ExitCode> {
    let path = &settings.memory;
    let album = Album::open(path)?;
    let bytes = std::fs::metadata(path)
        .with_context(|| path.display().to_string())?
        .len();
    let photos = album.photos()?;
    let missing = photos
        .iter()
        .filter(|photo| !std::path::Path::new(&photo.path).exists())
        .count();
    let shape = album.shape;
    if settings.json {
        let facts = serde_json::json!({
            "memory": path, "photos": photos.len(), "missing": missing, "bytes": bytes,
            "channels": shape.channels, "height": shape.height, "width": shape.width,
        });
        say!("{}", serde_json::to_string_pretty(&facts)?);
        return Ok(ExitCode::SUCCESS);
    }
    say!(
        "{}: {} photos, {:.1} MB",
        path.display(),
        album.memory.len(),
        bytes as f64 / 1e6
    );
    say!(
        "each {} x {} pixels, {}",
        shape.height,
        shape.width,
        if shape.channels == 1 {
            "grey"
        } else {
            "in colour"
        }
    );
    if missing > 0 {
        say!("{missing} of their files are no longer where they were");
    }
    Ok(ExitCode::SUCCESS)
}
