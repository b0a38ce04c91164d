//! `cargo xtask data`: show, fetch and verify data sets.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use attractor::datasets::fetch::Event;
use attractor::datasets::{DataRoot, Fetcher, LoadOptions, Manifest, NAMES, Split};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{clevr, loading};

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What is present, and what can be fetched (the default)
    Show,
    /// Download, verify and unpack a data set
    Fetch {
        /// Name of a manifest in datasets/
        name: String,
        /// Where to; default: $ATTRACTOR_DATA or the cache folder
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Load a data set and print its size, classes and hash
    Describe {
        /// Name of a data set, or a folder or archive of images
        name: String,
        /// Folder of data sets
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Render random scenes into a folder in CLEVR's layout, which loads by its path
    RenderClevr(clevr::Args),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        None | Some(Command::Show) => show()?,
        Some(Command::Fetch { name, data_dir }) => {
            fetch(name, &DataRoot::from_environment(data_dir.as_deref()))?;
        }
        Some(Command::Describe { name, data_dir }) => {
            let root = DataRoot::from_environment(data_dir.as_deref());
            for split in [Split::Train, Split::Test] {
                let images = loading::load(name, split, &root, &LoadOptions::default())?.images;
                println!(
                    "{} {}: {} images of {}, {} classes, sha256 {}",
                    images.name,
                    split.name(),
                    images.len(),
                    images.shape,
                    images.classes.len(),
                    images.fingerprint
                );
            }
        }
        Some(Command::RenderClevr(args)) => clevr::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn manifests() -> Result<Vec<Manifest>> {
    Ok(Manifest::read_dir(&crate::paths::root().join("datasets"))?)
}

fn show() -> Result<()> {
    let root = DataRoot::from_environment(None);
    println!("looked in:");
    for directory in root.directories() {
        println!("  {}", directory.display());
    }
    let mut table = crate::list::plain(["data set", "found at"]);
    for name in NAMES {
        let found = root
            .find(name)
            .map(|found| found.path.display().to_string());
        table.add_row([
            (*name).to_owned(),
            found.unwrap_or_else(|| "not present".into()),
        ]);
    }
    println!("{table}\n");
    let mut table = crate::list::plain(["can be fetched", "MiB", "licence", "title"]);
    for manifest in manifests()? {
        let size = manifest.total_size().map(|bytes| (bytes >> 20).to_string());
        table.add_row([
            manifest.name.clone(),
            size.unwrap_or_else(|| "unknown".into()),
            manifest.licence.clone(),
            manifest.title.clone(),
        ]);
    }
    println!("{table}\n\nfetch with: cargo xtask data fetch <name>");
    Ok(())
}

fn fetch(name: &str, root: &DataRoot) -> Result<()> {
    let manifests = manifests()?;
    let Some(manifest) = manifests.iter().find(|manifest| manifest.name == name) else {
        let known: Vec<&str> = manifests
            .iter()
            .map(|manifest| manifest.name.as_str())
            .collect();
        bail!("unknown data set `{name}`; known: {}", known.join(", "));
    };
    let target = root
        .download_dir()
        .context("there is no folder to download to")?;
    let bar = std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    });
    let mut progress = |event: Event<'_>| report(bar.as_ref(), &event);
    let fetched = Fetcher::default().fetch(manifest, target, &mut progress)?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    println!("{} is in {}", manifest.title, fetched.folder.display());
    for left in &fetched.left_packed {
        println!("left packed: {}", left.display());
    }
    Ok(())
}

fn report(bar: Option<&ProgressBar>, event: &Event<'_>) {
    let say = |line: String| match bar {
        Some(bar) => bar.println(line),
        None => println!("{line}"),
    };
    match event {
        Event::Started {
            file,
            url,
            resumed_at,
            total,
        } => {
            if let Some(bar) = bar {
                bar.set_length(total.unwrap_or(0));
                bar.set_message((*file).to_owned());
            }
            match resumed_at {
                0 => say(format!("{file}: from {url}")),
                bytes => say(format!("{file}: going on at byte {bytes}, from {url}")),
            }
        }
        Event::Advanced { done, .. } => {
            if let Some(bar) = bar {
                bar.set_position(*done);
            }
        }
        Event::Present { file } => say(format!("{file}: already there")),
        Event::Failed { file, url, reason } => say(format!("{file}: {url} failed: {reason}")),
        Event::Verifying { file } => say(format!("{file}: checking the hash")),
        Event::Unpacking { file } => say(format!("{file}: unpacking")),
        Event::Finished { file } => say(format!("{file}: in place")),
        // Events of later versions need no line.
        _ => {}
    }
}
