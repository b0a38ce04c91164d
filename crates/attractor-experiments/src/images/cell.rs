//! One cell: train what learns, store blocks, read cues, measure.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use attractor::baselines::{Episode, train_epochs};
use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::failure::reasons;
use attractor::core::{AssociativeMemory, GenerativeModel, Recall, check};
use attractor::datasets::{AnnotatedSet, Corruption, ImageSet};
use attractor::evaluation::experiment::{Reading, SystemSpec, TrainOn, TrainSpec};
use attractor::evaluation::metrics::{CueResult, MetricAccumulator};
use attractor::evaluation::{Cell, Measurement, Metric, Representation, Resolved};
use attractor::generative::train::Objective;

use super::codes::{Source, TrainingCodes};
use super::memo::Memo;
use super::model::{Training, import};
use super::probe::{self, Probe};
use crate::{Error, Result, Session};

/// Codes stored per training episode of the systems that learn.
const EPISODE: usize = 100;

/// Test rows draw their corruption from streams far from those of the training rows.
const TEST_STREAMS: u64 = 1 << 40;

/// What is decided before the first cell.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Sizes, systems and tasks.
    pub config: &'a Resolved,
    /// The device to compute on.
    pub device: &'a Device,
    /// Images that models learn from.
    pub train: &'a AnnotatedSet,
    /// Images that are stored and recalled.
    pub test: &'a AnnotatedSet,
}

/// Computes cells, keeping trained parts between them.
pub struct Executor<'a> {
    pub(super) plan: &'a Plan<'a>,
    models: HashMap<u64, Arc<dyn GenerativeModel>>,
    autoencoders: HashMap<u64, Arc<dyn GenerativeModel>>,
    codes: TrainingCodes,
    /// Systems that do not learn from the task serve all tasks of a seed.
    built: HashMap<(String, u64), Box<dyn AssociativeMemory>>,
    /// Reads attributes off recalled images, where the training images are annotated.
    probe: Option<Probe>,
}

impl<'a> Executor<'a> {
    /// One that has computed nothing yet.
    pub fn new(plan: &'a Plan<'a>) -> Self {
        Self {
            plan,
            models: HashMap::new(),
            autoencoders: HashMap::new(),
            codes: TrainingCodes::default(),
            built: HashMap::new(),
            probe: Probe::new(plan.train, plan.config.train_images, plan.device),
        }
    }

    /// The generative model of a seed: imported, or trained on first use.
    ///
    /// # Errors
    /// Those of reading weights and of training.
    pub fn train(
        &mut self,
        seed: u64,
        session: &mut dyn Session,
    ) -> Result<Arc<dyn GenerativeModel>> {
        if let Some(model) = self.models.get(&seed) {
            return Ok(model.clone());
        }
        let spec = &self.plan.config.model;
        let model = match &spec.weights {
            Some(path) => import(spec, path, self.plan.device)?,
            None => self
                .training(&spec.kind, Objective::Variational { beta: spec.beta }, seed)
                .run(session)?,
        };
        let model: Arc<dyn GenerativeModel> = Arc::new(Memo::new(model));
        self.models.insert(seed, model.clone());
        Ok(model)
    }

    /// The training of the experiment's architecture under a name of its own.
    fn training(&self, name: &str, objective: Objective, seed: u64) -> Training<'a> {
        let (plan, spec) = (self.plan, &self.plan.config.model);
        Training {
            name: name.to_owned(),
            spec,
            objective,
            epochs: spec.epochs,
            learning_rate: spec.learning_rate,
            seed,
            images: &plan.train.images,
            count: plan.config.train_images,
            device: plan.device,
        }
    }

    fn autoencoder(
        &mut self,
        spec: TrainSpec,
        seed: u64,
        session: &mut dyn Session,
    ) -> Result<Arc<dyn GenerativeModel>> {
        if let Some(model) = self.autoencoders.get(&seed) {
            return Ok(model.clone());
        }
        let mut training = self.training("autoencoder", Objective::Reconstruction, seed);
        (training.epochs, training.learning_rate) = (spec.epochs, spec.rate);
        let model = training.run(session)?;
        self.autoencoders.insert(seed, model.clone());
        Ok(model)
    }

    /// Measures one cell.
    ///
    /// # Errors
    /// Whatever keeps it from being measured; [`Error::Stopped`] if the session said so.
    pub fn execute(&mut self, cell: &Cell, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let plan = self.plan;
        let system = plan
            .config
            .system(cell)
            .ok_or_else(|| Error::Stranger(cell.to_string()))?;
        let corruption = Corruption::from_task(&cell.task, cell.level.value())?;
        let mut context = match cell.representation {
            Representation::Pixel | Representation::Vector => {
                Context::pixels(plan.test.images.dim(), plan.device)?
            }
            Representation::Vae => Context::codes(self.train(cell.seed, session)?, plan.device),
        };
        if let Some(spec) = system.train.filter(|spec| spec.on == TrainOn::Images) {
            context.autoencoder = Some(self.autoencoder(spec, cell.seed, session)?);
        }
        let learns = system.train.filter(|spec| spec.on != TrainOn::Images);
        let of_task = learns.is_some_and(|spec| spec.on == TrainOn::Task);
        let key = (system.key(), cell.seed);
        let mut memory = match self.built.remove(&key) {
            Some(memory) if !of_task => memory,
            _ => {
                let mut memory = catalogue::build(&system.recipe, &system.options, &context)?;
                if let Some(spec) = learns {
                    let task = if of_task {
                        corruption
                    } else {
                        Corruption::Clean
                    };
                    self.learn(
                        &mut *memory,
                        spec,
                        system,
                        task,
                        &context,
                        cell.seed,
                        session,
                    )?;
                }
                memory
            }
        };
        let measured = self.measure(cell, system, corruption, &context, &mut memory, session);
        self.built.insert(key, memory);
        measured
    }

    /// Trains on codes of the training images in episodes of [`EPISODE`] stored codes, each cued by
    /// its corrupted self.
    fn learn(
        &mut self,
        memory: &mut dyn AssociativeMemory,
        spec: TrainSpec,
        system: &SystemSpec,
        corruption: Corruption,
        context: &Context,
        seed: u64,
        session: &mut dyn Session,
    ) -> Result<()> {
        let plan = self.plan;
        let learner = memory.train_for("the experiment's `train`")?;
        let order = plan.train.images.shuffled_order(seed);
        let wanted = plan.config.train_images;
        let order = order
            .get(..wanted)
            .ok_or_else(|| too_few(&plan.train.images, "training images", wanted))?;
        let source = Source {
            images: &plan.train.images,
            order,
            model: &*context.model,
            device: plan.device,
            seed,
        };
        let width = context.model.latent_dim();
        let size = EPISODE.min(order.len());
        // The last one is smaller where the images are no multiple of it.
        let episodes = order.len().div_ceil(size);
        let codes = &mut self.codes;
        let clean = codes.clean(&source)?.to_vec();
        let passes = spec.epochs;
        let what = format!("training {} on {corruption}", system.name);
        let rows = |values: &[f32], episode: usize| {
            let end = ((episode + 1) * size * width).min(values.len());
            let values = values[episode * size * width..end].to_vec();
            let shape = [values.len() / width, width];
            Tensor::<2>::from_data(TensorData::new(values, shape), plan.device)
        };
        let mut next = |position: attractor::baselines::Position| {
            if position.episode >= episodes {
                return Ok(None);
            }
            let patterns = rows(&clean, position.episode);
            let cues = match corruption {
                Corruption::Clean => patterns.clone(),
                _ => {
                    let cues = codes
                        .corrupted(&source, corruption, position.epoch)
                        .map_err(|error| attractor::core::Error::Device(reasons(&error)))?;
                    rows(cues, position.episode)
                }
            };
            Ok(Some(Episode::auto_associative(patterns, cues)))
        };
        let mut progress = |progress: attractor::baselines::Progress| {
            let position = progress.position;
            let done = position.epoch * episodes + position.episode + 1;
            let note = format!("loss {:.5}", progress.epoch_loss);
            session.progress(&what, done, passes * episodes, &note);
            if session.stopped() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        train_epochs(learner, &mut next, passes, spec.rate, &mut progress)?;
        session.check()
    }

    /// Stores each block, reads its corrupted cues, and collects the metrics.
    fn measure(
        &self,
        cell: &Cell,
        system: &SystemSpec,
        corruption: Corruption,
        context: &Context,
        memory: &mut Box<dyn AssociativeMemory>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (plan, config) = (self.plan, &self.plan.config);
        let test = &plan.test.images;
        let order = test.shuffled_order(cell.seed);
        let (per_block, cues) = (config.cues_per_block, config.cues(system));
        let mut metrics = MetricAccumulator::new(config.threshold(system));
        for block in 0..cues.div_ceil(per_block) {
            session.check()?;
            let first = block * cell.n_stored;
            let indices = order
                .get(first..first + cell.n_stored)
                .ok_or_else(|| too_few(test, "images for its blocks", first + cell.n_stored))?;
            let cued = &indices[..per_block.min(cues - block * per_block)];
            let originals = test.rows(cued)?;
            let corrupted =
                corruption.of_images(test, cued, cell.seed, TEST_STREAMS + first as u64)?;
            let tensor = |values: &[f32]| {
                let shape = [values.len() / test.dim(), test.dim()];
                Tensor::from_data(TensorData::new(values.to_vec(), shape), plan.device)
            };
            let patterns = test.tensor(indices, plan.device)?;
            let cues = tensor(&corrupted.cues);
            let emptied = memory.as_forget().map(|memory| memory.clear()).is_some();
            if !emptied && !memory.is_empty() {
                *memory = catalogue::build(&system.recipe, &system.options, context)?;
            }
            memory.write(patterns.clone())?;
            let recall = match system.read {
                Reading::Read => memory.read(cues)?,
                Reading::Complete => memory
                    .complete_for("the experiment's `read`")?
                    .complete(cues, tensor(&corrupted.known))?,
            };
            let stored = match memory.stored_states() {
                // A distributed memory keeps no patterns: recall is compared with what was written.
                Err(attractor::core::Error::Unsupported { .. }) => {
                    context.model.encode(patterns).mean
                }
                stored => stored?,
            };
            let stored = check::to_host(stored)?;
            let recalled = collect(&recall, &stored, &originals, &mut metrics)?;
            if let Some(probe) = &self.probe {
                for share in probe.shares(&recalled, cued, plan.test, plan.device)? {
                    metrics.push_scene(Metric::Attributes, share);
                }
            }
            // A scene that is shifted has other objects in sight than its annotation.
            let segments = match corruption {
                Corruption::Shift { .. } => None,
                _ if system.segments => context.model.segments(tensor(&corrupted.cues)),
                _ => None,
            };
            if let Some(segments) = &segments {
                for index in probe::foreground_ari(segments, cued, plan.test)? {
                    metrics.push_scene(Metric::Ari, index);
                }
            }
            if block == 0 && self.worth_showing(cell) {
                let mut rows = vec![
                    ("stored".to_owned(), originals.clone()),
                    ("cue".to_owned(), corrupted.cues.clone()),
                    ("recalled".to_owned(), recalled),
                ];
                if let Some(segments) = segments {
                    rows.extend(probe::pictures(&segments, test.shape)?);
                }
                self.show(cell, &rows, &recall, session)?;
            }
        }
        Ok(metrics.finish())
    }
}

/// Adds every cue of a read to the metrics; returns the recalled images.
fn collect(
    recall: &Recall,
    stored: &[f32],
    originals: &[f32],
    metrics: &mut MetricAccumulator,
) -> Result<Vec<f32>> {
    let width = recall.state.dims()[1];
    let states = check::to_host(recall.state.clone())?;
    let images = check::to_host(recall.data())?;
    let pixels = images.len() / recall.len();
    for cue in 0..recall.len() {
        let energy = recall
            .energy_first
            .get(cue)
            .zip(recall.energy_last.get(cue));
        metrics.push(&CueResult {
            state: &states[cue * width..(cue + 1) * width],
            stored,
            target: cue,
            images: Some((
                &images[cue * pixels..(cue + 1) * pixels],
                &originals[cue * pixels..(cue + 1) * pixels],
            )),
            steps: Some(recall.steps[cue]),
            energy: energy.map(|(&first, &last)| (first.into(), last.into())),
        })?;
    }
    Ok(images)
}

/// The error about a data set that is smaller than it was when sizes were fitted to it.
pub(super) fn too_few(images: &ImageSet, what: &'static str, wanted: usize) -> Error {
    attractor::evaluation::Error::TooFewImages {
        source_name: format!("data set `{}`", images.name),
        what,
        wanted,
        found: images.len(),
    }
    .into()
}
