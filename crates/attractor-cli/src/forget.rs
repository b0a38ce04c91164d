//! `attractor forget`.

use std::process::ExitCode;

use anyhow::Result;

use crate::Settings;
use crate::lock::Lock;
use crate::memory::Memory;
use crate::out::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids, paths, folders or labels
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let _lock = match settings.memory.exists() {
        true => Some(Lock::take(&settings.memory)?),
        false => None,
    };
    let mut memory = Memory::open(&settings.memory)?;
    let chosen = memory.named(&args.names)?;
    for entry in &chosen {
        memory.remove(entry.id)?;
    }
    memory.save(&settings.memory)?;
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&chosen)?);
    } else if !settings.quiet {
        say!(
            "{} forgotten, {} left; the files themselves are untouched",
            chosen.len(),
            memory.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}
