//! Studies: the protocol measures, the run folder keeps.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail};
use attractor::datasets::{DataRoot, LoadOptions, Split};
use attractor::evaluation::study::{ResolvedStudy, Study, StudyOverrides};
use attractor::evaluation::{Hardware, RunConfig};
use attractor_experiments::{Protocol, Task, Work, find};

use super::Args;
use super::here::{Here, Loaded};
use super::plan::{hash, run_info};
use super::run::{self, Ended, Run};
use crate::data::Notes;
use crate::loading;
use crate::out::say;

/// Data set of parts that need none.
const SYNTHETIC: &str = "synthetic";

/// Times the machine's memory from which on an estimate, which is rough, is taken for a refusal.
const BEYOND: f64 = 4.0;

/// Operations a second that the forecast reckons with: two cores without a GPU.
const FLOPS: f64 = 2e10;

/// Runs a study into its folder.
pub(super) fn run(study: &Study, args: &Args, stop: &Arc<AtomicBool>) -> Result<Ended> {
    refuse_foreign(args)?;
    let device = args.backend.open()?;
    let root = DataRoot::from_environment(args.data_dir.as_deref());
    let overrides = StudyOverrides {
        dataset: args.dataset.clone(),
        seeds: args.seeds,
        systems: (!args.systems.is_empty()).then(|| args.systems.clone()),
        tasks: (!args.tasks.is_empty()).then(|| args.tasks.clone()),
    };
    let present = |name: &str| name.starts_with("builtin") || root.find(name).is_some();
    let resolved = study.resolve(args.preset, &overrides, &present)?;
    say!("{}", headline(&resolved, args));
    let mut protocol = (find(&resolved.protocol)?.new)();
    say!("{}", forecast(&*protocol, &resolved)?);

    let config = RunConfig::from(resolved.clone());
    let dir = run::claim(args, &config)?;

    let mut images = Loaded::new();
    let mut hashes = Vec::new();
    let mut notes = Notes::default();
    let mut options = LoadOptions::default();
    options.folder.skip_damaged = args.skip_damaged;
    for name in resolved.datasets() {
        if name == SYNTHETIC {
            continue;
        }
        for (split, part) in [(Split::Train, "train"), (Split::Test, "test")] {
            let set = loading::load(name, split, &root, &options)
                .with_context(|| format!("data set `{name}`"))?
                .images;
            notes.say(name, &set.report);
            hashes.push(hash(part, &set));
            images.insert((name.to_owned(), part), Arc::new(set));
        }
    }
    for cell in resolved.cells() {
        let Some((part, series)) = resolved.find(&cell) else {
            bail!("a cell without a series");
        };
        let cell = &cell;
        let task = Task { part, series, cell };
        for (split, wanted) in protocol.needs(task)? {
            let set = images.get(&(part.dataset.clone(), split.name()));
            let found = set.map_or(0, |set| set.len());
            task.check_images(split, wanted, found)?;
        }
    }
    let info = run_info(args, hashes);
    let reference = study.reference()?;
    let mut run = Run::begin(args, dir, &config, &info, reference.as_ref(), stop)?;
    let mut view = run.terminal.training();
    run.cells(|cell, writer| {
        let Some((part, series)) = resolved.find(cell) else {
            bail!("a cell without a series");
        };
        let mut session = Here::new(&device, stop, &images, &mut view, writer);
        let measured = protocol.measure(Task { part, series, cell }, &mut session);
        session.rest();
        Ok(measured?)
    })?;
    run.end()
}

/// Refuses arguments that only tables of recalled images know.
fn refuse_foreign(args: &Args) -> Result<()> {
    let given = [
        ("--weights", args.weights.is_some()),
        ("--epochs", args.epochs.is_some()),
        ("--train-images", args.train_images.is_some()),
        ("--blocks", args.blocks.is_some()),
        ("--cues-per-block", args.cues_per_block.is_some()),
        ("--max-cues", args.max_cues.is_some()),
        ("--train-only", args.train_only),
    ];
    if let Some((name, _)) = given.into_iter().find(|(_, given)| *given) {
        bail!(
            "{name} does not apply to `{}`, which is a study",
            args.experiment
        );
    }
    Ok(())
}

fn headline(study: &ResolvedStudy, args: &Args) -> String {
    let missing: Vec<String> = study
        .parts
        .iter()
        .filter(|part| part.fallback)
        .map(|part| format!("{} for {}", part.dataset, part.name))
        .collect();
    let note = if missing.is_empty() {
        String::new()
    } else {
        format!(
            " (stand-ins: {}: the data set is not present, figures are not comparable with published \
             ones; see `cargo xtask data`)",
            missing.join(", ")
        )
    };
    format!(
        "{} at preset {} on {}{note}; backend {}",
        study.title,
        study.preset,
        study.datasets().join(", "),
        args.backend
    )
}

/// Checks every cell, and says what the run will cost.
fn forecast(protocol: &dyn Protocol, study: &ResolvedStudy) -> Result<String> {
    let mut total = Work::default();
    let memory = f64::from(1 << 20) * Hardware::detect().memory_mib as f64;
    let cells = study.cells();
    let mut unknown = 0;
    for cell in &cells {
        let Some((part, series)) = study.find(cell) else {
            bail!("a cell without a series");
        };
        let task = Task { part, series, cell };
        protocol.check(task)?;
        match protocol.work(task) {
            Some(work) => {
                if memory > 0.0 && work.bytes > BEYOND * memory {
                    bail!(
                        "cell {cell} would take about {:.1e} bytes of memory, this machine has {memory:.1e}",
                        work.bytes
                    );
                }
                total.flops += work.flops;
                total.bytes = total.bytes.max(work.bytes);
            }
            None => unknown += 1,
        }
    }
    let mut text = format!("{} cells", cells.len());
    if total.flops > 0.0 {
        text.push_str(&format!(
            ", about {:.1e} operations ({} at {:.0e} a second), {:.0} MiB",
            total.flops,
            duration(total.flops / FLOPS),
            FLOPS,
            total.bytes / f64::from(1 << 20)
        ));
    }
    if unknown > 0 && unknown < cells.len() {
        text.push_str(&format!(", and {unknown} cells of unknown cost"));
    }
    Ok(text)
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
