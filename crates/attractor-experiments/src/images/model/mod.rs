//! The generative model of a run: trained with a checkpoint after each epoch, or imported.

mod monet;
mod trainee;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::core::failure::reasons;
use attractor::datasets::ImageSet;
use attractor::evaluation::run::TrainingPoint;
use attractor::generative::train::{AdamConfig, Objective, Order, Trainer, TrainerConfig};
use attractor::generative::{
    CifarVae, CifarVaeConfig, FromFn, MnistVae, MnistVaeConfig, Monet, MonetConfig, MonetTrainer,
    Vae,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::trainee::Trainee;
use super::cell::too_few;
use super::settings::ModelSpec;
use crate::{Error, Result, Session};

/// Kinds of models.
const KINDS: &str = "one of `cifar-vae`, `mnist-vae`, `monet`";

/// The table `model.options` of an autoencoder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VaeOptions {
    order: Order,
}

/// What to train.
pub(super) struct Training<'a> {
    /// The part that it serves, for the name of the checkpoint.
    pub(super) part: String,
    /// Name in `training.jsonl` and of the checkpoint.
    pub(super) name: String,
    pub(super) spec: &'a ModelSpec,
    pub(super) objective: Objective,
    pub(super) epochs: usize,
    pub(super) learning_rate: f64,
    pub(super) seed: u64,
    pub(super) images: &'a ImageSet,
    /// Images to use, of those.
    pub(super) count: usize,
    pub(super) device: &'a Device,
}

impl Training<'_> {
    /// Trains, or continues from the run's checkpoint, and freezes.
    pub(super) fn run(&self, session: &mut dyn Session) -> Result<Arc<dyn GenerativeModel>> {
        let ModelSpec { features, code, .. } = *self.spec;
        let path = self.checkpoint(session)?;
        let mut trainee: Box<dyn Trainee> = match self.spec.kind.as_str() {
            "cifar-vae" => {
                let model = CifarVaeConfig { features, code }.init(self.seed, self.device)?;
                self.autoencoder(model, path.as_deref())?
            }
            "mnist-vae" => {
                let model = MnistVaeConfig { features, code }.init(self.seed, self.device)?;
                self.autoencoder(model, path.as_deref())?
            }
            "monet" => {
                if self.objective == Objective::Reconstruction {
                    return Err(no_autoencoder());
                }
                let steps = self.epochs * self.count.div_ceil(self.spec.batch);
                let (size, config) = monet::configure(self.spec, self.seed, steps)?;
                let model = size.init(self.seed, self.device)?;
                self.check_width(3 * MonetConfig::SIDE * MonetConfig::SIDE)?;
                Box::new(match path.as_deref().filter(|path| path.exists()) {
                    Some(path) => MonetTrainer::load(path, model, config)?,
                    None => MonetTrainer::new(model, config)?,
                })
            }
            unknown => return Err(unknown_kind(unknown)),
        };
        self.train(&mut *trainee, path.as_deref(), session)
    }

    /// Where the training is kept, if the session keeps any.
    fn checkpoint(&self, session: &dyn Session) -> Result<Option<PathBuf>> {
        let Some(folder) = session.checkpoints() else {
            return Ok(None);
        };
        std::fs::create_dir_all(&folder).map_err(|source| Error::Folder {
            path: folder.clone(),
            source,
        })?;
        let (part, name) = (&self.part, &self.name);
        let name = format!("{part}-{name}-seed{}.safetensors", self.seed);
        Ok(Some(folder.join(name)))
    }

    fn check_width(&self, expected: usize) -> Result<()> {
        if expected == self.images.dim() {
            return Ok(());
        }
        Err(Error::Width {
            model: self.spec.kind.clone(),
            expected,
            dataset: self.images.name.clone(),
            found: self.images.dim(),
            shape: self.images.shape.to_string(),
        })
    }

    fn autoencoder<V: Vae + 'static>(
        &self,
        model: V,
        path: Option<&Path>,
    ) -> Result<Box<dyn Trainee>> {
        self.check_width(model.data_dim())?;
        let VaeOptions { order } = options(self.spec)?;
        let config = TrainerConfig {
            order,
            objective: self.objective,
            adam: AdamConfig {
                learning_rate: self.learning_rate,
                ..AdamConfig::default()
            },
            batch_size: self.spec.batch,
            seed: self.seed,
            ..TrainerConfig::default()
        };
        Ok(Box::new(match path.filter(|path| path.exists()) {
            Some(path) => Trainer::load(path, model, config, self.device)?,
            None => Trainer::new(model, config, self.device)?,
        }))
    }

    fn train(
        &self,
        trainee: &mut dyn Trainee,
        path: Option<&Path>,
        session: &mut dyn Session,
    ) -> Result<Arc<dyn GenerativeModel>> {
        let count = self.count;
        // A prefix of a fixed shuffle: data sets may come sorted by class.
        let chosen = self.images.shuffled_order(self.seed);
        if chosen.len() < count {
            return Err(too_few(self.images, "training images", count));
        }
        let steps = count.div_ceil(self.spec.batch);
        let what = format!("training {} (seed {})", self.name, self.seed);
        let first = trainee.epoch();
        let all = steps * self.epochs.saturating_sub(first);
        while trainee.epoch() < self.epochs {
            let clock = Instant::now();
            let mut data = FromFn::new(count, |_, indices: &[usize]| {
                let rows: Vec<usize> = indices.iter().map(|&index| chosen[index]).collect();
                self.images
                    .tensor(&rows, self.device)
                    .map(Into::into)
                    .map_err(|error| {
                        let reasons = reasons(&error);
                        attractor::core::Error::Device(format!("could not make a batch: {reasons}"))
                    })
            });
            let epoch = trainee.epoch() + 1;
            let before = (trainee.epoch() - first) * steps;
            let (loss, finished) = trainee.run_epoch(&mut data, &mut |step, loss| {
                let note = format!("epoch {epoch}/{}, loss {loss:.3} per image", self.epochs);
                session.progress(&what, before + step, all, &note);
                if session.stopped() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            if !finished {
                return Err(Error::Stopped);
            }
            let seconds = clock.elapsed().as_secs_f64();
            // Before the checkpoint: an epoch that is trained again after a kill is written again, and the last one counts;
            // one that has its checkpoint is not trained again.
            session.training(&TrainingPoint {
                model: self.name.clone(),
                seed: self.seed,
                epoch,
                loss_per_image: loss,
                seconds,
            })?;
            if let Some(path) = path {
                trainee.save(path)?;
            }
            session.note(&format!(
                "{what}: epoch {epoch}/{}, loss {loss:.4} per image, {seconds:.0} s",
                self.epochs
            ));
        }
        trainee.freeze(self.device)
    }
}

/// The experiment's model without training, or with the weights that it imports: what memories are
/// tried on before anything is trained.
pub(super) fn untrained(spec: &ModelSpec, device: &Device) -> Result<Arc<dyn GenerativeModel>> {
    let ModelSpec { features, code, .. } = *spec;
    if spec.kind.ends_with("-vae") {
        options::<VaeOptions>(spec)?;
    }
    if let Some(path) = &spec.weights {
        return import(spec, path, device);
    }
    Ok(match spec.kind.as_str() {
        "cifar-vae" => {
            let model = CifarVaeConfig { features, code }.init(0, device)?;
            Arc::new(model.freeze()?)
        }
        "mnist-vae" => {
            let model = MnistVaeConfig { features, code }.init(0, device)?;
            Arc::new(model.freeze()?)
        }
        "monet" => {
            let (size, config) = monet::configure(spec, 0, 1)?;
            let model = size.init(0, device)?;
            let trainer = MonetTrainer::new(model, config)?;
            Arc::new(trainer.model(device)?.freeze()?)
        }
        unknown => return Err(unknown_kind(unknown)),
    })
}

/// Reads trained weights of the experiment's kind.
pub(super) fn import(
    spec: &ModelSpec,
    path: &Path,
    device: &Device,
) -> Result<Arc<dyn GenerativeModel>> {
    Ok(match spec.kind.as_str() {
        "cifar-vae" => Arc::new(CifarVae::read(path, device)?.freeze()?),
        "mnist-vae" => Arc::new(MnistVae::read(path, device)?.freeze()?),
        "monet" => {
            let (size, _) = monet::configure(spec, 0, 0)?;
            Arc::new(Monet::read(path, size.slots, device)?.freeze()?)
        }
        unknown => return Err(unknown_kind(unknown)),
    })
}

/// The table `model.options`.
fn options<T: DeserializeOwned>(spec: &ModelSpec) -> Result<T> {
    let parsed = spec.options.clone().try_into();
    parsed.map_err(|error: toml::de::Error| {
        Error::setting(
            "`model.options`",
            "what a model of this kind knows",
            error.message(),
        )
    })
}

fn unknown_kind(kind: &str) -> Error {
    Error::setting("`model.kind`", KINDS, format!("`{kind}`"))
}

pub(super) fn no_autoencoder() -> Error {
    let expected = "`clean` or `task` with a model of kind `monet`, which is no plain autoencoder";
    Error::setting("`train.on`", expected, "`images`")
}
