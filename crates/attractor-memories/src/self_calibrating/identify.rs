//! Which pattern a cue is of, by evidence.

use attractor_core::kernel::{PatternStore, Tags, TopK};
use attractor_core::{AssociativeMemory, KeepsPatterns, Ranking, Result, check};
use burn::tensor::Tensor;

use super::SelfCalibratingMemory;
use super::answer::probabilities;
use super::model::LEAST;

impl KeepsPatterns for SelfCalibratingMemory {
    fn patterns(&self) -> &PatternStore {
        &self.store
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.store
    }

    fn changed(&mut self) {
        self.calibration.take();
    }

    fn keep(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        check::batch("patterns", &patterns, self.dim())?;
        let codes = match self.model().codes_are_data() {
            // As they are: no second copy.
            true => patterns,
            false => self.model().encode(patterns).mean,
        };
        self.store.push_as(codes, tags)?;
        self.changed();
        Ok(())
    }

    /// By scores, in nats. From eight stored patterns on with the probabilities of [`SelfCalibratingMemory::answers`], that of
    /// none included; below that there is no calibration, and no probabilities.
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        let settled = self.settle(&cues, None)?;
        // What was ruled out has the score of minus infinity: it comes last, as the least number there is.
        let least = f64::from(f32::MIN);
        let rows = settled
            .iter()
            .map(|(row, _)| row.iter().map(move |&score| f64::from(score).max(least)));
        let found = TopK::of_scores(rows, k)?;
        let mut all = Ranking::all_without_probabilities(&found);
        if self.len() < LEAST {
            return Ok(all);
        }
        let calibration = self.calibration()?;
        for (ranking, (scores, judged)) in all.iter_mut().zip(&settled) {
            let known = calibration.probability_stored(calibration.familiarity(&judged.standing));
            let posterior = probabilities(scores, calibration.temperature(), known);
            for (index, _, probability) in &mut ranking.best {
                *probability = Some(posterior[*index]);
            }
            ranking.none = Some(1.0 - known);
        }
        Ok(all)
    }
}
