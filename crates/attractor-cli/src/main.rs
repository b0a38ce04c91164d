//! `attractor`: which of my photos is this? Stores folders of photos in one file, and finds again which of them a torn,
//! covered, dark, recoloured or noisy copy is of, or that it is none. The same for embeddings and other vectors.

// What is printed may meet a closed pipe: see `out`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod add;
mod album;
mod embeddings;
mod export;
mod forget;
mod info;
mod list;
mod lock;
mod memory;
mod out;
mod page;
mod recall;
mod serve;
mod shell;
mod similar;
mod terminal;
mod vectors;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::out::complain;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Photos or vectors of nothing stored that may be taken for stored ones, as a share.
const FALSE_ACCEPT: f64 = 0.01;

/// Stores photos, and finds again which one a damaged copy is of.
///
///   attractor add holiday/ --memory family.attr
///   attractor recall torn.jpg --memory family.attr --html answer.html
///
/// A cue may be torn, scribbled over, partly covered, dark, grey, noisy, or have other colours:
/// nobody has to say which. What is of none of the stored photos is told so.
///
///   attractor add embeddings.npy --labels names.txt --memory v.attr
///   attractor recall cue.npy --top 5 --memory v.attr
///
/// Exit status: 0 all went well, and every cue was recognised; 1 a cue is of nothing stored;
/// 2 something failed.
#[derive(Debug, Parser)]
#[command(
    name = "attractor",
    version,
    max_term_width = 100,
    verbatim_doc_comment
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The file that remembers; else that of the variable ATTRACTOR_MEMORY, else memory.attr
    #[arg(long, short, global = true, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// Answers as JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// Nothing but the answer and errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Store photos (folders of any depth, or single files) or vectors (files of them)
    Add(add::Args),
    /// Which stored photo, or vector, is this?
    Recall(recall::Args),
    /// What is stored
    List(list::Args),
    /// Remove some of it from the memory (files stay)
    Forget(forget::Args),
    /// What the memory is, and how large
    Info,
    /// Write what is stored as the memory has it: photos in PNG, vectors in .npy
    Export(export::Args),
    /// A page on this machine: drop a picture, see which stored photo it is
    Serve(serve::Args),
    /// Completions for a shell, to be sourced by it
    Completions(shell::Args),
    /// The manual, for `man -l`
    Man,
}

/// What every command is told.
#[derive(Debug)]
struct Settings {
    memory: PathBuf,
    json: bool,
    quiet: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let memory = cli
        .memory
        .or_else(|| std::env::var_os("ATTRACTOR_MEMORY").map(Into::into));
    let settings = Settings {
        memory: memory.unwrap_or_else(|| "memory.attr".into()),
        json: cli.json,
        quiet: cli.quiet,
    };
    let outcome = match cli.command {
        Command::Add(args) => add::run(&args, &settings),
        Command::Recall(args) => recall::run(&args, &settings),
        Command::List(args) => list::run(&args, &settings),
        Command::Forget(args) => forget::run(&args, &settings),
        Command::Info => info::run(&settings),
        Command::Export(args) => export::run(&args, &settings),
        Command::Serve(args) => serve::run(&args, &settings),
        Command::Completions(args) => shell::completions(&args),
        Command::Man => shell::man(),
    };
    match outcome {
        Ok(_) if out::has_failed() => ExitCode::from(2),
        Ok(code) => code,
        Err(error) => {
            complain!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
