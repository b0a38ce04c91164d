//! Cues against stored patterns: scores, the best, and by how much it stands out.

use attractor_core::observation::{SelfCalibrating, lowest_of_rows};
use attractor_core::{AssociativeMemory, Error, ObservationModel, Result, check};
use burn::tensor::Tensor;

use super::answer::{best_of, clearance};
use super::model::LEAST;
use super::ordinary::Standing;
use super::{Calibration, SelfCalibratingMemory};

/// Bytes of codes that are decoded at once, at most.
const PART_BYTES: usize = 4 << 20;
/// Patterns that explain another, undamaged, more than this share as well as it explains itself are the same but for details:
/// without it, it would still be known by them.
pub(super) const ALIKE: f32 = 0.5;
/// Rivals that are looked at together.
const TOGETHER: usize = 4;

/// Scores of patterns for the cues of one read.
pub(super) struct Comparison {
    /// With the cues ready.
    observation: SelfCalibrating,
    /// The cues at the sites that are compared.
    cues: Tensor<2>,
    /// Indices of the patterns, one for each column of the scores.
    patterns: Vec<usize>,
    scores: Vec<f32>,
}

impl Comparison {
    /// Scores of all patterns, cue by cue.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.scores.chunks_exact(self.patterns.len())
    }
}

/// The best pattern of a cue, as a column of the scores, and how it stands out.
pub(super) struct Found {
    pub(super) best: usize,
    pub(super) standing: Standing,
}

impl SelfCalibratingMemory {
    /// Compares stored patterns with cues `[b, d]`, of which only entries with `known` 1 are given: `kept` of them, by a first
    /// pass, or all.
    pub(super) fn compare(
        &self,
        cues: &Tensor<2>,
        known: Option<Tensor<2>>,
        patterns: &[usize],
        kept: Option<usize>,
    ) -> Result<Comparison> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", cues, self.dim())?;
        let thinned = self.sites.of(cues.clone())?;
        let observation = match known {
            None => self.observation.ready(&thinned)?,
            Some(known) => {
                check::known(&known, cues.dims())?;
                let known = self.sites.of(known)?;
                let restricted = self.observation.knowing(known, thinned.dims())?;
                restricted.ready(&thinned)?
            }
        };
        let rows = (PART_BYTES / 4 / self.dim()).max(1);
        // Energies [b, n], by a function of decoded patterns and the index of the first.
        let energies = |of: &dyn Fn(Tensor<2>, usize) -> Tensor<2>| -> Result<Vec<f32>> {
            let mut parts = Vec::new();
            for (part, indices) in patterns.chunks(rows).enumerate() {
                parts.push(of(self.shown(indices)?, part * rows));
            }
            check::to_host(Tensor::cat(parts, 1))
        };
        let count = patterns.len();
        let mut scores = match kept.filter(|kept| *kept < count) {
            None => energies(&|decoded, _| observation.energies(&thinned, decoded))?,
            Some(kept) => {
                let rough = energies(&|decoded, _| observation.rough_energies(&thinned, decoded))?;
                let kept = lowest_of_rows(&rough, count, kept);
                energies(&|decoded, first| {
                    let part = first..first + decoded.dims()[0];
                    let rows = kept.chunks_exact(count);
                    let chosen: Vec<bool> =
                        rows.flat_map(|row| &row[part.clone()]).copied().collect();
                    observation.chosen_energies(&thinned, decoded, &chosen)
                })?
            }
        };
        scores.iter_mut().for_each(|score| *score = -*score);
        Ok(Comparison {
            observation,
            cues: thinned,
            patterns: patterns.to_vec(),
            scores,
        })
    }

    /// The scores of all stored patterns for each cue `[b, d]`, the best, and how it stands out. A cue that is not recognised among
    /// those that a first pass keeps is compared with all: the first pass may have lost its pattern.
    pub(super) fn settle(
        &self,
        cues: &Tensor<2>,
        known: Option<&Tensor<2>>,
    ) -> Result<Vec<(Vec<f32>, Found)>> {
        let look = |cues: &Tensor<2>, known: Option<Tensor<2>>, kept| -> Result<Vec<_>> {
            let compared = self.compare(cues, known, &self.all(), kept)?;
            let found = self.judge(&compared, |_| &[])?;
            let scores = compared.rows().map(<[f32]>::to_vec);
            Ok(scores.zip(found).collect())
        };
        let kept = self.observation.shortlist();
        let mut settled = look(cues, known.cloned(), kept)?;
        let least = match kept.is_some_and(|kept| kept < self.len()) {
            true => self.least()?,
            false => None,
        };
        if let Some((calibration, least)) = least {
            let unknown =
                |(_, found): &(Vec<f32>, Found)| calibration.familiarity(&found.standing) < least;
            let again: Vec<usize> = (0..settled.len())
                .filter(|row| unknown(&settled[*row]))
                .collect();
            if !again.is_empty() {
                let some = |rows: &Tensor<2>| {
                    let rows = again.iter().map(|row| rows.clone().narrow(0, *row, 1));
                    Tensor::cat(rows.collect(), 0)
                };
                for (row, found) in again.iter().zip(look(&some(cues), known.map(some), None)?) {
                    settled[*row] = found;
                }
            }
        }
        Ok(settled)
    }

    /// The calibration and the familiarity that a cue must reach, if the memory has a rate of false acceptance and a cohort.
    pub(super) fn least(&self) -> Result<Option<(&Calibration, f64)>> {
        match self.config().false_accept {
            Some(rate) if self.len() >= LEAST => {
                let calibration = self.calibration()?;
                Ok(Some((calibration, calibration.threshold(rate)?)))
            }
            _ => Ok(None),
        }
    }

    /// Stored patterns at the sites that are compared.
    fn shown(&self, patterns: &[usize]) -> Result<Tensor<2>> {
        self.sites
            .of(self.model.decode(self.store.select(patterns)?))
    }

    /// The best pattern of each cue, as if the columns `absent` of its row were not stored.
    pub(super) fn judge<'a>(
        &self,
        compared: &Comparison,
        absent: impl Fn(usize) -> &'a [usize],
    ) -> Result<Vec<Found>> {
        let best: Vec<usize> = compared
            .rows()
            .enumerate()
            .map(|(row, scores)| best_of(scores, absent(row)))
            .collect();
        let patterns: Vec<usize> = best.iter().map(|best| compared.patterns[*best]).collect();
        let shown = self.shown(&patterns)?;
        let evidence = compared.observation.evidences(&compared.cues, shown)?;
        let rows = compared.rows().zip(best).zip(evidence).enumerate();
        rows.map(|(row, ((scores, best), evidence))| {
            let mut without = self.twins(compared, scores, best, absent(row))?;
            without.extend(absent(row));
            Ok(Found {
                best,
                standing: Standing {
                    clearance: clearance(scores, best, &without, evidence.unexplained),
                    scale: evidence.scale,
                    unexplained: evidence.unexplained,
                    mapped: evidence.map.is_some(),
                },
            })
        })
        .collect()
    }

    /// Columns that lead the others and are near-duplicates of the best: a runner-up of its own kind says nothing against it.
    fn twins(
        &self,
        compared: &Comparison,
        scores: &[f32],
        best: usize,
        absent: &[usize],
    ) -> Result<Vec<usize>> {
        let rival =
            |at: &usize| *at != best && scores[*at] > ALIKE * scores[best] && !absent.contains(at);
        let mut rivals: Vec<usize> = (0..scores.len()).filter(rival).collect();
        rivals.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        let mut twins = Vec::new();
        for some in rivals.chunks(TOGETHER) {
            let columns = std::iter::once(&best).chain(some);
            let patterns: Vec<usize> = columns.map(|at| compared.patterns[*at]).collect();
            let shown = self.shown(&patterns)?;
            let own = shown.clone().narrow(0, 0, 1);
            let likeness = check::to_host(self.observation.energies(&own, shown).neg())?;
            let alike = |at: &usize| likeness[at + 1] > ALIKE * likeness[0];
            let count = (0..some.len()).take_while(alike).count();
            twins.extend(&some[..count]);
            if count < some.len() {
                break;
            }
        }
        Ok(twins)
    }
}
