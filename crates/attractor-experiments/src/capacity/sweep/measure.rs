//! One memory at one load, and all of them.

use std::ops::ControlFlow;

use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::{AssociativeMemory, Error, Outcome, Recall, Result, check, rng};
use attractor::datasets::{Damage, ImageShape};
use serde::{Deserialize, Serialize};

use super::{Model, SweepConfig};
use attractor::catalogue::Context;

/// What one memory recalls at one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Name of the model.
    pub model: String,
    /// Entries of a pattern, D.
    pub dim: usize,
    /// Stored patterns, K.
    pub count: usize,
    /// `K / D`.
    pub load: f64,
    /// Seed of the patterns.
    pub seed: u64,
    /// Cues read.
    pub cues: usize,
    /// Share of cues whose overlap with their pattern reaches the protocol's limit.
    pub recalled: f64,
    /// Share of cues whose pattern came back without a wrong entry.
    pub exact: f64,
    /// Share of wrong entries.
    pub bit_error: f64,
    /// Mean overlap with the pattern.
    pub overlap: f64,
    /// Mean absolute overlap: the negative of a pattern counts as the pattern.
    pub absolute_overlap: f64,
    /// Share of cues that settled.
    pub settled: f64,
}

/// Random patterns of +1 and -1, row-major `[count, dim]`; the first rows of a larger count are those
/// of a smaller one.
pub fn patterns(seed: u64, count: usize, dim: usize) -> Vec<f32> {
    let mut signs = rng::uniform_vec(
        &mut rng::stream(seed, "capacity patterns"),
        count * dim,
        -1.0,
        1.0,
    );
    for value in &mut signs {
        *value = if *value < 0.0 { -1.0 } else { 1.0 };
    }
    signs
}

/// The rows `[n, dim]` with `round(share dim)` distinct entries of each flipped.
///
/// # Errors
/// [`Error::Width`] if `patterns` is no whole number of rows, [`Error::Config`] for a share above 1.
pub fn cues(patterns: &[f32], dim: usize, share: f64, seed: u64) -> Result<Vec<f32>> {
    let flips = Damage::Flip {
        entries: (share * dim as f64).round() as usize,
        mirror: 0.0,
    };
    let stream = |row: usize| rng::indexed_stream(seed, "capacity flips", row as u64);
    let shape = ImageShape::new(1, 1, dim);
    Ok(flips.apply(patterns.to_vec(), shape, stream)?.cues)
}

/// Recall of every model at every count for every seed, in that order of nesting from the inside:
/// counts, seeds, models. `progress` hears each point and may end the sweep early.
///
/// # Errors
/// A broken rule of the protocol; an unknown recipe, wrong options, or a recipe that must be trained
/// first ([`Error::Unsupported`]); whatever a memory fails with.
pub fn sweep(
    models: &[Model],
    protocol: &SweepConfig,
    device: &Device,
    progress: &mut dyn FnMut(&Point) -> ControlFlow<()>,
) -> Result<Vec<Point>> {
    protocol.validate()?;
    let context = Context::pixels(protocol.dim, device)?;
    let mut points = Vec::new();
    for model in models {
        for seed in protocol.first_seed..protocol.first_seed + protocol.seeds {
            let (mut stopped, mut run) = (false, Run::new(model, protocol, seed, &context)?);
            for &count in &protocol.counts {
                let point = run.at(count)?;
                stopped = progress(&point).is_break();
                points.push(point);
                if stopped {
                    break;
                }
            }
            if stopped {
                return Ok(points);
            }
        }
    }
    Ok(points)
}

/// One model filling up with one set of patterns.
struct Run<'a> {
    model: &'a Model,
    protocol: &'a SweepConfig,
    seed: u64,
    context: &'a Context,
    /// Patterns of the largest count.
    patterns: Vec<f32>,
    cues: Vec<f32>,
    memory: Box<dyn AssociativeMemory>,
    stored: usize,
}

impl<'a> Run<'a> {
    fn new(
        model: &'a Model,
        protocol: &'a SweepConfig,
        seed: u64,
        context: &'a Context,
    ) -> Result<Self> {
        let dim = protocol.dim;
        let most = protocol.counts.last().copied().unwrap_or(0);
        let patterns = patterns(seed, most, dim);
        let read = protocol.cues.min(most) * dim;
        Ok(Self {
            cues: cues(&patterns[..read], dim, protocol.flipped, seed)?,
            memory: model.build(context)?,
            stored: 0,
            model,
            protocol,
            seed,
            context,
            patterns,
        })
    }

    fn at(&mut self, count: usize) -> Result<Point> {
        let dim = self.protocol.dim;
        if self.model.refill {
            self.memory = self.model.build(self.context)?;
            self.stored = 0;
        }
        let new = self.rows(&self.patterns[self.stored * dim..count * dim]);
        if self.memory.as_train().is_some() {
            return Err(self.untrained());
        }
        self.memory.write(new)?;
        self.stored = count;
        let read = self.protocol.cues.min(count) * dim;
        let cues = self.rows(&self.cues[..read]);
        self.score(self.memory.read(cues)?, count)
    }

    fn untrained(&self) -> Error {
        Error::Unsupported {
            what: "a sweep of capacities",
            capability: "memories that need no training",
            part: format!("the recipe `{}`", self.model.recipe),
        }
    }

    fn rows(&self, values: &[f32]) -> Tensor<2> {
        let shape = [values.len() / self.protocol.dim, self.protocol.dim];
        let data = TensorData::new(values.to_vec(), shape);
        Tensor::from_data(data, &self.context.device)
    }

    fn score(&self, recall: Recall, count: usize) -> Result<Point> {
        let dim = self.protocol.dim;
        let states = check::to_host(recall.state)?;
        let rows = states.chunks_exact(dim).len() as f64;
        let (mut recalled, mut exact, mut sum, mut absolute) = (0, 0, 0.0, 0.0);
        for (state, pattern) in states
            .chunks_exact(dim)
            .zip(self.patterns.chunks_exact(dim))
        {
            let pairs = state.iter().zip(pattern);
            let right = pairs.filter(|(s, x)| (**s > 0.0) == (**x > 0.0)).count();
            let overlap = 2.0 * right as f64 / dim as f64 - 1.0;
            recalled += usize::from(overlap >= self.protocol.overlap);
            exact += usize::from(right == dim);
            sum += overlap;
            absolute += overlap.abs();
        }
        let settled = recall
            .outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Converged | Outcome::SinglePass));
        Ok(Point {
            model: self.model.name.clone(),
            dim,
            count,
            load: count as f64 / dim as f64,
            seed: self.seed,
            cues: rows as usize,
            recalled: recalled as f64 / rows,
            exact: exact as f64 / rows,
            bit_error: 0.5 * (1.0 - sum / rows),
            overlap: sum / rows,
            absolute_overlap: absolute / rows,
            settled: settled.count() as f64 / rows,
        })
    }
}
