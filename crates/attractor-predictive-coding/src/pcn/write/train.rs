//! The training loop of a write.

use std::ops::ControlFlow;

use attractor_core::{Error, Result, rng};
use burn::tensor::Tensor;

use super::config::{StopRule, WriteConfig};
use super::gradient::ascent;
use super::report::{Progress, Stopped, WriteReport};
use crate::pcn::Pcn;
use crate::pcn::model::Kept;
use crate::pcn::network::Network;
use crate::relaxation::{InferenceConfig, Relaxed, StepSize, in_order, pick, relax, squares};

/// Power iterations before each step of the weights.
const ITERATIONS: usize = 2;
/// What the damping of inference gains back in an epoch.
const RECOVERY: f64 = 1.05;

impl Pcn {
    /// Trains on the kept patterns.
    pub(crate) fn learn(
        &mut self,
        config: &WriteConfig,
        observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<WriteReport> {
        let mut history: Vec<Progress> = Vec::new();
        let mut plateau = Plateau::default();
        let mut stopped = Stopped::Epochs;
        for epoch in 1..=config.epochs {
            let progress = self.epoch(epoch, config)?;
            history.push(progress);
            if observer(&progress).is_break() {
                stopped = Stopped::Cancelled;
                break;
            }
            if let Some(rule) = plateau.check(&config.stop, &progress) {
                stopped = rule;
                break;
            }
        }
        self.report(&config.inference, history, stopped)
    }

    /// One pass over the kept patterns.
    fn epoch(&mut self, epoch: usize, config: &WriteConfig) -> Result<Progress> {
        let kept = self.kept("Pcn::write")?.clone();
        let count = kept.patterns.dims()[0];
        let mut progress = Progress {
            epoch,
            energy: 0.0,
            error: 0.0,
            rate: 0.0,
            norm: 0.0,
        };
        let mut rose = 0.0;
        let whole = config.batch == 0 || config.batch >= count;
        let batches: Vec<Vec<usize>> = if whole {
            vec![(0..count).collect()]
        } else {
            let (seed, epochs) = (self.config.seed, self.state.epochs);
            let mut stream = rng::indexed_stream(seed, "pcn/order", epochs);
            let order = rng::permutation(&mut stream, count);
            order.chunks(config.batch).map(<[usize]>::to_vec).collect()
        };
        let mut codes: Vec<(Vec<usize>, Vec<Tensor<2>>)> = Vec::new();
        for rows in batches {
            let part = if whole {
                kept.clone()
            } else {
                kept.pick(&rows)
            };
            let relaxed = self.batch(epoch, part, config, &mut progress)?;
            progress.energy += relaxed.last.iter().sum::<f64>() / count as f64;
            let errors = squares(&relaxed.errors[relaxed.errors.len() - 1])?;
            let largest = errors.into_iter().fold(0.0, f64::max) / self.config.dim as f64;
            progress.error = progress.error.max(largest);
            let changes = relaxed.last.iter().zip(&relaxed.first);
            rose += changes.map(|(last, first)| last - first).sum::<f64>();
            codes.push((rows, relaxed.state));
        }
        if let Some(kept) = &mut self.state.kept {
            kept.codes = gather(codes);
        }
        // Rows whose energy rose have been put back already; if all did, the step was too long.
        let damping = self.state.damping;
        self.state.damping = if rose < 0.0 || progress.energy == 0.0 {
            (damping * RECOVERY).min(1.0)
        } else if matches!(config.inference.step, StepSize::Fixed(_)) {
            damping
        } else {
            damping * 0.5
        };
        self.state.epochs += 1;
        Ok(progress)
    }

    /// Inference for some patterns, then one step of the weights.
    fn batch(
        &mut self,
        epoch: usize,
        part: Kept,
        config: &WriteConfig,
        progress: &mut Progress,
    ) -> Result<Relaxed> {
        let inference = &config.inference;
        let network = Network {
            config: &self.config,
            parameters: &self.state.parameters,
        };
        let norm = self.state.probes.refresh(network, ITERATIONS)?;
        let rate = inference.rate(norm) * self.state.damping;
        (progress.norm, progress.rate) = (norm, rate);
        let rows = part.patterns.dims()[0];
        let start = if config.warm {
            part.codes
        } else {
            network.start(rows)
        };
        let sensory = network.fresh(&part.patterns, inference);
        let body = network.clamped(part.patterns, None, sensory);
        let body = body.prepared(inference.max_steps)?;
        let relaxed = relax(&body, start, inference.descent(rate))?;
        if let Some(bad) = relaxed.last.iter().find(|energy| !energy.is_finite()) {
            return Err(Error::config(
                "WriteConfig",
                "must keep energies finite (smaller patterns, learning rate or inference step)",
                bad,
            ));
        }
        // It holds the weights, which are to be changed in place.
        drop(body);
        let ascent = ascent(network, &relaxed.state, &relaxed.errors);
        if epoch == 1 && relaxed.last.iter().any(|&energy| energy > 0.0) {
            let largest = ascent[0].clone().abs().max();
            let largest = largest.try_into_scalar::<f32>();
            if largest.map_err(|error| Error::Device(error.to_string()))? == 0.0 {
                return Err(Error::config(
                    "PcnConfig",
                    "must leave some unit of the lowest hidden layer active (another seed, more \
                     units, biases)",
                    "a network that cannot learn",
                ));
            }
        }
        let parameters = self.state.parameters.list_mut();
        self.state
            .moments
            .step(config.optimiser, parameters, ascent)?;
        Ok(relaxed)
    }

    /// A last inference with the weights as they are now, whose hidden values are kept.
    pub(crate) fn report(
        &mut self,
        inference: &InferenceConfig,
        history: Vec<Progress>,
        stopped: Stopped,
    ) -> Result<WriteReport> {
        let kept = self.kept("Pcn::write")?.clone();
        let network = Network {
            config: &self.config,
            parameters: &self.state.parameters,
        };
        let norm = self.state.probes.refresh(network, ITERATIONS)?;
        let sensory = network.fresh(&kept.patterns, inference);
        let body = network.clamped(kept.patterns, None, sensory);
        let body = body.prepared(inference.max_steps)?;
        let descent = inference.descent(inference.rate(norm) * self.state.damping);
        let relaxed = relax(&body, kept.codes, descent)?;
        if let Some(bad) = relaxed.last.iter().find(|energy| !energy.is_finite()) {
            return Err(Error::config(
                "WriteConfig",
                "must keep energies finite (smaller patterns, learning rate or inference step)",
                bad,
            ));
        }
        let errors = squares(&relaxed.errors[relaxed.errors.len() - 1])?;
        if let Some(kept) = &mut self.state.kept {
            kept.codes = relaxed.state;
        }
        Ok(WriteReport {
            epochs: history.len(),
            stopped,
            energy: relaxed.last,
            error: errors
                .into_iter()
                .map(|square| square / self.config.dim as f64)
                .collect(),
            history,
        })
    }
}

impl Kept {
    fn pick(&self, rows: &[usize]) -> Self {
        let codes = self.codes.iter();
        Self {
            patterns: pick(self.patterns.clone(), rows),
            codes: codes.map(|block| pick(block.clone(), rows)).collect(),
        }
    }
}

/// Blocks of all patterns from those of the batches.
fn gather(batches: Vec<(Vec<usize>, Vec<Tensor<2>>)>) -> Vec<Tensor<2>> {
    let depth = batches.first().map_or(0, |(_, blocks)| blocks.len());
    (0..depth)
        .map(|block| {
            let pieces = batches.iter();
            let pieces = pieces.map(|(rows, blocks)| (rows.clone(), blocks[block].clone()));
            in_order(pieces.collect())
        })
        .collect()
}

/// The lowest energy so far and the epochs since.
#[derive(Debug, Default)]
struct Plateau {
    best: Option<f64>,
    since: usize,
}

impl Plateau {
    fn check(&mut self, stop: &StopRule, progress: &Progress) -> Option<Stopped> {
        if progress.energy < stop.energy {
            return Some(Stopped::Energy);
        }
        if progress.error < stop.error {
            return Some(Stopped::Error);
        }
        match self.best {
            Some(best) if progress.energy >= best * (1.0 - stop.plateau) => self.since += 1,
            _ => (self.best, self.since) = (Some(progress.energy), 0),
        }
        (stop.patience > 0 && self.since >= stop.patience).then_some(Stopped::Plateau)
    }
}
