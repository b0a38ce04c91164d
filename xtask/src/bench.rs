//! `cargo xtask bench`: the read kernel, recall of the dense-memory family, training steps, BayesPCN and
//! Hopfield layers, search, beside PyTorch and others.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::out::{complain, say};

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also run the Python scripts of benches/peers (PyTorch, FAISS, USearch, NumPy) and print ours / theirs
    #[arg(long)]
    peers: bool,
    /// Python with the packages of benches/peers/README.md
    #[arg(long, default_value = "python3")]
    python: String,
}

/// One line of a bench program, ours or a peer's.
#[derive(Debug, Deserialize)]
struct Line {
    bench: String,
    ms: f64,
    #[serde(default)]
    gflops: Option<f64>,
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    threads: Option<usize>,
    #[serde(default)]
    rows_per_second: Option<f64>,
    #[serde(default)]
    gb_per_second: Option<f64>,
}

/// Our programs, in package `benches`, and the peers beside them, where there are any.
const PROGRAMS: [(&str, &[&str], Option<&str>); 13] = [
    ("bench-read", &[], Some("read.py")),
    ("bench-search", &[], Some("search.py")),
    ("bench-family", &[], Some("family.py")),
    ("bench-vae-step", &[], Some("vae_step.py")),
    ("bench-bayespcn", &[], Some("bayespcn.py")),
    ("bench-pcn", &[], Some("pcn.py")),
    ("bench-spiking", &[], Some("spiking.py")),
    ("bench-firing-rate", &[], Some("firing_rate.py")),
    ("bench-sparse-recovery", &[], Some("sparse_recovery.py")),
    ("bench-entropic", &[], Some("entropic.py")),
    ("bench-factual-recall", &[], Some("factual_recall.py")),
    ("bench-self-calibrating", &[], None),
    ("bench-hopfield-layers", &[], Some("hopfield_layers.py")),
];

/// What our programs call their form where they have only one.
const OURS: &str = "attractor";

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let root = crate::paths::root();
    let mut ours: Vec<Line> = Vec::new();
    let mut theirs: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for (program, options, script) in PROGRAMS {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        // No `-p`: with the whole workspace selected, features are those of `cargo test`, and burn is
        // not built once more.
        let mut command = Command::new(cargo);
        command.current_dir(&root).args(["run", "--quiet", "--bin"]);
        ours.extend(lines(command.arg(program).arg("--").args(options))?);
        if let Some(script) = script.filter(|_| args.peers) {
            let path = root.join("benches/peers").join(script);
            match lines(Command::new(&args.python).arg(&path)) {
                Ok(lines) => {
                    for line in lines {
                        theirs.entry(line.bench.clone()).or_default().push(line);
                    }
                }
                // Nobody has every package that some script compares with.
                Err(error) => complain!(
                    "SKIPPED {} (see benches/peers/README.md): {error:#}",
                    path.display()
                ),
            }
        }
    }
    let mut table = crate::list::plain([
        "bench",
        "threads",
        "ours, ms",
        "GFLOP/s",
        "rows/s",
        "GB/s",
        "form",
        "peer, ms",
        "its form",
        "ours / peer",
        "speed-up",
    ]);
    for line in &ours {
        let best = theirs
            .get(&line.bench)
            .into_iter()
            .flatten()
            // Only what ran on as many threads as ours is compared.
            .filter(|peer| peer.threads == line.threads)
            .min_by(|a, b| a.ms.total_cmp(&b.ms));
        table.add_row([
            line.bench.clone(),
            line.threads
                .map_or_else(String::new, |threads| threads.to_string()),
            format!("{:.2}", line.ms),
            line.gflops
                .filter(|rate| *rate > 0.0)
                .map_or_else(String::new, |rate| format!("{rate:.0}")),
            line.rows_per_second
                .map_or_else(String::new, |rate| format!("{rate:.0}")),
            line.gb_per_second
                .map_or_else(String::new, |rate| format!("{rate:.1}")),
            line.form
                .clone()
                .filter(|form| form != OURS)
                .unwrap_or_default(),
            best.map_or_else(String::new, |peer| format!("{:.2}", peer.ms)),
            best.and_then(|peer| peer.form.clone()).unwrap_or_default(),
            best.map_or_else(String::new, |peer| format!("{:.2}", line.ms / peer.ms)),
            best.map_or_else(String::new, |peer| format!("{:.2}x", peer.ms / line.ms)),
        ]);
    }
    say!("{table}");
    Ok(ExitCode::SUCCESS)
}

/// Runs a program that prints one JSON object a line.
fn lines(command: &mut Command) -> Result<Vec<Line>> {
    let output = command
        .output()
        .with_context(|| format!("could not start {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).with_context(|| format!("unreadable line {line}")))
        .collect()
}
