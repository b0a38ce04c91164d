//! `cargo xtask reproduce`: plan, train, measure, report.

mod cell;
mod codes;
mod memo;
mod model;
mod observer;
mod panel;
mod plan;
mod probe;
mod study;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use attractor::core::Backend;
use attractor::evaluation::experiment::TaskLevels;
use attractor::evaluation::{
    Cell, Experiment, ExperimentFile, Measurement, Preset, Reference, RunConfig, RunInfo,
    RunSummary, RunWriter, Shard, report, runner, table,
};

use self::cell::Executor;
use self::observer::Terminal;
use self::plan::Plan;

/// Arguments of `reproduce`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// Experiment (see `cargo xtask list`), or `all`
    #[arg(default_value = "annabi-cifar10")]
    pub(crate) experiment: String,
    /// Size: smoke (seconds), cpu (minutes on two cores), paper (the published size)
    #[arg(long, default_value = "cpu")]
    pub(crate) preset: Preset,
    /// Compute backend: flex, ndarray, wgpu, vulkan, cuda (those compiled in)
    #[arg(long, default_value = "flex")]
    pub(crate) backend: Backend,
    /// Number of seeds (one training each)
    #[arg(long, value_name = "N")]
    pub(crate) seeds: Option<usize>,
    /// Folder of data sets; else $ATTRACTOR_DATA, else the cache folder
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Data set to use instead of the experiment's (`builtin`, `builtin-glyphs` and
    /// `builtin-clevr` need no files)
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// List damaged pictures of a folder or archive and go on without them
    #[arg(long)]
    pub(crate) skip_damaged: bool,
    /// Run folder, with `all` the folder of run folders; default: a new folder under runs/
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Continue the run in --out (or the newest fitting one under runs/), skipping finished cells
    #[arg(long)]
    pub(crate) resume: bool,
    /// Run only the k-th of n equal parts; join the folders with `cargo xtask merge`
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
    /// Trained model weights (safetensors, PyTorch layout) to import instead of training
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Passes over the training images
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,
    /// Training images
    #[arg(long, value_name = "N")]
    pub(crate) train_images: Option<usize>,
    /// Blocks of stored images per cell
    #[arg(long, value_name = "N")]
    pub(crate) blocks: Option<usize>,
    /// Cues per block: the first images of the block, corrupted
    #[arg(long, value_name = "N")]
    pub(crate) cues_per_block: Option<usize>,
    /// Cues at most for the slow systems, those that the experiment bounds
    #[arg(long, value_name = "N")]
    pub(crate) max_cues: Option<usize>,
    /// Systems to run, by name or name/representation; may be repeated
    #[arg(long = "system", value_name = "NAME")]
    pub(crate) systems: Vec<String>,
    /// Tasks to run, with levels if not all: `color`, `mask=16,24`; may be repeated
    #[arg(long = "task", value_name = "TASK", value_parser = task)]
    pub(crate) tasks: Vec<TaskLevels>,
    /// Only train the generative model, then stop
    #[arg(long)]
    pub(crate) train_only: bool,
}

/// `name` or `name=level,level`.
fn task(text: &str) -> Result<TaskLevels, String> {
    let (name, levels) = text.split_once('=').unwrap_or((text, ""));
    let levels = levels.split(',').filter(|level| !level.is_empty());
    let levels = levels.map(|level| {
        level
            .parse()
            .map_err(|_| format!("expected a number for a level, found `{level}`"))
    });
    Ok(TaskLevels {
        task: name.to_owned(),
        levels: levels.collect::<Result<_, _>>()?,
    })
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // A second Ctrl-C ends the process at once.
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after the running cell; Ctrl-C again to end now");
    })
    .context("could not listen for Ctrl-C")?;

    let runs: Vec<Args> = match args.experiment.as_str() {
        "all" => crate::paths::experiments()?
            .into_iter()
            .map(|experiment| Args {
                experiment: experiment.name().to_owned(),
                out: args.out.as_ref().map(|out| out.join(experiment.name())),
                ..args.clone()
            })
            .collect(),
        _ => vec![args.clone()],
    };
    let mut complete = true;
    for run in runs {
        complete &= run_one(&run, &stop)?;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs one experiment into its folder; whether every cell is on disk.
fn run_one(args: &Args, stop: &Arc<AtomicBool>) -> Result<bool> {
    match crate::paths::experiment(&args.experiment)? {
        ExperimentFile::Retrieval(experiment) => retrieval(*experiment, args, stop),
        ExperimentFile::Study(study) => study::run(&study, args, stop),
    }
}

fn retrieval(experiment: Experiment, args: &Args, stop: &Arc<AtomicBool>) -> Result<bool> {
    let plan = Plan::new(experiment, args)?;
    println!("{}", plan.headline());
    let config = RunConfig::from(plan.config.clone());
    let mut run = Run::begin(args, &config, &plan.info, plan.reference.as_ref(), stop)?;
    let mut executor = Executor::new(&plan, stop.clone(), run.terminal.training());
    if args.train_only {
        for seed in 0..plan.config.seeds as u64 {
            executor.train(seed, &mut run.writer)?;
        }
        println!("trained; measure with --resume --out {}", run.dir.display());
        return Ok(true);
    }
    run.cells(|cell, writer| executor.execute(cell, writer))?;
    drop(executor);
    run.end()
}

/// One run on its way into a folder.
struct Run<'a> {
    args: &'a Args,
    clock: Instant,
    dir: PathBuf,
    writer: RunWriter,
    cells: Vec<Cell>,
    terminal: Terminal,
    stop: &'a Arc<AtomicBool>,
    summary: RunSummary,
}

impl<'a> Run<'a> {
    fn begin(
        args: &'a Args,
        config: &RunConfig,
        info: &RunInfo,
        reference: Option<&Reference>,
        stop: &'a Arc<AtomicBool>,
    ) -> Result<Self> {
        let clock = Instant::now();
        let dir = folder(args, &config.dataset().replace(", ", "+"))?;
        let writer = if args.resume {
            RunWriter::create_or_resume(&dir, config, info, reference)?
        } else {
            RunWriter::create(&dir, config, info, reference)?
        };
        println!("run folder: {}", dir.display());
        let all = config.cells();
        Ok(Self {
            args,
            clock,
            dir,
            writer,
            cells: match args.shard {
                Some(shard) => shard.select(all),
                None => all,
            },
            terminal: Terminal::new(),
            stop,
            summary: RunSummary::default(),
        })
    }

    fn cells(
        &mut self,
        mut execute: impl FnMut(&Cell, &mut RunWriter) -> Result<Vec<Measurement>>,
    ) -> Result<()> {
        let (writer, terminal) = (&mut self.writer, &mut self.terminal);
        self.summary =
            runner::run_cells(&self.cells, writer, terminal, self.stop, |cell, writer| {
                execute(cell, writer).map_err(|error| format!("{error:#}"))
            })?;
        Ok(())
    }

    /// Prints the table and writes the report; whether every cell is on disk.
    fn end(mut self) -> Result<bool> {
        self.terminal.finish();
        let summary = &self.summary;
        for (cell, message) in &summary.failed {
            eprintln!("failed: {cell}: {message}");
        }
        println!("{}", table::text(self.writer.folder())?);
        let path = report::write(self.writer.folder())?;
        println!(
            "{} of {} cells, {:.0} s; report: {}",
            self.cells.len() - summary.left - summary.failed.len(),
            self.cells.len(),
            self.clock.elapsed().as_secs_f64(),
            path.display()
        );
        if summary.left > 0 {
            println!(
                "continue with: cargo xtask reproduce {} --preset {} --out {} --resume",
                self.args.experiment,
                self.args.preset,
                self.dir.display()
            );
        }
        Ok(summary.is_complete())
    }
}

/// The run folder: as told, or the newest fitting one to resume, or a new one.
fn folder(args: &Args, dataset: &str) -> Result<PathBuf> {
    if let Some(dir) = &args.out {
        return Ok(dir.clone());
    }
    let stem = format!(
        "{}-{}-{dataset}-{}",
        args.experiment, args.preset, args.backend
    );
    let runs = Path::new("runs");
    let numbered = |number: usize| match number {
        1 => runs.join(&stem),
        number => runs.join(format!("{stem}-{number}")),
    };
    let free = (1..)
        .find(|&number| !numbered(number).exists())
        .unwrap_or(1);
    Ok(numbered(if args.resume { (free - 1).max(1) } else { free }))
}
