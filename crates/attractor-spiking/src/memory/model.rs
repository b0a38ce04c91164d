use attractor_core::recall::TraceTerm;
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Merge, Persist, Recall, Recognise, Result, Trace,
    check, spans,
};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::{Certify, SpikingMemoryConfig};
use crate::algebra::{Matrix, dot, largest_eigenvalue};
use crate::cube::certificate::{V1, V2};
use crate::cube::{Certificate, CubeNetwork, CubeRecall};
use crate::rules::{Learner, doubles, signs};

/// A memory of patterns of +1 and -1 in the vertices of a hypercube network. See the [`crate`].
///
/// Cues are rows of +1, -1 and 0, where 0 is unknown: both neurons of the unit start half active.
/// [`Complete`] holds the neurons of known units at the cue's activity while the others run. The patterns are kept
/// beside the weights, for certificates and for forgetting by index.
#[derive(Debug, Clone)]
pub struct SpikingMemory {
    pub(super) config: SpikingMemoryConfig,
    device: Device,
    /// Row-major `[n, dim]`.
    pub(super) patterns: Vec<i8>,
    pub(super) learner: Learner,
    network: Option<CubeNetwork>,
}

impl SpikingMemory {
    pub(super) fn new(config: SpikingMemoryConfig, device: &Device) -> Self {
        Self {
            learner: Learner::new(config.rule, config.dim),
            config,
            device: device.clone().without_autodiff(),
            patterns: Vec::new(),
            network: None,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &SpikingMemoryConfig {
        &self.config
    }

    /// The network that holds the patterns.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn network(&self) -> Result<&CubeNetwork> {
        self.network.as_ref().ok_or(Error::EmptyMemory)
    }

    /// J as the rule gives it `[K, K]`.
    pub fn coupling(&self) -> Matrix {
        self.learner.coupling()
    }

    /// V1 to V3 of every stored pattern: see [`crate::cube::certificate`].
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn certificates(&self) -> Result<Vec<Certificate>> {
        self.network()?.certify(&self.patterns)
    }

    /// Recalls every row of signs `[b, K]` with all that is known about it.
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`] and [`Complete::complete`].
    pub fn recall(&self, cues: Tensor<2>, known: Option<Tensor<2>>) -> Result<Vec<CubeRecall>> {
        let network = self.network()?;
        let (cues, dim) = (cues.without_autodiff(), self.config.dim);
        check::batch("cues", &cues, dim)?;
        let known = known.map(|known| check::known(&known.without_autodiff(), cues.dims()));
        let known = known.transpose()?;
        let mut values = check::to_host(cues)?;
        let held: Option<Vec<bool>> = known.map(|known| {
            // What is not known is not looked at.
            for (value, &known) in values.iter_mut().zip(&known) {
                *value *= known;
            }
            known.iter().map(|&known| known == 1.0).collect()
        });
        let cues = signs("cues", &values, true)?;
        let rows = cues.par_chunks_exact(dim).enumerate();
        rows.map(|(row, cue)| {
            let held = held.as_ref().map(|held| &held[row * dim..(row + 1) * dim]);
            network.recall(cue, held, &self.config.schedule)
        })
        .collect()
    }

    /// The network of what `learner` learned from `patterns`.
    pub(super) fn settled(
        &self,
        learner: &Learner,
        patterns: &[i8],
    ) -> Result<Option<CubeNetwork>> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let dim = self.config.dim;
        let coupling = learner.coupling();
        let lambda = largest_eigenvalue(&coupling)?;
        let mut largest: f64 = 0.0;
        for k in 0..dim {
            let others = coupling.row(k).iter().enumerate().filter(|&(l, _)| l != k);
            largest = others.map(|(_, j)| j.abs()).fold(largest, f64::max);
        }
        if !(lambda > 1e-12 && largest > 1e-12) {
            return Err(Error::Guarantee {
                what: V2,
                expected: "patterns that leave a coupling between units".into(),
                found: format!("{} patterns of {dim} units", patterns.len() / dim),
            });
        }
        let ratio = match self.config.inhibition_ratio {
            0.0 => self.config.rule.inhibition_ratio(),
            ratio => ratio,
        };
        let (same, opposing) = (ratio, self.config.opposing_ratio.unwrap_or(ratio));
        let mut field = 0.0;
        for pattern in patterns.chunks_exact(dim).map(doubles) {
            field += dot(&coupling.times(&pattern), &pattern) / patterns.len() as f64;
        }
        let c = self.config.global_ratio * largest;
        let drive = self.config.schedule.rate * (c * dim as f64 + same * lambda - field);
        if drive <= 0.0 {
            return Err(Error::Guarantee {
                what: V1,
                expected: "inhibition above the mean field of the patterns".into(),
                found: format!("{:.4} against {field:.4}", c * dim as f64 + same * lambda),
            });
        }
        // The diagonal that a rule leaves counts for both sides.
        let [same, opposing] = [same, opposing].map(|ratio| vec![ratio * lambda; dim]);
        CubeNetwork::new(coupling, &same, &opposing, c, drive).map(Some)
    }

    /// Takes over what `learner` learned, unless a certificate that is required fails.
    fn accept(&mut self, learner: Learner, patterns: Vec<i8>) -> Result<()> {
        let network = self.settled(&learner, &patterns)?;
        if let (Certify::Require, Some(network)) = (self.config.certify, &network) {
            for (index, certificate) in network.certify(&patterns)?.iter().enumerate() {
                if let Some((what, found)) = certificate.failure(0.0) {
                    return Err(Error::Guarantee {
                        what,
                        expected: "more than 0 for every pattern".into(),
                        found: format!("{found:.4} for pattern {index}"),
                    });
                }
            }
        }
        (self.learner, self.patterns, self.network) = (learner, patterns, network);
        Ok(())
    }

    pub(crate) fn write_signs(&mut self, new: &[i8]) -> Result<()> {
        let (dim, known) = (self.config.dim, self.len());
        let patterns = [self.patterns.as_slice(), new].concat();
        let mut learner = self.learner.clone();
        learner.add(&patterns, known, dim)?;
        self.accept(learner, patterns)
    }

    fn answer(&self, rows: Vec<CubeRecall>) -> Result<Recall> {
        let state = rows.iter().flat_map(|row| &row.signs);
        let state = state.map(|&sign| f32::from(sign)).collect();
        let windows = rows.iter().map(|row| row.energies.len()).max().unwrap_or(0);
        let energy = |window: usize| -> Vec<f32> {
            let value = |row: &CubeRecall| row.energies.get(window).copied().unwrap_or(0.0) as f32;
            rows.iter().map(value).collect()
        };
        let values: Vec<Vec<f32>> = (0..windows).map(energy).collect();
        Ok(Recall {
            state: check::from_host("state", state, self.config.dim, &self.device)?,
            decoded: None,
            outcomes: rows.iter().map(CubeRecall::outcome).collect(),
            steps: rows.iter().map(|row| row.spikes).collect(),
            energy_first: values.first().cloned().unwrap_or_default(),
            energy_last: values.last().cloned().unwrap_or_default(),
            trace: Trace {
                terms: vec![TraceTerm {
                    name: "energy".into(),
                    values,
                }],
            },
            recalled: Vec::new(),
        })
    }
}

impl AssociativeMemory for SpikingMemory {
    fn name(&self) -> &'static str {
        "spiking"
    }

    /// Stores patterns of +1 and -1.
    ///
    /// # Errors
    /// As [`AssociativeMemory::write`]; [`Error::Config`] for other entries and for patterns that the perceptron cannot
    /// learn; [`Error::Guarantee`] naming V1, V2 or V3 for patterns that leave no coupling between units, or that a
    /// required certificate refuses.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let patterns = patterns.without_autodiff();
        check::batch("patterns", &patterns, self.config.dim)?;
        let signs = signs("patterns", &check::to_host(patterns)?, false)?;
        self.write_signs(&signs)
    }

    /// Recalls from cues of +1, -1 and 0 (unknown). Steps are spikes; the energy is F, averaged over each tau.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.answer(self.recall(cues, None)?)
    }

    fn len(&self) -> usize {
        self.patterns.len() / self.config.dim
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        let values: Vec<f32> = self.patterns.iter().map(|&sign| sign.into()).collect();
        let shape = [self.len(), self.config.dim];
        Ok(Tensor::from_data(
            TensorData::new(values, shape),
            &self.device,
        ))
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Complete for SpikingMemory {
    /// The neurons of known units are held at the cue's activity (`rate` filtered spikes on its side, none on the
    /// other) and are constant input for the rest, which starts half active. Known entries come back as they
    /// were given.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        self.answer(self.recall(cues, Some(known))?)
    }
}

impl Recognise for SpikingMemory {
    /// The mean field along the cue, `xi.J xi / K`: for the pseudo-inverse the share of the cue's square that lies in
    /// the span of the patterns (without the diagonal's part). A cue and its negative are equally familiar.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let coupling = self.network().map(|_| self.learner.coupling())?;
        let (cues, dim) = (cues.without_autodiff(), self.config.dim);
        check::batch("cues", &cues, dim)?;
        let cues = signs("cues", &check::to_host(cues)?, true)?;
        let rows = cues.par_chunks_exact(dim).map(|cue| {
            let cue = doubles(cue);
            (dot(&coupling.times(&cue), &cue) / dim as f64) as f32
        });
        let values: Vec<f32> = rows.collect();
        Ok(Tensor::from_data(
            TensorData::from(values.as_slice()),
            &self.device,
        ))
    }
}

impl Forget for SpikingMemory {
    fn clear(&mut self) {
        *self = Self::new(self.config, &self.device);
    }

    /// Hebb's rule subtracts exactly and the projector to rounding; the others learn the rest anew.
    fn remove(&mut self, index: usize) -> Result<()> {
        let (dim, len) = (self.config.dim, self.len());
        if index >= len {
            return Err(Error::Index {
                what: "stored patterns",
                len,
                index,
            });
        }
        if len == 1 {
            self.clear();
            return Ok(());
        }
        let mut learner = self.learner.clone();
        learner.remove(&self.patterns, index, dim)?;
        let mut patterns = self.patterns.clone();
        patterns.drain(index * dim..(index + 1) * dim);
        self.accept(learner, patterns)
    }
}

impl Merge for SpikingMemory {
    fn merge(mut self, other: Self) -> Result<Self> {
        if self.config != other.config {
            return Err(Error::Mismatch {
                what: "spiking memory",
                expected: format!("{:?}", self.config),
                part: "the other one",
                found: format!("{:?}", other.config),
            });
        }
        if !other.is_empty() {
            self.write_signs(&other.patterns)?;
        }
        Ok(self)
    }
}
