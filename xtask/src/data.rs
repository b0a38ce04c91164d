//! `cargo xtask data`: show, fetch and verify data sets.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use attractor::datasets::fetch::Event;
use attractor::datasets::{
    DataError, DataRoot, Fetcher, LoadOptions, LoadReport, Manifest, NAMES, Split,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::out::{complain, say};
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
    /// Download, verify and unpack a data set; what is there already is verified too
    Fetch {
        /// Name of a manifest in datasets/
        name: String,
        /// Where to; default: $ATTRACTOR_DATA or the cache folder
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Load a data set and print its size, classes and hash, and what was left out of it
    Describe {
        /// Name of a data set, or a folder or archive of images
        name: String,
        /// Folder of data sets
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        /// List damaged pictures of a folder or archive and go on without them
        #[arg(long)]
        skip_damaged: bool,
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
        Some(Command::Describe {
            name,
            data_dir,
            skip_damaged,
        }) => {
            let mut options = LoadOptions::default();
            options.folder.skip_damaged = *skip_damaged;
            let root = DataRoot::from_environment(data_dir.as_deref());
            describe(name, &root, &options)?;
        }
        Some(Command::RenderClevr(args)) => clevr::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Describes the splits that are there, and says which is not.
fn describe(name: &str, root: &DataRoot, options: &LoadOptions) -> Result<()> {
    let mut absent = Vec::new();
    let mut notes = Notes::default();
    for split in [Split::Train, Split::Test] {
        match loading::load(name, split, root, options).map(|set| set.images) {
            Ok(images) => {
                say!(
                    "{} {}: {} images of {}, {} classes, sha256 {}",
                    images.name,
                    split.name(),
                    images.len(),
                    images.shape,
                    images.classes.len(),
                    images.fingerprint
                );
                for line in notes.new_lines(&images.report) {
                    say!("  {line}");
                }
            }
            Err(error @ DataError::Absent { .. }) => absent.push((split, error)),
            Err(error) => return Err(error.into()),
        }
    }
    let there = 2 - absent.len();
    for (split, error) in absent {
        if there == 0 {
            return Err(error.into());
        }
        say!("no {} split: {error}", split.name());
    }
    Ok(())
}

/// Lines of reports, each only once: both splits of a folder lie beside the same things.
#[derive(Debug, Default)]
pub(crate) struct Notes(HashSet<String>);

impl Notes {
    /// What the report says that no earlier one said.
    pub(crate) fn new_lines(&mut self, report: &LoadReport) -> Vec<String> {
        let mut lines = report.lines();
        lines.retain(|line| self.0.insert(line.clone()));
        lines
    }

    /// Tells the user what was left out of a data set.
    pub(crate) fn say(&mut self, name: &str, report: &LoadReport) {
        for line in self.new_lines(report) {
            complain!("data set `{name}`: {line}");
        }
    }
}

fn manifests() -> Result<Vec<Manifest>> {
    Ok(Manifest::read_dir(&crate::paths::root().join("datasets"))?)
}

fn show() -> Result<()> {
    let root = DataRoot::from_environment(None);
    say!("looked in:");
    for directory in root.directories() {
        say!("  {}", directory.display());
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
    say!("{table}\n");
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
    say!("{table}\n\nfetch with: cargo xtask data fetch <name>");
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
    say!("{} is in {}", manifest.title, fetched.folder.display());
    for left in &fetched.left_packed {
        say!("left packed: {}", left.display());
    }
    Ok(())
}

fn report(bar: Option<&ProgressBar>, event: &Event<'_>) {
    let say = |line: String| match bar {
        Some(bar) => bar.println(line),
        None => say!("{line}"),
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
        Event::Present { file } => say(format!("{file}: already there, as published")),
        Event::Unverified { file, reason } => {
            say(format!("{file}: already there, but not verified: {reason}"));
        }
        Event::Failed { file, url, reason } => say(format!("{file}: {url} failed: {reason}")),
        Event::Verifying { file } => say(format!("{file}: checking the hash")),
        Event::Unpacking { file } => say(format!("{file}: unpacking")),
        Event::Finished { file } => say(format!("{file}: in place")),
        // Events of later versions need no line.
        _ => {}
    }
}
