//! Which data, which device, which configuration.

use anyhow::{Context, Result};
use attractor::core::Backend;
use attractor::core::burn::tensor::Device;
use attractor::datasets::builtin::BuiltinSize;
use attractor::datasets::fetch::sha256_file;
use attractor::datasets::{AnnotatedSet, DataRoot, ImageSet, LoadOptions, Split};
use attractor::evaluation::run::DataHash;
use attractor::evaluation::{Experiment, Hardware, Overrides, Reference, Resolved, RunInfo};
use serde::Deserialize;

use crate::loading;

use super::Args;

/// Everything that is decided before the first cell.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) experiment: Experiment,
    pub(crate) config: Resolved,
    pub(crate) reference: Option<Reference>,
    pub(crate) info: RunInfo,
    pub(crate) device: Device,
    pub(crate) backend: Backend,
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
        let config = experiment.resolve(
            args.preset,
            &Overrides {
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
            },
        )?;
        let wanted = config.data.clone().try_into::<DataOptions>();
        let wanted = wanted.with_context(|| format!("{}: `data`", experiment.path().display()))?;
        let options = LoadOptions {
            builtin: BuiltinSize {
                train: config.train_images,
                test: config.test_images,
            },
            objects: wanted.objects,
            columns: wanted.columns,
            ..LoadOptions::default()
        };
        let load = |name: &str, split| {
            loading::load(name, split, &root, &options)
                .with_context(|| format!("data set `{name}`"))
        };
        let learned = config.train_dataset.as_ref().unwrap_or(&dataset);
        let (train, test) = (load(learned, Split::Train)?, load(&dataset, Split::Test)?);
        let mut data = vec![hash("train", &train.images), hash("test", &test.images)];
        if let Some(weights) = &args.weights {
            data.push(DataHash {
                name: "imported weights".into(),
                sha256: sha256_file(weights)
                    .with_context(|| format!("weights {}", weights.display()))?,
            });
        }
        let info = run_info(args, data);
        Ok(Self {
            reference: experiment.reference()?,
            experiment,
            config,
            info,
            device,
            backend: args.backend,
            train,
            test,
        })
    }

    /// The first line: what runs, and on what.
    pub(crate) fn headline(&self) -> String {
        let config = &self.config;
        let data = if config.fallback {
            format!(
                "built-in images (data set `{}` is not present: figures are not comparable with \
                 published ones; see `cargo xtask data`)",
                self.experiment.dataset
            )
        } else {
            format!("data set `{}`", config.dataset)
        };
        format!(
            "{} at preset {} on {data}; backend {}",
            config.title, config.preset, self.backend
        )
    }
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
