//! Which data, which device, which configuration.

use anyhow::{Context, Result};
use attractor::core::Backend;
use attractor::core::burn::tensor::Device;
use attractor::datasets::builtin::BuiltinSize;
use attractor::datasets::fetch::sha256_file;
use attractor::datasets::{DataRoot, ImageSet, LoadOptions, Split, load_with};
use attractor::evaluation::run::DataHash;
use attractor::evaluation::{Experiment, Hardware, Overrides, Reference, Resolved, RunInfo};

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
    pub(crate) train: ImageSet,
    pub(crate) test: ImageSet,
}

impl Plan {
    pub(crate) fn new(args: &Args) -> Result<Self> {
        let experiment = crate::paths::experiment(&args.experiment)?;
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
                max_cues: args.max_cues,
                systems: (!args.systems.is_empty()).then(|| args.systems.clone()),
                weights: args.weights.clone(),
                ..Overrides::default()
            },
        )?;
        let options = LoadOptions {
            builtin: BuiltinSize {
                train: config.train_images,
                test: config.test_images,
            },
            ..LoadOptions::default()
        };
        let load = |split| {
            load_with(&dataset, split, &root, &options)
                .with_context(|| format!("data set `{dataset}`"))
        };
        let (train, test) = (load(Split::Train)?, load(Split::Test)?);
        let mut data = vec![hash("train", &train), hash("test", &test)];
        if let Some(weights) = &args.weights {
            data.push(DataHash {
                name: "imported weights".into(),
                sha256: sha256_file(weights)
                    .with_context(|| format!("weights {}", weights.display()))?,
            });
        }
        let info = RunInfo {
            commit: crate::paths::commit(),
            version: env!("CARGO_PKG_VERSION").into(),
            backend: args.backend.name().into(),
            hardware: Hardware::detect(),
            data,
        };
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

fn hash(part: &str, images: &ImageSet) -> DataHash {
    DataHash {
        name: format!("{} {part}", images.name),
        sha256: images.fingerprint.clone(),
    }
}
