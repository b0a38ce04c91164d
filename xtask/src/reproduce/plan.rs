//! Which data, which device, which configuration.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use attractor::core::Backend;
use attractor::core::burn::tensor::Device;
use attractor::datasets::builtin::BuiltinSize;
use attractor::datasets::{
    AnnotatedSet, DataRoot, FolderOptions, ImageSet, LoadOptions, Split, sha256_file,
};
use attractor::evaluation::experiment::FoundSet;
use attractor::evaluation::run::DataHash;
use attractor::evaluation::{
    Experiment, Hardware, Overrides, Reference, Resolved, RunConfig, RunInfo,
};
use serde::Deserialize;

use super::{Args, run};
use crate::data::Notes;
use crate::loading;
use crate::out::say;

/// Images that the built-in sets draw at most: they are kept in memory.
const BUILTIN_IMAGES: usize = 1_000_000;

/// Everything that is decided before the first cell.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) config: Resolved,
    /// The run folder.
    pub(crate) dir: PathBuf,
    pub(crate) reference: Option<Reference>,
    pub(crate) info: RunInfo,
    pub(crate) device: Device,
    pub(crate) train: AnnotatedSet,
    pub(crate) test: AnnotatedSet,
}

/// What an experiment may ask of the loader in its table `data`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DataOptions {
    /// Fewest and most objects of a scene.
    objects: Option<[usize; 2]>,
    /// Columns to keep; the others serve the task `shift`.
    columns: Option<usize>,
}

impl Plan {
    pub(crate) fn new(experiment: Experiment, args: &Args) -> Result<Self> {
        let device = args.backend.open()?;
        let root = DataRoot::from_environment(args.data_dir.as_deref());
        let dataset = match &args.dataset {
            Some(name) => name.clone(),
            None if root.find(&experiment.dataset).is_some() => experiment.dataset.clone(),
            None => experiment.fallback_dataset.clone(),
        };
        let overrides = Overrides {
            dataset: Some(dataset.clone()),
            seeds: args.seeds,
            train_images: args.train_images,
            epochs: args.epochs,
            blocks: args.blocks,
            cues_per_block: args.cues_per_block,
            max_cues: args.max_cues,
            systems: (!args.systems.is_empty()).then(|| args.systems.clone()),
            tasks: (!args.tasks.is_empty()).then(|| args.tasks.clone()),
            weights: args.weights.clone(),
            ..Overrides::default()
        };
        let config = experiment.resolve(args.preset, &overrides)?;
        say!("{}", headline(&experiment, &config, args.backend));
        let dir = run::claim(args, &RunConfig::from(config.clone()))?;
        attractor_experiments::images::check(&config, &device)?;
        let wanted = config.data.clone().try_into::<DataOptions>();
        let wanted = wanted.with_context(|| format!("{}: `data`", experiment.path().display()))?;
        let learned = config.train_dataset.as_ref().unwrap_or(&dataset);
        for (key, name, images) in [
            ("train_images", learned, config.train_images),
            ("test_images", &dataset, config.test_images),
        ] {
            if name.starts_with("builtin") && images > BUILTIN_IMAGES {
                bail!(
                    "`{key}` must be at most {BUILTIN_IMAGES} for the built-in data set `{name}`, \
                     found {images}"
                );
            }
        }
        let options = LoadOptions {
            builtin: BuiltinSize {
                train: config.train_images,
                test: config.test_images,
            },
            objects: wanted.objects,
            columns: wanted.columns,
            folder: FolderOptions {
                skip_damaged: args.skip_damaged,
                ..FolderOptions::default()
            },
        };
        let mut notes = Notes::default();
        let mut load = |name: &str, split| -> Result<AnnotatedSet> {
            let set = loading::load(name, split, &root, &options)
                .with_context(|| format!("data set `{name}`"))?;
            notes.say(name, &set.images.report);
            Ok(set)
        };
        let (train, test) = (load(learned, Split::Train)?, load(&dataset, Split::Test)?);
        let mut data = vec![hash("train", &train.images), hash("test", &test.images)];
        if let Some(weights) = &args.weights {
            data.push(DataHash {
                name: "imported weights".into(),
                sha256: sha256_file(weights).context("the imported weights")?,
            });
        }
        let source = |name: &str, part: &str| match root.find(name) {
            Some(found) => format!("data set `{name}`, {part} ({})", found.path.display()),
            None => format!("data set `{name}`, {part}"),
        };
        let (for_train, for_test) = (source(learned, "train"), source(&dataset, "test"));
        let found = |source, images: &ImageSet| FoundSet {
            source,
            images: images.len(),
        };
        let config = experiment.fit(
            config.clone(),
            &overrides,
            found(&for_train, &train.images),
            found(&for_test, &test.images),
        )?;
        for shortage in &config.shortages {
            say!("smaller than the preset: {shortage}");
        }
        let info = run_info(args, data);
        Ok(Self {
            reference: experiment.reference()?,
            config,
            dir,
            info,
            device,
            train,
            test,
        })
    }
}

/// The first line: what runs, and on what.
fn headline(experiment: &Experiment, config: &Resolved, backend: Backend) -> String {
    let data = if config.fallback {
        format!(
            "built-in images (data set `{}` is not present: figures are not comparable with \
             published ones; see `cargo xtask data`)",
            experiment.dataset
        )
    } else {
        format!("data set `{}`", config.dataset)
    };
    format!(
        "{} at preset {} on {data}; backend {backend}",
        config.title, config.preset
    )
}

/// Where the run is computed, and from what.
pub(super) fn run_info(args: &Args, data: Vec<DataHash>) -> RunInfo {
    RunInfo {
        commit: crate::paths::commit(),
        version: env!("CARGO_PKG_VERSION").into(),
        backend: args.backend.name().into(),
        hardware: Hardware::detect(),
        data,
    }
}

pub(super) fn hash(part: &str, images: &ImageSet) -> DataHash {
    DataHash {
        name: format!("{} {part}", images.name),
        sha256: images.fingerprint.clone(),
    }
}
