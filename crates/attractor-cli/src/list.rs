//! `attractor list`.

use std::process::ExitCode;

use anyhow::Result;

use crate::Settings;
use crate::memory::Memory;
use crate::out::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these: ids, paths, folders or labels
    #[arg(value_name = "NAME")]
    entries: Vec<String>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let entries = Memory::open(&settings.memory)?.named(&args.entries)?;
    if settings.json {
        say!("{}", serde_json::to_string_pretty(&entries)?);
        return Ok(ExitCode::SUCCESS);
    }
    for entry in entries {
        say!("{:>6}  {}", entry.id, entry.name);
    }
    Ok(ExitCode::SUCCESS)
}
