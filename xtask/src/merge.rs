//! `cargo xtask merge`: shards into one run folder and report.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use attractor::evaluation::{RunFolder, report, run, table};

use crate::out::say;

/// Arguments of `merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run folders of one configuration
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// The joined run folder, which must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let summary = run::merge(&args.dirs, &args.out)?;
    let folder = RunFolder::open(&args.out)?;
    say!("{}", table::text(&folder)?);
    say!(
        "{} cells, {} of them in several folders, {} missing; report: {}",
        summary.cells,
        summary.duplicates,
        summary.missing.len(),
        report::write(&folder)?.display()
    );
    for cell in &summary.missing {
        say!("missing: {cell}");
    }
    Ok(if summary.missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
