//! Training, evaluation and checks of Attractor, as `cargo xtask <command>`.

// What is printed may meet a closed pipe: see `out`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod chaos;
mod check;
mod cite;
mod clevr;
mod compare;
mod data;
mod history;
mod list;
mod loading;
mod merge;
mod out;
mod paths;
mod report;
mod reproduce;
mod suggest;
mod verify;

use clap::{Parser, Subcommand};

use crate::out::complain;

/// Page faults of the CPU backend cost a tenth of a training step with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Reproduce published results, compare backends, fetch data, check golden files.
///
/// Without arguments, `cargo xtask reproduce` runs the main experiment at a size for a laptop, on
/// built-in images if the data set is not present, and writes a report.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment and write its report
    Reproduce(reproduce::Args),
    /// List experiments, systems, recipes, backends and data sets
    List(list::Args),
    /// Compare with golden files: system, check, ours, expected, verdict
    Verify(verify::Args),
    /// Run one experiment on several backends and compare values, time and memory
    Compare(compare::Args),
    /// Join the run folders of shards into one report
    Merge(merge::Args),
    /// Write the reports of run folders again, or one about all of them
    Report(report::Args),
    /// Numbers by commit: run folders side by side on one page
    History(history::Args),
    /// Show, fetch and verify data sets
    Data(data::Args),
    /// Print what to cite, as BibTeX
    Cite(cite::Args),
    /// Everything a review relies on: format, docs, lints, dependencies, each crate alone
    Check(check::Args),
    /// Kill programs at random moments, and look at what they leave
    Chaos(chaos::Args),
    /// Time the read kernel and the training step, beside PyTorch if it is installed
    Bench(bench::Args),
}

fn main() -> std::process::ExitCode {
    let outcome = match Cli::parse().command {
        Command::Reproduce(args) => reproduce::run(&args),
        Command::List(args) => list::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Report(args) => report::run(&args),
        Command::History(args) => history::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Cite(args) => cite::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match outcome {
        Ok(_) if out::has_failed() => std::process::ExitCode::FAILURE,
        Ok(code) => code,
        Err(error) => {
            complain!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
