//! Scores that are functions of products or squared distances.

use super::{Panel, Rows};
use crate::kernel::score::REFINE_ABOVE;
use crate::kernel::similarity::{Measure, Rule, Similarity};

/// A function, and where rounding of its argument could be seen.
#[derive(Clone, Copy)]
pub(crate) struct Function<'a> {
    pub(crate) similarity: &'a dyn Similarity,
    /// Cues, `[b, dim]`.
    pub(crate) cues: &'a [f32],
    /// Rounding of each cue's measures, `[b]`; 0 where no slope makes it visible.
    pub(crate) roundings: &'a [f32],
}

impl Function<'_> {
    /// Replaces products, or squared distances with their sign changed, by scores; `scores` holds a row of the panel's
    /// lanes for each pattern of `keys`.
    pub(super) fn apply(&self, scores: &mut [f32], keys: Rows<'_>, dim: usize, panel: Panel) {
        let width = panel.vectors * 16;
        if self.similarity.measure() == Measure::SquaredDistance {
            scores.iter_mut().for_each(|score| *score = -*score);
        }
        let mut room = Vec::new();
        for lane in 0..width {
            // Spare lanes repeat the last cue.
            let cue = panel.start + lane.min(panel.cues - 1);
            let rounding = f64::from(self.roundings[cue]);
            if rounding == 0.0 {
                continue;
            }
            let entries = &self.cues[cue * dim..(cue + 1) * dim];
            for (index, row) in scores.chunks_exact_mut(width).enumerate() {
                let slope = self.similarity.slope(f64::from(row[lane]));
                if slope.abs() * rounding > REFINE_ABOVE {
                    let key = keys.row(index, dim, &mut room);
                    row[lane] = Rule::Function(self.similarity).measured(key, entries) as f32;
                }
            }
        }
        self.similarity.score_all(scores);
    }

    /// The same for the scores of one cue, a number for each pattern of `keys`.
    pub(super) fn apply_to_one(&self, cue: usize, scores: &mut [f32], keys: Rows<'_>, dim: usize) {
        if self.similarity.measure() == Measure::SquaredDistance {
            scores.iter_mut().for_each(|score| *score = -*score);
        }
        let rounding = f64::from(self.roundings[cue]);
        let entries = &self.cues[cue * dim..(cue + 1) * dim];
        let mut room = Vec::new();
        for (index, score) in scores.iter_mut().enumerate() {
            let slope = self.similarity.slope(f64::from(*score));
            if rounding != 0.0 && slope.abs() * rounding > REFINE_ABOVE {
                let key = keys.row(index, dim, &mut room);
                *score = Rule::Function(self.similarity).measured(key, entries) as f32;
            }
        }
        self.similarity.score_all(scores);
    }
}
