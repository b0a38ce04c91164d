//! `cargo xtask compare`: one experiment on several backends.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use attractor::core::Backend;
use attractor::evaluation::{RunFolder, compare};

use crate::out::say;

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Backends, the first being the one compared with
    #[arg(long, value_delimiter = ',', required = true)]
    backends: Vec<Backend>,
    /// Largest difference of a value, relative to values above 1
    #[arg(long, default_value_t = 1e-3)]
    tolerance: f64,
    /// Folder of the runs
    #[arg(long, value_name = "DIR", default_value = "runs/compare")]
    out: PathBuf,
    /// Experiment
    #[arg(long, default_value = "annabi-cifar10")]
    experiment: String,
    /// Further arguments of `reproduce`, after `--`
    #[arg(last = true, default_values_t = ["--preset".to_owned(), "smoke".to_owned(), "--dataset".to_owned(), "builtin".to_owned()])]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let program = std::env::current_exe().context("could not find this program")?;
    let mut folders = Vec::new();
    let mut costs = Vec::new();
    for backend in &args.backends {
        let dir = args.out.join(backend.name());
        if dir.exists() {
            bail!(
                "{} exists: remove it or choose another --out",
                dir.display()
            );
        }
        // A process of its own for each: peak memory is a process's.
        let clock = Instant::now();
        let mut child = Command::new(&program)
            .args([
                "reproduce",
                &args.experiment,
                "--backend",
                backend.name(),
                "--out",
            ])
            .arg(&dir)
            .args(&args.rest)
            .stdout(std::process::Stdio::null())
            .spawn()
            .context("could not start a run")?;
        let mut peak = 0;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            peak = peak.max(resident_kib(child.id()));
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        if !status.success() {
            bail!("the run on backend {backend} failed ({status})");
        }
        costs.push((backend, clock.elapsed().as_secs_f64(), peak));
        folders.push(RunFolder::open(&dir)?);
    }
    let comparison = compare::compare(&folders, args.tolerance)?;
    say!("{}", comparison.text());
    let mut table = crate::list::plain(["backend", "whole run, s", "peak memory, MiB"]);
    for (backend, seconds, peak) in costs {
        let peak = if peak == 0 {
            "unknown".into()
        } else {
            (peak / 1024).to_string()
        };
        table.add_row([backend.name().to_owned(), format!("{seconds:.1}"), peak]);
    }
    say!("{table}");
    Ok(if comparison.agrees() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The kernel's high-water mark of a process, 0 where there is none to read.
fn resident_kib(process: u32) -> u64 {
    std::fs::read_to_string(format!("/proc/{process}/status"))
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or(0)
}
