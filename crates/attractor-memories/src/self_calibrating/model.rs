use std::sync::{Arc, OnceLock};

use attractor_core::kernel::{PatternStore, Tags};
use attractor_core::observation::SelfCalibrating;
use attractor_core::observation::self_calibrating::Evidence;
use attractor_core::{
    AssociativeMemory, Complete, Explain, Forget, GenerativeModel, Identify, ObservationModel,
    Outcome, Persist, Recall, Recognise, Result, check, spans,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::answer::{Answer, probabilities};
use super::calibration::Calibration;
use super::comparison::Found;
use super::ordinary::Standing;
use super::sites::Sites;
use super::{SelfCalibratingConfig, config};

/// Fewest patterns whose scores say what others reach.
pub(super) const LEAST: usize = 8;

/// Compares stored patterns by evidence. See the [module](super).
#[derive(Debug)]
pub struct SelfCalibratingMemory {
    config: SelfCalibratingConfig,
    pub(super) model: Arc<dyn GenerativeModel>,
    pub(super) observation: SelfCalibrating,
    pub(super) sites: Sites,
    pub(super) store: PatternStore,
    /// Of what is stored now, once it was asked for.
    pub(super) calibration: OnceLock<Calibration>,
}

impl SelfCalibratingMemory {
    pub(super) fn new(
        config: SelfCalibratingConfig,
        model: Arc<dyn GenerativeModel>,
        device: &Device,
    ) -> Result<Self> {
        config.validate()?;
        let observation = config.observation()?;
        let dim = model.data_dim();
        observation.check(dim)?;
        config.sites(dim / config.channels)?;
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
    /// As [`AssociativeMemory::read`]; [`attractor_core::Error::Unsupported`] below eight stored patterns.
    pub fn answers(&self, cues: Tensor<2>) -> Result<Vec<Answer>> {
        let calibration = self.calibration()?;
        let least = self.least()?.map_or(f64::NEG_INFINITY, |(_, least)| least);
        let settled = self.settle(&cues, None)?;
        let values = check::to_host(cues)?;
        let answer = |((scores, found), cue): ((Vec<f32>, Found), &[f32])| {
            let Found { best, standing } = found;
            let familiarity = calibration.familiarity(&standing);
            let known = calibration.probability_stored(familiarity);
            Ok(Answer {
                posterior: probabilities(&scores, calibration.temperature(), known),
                scores,
                none: 1.0 - known,
                best,
                clearance: standing.clearance,
                familiarity,
                accepted: familiarity >= least,
                evidence: self.evidence(cue, best)?,
            })
        };
        let rows = values.chunks_exact(self.dim());
        settled.into_iter().zip(rows).map(answer).collect()
    }

    /// How stored pattern `index` explains a cue, at every site.
    fn evidence(&self, cue: &[f32], index: usize) -> Result<Evidence> {
        let pattern = check::to_host(self.model.decode(self.store.select(&[index])?))?;
        self.observation.evidence(cue, &pattern)
    }

    /// What clearances mean among the stored patterns: measured when first asked for after a change.
    ///
    /// # Errors
    /// [`attractor_core::Error::Unsupported`] below eight stored patterns: there is no cohort.
    pub fn calibration(&self) -> Result<&Calibration> {
        if let Some(known) = self.calibration.get() {
            return Ok(known);
        }
        let measured = self.calibrate()?;
        Ok(self.calibration.get_or_init(|| measured))
    }

    pub(super) fn all(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    fn recall(&self, cues: Tensor<2>, known: Option<Tensor<2>>) -> Result<Recall> {
        let settled = self.settle(&cues, known.as_ref())?;
        let best: Vec<usize> = settled.iter().map(|(_, found)| found.best).collect();
        let state = self.store.select(&best)?;
        let mut recall = Recall::single_pass(state.clone()).of_patterns(&best, self.store.ids());
        if !self.model.codes_are_data() {
            recall.decoded = Some(self.model.decode(state));
        }
        // Explaining nothing has the score 0.
        recall.energy_first = vec![0.0; best.len()];
        let least = self.least()?;
        for ((scores, found), outcome) in settled.iter().zip(&mut recall.outcomes) {
            recall.energy_last.push(-scores[found.best]);
            if least.is_some_and(|(known, least)| known.familiarity(&found.standing) < least) {
                *outcome = Outcome::Rejected;
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
        self.write_as(patterns, &Tags::default())
    }

    /// The best stored pattern. With a rate of false acceptance and at least eight stored patterns, a cue that stands out too little has
    /// [`Outcome::Rejected`]; its state is still the best there is.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
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

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }
}

impl Complete for SelfCalibratingMemory {
    /// Sites with an unknown channel do not count.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        self.recall(cues, Some(known))
    }
}

impl Recognise for SelfCalibratingMemory {
    /// By how much the best stored pattern stands out from the runner-up, in units of the spread of the others,
    /// times the share of the cue that it explains; from eight stored patterns on, as the logarithm of what that is of the
    /// ordinary ([`Calibration::familiarity`]).
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let settled = self.settle(&cues, None)?;
        // Below that there is no cohort.
        let calibration = match self.len() >= LEAST {
            true => Some(self.calibration()?),
            false => None,
        };
        let familiarity = |standing: Standing| match calibration {
            Some(known) => known.familiarity(&standing),
            None => standing.clearance,
        };
        let found: Vec<f32> = settled
            .into_iter()
            .map(|(_, found)| familiarity(found.standing) as f32)
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
        let settled = self.settle(&cues, None)?;
        let values = check::to_host(cues)?;
        let mut weights = Vec::new();
        for ((_, found), cue) in settled.iter().zip(values.chunks_exact(self.dim())) {
            weights.extend(self.evidence(cue, found.best)?.weights);
        }
        let sites = self.dim() / self.config.channels;
        check::from_host("weights", weights, sites, self.store.device())
    }
}
