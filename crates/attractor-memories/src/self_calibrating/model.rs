use std::sync::{Arc, OnceLock};

use attractor_core::kernel::PatternStore;
use attractor_core::observation::SelfCalibrating;
use attractor_core::observation::self_calibrating::Evidence;
use attractor_core::{
    AssociativeMemory, Complete, Error, Explain, Forget, GenerativeModel, ObservationModel,
    Outcome, Recall, Recognise, Result, check, rng,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::answer::{Answer, clearance, probabilities};
use super::calibration::{Calibration, Trial};
use super::damage::{KINDS, UNDAMAGED, damage};
use super::sites::Sites;
use super::{SelfCalibratingConfig, config};

/// Bytes of codes that are decoded at once, at most.
const PART_BYTES: usize = 4 << 20;
/// Fewest patterns whose scores say what others reach.
const LEAST: usize = 8;
/// Patterns that are damaged for a calibration.
const DAMAGED: usize = 32;
/// Patterns that they are compared with.
const COHORT: usize = 128;

/// Compares stored patterns by evidence. See the [module](super).
#[derive(Debug)]
pub struct SelfCalibratingMemory {
    config: SelfCalibratingConfig,
    model: Arc<dyn GenerativeModel>,
    observation: SelfCalibrating,
    sites: Sites,
    pub(super) store: PatternStore,
    /// Of what is stored now, once it was asked for.
    calibration: OnceLock<Calibration>,
}

/// Patterns that explain another, undamaged, more than half as well as it explains itself are the same but
/// for details: without it, it would still be known by them.
const ALIKE: f32 = 0.5;

/// The pattern with this index and those like it, by its scores.
fn alike_to((index, scores): (usize, &[f32])) -> Vec<usize> {
    let like = |at: &usize| *at == index || scores[*at] > ALIKE * scores[index];
    (0..scores.len()).filter(like).collect()
}

/// Scores `[cues, patterns]`.
struct Scores {
    values: Vec<f32>,
    patterns: usize,
}

impl Scores {
    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.patterns)
    }
}

impl SelfCalibratingMemory {
    pub(super) fn new(
        config: SelfCalibratingConfig,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<Self> {
        config.validate()?;
        let observation = SelfCalibrating::new(config.channels)?;
        let dim = model.data_dim();
        observation.check(dim)?;
        Ok(Self {
            sites: Sites::new(dim, config.channels, config.most_sites, config.seed),
            store: PatternStore::new(model.latent_dim(), device)?,
            config,
            model,
            observation,
            calibration: OnceLock::new(),
        })
    }

    /// The options.
    pub fn config(&self) -> &SelfCalibratingConfig {
        &self.config
    }

    /// What codes decode to.
    pub fn model(&self) -> &Arc<dyn GenerativeModel> {
        &self.model
    }

    /// What is known of each cue `[b, d]`: the probabilities of the stored patterns and of none, and how the
    /// best of them explains it, at every site.
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`]; [`Error::Unsupported`] below eight stored patterns.
    pub fn answers(&self, cues: Tensor<2>) -> Result<Vec<Answer>> {
        let calibration = self.calibration()?;
        let least = match self.config.false_accept {
            Some(rate) => calibration.threshold(rate)?,
            None => f64::NEG_INFINITY,
        };
        let scores = self.scores(&cues, None, &self.all())?;
        let values = check::to_host(cues)?;
        let pairs = scores.rows().zip(values.chunks_exact(self.dim()));
        let answer = |(scores, cue): (&[f32], &[f32])| {
            let (best, clearance) = clearance(scores, &[], self.sites.count);
            let known = calibration.probability_stored(clearance);
            Ok(Answer {
                posterior: probabilities(scores, calibration.temperature(), known),
                none: 1.0 - known,
                best,
                clearance,
                accepted: clearance >= least,
                evidence: self.evidence(cue, best)?,
            })
        };
        pairs.map(answer).collect()
    }

    /// How stored pattern `index` explains a cue, at every site.
    fn evidence(&self, cue: &[f32], index: usize) -> Result<Evidence> {
        let pattern = check::to_host(self.model.decode(self.store.select(&[index])?))?;
        self.observation.evidence(cue, &pattern)
    }

    /// What clearances mean among the stored patterns: measured when first asked for after a change.
    ///
    /// # Errors
    /// [`Error::Unsupported`] below eight stored patterns: there is no cohort.
    pub fn calibration(&self) -> Result<&Calibration> {
        if let Some(known) = self.calibration.get() {
            return Ok(known);
        }
        let measured = self.calibrate()?;
        Ok(self.calibration.get_or_init(|| measured))
    }

    fn calibrate(&self) -> Result<Calibration> {
        if self.len() < LEAST {
            return Err(Error::Unsupported {
                what: "SelfCalibratingMemory::calibration",
                capability: "at least 8 stored patterns to judge cues against",
                part: format!("{}", self.len()),
            });
        }
        let seed = self.config.seed;
        let mut cohort = rng::permutation(&mut rng::stream(seed, "calibration"), self.len());
        cohort.truncate(COHORT);
        let damaged = DAMAGED.min(cohort.len());
        let patterns = self.model.decode(self.store.select(&cohort[..damaged])?);
        let (patterns, dim) = (check::to_host(patterns)?, self.dim());
        let mut trials = Vec::with_capacity(KINDS * damaged);
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for kind in 0..KINDS {
            let mut cues = patterns.clone();
            for (row, cue) in cues.chunks_exact_mut(dim).enumerate() {
                let index = (kind * DAMAGED + row) as u64;
                let mut rng = rng::indexed_stream(seed, "calibration damage", index);
                damage(cue, self.config.channels, kind, &mut rng);
            }
            let cues = check::from_host("cues", cues, dim, self.store.device())?;
            let scores = self.scores(&cues, None, &cohort)?;
            if kind == UNDAMAGED {
                alike = scores.rows().enumerate().map(alike_to).collect();
            }
            let rows = scores.rows().zip(&alike);
            trials.extend(rows.map(|(scores, alike)| Trial {
                scores: scores.to_vec(),
                alike: alike.clone(),
                stored: clearance(scores, &[], self.sites.count).1,
                novel: clearance(scores, alike, self.sites.count).1,
            }));
        }
        Ok(Calibration::new(&trials))
    }

    fn all(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    /// Scores of stored patterns for cues `[b, d]`, of which only entries with `known` 1 are given.
    fn scores(
        &self,
        cues: &Tensor<2>,
        known: Option<Tensor<2>>,
        patterns: &[usize],
    ) -> Result<Scores> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        check::batch("cues", cues, self.dim())?;
        let thinned = self.sites.of(cues.clone())?;
        let restricted = match known {
            None => self.observation.boxed(),
            Some(known) => {
                check::known(&known, cues.dims())?;
                self.observation
                    .restricted(self.sites.of(known)?, thinned.dims())?
            }
        };
        let prepared = restricted.prepared(&thinned);
        let observation = prepared.unwrap_or(restricted);
        let rows = (PART_BYTES / 4 / self.dim()).max(1);
        let mut parts = Vec::new();
        for part in patterns.chunks(rows) {
            let decoded = self.model.decode(self.store.select(part)?);
            parts.push(observation.energies(&thinned, self.sites.of(decoded)?));
        }
        Ok(Scores {
            values: check::to_host(Tensor::cat(parts, 1).neg())?,
            patterns: patterns.len(),
        })
    }

    fn recall(&self, cues: Tensor<2>, known: Option<Tensor<2>>) -> Result<Recall> {
        let scores = self.scores(&cues, known, &self.all())?;
        let found: Vec<(usize, f64)> = scores
            .rows()
            .map(|scores| clearance(scores, &[], self.sites.count))
            .collect();
        let best: Vec<usize> = found.iter().map(|(best, _)| *best).collect();
        let state = self.store.select(&best)?;
        let mut recall = Recall::single_pass(state.clone());
        if !self.model.codes_are_data() {
            recall.decoded = Some(self.model.decode(state));
        }
        // Explaining nothing has the score 0.
        recall.energy_first = vec![0.0; best.len()];
        let rows = scores.rows().zip(&best);
        recall.energy_last = rows.map(|(scores, best)| -scores[*best]).collect();
        if let Some(rate) = self.config.false_accept
            && self.len() >= LEAST
        {
            let least = self.calibration()?.threshold(rate)?;
            for (outcome, (_, clearance)) in recall.outcomes.iter_mut().zip(&found) {
                if *clearance < least {
                    *outcome = Outcome::Rejected;
                }
            }
        }
        Ok(recall)
    }
}

impl AssociativeMemory for SelfCalibratingMemory {
    fn name(&self) -> &'static str {
        "self-calibrating"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        check::batch("patterns", &patterns, self.dim())?;
        let codes = match self.model.codes_are_data() {
            // As they are: no second copy.
            true => patterns,
            false => self.model.encode(patterns).mean,
        };
        self.store.push(codes)?;
        self.calibration.take();
        Ok(())
    }

    /// The best stored pattern. With a rate of false acceptance and at least eight stored patterns, a cue that stands out too little has
    /// [`Outcome::Rejected`]; its state is still the best there is.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        self.recall(cues, None)
    }

    fn len(&self) -> usize {
        self.store.len()
    }

    fn dim(&self) -> usize {
        self.model.data_dim()
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.store.to_tensor()
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    fn as_explain(&self) -> Option<&dyn Explain> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }
}

impl Complete for SelfCalibratingMemory {
    /// Sites with an unknown channel do not count.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        self.recall(cues, Some(known))
    }
}

impl Recognise for SelfCalibratingMemory {
    /// The clearance: by how much the best stored pattern stands out from the others.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let scores = self.scores(&cues, None, &self.all())?;
        let found = scores.rows();
        let found: Vec<f32> = found
            .map(|scores| clearance(scores, &[], self.sites.count).1 as f32)
            .collect();
        let rows = found.len();
        Ok(Tensor::from_data(
            TensorData::new(found, [rows]),
            self.store.device(),
        ))
    }

    /// Measured on stored patterns that are damaged and left out ([`Calibration::threshold`]).
    fn threshold(&self, false_accept: f64) -> Result<f64> {
        config::rate(false_accept)?;
        self.calibration()?.threshold(false_accept)
    }
}

impl Explain for SelfCalibratingMemory {
    fn explained(&self, cues: Tensor<2>) -> Result<Tensor<2>> {
        let scores = self.scores(&cues, None, &self.all())?;
        let values = check::to_host(cues)?;
        let mut weights = Vec::new();
        for (scores, cue) in scores.rows().zip(values.chunks_exact(self.dim())) {
            let (best, _) = clearance(scores, &[], self.sites.count);
            weights.extend(self.evidence(cue, best)?.weights);
        }
        let sites = self.dim() / self.config.channels;
        check::from_host("weights", weights, sites, self.store.device())
    }
}

impl Forget for SelfCalibratingMemory {
    fn clear(&mut self) {
        self.store.clear();
        self.calibration.take();
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.store.remove(index)?;
        self.calibration.take();
        Ok(())
    }
}
