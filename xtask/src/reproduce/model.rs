//! The generative model of a run: trained with a checkpoint after each epoch, or imported.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use attractor::core::GenerativeModel;
use attractor::core::burn::tensor::Device;
use attractor::datasets::ImageSet;
use attractor::evaluation::RunWriter;
use attractor::evaluation::experiment::ModelSpec;
use attractor::evaluation::run::TrainingPoint;
use attractor::generative::train::{AdamConfig, Objective, Trainer, TrainerConfig};
use attractor::generative::{CifarVae, CifarVaeConfig, FromFn, MnistVae, MnistVaeConfig, Vae};

use super::observer::TrainingView;

/// Steps between two looks at the losses.
const LOOK_EVERY: usize = 20;

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
        match self.spec.kind.as_str() {
            "cifar-vae" => {
                let model = CifarVaeConfig { features, code }.init(self.seed, self.device)?;
                self.train(model, writer, view)
            }
            "mnist-vae" => {
                let model = MnistVaeConfig { features, code }.init(self.seed, self.device)?;
                self.train(model, writer, view)
            }
            unknown => bail!("unknown model kind `{unknown}`; known: cifar-vae, mnist-vae"),
        }
    }

    fn train<V: Vae + std::fmt::Debug>(
        &self,
        model: V,
        writer: &mut RunWriter,
        view: &mut TrainingView,
    ) -> Result<Arc<dyn GenerativeModel>> {
        if model.data_dim() != self.images.dim() {
            bail!(
                "the model `{}` expects {} numbers per image, but data set `{}` has {} ({})",
                self.spec.kind,
                model.data_dim(),
                self.images.name,
                self.images.dim(),
                self.images.shape
            );
        }
        let config = TrainerConfig {
            objective: self.objective,
            adam: AdamConfig {
                learning_rate: self.learning_rate,
                ..AdamConfig::default()
            },
            batch_size: self.spec.batch,
            seed: self.seed,
            ..TrainerConfig::default()
        };
        let folder = writer.folder().checkpoints();
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
        let path = folder.join(format!("{}-seed{}.safetensors", self.name, self.seed));
        let mut trainer = if path.exists() {
            Trainer::load(&path, model, config, self.device)?
        } else {
            Trainer::new(model, config, self.device)?
        };
        let count = self.count.min(self.images.len());
        // A prefix of a fixed shuffle: data sets may come sorted by class.
        let chosen = self.images.shuffled_order(self.seed);
        let steps = count.div_ceil(self.spec.batch);
        let what = format!("training {} (seed {})", self.name, self.seed);
        if trainer.epoch() < self.epochs {
            view.begin(&what, steps * (self.epochs - trainer.epoch()));
        }
        let first = trainer.epoch();
        while trainer.epoch() < self.epochs {
            let clock = Instant::now();
            let mut data = FromFn::new(count, |_, indices: &[usize]| {
                let rows: Vec<usize> = indices.iter().map(|&index| chosen[index]).collect();
                self.images
                    .tensor(&rows, self.device)
                    .map(Into::into)
                    .map_err(|error| {
                        attractor::core::Error::Device(format!("could not make a batch: {error}"))
                    })
            });
            let before = (trainer.epoch() - first) * steps;
            let report = trainer.run_epoch(&mut data, LOOK_EVERY, &mut |progress| {
                let loss = format!(
                    "epoch {}/{}, loss {:.3} per image",
                    progress.epoch + 1,
                    self.epochs,
                    progress.loss_per_image
                );
                view.step(&what, before + progress.step, &loss);
                if self.stop.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            if !report.finished {
                view.end();
                bail!(
                    "stopped in epoch {}; the last full epoch is saved",
                    report.epoch + 1
                );
            }
            let seconds = clock.elapsed().as_secs_f64();
            trainer.save(&path)?;
            writer.add_training(&TrainingPoint {
                model: self.name.clone(),
                seed: self.seed,
                epoch: trainer.epoch(),
                loss_per_image: report.loss_per_image,
                seconds,
            })?;
            view.note(&format!(
                "{what}: epoch {}/{}, loss {:.4} per image, {seconds:.0} s",
                trainer.epoch(),
                self.epochs,
                report.loss_per_image
            ));
        }
        view.end();
        Ok(Arc::new(Vae::freeze(&trainer.model()?)?))
    }
}

/// Reads trained weights of the experiment's kind.
pub(crate) fn import(
    spec: &ModelSpec,
    path: &Path,
    device: &Device,
) -> Result<Arc<dyn GenerativeModel>> {
    let frozen = match spec.kind.as_str() {
        "cifar-vae" => CifarVae::read(path, device)?.freeze()?,
        "mnist-vae" => MnistVae::read(path, device)?.freeze()?,
        unknown => bail!("unknown model kind `{unknown}`; known: cifar-vae, mnist-vae"),
    };
    Ok(Arc::new(frozen))
}
