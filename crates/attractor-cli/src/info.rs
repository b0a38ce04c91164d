//! `attractor info`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::prelude::*;

use crate::album::Album;
use crate::embeddings::Vectors;
use crate::memory::Memory;
use crate::out::say;
use crate::{FALSE_ACCEPT, Settings};

pub(crate) fn run(settings: &Settings) -> Result<ExitCode> {
    let path = &settings.memory;
    let memory = Memory::open(path)?;
    let bytes = std::fs::metadata(path)
        .with_context(|| path.display().to_string())?
        .len();
    match memory {
        Memory::Photos(album) => photos(&album, bytes, settings),
        Memory::Vectors(mut vectors) => of_vectors(&mut vectors, bytes, settings),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn photos(album: &Album, bytes: u64, settings: &Settings) -> Result<()> {
    let path = &settings.memory;
    let photos = album.photos()?;
    let gone = |photo: &&crate::memory::Entry| !std::path::Path::new(&photo.name).exists();
    let missing = photos.iter().filter(gone).count();
    let shape = album.shape;
    if settings.json {
        let facts = serde_json::json!({
            "memory": path, "photos": photos.len(), "missing": missing, "bytes": bytes,
            "channels": shape.channels, "height": shape.height, "width": shape.width,
        });
        say!("{}", serde_json::to_string_pretty(&facts)?);
        return Ok(());
    }
    say!(
        "{}: {} photos, {:.1} MB",
        path.display(),
        album.memory.len(),
        bytes as f64 / 1e6
    );
    let colours = match shape.channels {
        1 => "grey",
        _ => "in colour",
    };
    say!("each {} x {} pixels, {colours}", shape.height, shape.width);
    if missing > 0 {
        say!("{missing} of their files are no longer where they were");
    }
    Ok(())
}

fn of_vectors(vectors: &mut Vectors, bytes: u64, settings: &Settings) -> Result<()> {
    let path = &settings.memory;
    let (count, config) = (vectors.memory.len(), *vectors.memory.config());
    let sample = vectors.strangers()?.len();
    if settings.json {
        let facts = serde_json::json!({
            "memory": path, "vectors": count, "bytes": bytes, "width": config.dim,
            "distance": config.distance.name(), "strangers_measured": sample,
        });
        say!("{}", serde_json::to_string_pretty(&facts)?);
        return Ok(());
    }
    say!(
        "{}: {count} vectors, {:.1} MB",
        path.display(),
        bytes as f64 / 1e6
    );
    say!(
        "each {} numbers, compared by their {}",
        config.dim,
        config.distance.name()
    );
    match 1.0 / (sample + 1) as f64 <= FALSE_ACCEPT {
        true => say!("strangers are told by {sample} vectors that were left out"),
        false => say!("too few are stored to tell strangers"),
    }
    Ok(())
}
