//! `attractor export`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use attractor::evaluation::figures::ImageGrid;

use crate::Settings;
use crate::album::Album;
use crate::embeddings::Vectors;
use crate::memory::{Entry, Memory};
use crate::out::say;
use crate::vectors::write_npy;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids, paths, folders or labels; all if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Folder to write to: photos as PNG, each under its id; vectors as vectors.npy, ids.txt and labels.txt
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let memory = Memory::open(&settings.memory)?;
    let chosen = memory.named(&args.names)?;
    std::fs::create_dir_all(&args.to).with_context(|| args.to.display().to_string())?;
    let said = match &memory {
        Memory::Photos(album) => {
            photos(album, &chosen, &args.to)?;
            format!(
                "{} photos in {}, each under its id",
                chosen.len(),
                args.to.display()
            )
        }
        Memory::Vectors(known) => {
            vectors(known, &chosen, &args.to)?;
            format!(
                "{} vectors in {}",
                chosen.len(),
                args.to.join("vectors.npy").display()
            )
        }
    };
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&chosen)?);
    } else if !settings.quiet {
        say!("{said}");
    }
    Ok(ExitCode::SUCCESS)
}

fn photos(album: &Album, chosen: &[Entry], to: &Path) -> Result<()> {
    for photo in chosen {
        let picture = album.picture(album.stored(photo.index)?)?;
        let png = ImageGrid::new(vec![vec![picture]])?.png()?;
        write(&to.join(format!("{}.png", photo.id)), &png)?;
    }
    Ok(())
}

fn vectors(known: &Vectors, chosen: &[Entry], to: &Path) -> Result<()> {
    let indices: Vec<usize> = chosen.iter().map(|entry| entry.index).collect();
    let values = known.values(&indices)?;
    write(
        &to.join("vectors.npy"),
        &write_npy(&values, known.memory.config().dim),
    )?;
    let lines = |line: fn(&Entry) -> String| -> String {
        chosen.iter().map(|entry| line(entry) + "\n").collect()
    };
    write(
        &to.join("ids.txt"),
        lines(|entry| entry.id.to_string()).as_bytes(),
    )?;
    write(
        &to.join("labels.txt"),
        lines(|entry| entry.name.clone()).as_bytes(),
    )
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}
