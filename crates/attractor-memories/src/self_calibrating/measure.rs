//! What clearances mean, measured on what is stored.

use attractor_core::{AssociativeMemory, Error, ObservationModel, Result, check, rng};

use super::SelfCalibratingMemory;
use super::calibration::{Calibration, Trial};
use super::comparison::ALIKE;
use super::damage::{KINDS, UNDAMAGED, damage};
use super::model::LEAST;

/// Patterns that are damaged for a calibration.
const DAMAGED: usize = 32;
/// Patterns that they are compared with.
const COHORT: usize = 128;

/// The pattern with this index and those like it, by its scores.
fn alike_to((index, scores): (usize, &[f32])) -> Vec<usize> {
    let like = |at: &usize| *at == index || scores[*at] > ALIKE * scores[index];
    (0..scores.len()).filter(like).collect()
}

impl SelfCalibratingMemory {
    pub(super) fn calibrate(&self) -> Result<Calibration> {
        if self.len() < LEAST {
            return Err(Error::Unsupported {
                what: "SelfCalibratingMemory::calibration",
                capability: "at least 8 stored patterns to judge cues against",
                part: format!("{}", self.len()),
            });
        }
        let cohort = self.cohort();
        let damaged = DAMAGED.min(cohort.len());
        let patterns = self.model.decode(self.store.select(&cohort[..damaged])?);
        let patterns = check::to_host(patterns)?;
        let mut trials = Vec::with_capacity(KINDS * damaged);
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for kind in 0..KINDS {
            let cues = self.damaged(&patterns, kind);
            let cues = check::from_host("cues", cues, self.dim(), self.store.device())?;
            let compared = self.compare(&cues, None, &cohort, self.observation.shortlist())?;
            if kind == UNDAMAGED {
                alike = compared.rows().enumerate().map(alike_to).collect();
            }
            let stored = self.judge(&compared, |_| &[])?;
            let novel = self.judge(&compared, |row| &alike[row])?;
            let rows = compared.rows().zip(&alike).zip(stored).zip(novel);
            trials.extend(rows.map(|(((scores, alike), stored), novel)| Trial {
                scores: scores.to_vec(),
                alike: alike.clone(),
                stored: stored.standing,
                novel: novel.standing,
            }));
        }
        // The first pattern under each damage.
        let probes = trials
            .iter()
            .step_by(damaged)
            .map(|trial| trial.stored.clearance);
        let probes = probes.collect();
        Ok(Calibration::new(&trials, probes))
    }

    /// The clearances of the first of the damaged patterns under each damage: what tells whether a calibration is still that of
    /// this memory, on this machine, by this version of the library, at a thirtieth of its cost.
    pub(super) fn probe(&self) -> Result<Vec<f64>> {
        let cohort = self.cohort();
        let pattern = self.model.decode(self.store.select(&cohort[..1])?);
        let pattern = check::to_host(pattern)?;
        let cues = (0..KINDS).flat_map(|kind| self.damaged(&pattern, kind));
        let cues = check::from_host("cues", cues.collect(), self.dim(), self.store.device())?;
        let compared = self.compare(&cues, None, &cohort, self.observation.shortlist())?;
        let found = self.judge(&compared, |_| &[])?.into_iter();
        Ok(found.map(|found| found.standing.clearance).collect())
    }

    /// Some of what is stored, drawn by the seed.
    fn cohort(&self) -> Vec<usize> {
        let mut rng = rng::stream(self.config().seed, "calibration");
        let mut cohort = rng::permutation(&mut rng, self.len());
        cohort.truncate(COHORT);
        cohort
    }

    /// The first patterns of the cohort under a damage.
    fn damaged(&self, patterns: &[f32], kind: usize) -> Vec<f32> {
        let mut cues = patterns.to_vec();
        for (row, cue) in cues.chunks_exact_mut(self.dim()).enumerate() {
            let index = (kind * DAMAGED + row) as u64;
            let mut rng = rng::indexed_stream(self.config().seed, "calibration damage", index);
            damage(cue, self.config().channels, kind, &mut rng);
        }
        cues
    }
}
