//! `cargo xtask chaos`: programs killed at random moments, and a look at what they leave.
//!
//! A kill is SIGKILL: no handler runs, nothing is flushed by the program. What the system has taken over is written; a loss of
//! power, which may lose that too, is not played here.

mod add;
mod fetch;
mod kill;
mod merge;
mod runs;
mod save;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};

use self::kill::{Chaos, Tally};
use crate::out::say;

/// Arguments of `chaos`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Kills of each kind; the campaign of docs/reliability.md has 200
    #[arg(long, value_name = "N", default_value_t = 3)]
    times: u64,
    /// Seed of the moments
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Only this kind; may be repeated
    #[arg(long, value_name = "KIND")]
    only: Vec<String>,
    /// What is killed by `save`: saves memories in this folder until it ends
    #[arg(long, hide = true, value_name = "DIR")]
    saving: Option<PathBuf>,
}

/// A kind of kill: a name, what is killed and looked at, and how.
struct Kind {
    name: &'static str,
    what: &'static str,
    run: fn(&mut Chaos) -> Result<Tally>,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "reproduce",
        what: "a run, resumed after each kill",
        run: runs::measuring,
    },
    Kind {
        name: "training",
        what: "a training with checkpoints, resumed",
        run: runs::training,
    },
    Kind {
        name: "merge",
        what: "two run folders being joined",
        run: merge::run,
    },
    Kind {
        name: "fetch",
        what: "a download that is unpacked, resumed",
        run: fetch::run,
    },
    Kind {
        name: "save",
        what: "every kind of memory saved over an older one",
        run: save::run,
    },
    Kind {
        name: "add",
        what: "`attractor add`, which saves as it goes",
        run: add::run,
    },
];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if let Some(folder) = &args.saving {
        return save::saving(folder);
    }
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    if let Some(name) = args
        .only
        .iter()
        .find(|name| !names.contains(&name.as_str()))
    {
        bail!("unknown kind `{name}`; known: {}", names.join(", "));
    }
    let asked =
        |kind: &&Kind| args.only.is_empty() || args.only.iter().any(|name| name == kind.name);
    let mut table = crate::list::plain([
        "kind",
        "what is killed",
        "kills",
        "at work",
        "seconds",
        "findings",
    ]);
    let mut findings = Vec::new();
    for kind in KINDS.iter().filter(asked) {
        let begun = Instant::now();
        let tally = (kind.run)(&mut Chaos::new(kind.name, args.seed, args.times)?)?;
        for note in &tally.notes {
            say!("{}: {note}", kind.name);
        }
        table.add_row([
            kind.name.to_owned(),
            kind.what.to_owned(),
            tally.kills.to_string(),
            tally.running.to_string(),
            format!("{:.0}", begun.elapsed().as_secs_f64()),
            tally.findings.len().to_string(),
        ]);
        let found = tally.findings.into_iter();
        findings.extend(found.map(|finding| format!("{}: {finding}", kind.name)));
    }
    say!("{table}");
    for finding in &findings {
        say!("{finding}");
    }
    Ok(match findings.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
