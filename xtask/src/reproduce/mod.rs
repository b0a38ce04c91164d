//! `cargo xtask reproduce`: plan, train, measure, report.

mod here;
mod observer;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use attractor::core::Backend;
use attractor::datasets::DataRoot;
use attractor::evaluation::experiment::TaskLevels;
use attractor::evaluation::report::{Entry, Outcome, write_index};
use attractor::evaluation::{Experiment, Hardware, Overrides, Preset, RunInfo, Shard};

use attractor_experiments::{Draft, overrides_of, with_systems};

use self::here::Here;
use self::run::{Ended, Run};
use crate::data::Notes;
use crate::loading;
use crate::out::{self, complain, say};

/// What `reproduce --help` says below the options.
const MORE: &str = "\
A file of your own is one like those in experiments/: copy the nearest one, change it, and give its \
path, as in `cargo xtask reproduce mine/table.toml`.

Every finished cell is on disk. Ctrl-C ends a run after its cell, with a report of what is finished. \
A run that is killed leaves the report that was last written as cells finished: one after the first \
cell, then about one a minute; --resume begins with another.

`all` runs every experiment and writes one report about all of them, index.html, and index.txt beside \
its run folders.";

/// Arguments of `reproduce`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = MORE)]
pub(crate) struct Args {
    /// Experiment (see `cargo xtask list`), the path of an experiment file of your own, or `all`
    #[arg(default_value = "annabi-cifar10", value_name = "EXPERIMENT")]
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
    /// Systems to run, by name or name/representation: those of the experiment, or any recipe of the
    /// catalogue (`cargo xtask list`), which is marked as not published; may be repeated
    #[arg(long = "system", value_name = "NAME")]
    pub(crate) systems: Vec<String>,
    /// Tasks to run, with levels if not all: `color`, `mask=16,24`, also levels that the experiment lacks
    /// (marked as not published); may be repeated
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
    out::is_awaited();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // A second Ctrl-C ends the process at once.
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        complain!("\nstopping after the running cell; Ctrl-C again to end now");
    })
    .context("could not listen for Ctrl-C")?;

    let complete = match args.experiment.as_str() {
        "all" => all(args, &stop)?,
        _ => run_one(args, &stop)?.complete,
    };
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs every experiment, one that fails or not, and writes an index of the reports; whether all are
/// complete.
fn all(args: &Args, stop: &Arc<AtomicBool>) -> Result<bool> {
    let mut entries = Vec::new();
    let mut complete = true;
    for experiment in crate::paths::chapters()? {
        let name = experiment.name.clone();
        let run = Args {
            experiment: name.clone(),
            out: args.out.as_ref().map(|out| out.join(&name)),
            ..args.clone()
        };
        let outcome = match stop.load(Ordering::Relaxed) {
            true => Outcome::Left,
            false => match run_one(&run, stop) {
                Ok(ended) => {
                    complete &= ended.complete;
                    Outcome::Run(ended.dir)
                }
                Err(error) => {
                    complain!("error: {name}: {error:#}");
                    Outcome::Failed(format!("{error:#}"))
                }
            },
        };
        complete &= matches!(outcome, Outcome::Run(_));
        entries.push(Entry { name, outcome });
    }
    let dir = args.out.as_deref().unwrap_or(Path::new("runs"));
    say!("index: {}", write_index(dir, &entries)?.display());
    Ok(complete)
}

/// Runs one experiment into its folder.
fn run_one(args: &Args, stop: &Arc<AtomicBool>) -> Result<Ended> {
    let experiment = crate::paths::experiment(&args.experiment)?;
    let overrides = args.overrides(&experiment)?;
    let device = args.backend.open()?;
    let root = DataRoot::from_environment(args.data_dir.as_deref());
    let draft = Draft::new(&experiment, args.preset, &overrides, &root)?;
    say!("{}", run::headline(&draft.config, args.backend));
    say!("{}", run::forecast(&draft));
    let dir = run::claim(args, &draft.config)?;
    let plan = draft.load(&device, &|name, split, mut options| {
        options.folder.skip_damaged = args.skip_damaged;
        loading::load(name, split, &root, &options)
    })?;
    let mut notes = Notes::default();
    for (name, report) in &plan.reports {
        notes.say(name, report);
    }
    for shortage in plan.config.parts.iter().flat_map(|part| &part.shortages) {
        say!("smaller than the preset: {shortage}");
    }
    let info = RunInfo {
        commit: crate::paths::commit(),
        version: env!("CARGO_PKG_VERSION").into(),
        backend: args.backend.name().into(),
        hardware: Hardware::detect(),
        data: plan.hashes.clone(),
    };
    let (config, mut measure, data) = plan.split();
    let reference = experiment.reference()?;
    let mut run = Run::begin(args, dir, &config, &info, reference.as_ref(), stop)?;
    let mut view = run.terminal.training();
    if args.train_only {
        let mut session = Here::new(&device, stop, &data, &mut view, &mut run.writer);
        let trained = measure.prepare(&mut session)?;
        session.rest();
        let again = run::again(args, &run.dir);
        match trained {
            true => say!("trained; measure with: {again}"),
            false => say!("nothing is trained before the cells; measure with: {again}"),
        }
        return Ok(Ended {
            dir: run.dir,
            complete: true,
        });
    }
    run.cells(|cell, writer| {
        let mut session = Here::new(&device, stop, &data, &mut view, writer);
        let measured = measure.cell(cell, &mut session);
        session.rest();
        Ok(measured?)
    })?;
    run.end()
}

impl Args {
    /// What the command line changes of an experiment.
    fn overrides(&self, experiment: &Experiment) -> Result<Overrides> {
        let count = |name, value: Option<usize>| {
            let value = value.map(|value| i64::try_from(value).unwrap_or(i64::MAX).into());
            value.map(|value| (name, value))
        };
        let weights = self.weights.as_ref();
        let weights = weights.map(|path| ("weights", path.display().to_string().into()));
        let own = [
            weights,
            count("epochs", self.epochs),
            count("train-images", self.train_images),
            count("blocks", self.blocks),
            count("cues-per-block", self.cues_per_block),
            count("max-cues", self.max_cues),
        ];
        let overrides = Overrides {
            dataset: self.dataset.clone(),
            seeds: self.seeds,
            tasks: (!self.tasks.is_empty()).then(|| self.tasks.clone()),
            ..overrides_of(experiment, own.into_iter().flatten())?
        };
        Ok(with_systems(overrides, experiment, &self.systems))
    }
}
