//! One cell: train what learns, store blocks, read cues, measure.

use std::sync::Arc;

use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::{AssociativeMemory, GenerativeModel, Recall, check};
use attractor::datasets::{AnnotatedSet, Corruption, ImageSet};
use attractor::evaluation::experiment::ResolvedPart;
use attractor::evaluation::metrics::{CueResult, MetricAccumulator};
use attractor::evaluation::{Measurement, Metric, Representation};
use attractor::generative::train::Objective;

use super::Shared;
use super::memo::Memo;
use super::model::{Training, import};
use super::probe;
use super::recognition::Recognition;
use super::settings::{Settings, TrainOn, TrainSpec};
use crate::{Error, Result, Session, Task};

/// Test rows draw their corruption from streams far from those of the training rows.
const TEST_STREAMS: u64 = 1 << 40;
/// Cues of images that are not stored have streams of their own too.
const NOVEL_STREAMS: u64 = 1 << 41;
/// Row of a panel: white where the memory takes something else to be in the way.
const COVERED: &str = "taken for covered";

/// One cell's surroundings.
pub(super) struct Cells<'a> {
    pub(super) part: &'a ResolvedPart,
    pub(super) settings: &'a Settings,
    pub(super) device: &'a Device,
    /// Images that models learn from.
    pub(super) train: &'a AnnotatedSet,
    /// Images that are stored and recalled.
    pub(super) test: &'a AnnotatedSet,
    pub(super) shared: &'a mut Shared,
}

impl<'a> Cells<'a> {
    /// The generative model of a seed: imported, or trained on first use.
    pub(super) fn model(
        &mut self,
        seed: u64,
        session: &mut dyn Session,
    ) -> Result<Arc<dyn GenerativeModel>> {
        if let Some(model) = self.shared.models.get(&seed) {
            return Ok(model.clone());
        }
        let spec = &self.settings.model;
        let model = match &spec.weights {
            Some(path) => import(spec, path, self.device)?,
            None => self
                .training(&spec.kind, Objective::Variational { beta: spec.beta }, seed)
                .run(session)?,
        };
        let model: Arc<dyn GenerativeModel> = Arc::new(Memo::new(model));
        self.shared.models.insert(seed, model.clone());
        Ok(model)
    }

    /// The training of the experiment's architecture under a name of its own.
    fn training(&self, name: &str, objective: Objective, seed: u64) -> Training<'a> {
        let spec = &self.settings.model;
        Training {
            part: self.part.name.clone(),
            name: name.to_owned(),
            spec,
            objective,
            epochs: spec.epochs,
            learning_rate: spec.learning_rate,
            seed,
            images: &self.train.images,
            count: self.settings.train_images,
            device: self.device,
        }
    }

    fn autoencoder(
        &mut self,
        spec: TrainSpec,
        seed: u64,
        session: &mut dyn Session,
    ) -> Result<Arc<dyn GenerativeModel>> {
        if let Some(model) = self.shared.autoencoders.get(&seed) {
            return Ok(model.clone());
        }
        let mut training = self.training("autoencoder", Objective::Reconstruction, seed);
        (training.epochs, training.learning_rate) = (spec.epochs, spec.rate);
        let model = training.run(session)?;
        self.shared.autoencoders.insert(seed, model.clone());
        Ok(model)
    }

    /// Measures one cell.
    pub(super) fn measure(
        &mut self,
        task: Task<'_>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (cell, settings) = (task.cell, self.settings);
        let corruption = Corruption::from_task(&cell.task, cell.level.value())?;
        let mut context = match cell.representation {
            Representation::Pixel | Representation::Vector => {
                Context::pixels(self.test.images.dim(), self.device)?
            }
            Representation::Vae => Context::codes(self.model(cell.seed, session)?, self.device),
        };
        if let Some(spec) = settings.train.filter(|spec| spec.on == TrainOn::Images) {
            context.autoencoder = Some(self.autoencoder(spec, cell.seed, session)?);
        }
        let learns = settings.train.filter(|spec| spec.on != TrainOn::Images);
        let of_task = learns.is_some_and(|spec| spec.on == TrainOn::Task);
        let key = (task.series.key(), cell.seed);
        let mut memory = match self.shared.built.remove(&key) {
            Some(memory) if !of_task => memory,
            _ => {
                let mut memory = catalogue::build(&settings.recipe, &settings.memory, &context)?;
                if let Some(spec) = learns {
                    let cues = if of_task {
                        corruption
                    } else {
                        Corruption::Clean
                    };
                    self.learn(
                        &mut *memory,
                        spec,
                        &task.series.name,
                        cues,
                        &context,
                        cell.seed,
                        session,
                    )?;
                }
                memory
            }
        };
        let measured = self.recall(task, corruption, &context, &mut memory, session);
        self.shared.built.insert(key, memory);
        measured
    }

    /// Stores each block, reads its corrupted cues, and collects the metrics.
    fn recall(
        &self,
        task: Task<'_>,
        corruption: Corruption,
        context: &Context,
        memory: &mut Box<dyn AssociativeMemory>,
        session: &mut dyn Session,
    ) -> Result<Vec<Measurement>> {
        let (cell, settings) = (task.cell, self.settings);
        let test = &self.test.images;
        let order = test.shuffled_order(cell.seed);
        let (per_block, cues) = (settings.cues_per_block, settings.cues());
        let mut metrics = MetricAccumulator::new(settings.threshold(cell.representation));
        let mut recognition = Recognition::default();
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
                Tensor::from_data(TensorData::new(values.to_vec(), shape), self.device)
            };
            let patterns = test.tensor(indices, self.device)?;
            let cues = tensor(&corrupted.cues);
            let emptied = memory.as_forget().map(|memory| memory.clear()).is_some();
            if !emptied && !memory.is_empty() {
                *memory = catalogue::build(&settings.recipe, &settings.memory, context)?;
            }
            memory.write(patterns.clone())?;
            let recall = settings.read.ask(&**memory, &corrupted, self.device)?;
            if settings.recognition {
                // Those after the block, and from the first on after the last.
                let others: Vec<usize> = (first + cell.n_stored..)
                    .take(cued.len())
                    .map(|at| order[at % order.len()])
                    .collect();
                let others =
                    corruption.of_images(test, &others, cell.seed, NOVEL_STREAMS + first as u64)?;
                for (novel, cues) in [(false, cues.clone()), (true, tensor(&others.cues))] {
                    let recognise = memory.as_recognise();
                    let Some(recognise) = recognise else { continue };
                    let found = check::to_host(recognise.familiarity(cues.clone())?)?;
                    let recall = match novel {
                        false => &recall,
                        true => &memory.read(cues)?,
                    };
                    recognition.push(novel, &found, recall);
                }
            }
            let stored = match memory.stored_states() {
                // A distributed memory keeps no patterns: recall is compared with what was written.
                Err(attractor::core::Error::Unsupported { .. }) => {
                    context.model.encode(patterns).mean
                }
                stored => stored?,
            };
            let stored = check::to_host(stored)?;
            let (recalled, right) = collect(&recall, &stored, &originals, &mut metrics)?;
            if let Some(Some(probe)) = &self.shared.probe {
                for share in probe.shares(&recalled, cued, self.test, self.device)? {
                    metrics.push_scene(Metric::Attributes, share);
                }
            }
            // A scene that is shifted has other objects in sight than its annotation.
            let segments = match corruption {
                Corruption::Shift { .. } => None,
                _ if settings.segments => context.model.segments(tensor(&corrupted.cues)),
                _ => None,
            };
            if let Some(segments) = &segments {
                for index in probe::foreground_ari(segments, cued, self.test)? {
                    metrics.push_scene(Metric::Ari, index);
                }
            }
            if block == 0 && self.worth_showing(cell) {
                let mut rows = vec![
                    ("stored".to_owned(), originals.clone()),
                    ("cue".to_owned(), corrupted.cues.clone()),
                    ("recalled".to_owned(), recalled),
                ];
                if let Some(memory) = memory.as_explain() {
                    let weights = check::to_host(memory.explained(cues)?)?;
                    let covered = weights.chunks_exact(weights.len() / cued.len().max(1));
                    let planes = covered.flat_map(|weights| {
                        let grey = weights.iter().map(|weight| 1.0 - weight);
                        let grey: Vec<f32> = grey.collect();
                        grey.repeat(test.dim() / grey.len().max(1))
                    });
                    rows.push((COVERED.to_owned(), planes.collect()));
                }
                if let Some(segments) = segments {
                    rows.extend(probe::pictures(&segments, test.shape)?);
                }
                self.show(cell, &rows, &right, &recall, session)?;
            }
        }
        if self.worth_showing(cell) {
            recognition.show(cell, session)?;
        }
        let can_reject = settings.memory.contains_key("false_accept");
        let mut measured = metrics.finish();
        measured.extend(recognition.finish(can_reject));
        Ok(measured)
    }
}

/// Adds every cue of a read to the metrics; returns the recalled images, and which cues were retrieved.
fn collect(
    recall: &Recall,
    stored: &[f32],
    originals: &[f32],
    metrics: &mut MetricAccumulator,
) -> Result<(Vec<f32>, Vec<bool>)> {
    let width = recall.state.dims()[1];
    let states = check::to_host(recall.state.clone())?;
    let images = check::to_host(recall.data())?;
    let pixels = images.len() / recall.len();
    let mut right = Vec::new();
    for cue in 0..recall.len() {
        let energy = recall
            .energy_first
            .get(cue)
            .zip(recall.energy_last.get(cue));
        right.push(metrics.push(&CueResult {
            state: &states[cue * width..(cue + 1) * width],
            stored,
            target: cue,
            images: Some((
                &images[cue * pixels..(cue + 1) * pixels],
                &originals[cue * pixels..(cue + 1) * pixels],
            )),
            steps: Some(recall.steps[cue]),
            energy: energy.map(|(&first, &last)| (first.into(), last.into())),
        })?);
    }
    Ok((images, right))
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
