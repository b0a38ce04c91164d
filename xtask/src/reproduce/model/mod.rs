//! The generative model of a run: trained with a checkpoint after each epoch, or imported.

mod monet;
mod trainee;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::core::failure::reasons;
use attractor::datasets::ImageSet;
use attractor::evaluation::RunWriter;
use attractor::evaluation::experiment::ModelSpec;
use attractor::evaluation::run::TrainingPoint;
use attractor::generative::train::{AdamConfig, Objective, Order, Trainer, TrainerConfig};
use attractor::generative::{
    CifarVae, CifarVaeConfig, FromFn, MnistVae, MnistVaeConfig, Monet, MonetConfig, MonetTrainer,
    Vae,
};
use serde::Deserialize;

use self::trainee::Trainee;
use super::observer::TrainingView;

/// Kinds of models.
const KINDS: &str = "cifar-vae, mnist-vae, monet";

/// The table `model.options` of an autoencoder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VaeOptions {
    order: Order,
}

/// What to train.
pub(crate) struct Training<'a> {
    /// Name in `training.jsonl` and of the checkpoint.
    pub(crate) name: String,
    pub(crate) spec: &'a ModelSpec,
    pub(crate) objective: Objective,
    pub(crate) epochs: usize,
    pub(crate) learning_rate: f64,
    pub(crate) seed: u64,
    pub(crate) images: &'a ImageSet,
    /// Images to use, of those.
    pub(crate) count: usize,
    pub(crate) device: &'a Device,
    pub(crate) stop: Arc<AtomicBool>,
}

impl Training<'_> {
    /// Trains, or continues from the run's checkpoint, and freezes.
    pub(crate) fn run(
        &self,
        writer: &mut RunWriter,
        view: &mut TrainingView,
    ) -> Result<Arc<dyn GenerativeModel>> {
        let ModelSpec { features, code, .. } = *self.spec;
        let path = self.checkpoint(writer)?;
        let mut trainee: Box<dyn Trainee> = match self.spec.kind.as_str() {
            "cifar-vae" => {
                let model = CifarVaeConfig { features, code }.init(self.seed, self.device)?;
                self.autoencoder(model, &path)?
            }
            "mnist-vae" => {
                let model = MnistVaeConfig { features, code }.init(self.seed, self.device)?;
                self.autoencoder(model, &path)?
            }
            "monet" => {
                if self.objective == Objective::Reconstruction {
                    bail!("a model of kind `monet` cannot be trained as a plain autoencoder");
                }
                let steps = self.epochs * self.count.div_ceil(self.spec.batch);
                let (size, config) = monet::configure(self.spec, self.seed, steps)?;
                let model = size.init(self.seed, self.device)?;
                self.check_width(3 * MonetConfig::SIDE * MonetConfig::SIDE)?;
                Box::new(if path.exists() {
                    MonetTrainer::load(&path, model, config)?
                } else {
                    MonetTrainer::new(model, config)?
                })
            }
            unknown => bail!("unknown model kind `{unknown}`; known: {KINDS}"),
        };
        self.train(&mut *trainee, &path, writer, view)
    }

    fn checkpoint(&self, writer: &RunWriter) -> Result<PathBuf> {
        let folder = writer.folder().checkpoints();
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
        Ok(folder.join(format!("{}-seed{}.safetensors", self.name, self.seed)))
    }

    fn check_width(&self, expected: usize) -> Result<()> {
        if expected == self.images.dim() {
            return Ok(());
        }
        bail!(
            "the model `{}` expects {expected} numbers per image, but data set `{}` has {} ({})",
            self.spec.kind,
            self.images.name,
            self.images.dim(),
            self.images.shape
        )
    }

    fn autoencoder<V: Vae + 'static>(&self, model: V, path: &Path) -> Result<Box<dyn Trainee>> {
        self.check_width(model.data_dim())?;
        let VaeOptions { order } = self
            .spec
            .options
            .clone()
            .try_into()
            .context("the experiment's `model.options`")?;
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
        Ok(Box::new(if path.exists() {
            Trainer::load(path, model, config, self.device)?
        } else {
            Trainer::new(model, config, self.device)?
        }))
    }

    fn train(
        &self,
        trainee: &mut dyn Trainee,
        path: &Path,
        writer: &mut RunWriter,
        view: &mut TrainingView,
    ) -> Result<Arc<dyn GenerativeModel>> {
        let count = self.count;
        // A prefix of a fixed shuffle: data sets may come sorted by class.
        let chosen = self.images.shuffled_order(self.seed);
        if chosen.len() < count {
            bail!(
                "expected {count} training images, found {} in data set `{}`",
                chosen.len(),
                self.images.name
            );
        }
        let steps = count.div_ceil(self.spec.batch);
        let what = format!("training {} (seed {})", self.name, self.seed);
        let first = trainee.epoch();
        if first < self.epochs {
            view.begin(&what, steps * (self.epochs - first));
        }
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
                view.step(&what, before + step, &note);
                if self.stop.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            if !finished {
                view.end();
                bail!("stopped in epoch {epoch}; the last full epoch is saved");
            }
            let seconds = clock.elapsed().as_secs_f64();
            trainee.save(path)?;
            writer.add_training(&TrainingPoint {
                model: self.name.clone(),
                seed: self.seed,
                epoch,
                loss_per_image: loss,
                seconds,
            })?;
            view.note(&format!(
                "{what}: epoch {epoch}/{}, loss {loss:.4} per image, {seconds:.0} s",
                self.epochs
            ));
        }
        view.end();
        trainee.freeze(self.device)
    }
}

/// The experiment's model without training, or with the weights that it imports: what memories are
/// tried on before anything is trained.
pub(crate) fn untrained(spec: &ModelSpec, device: &Device) -> Result<Arc<dyn GenerativeModel>> {
    let ModelSpec { features, code, .. } = *spec;
    if spec.kind.ends_with("-vae") {
        let options = spec.options.clone().try_into::<VaeOptions>();
        options.context("`model.options`")?;
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
        unknown => bail!("unknown model kind `{unknown}`; known: {KINDS}"),
    })
}

/// Reads trained weights of the experiment's kind.
pub(crate) fn import(
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
        unknown => bail!("unknown model kind `{unknown}`; known: {KINDS}"),
    })
}
