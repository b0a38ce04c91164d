//! Recall from cues of which no entry is trusted.

use std::ops::ControlFlow;

use attractor_core::{Outcome, Recall, Result};
use burn::tensor::{Bool, Tensor, TensorData};

use super::reading::Denoising;
use crate::pcn::Pcn;
use crate::relaxation::{
    InferenceConfig, Relaxed, energies, in_order, narrow, pick, recall, squares,
};

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
struct Rounds {
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
        let mut record = Rounds {
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

impl Rounds {
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
            recalled: Vec::new(),
        }
    }
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
