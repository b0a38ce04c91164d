//! Recall from cues of which no entry is trusted.

use std::ops::ControlFlow;

use attractor_core::error::{require_non_negative, require_nonzero};
use attractor_core::recall::TraceTerm;
use attractor_core::{Outcome, Recall, Result, Trace};
use burn::tensor::{Bool, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::body::squares;
use super::relax::Relaxed;
use super::{InferenceConfig, Pcn};

/// How a noisy cue is read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Clamp the cue, infer, put the prediction in its place; repeat (the paper's).
    Replace(Denoising),
    /// Let the data move with the hidden values, from the cue; the answer is where they end. Without
    /// an end in time all rows move on towards the one state without error, so `max_steps` matters.
    Free(InferenceConfig),
}

impl Default for Reading {
    fn default() -> Self {
        Self::Replace(Denoising::default())
    }
}

impl Reading {
    pub(crate) fn validate(&self) -> Result<()> {
        match self {
            Self::Replace(denoising) => denoising.validate(),
            Self::Free(inference) => inference.validate(),
        }
    }
}

/// Rounds of inference and replacement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Denoising {
    /// Rounds at most. Default 30.
    pub rounds: usize,
    /// A row ends when a round moves its entries by a mean square below this. 0 takes all rounds.
    /// Default 1e-7.
    pub tolerance: f64,
    /// Start every round from the configured hidden values, not from those of the round before.
    /// Default true.
    pub restart: bool,
    /// Inference of each round. Default 100 steps with momentum.
    pub inference: InferenceConfig,
}

impl Default for Denoising {
    fn default() -> Self {
        Self {
            rounds: 30,
            tolerance: 1e-7,
            restart: true,
            inference: InferenceConfig {
                max_steps: 100,
                check_every: 50,
                ..InferenceConfig::default()
            },
        }
    }
}

impl Denoising {
    /// # Errors
    /// [`attractor_core::Error::Config`] naming the field and its rule.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("Denoising.rounds", self.rounds)?;
        require_non_negative("Denoising.tolerance", self.tolerance)?;
        self.inference.validate()
    }
}

/// One round, as an observer sees it.
#[derive(Debug)]
pub struct Round<'a> {
    /// 1 for the first.
    pub number: usize,
    /// Rows of the batch that have not ended before this round.
    pub rows: &'a [usize],
    /// Their estimates `[rows, dim]` after this round.
    pub estimate: &'a Tensor<2>,
    /// Mean square of what the round changed.
    pub moved: &'a [f64],
    /// Energies of their hidden values under the estimate before this round.
    pub energy: &'a [f64],
}

/// What accumulates over rounds, for all rows of the batch.
struct Record {
    first: Vec<f64>,
    last: Vec<f64>,
    steps: Vec<usize>,
    outcomes: Vec<Outcome>,
    trace: Vec<Vec<f32>>,
}

impl Pcn {
    /// Recalls cues `[b, dim]` by clamping, inferring and replacing. Energies are those of the hidden
    /// values under the clamped estimate: before the first step, and at the end of the last round.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`attractor_core::Error::Config`].
    pub fn recall_noisy(&self, cues: Tensor<2>, denoising: &Denoising) -> Result<Recall> {
        self.recall_noisy_with(cues, denoising, &mut |_| ControlFlow::Continue(()))
    }

    /// The same, with a look at each round; breaking off keeps what has been reached.
    ///
    /// # Errors
    /// As [`Self::recall_noisy`].
    pub fn recall_noisy_with(
        &self,
        cues: Tensor<2>,
        denoising: &Denoising,
        observer: &mut dyn FnMut(&Round<'_>) -> ControlFlow<()>,
    ) -> Result<Recall> {
        denoising.validate()?;
        let mut estimate = self.rows("cues", cues)?;
        let count = estimate.dims()[0];
        let mut record = Record {
            first: vec![0.0; count],
            last: vec![0.0; count],
            steps: vec![0; count],
            outcomes: vec![Outcome::MaxSteps; count],
            trace: Vec::new(),
        };
        let mut active: Vec<usize> = (0..count).collect();
        let mut hidden: Option<Vec<Tensor<2>>> = None;
        let mut done: Vec<(Vec<usize>, Tensor<2>)> = Vec::new();
        for number in 1..=denoising.rounds {
            let start = hidden
                .take()
                .unwrap_or_else(|| self.network().start(active.len()));
            let relaxed = self.clamp(estimate.clone(), start, &denoising.inference)?;
            let predicted = self.network().data(&relaxed.state);
            let moved = squares(&(predicted.clone() - estimate.clone()))?;
            let dim = self.config.dim as f64;
            let moved: Vec<f64> = moved.into_iter().map(|square| square / dim).collect();
            estimate = replace(&estimate, predicted, &moved);
            let ended = record.round(number, &active, &relaxed, &moved, denoising.tolerance);
            let flow = observer(&Round {
                number,
                rows: &active,
                estimate: &estimate,
                moved: &moved,
                energy: &relaxed.last,
            });
            if flow.is_break() {
                break;
            }
            let (out, stay): (Vec<usize>, Vec<usize>) =
                (0..active.len()).partition(|&row| ended[row]);
            if stay.is_empty() {
                break;
            }
            if !denoising.restart {
                let blocks = relaxed.state.into_iter();
                hidden = Some(blocks.map(|block| pick(block, &stay)).collect());
            }
            if !out.is_empty() {
                let rows = out.iter().map(|&row| active[row]).collect();
                done.push((rows, pick(estimate.clone(), &out)));
                estimate = pick(estimate, &stay);
                active = stay.iter().map(|&row| active[row]).collect();
            }
        }
        done.push((active, estimate));
        Ok(record.recall(in_order(done)))
    }

    /// Recalls cues `[b, dim]` by letting the data move with the hidden values, from the cue.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; [`attractor_core::Error::Config`].
    pub fn recall_free(&self, cues: Tensor<2>, inference: &InferenceConfig) -> Result<Recall> {
        inference.validate()?;
        let cues = self.rows("cues", cues)?;
        let network = self.network();
        let mut start = network.start(cues.dims()[0]);
        start.push(cues);
        let mut relaxed = self.descend(network.open(None), start, inference)?;
        let data = relaxed.state.pop();
        Ok(recall(
            data.unwrap_or_else(|| network.data(&relaxed.state)),
            relaxed,
        ))
    }
}

impl Record {
    /// Takes in a round; which of the active rows have ended.
    fn round(
        &mut self,
        number: usize,
        active: &[usize],
        relaxed: &Relaxed,
        moved: &[f64],
        tolerance: f64,
    ) -> Vec<bool> {
        let mut ended = vec![false; active.len()];
        for (at, &row) in active.iter().enumerate() {
            if number == 1 {
                self.first[row] = relaxed.first[at];
            }
            self.last[row] = relaxed.last[at];
            self.steps[row] += relaxed.steps[at];
            let diverged = relaxed.outcomes[at] == Outcome::Diverged || !moved[at].is_finite();
            if diverged || moved[at] < tolerance {
                ended[at] = true;
                self.outcomes[row] = match diverged {
                    true => Outcome::Diverged,
                    false => Outcome::Converged,
                };
            }
        }
        self.trace.push(narrow(&self.last));
        ended
    }

    fn recall(self, state: Tensor<2>) -> Recall {
        Recall {
            decoded: None,
            outcomes: self.outcomes,
            steps: self.steps,
            energy_first: narrow(&self.first),
            energy_last: narrow(&self.last),
            trace: energies(self.trace),
            state,
        }
    }
}

/// A recall from where a descent ended.
pub(crate) fn recall(state: Tensor<2>, relaxed: Relaxed) -> Recall {
    Recall {
        state,
        decoded: None,
        outcomes: relaxed.outcomes,
        steps: relaxed.steps,
        energy_first: narrow(&relaxed.first),
        energy_last: narrow(&relaxed.last),
        trace: energies(relaxed.trace.iter().map(|look| narrow(look)).collect()),
    }
}

pub(crate) fn energies(values: Vec<Vec<f32>>) -> Trace {
    let name = "energy".to_owned();
    Trace {
        terms: vec![TraceTerm { name, values }],
    }
}

pub(crate) fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// The predictions, but for rows that left the finite numbers.
fn replace(estimate: &Tensor<2>, predicted: Tensor<2>, moved: &[f64]) -> Tensor<2> {
    if moved.iter().all(|moved| moved.is_finite()) {
        return predicted;
    }
    let bad: Vec<bool> = moved.iter().map(|moved| !moved.is_finite()).collect();
    let data = TensorData::new(bad, [moved.len(), 1]);
    let mask = Tensor::<2, Bool>::from_data(data, &estimate.device());
    predicted.mask_where(mask.expand(estimate.shape()), estimate.clone())
}

/// The given rows, in that order.
pub(crate) fn pick(rows: Tensor<2>, which: &[usize]) -> Tensor<2> {
    let which: Vec<i64> = which.iter().map(|&row| row as i64).collect();
    let device = rows.device();
    rows.select(0, Tensor::<1, Int>::from_ints(which.as_slice(), &device))
}

/// Rows of pieces, each with its place in the whole.
pub(crate) fn in_order(pieces: Vec<(Vec<usize>, Tensor<2>)>) -> Tensor<2> {
    let (places, tensors): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
    let places: Vec<usize> = places.into_iter().flatten().collect();
    let whole = Tensor::cat(tensors, 0);
    if places.is_sorted() {
        return whole;
    }
    let mut from = vec![0; places.len()];
    for (at, &place) in places.iter().enumerate() {
        from[place] = at;
    }
    pick(whole, &from)
}
