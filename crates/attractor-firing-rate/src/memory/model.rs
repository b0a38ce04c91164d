use attractor_core::kernel::{PatternIds, Tags};
use attractor_core::{
    AssociativeMemory, Error, Outcome, Recall, Recalled, Result, Trace, check, spans,
};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::coupling::Coupling;
use super::relax::{Start, relax};
use crate::network::{Network, Synapses};
use crate::{
    Design, FiringRateConfig, Gains, Guarantee, Levels, Patterns, StabilityReport, Statistics,
};

/// Firing-rate network that remembers patterns of 0 and 1. See the [crate](crate).
#[derive(Debug, Clone)]
pub struct FiringRate {
    pub(super) config: FiringRateConfig,
    pub(super) device: Device,
    pub(super) patterns: Patterns,
    pub(super) ids: PatternIds,
    /// Of what is stored; `None` while that is nothing.
    built: Option<Built>,
}

/// The network that stores a set of patterns.
#[derive(Debug, Clone)]
struct Built {
    network: Network,
    statistics: Statistics,
    /// The gains, and the activity that they are for.
    gains: Option<(Gains, f64)>,
    coupling: Coupling,
}

impl FiringRate {
    pub(crate) fn new(config: FiringRateConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            patterns: Patterns::new(config.dim),
            ids: PatternIds::new(),
            device: device.clone().without_autodiff(),
            config,
            built: None,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &FiringRateConfig {
        &self.config
    }

    /// What is stored, as bits.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Rates of silent and active units in a memory.
    pub fn levels(&self) -> Levels {
        Levels::unchecked(&self.config.activation, &self.config.currents)
    }

    /// Stores patterns `[n, d]` of 0 and 1 after those already stored, and reports on everything that is
    /// stored then. [`attractor_core::AssociativeMemory::write`] does the same without the report, whose
    /// cost grows with the fourth power of the number of patterns.
    ///
    /// # Errors
    /// A wrong width, no rows, entries other than 0 and 1, rows without active or without silent units;
    /// what [`Gains::new`] and [`Synapses::exact`] refuse; [`Error::Guarantee`] if the configuration asks
    /// for a guarantee that fails. Nothing is stored then.
    pub fn store(&mut self, patterns: Tensor<2>) -> Result<StabilityReport> {
        let (all, built) = self.with(patterns)?;
        let report = self.report_of(&built)?;
        report.require(self.config.guarantee, &self.config.currents)?;
        self.ids
            .push(all.len() - self.patterns.len(), &Tags::default())?;
        (self.patterns, self.built) = (all, Some(built));
        Ok(report)
    }

    /// The report on everything stored.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn report(&self) -> Result<StabilityReport> {
        self.report_of(self.built()?)
    }

    /// The network in double precision: trajectories, energies, eigenvalues, weights.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn network(&self) -> Result<&Network> {
        Ok(&self.built()?.network)
    }

    /// Recalls from cues `[b, d]` under constant input currents u `[b, d]`.
    ///
    /// # Errors
    /// As a read, for both.
    pub fn read_driven(&self, cues: Tensor<2>, input: Tensor<2>) -> Result<Recall> {
        let cues = self.cues(cues)?;
        let input = input.without_autodiff();
        check::batch("input currents", &input, self.config.dim)?;
        let ([expected, _], [found, _]) = (cues.dims(), input.dims());
        if found != expected {
            return Err(Error::Rows {
                what: "input currents",
                expected,
                found,
            });
        }
        let most = crate::activation::MOST_CURRENT as f32;
        let values = check::to_host(input.clone())?;
        if let Some(value) = values.iter().find(|value| value.abs() > most) {
            let rule = "must lie between -1e6 and 1e6";
            return Err(Error::config("input currents", rule, value));
        }
        self.recall(Start {
            rates: cues,
            input: Some(input.to_device(&self.device)),
            free: None,
        })
    }

    fn built(&self) -> Result<&Built> {
        self.built.as_ref().ok_or(Error::EmptyMemory)
    }

    fn report_of(&self, built: &Built) -> Result<StabilityReport> {
        let Built {
            network,
            statistics,
            gains,
            ..
        } = built;
        StabilityReport::of(network, *statistics, *gains, &self.config.currents)
    }

    /// The design for these patterns.
    fn build(&self, patterns: &Patterns) -> Result<Built> {
        let FiringRateConfig {
            activation,
            currents,
            ..
        } = self.config;
        let levels = Levels::new(&activation, &currents)?;
        let statistics = Statistics::of(patterns)?;
        let pair = match self.config.design {
            Design::Exact => None,
            Design::Known { activity, overlap } => Some((activity, overlap)),
            Design::Estimate => Some((statistics.activity, statistics.overlap)),
        };
        let gains = match pair {
            None => None,
            Some((q, r)) => Some((Gains::new(&levels, &currents, q, r)?, q)),
        };
        let synapses = match &gains {
            Some((gains, _)) => Synapses::hebbian(patterns.clone(), gains),
            None => Synapses::exact(patterns.clone(), &levels, &currents)?,
        };
        Ok(Built {
            coupling: Coupling::new(&synapses, &self.device)?,
            network: Network {
                activation,
                synapses,
                levels,
            },
            statistics,
            gains,
        })
    }

    /// What is stored, with more patterns, and the design for all of them.
    fn with(&self, patterns: Tensor<2>) -> Result<(Patterns, Built)> {
        let patterns = patterns.without_autodiff();
        check::batch("patterns", &patterns, self.config.dim)?;
        let rows = check::to_host(patterns)?;
        let mut all = self.patterns.clone();
        all.append(&Patterns::from_rows("patterns", &rows, self.config.dim)?);
        let built = self.build(&all)?;
        Ok((all, built))
    }

    /// Stores without a report, unless a guarantee asks for one.
    pub(super) fn add(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.ids.check(patterns.dims()[0], tags)?;
        let (all, built) = self.with(patterns)?;
        if self.config.guarantee != Guarantee::None {
            let report = self.report_of(&built)?;
            report.require(self.config.guarantee, &self.config.currents)?;
        }
        self.ids.push(all.len() - self.patterns.len(), tags)?;
        (self.patterns, self.built) = (all, Some(built));
        Ok(())
    }

    pub(super) fn empty(&mut self) {
        (self.patterns, self.built) = (Patterns::new(self.config.dim), None);
        self.ids.clear();
    }

    /// Stores these patterns in the place of all others; none empties the memory.
    pub(super) fn replace(&mut self, patterns: Patterns) -> Result<()> {
        self.built = match patterns.is_empty() {
            true => None,
            false => {
                let built = self.build(&patterns)?;
                if self.config.guarantee != Guarantee::None {
                    let report = self.report_of(&built)?;
                    report.require(self.config.guarantee, &self.config.currents)?;
                }
                Some(built)
            }
        };
        self.patterns = patterns;
        Ok(())
    }

    /// Checked cues: rates.
    pub(super) fn cues(&self, cues: Tensor<2>) -> Result<Tensor<2>> {
        self.built()?;
        let cues = cues.without_autodiff();
        check::batch("cues", &cues, self.config.dim)?;
        let values = check::to_host(cues.clone())?;
        match values.iter().position(|value| !(0.0..=1.0).contains(value)) {
            None => Ok(cues.to_device(&self.device)),
            Some(at) => {
                let (row, column) = (at / self.config.dim, at % self.config.dim);
                let found = format!("{} at row {row}, column {column}", values[at]);
                Err(Error::config(
                    "cues",
                    "every rate must lie between 0 and 1",
                    found,
                ))
            }
        }
    }

    /// Integrates, and says of each row how it ended.
    pub(super) fn recall(&self, start: Start) -> Result<Recall> {
        let (built, dim) = (self.built()?, self.config.dim);
        let network = &built.network;
        let first = check::to_host(start.rates.clone())?;
        let input = start.input.clone().map(check::to_host).transpose()?;
        let energies = |rates: &[f32]| -> Vec<f32> {
            let rows = rates.par_chunks_exact(dim).enumerate();
            let energy = |(row, rates): (usize, &[f32])| {
                let own = input
                    .as_ref()
                    .map(|input| wide(&input[row * dim..(row + 1) * dim]));
                network.energy(&wide(rates), own.as_deref()) as f32
            };
            rows.map(energy).collect()
        };
        let parts = (&built.coupling, &self.config.activation);
        let ended = relax(parts, &self.config.dynamics, start, &self.device)?;
        let rows = ended.rates.par_chunks_exact(dim).zip(&ended.settled);
        let ended_as = rows.map(|(rates, &settled)| self.outcome(network, rates, settled));
        let (outcomes, recalled) = ended_as.unzip();
        let threshold = network.levels.threshold();
        let bits = ended
            .rates
            .iter()
            .map(|&rate| f32::from(f64::from(rate) > threshold));
        Ok(Recall {
            outcomes,
            energy_first: energies(&first),
            energy_last: energies(&ended.rates),
            decoded: Some(check::from_host("bits", bits.collect(), dim, &self.device)?),
            state: check::from_host("state", ended.rates, dim, &self.device)?,
            steps: ended.steps,
            trace: Trace::default(),
            recalled,
        })
    }

    /// How a row ended, and at which memory if it did.
    fn outcome(
        &self,
        network: &Network,
        rates: &[f32],
        settled: bool,
    ) -> (Outcome, Option<Recalled>) {
        if rates.iter().any(|rate| !rate.is_finite()) {
            return (Outcome::Diverged, None);
        }
        if !settled {
            return (Outcome::MaxSteps, None);
        }
        let rates = wide(rates);
        let contents = network.contents(&rates).into_iter().enumerate();
        let fuller =
            |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
        let (index, best) = contents.fold((0, 0.0), fuller);
        match best >= self.config.recognised {
            true => {
                let id = self.ids.get(index);
                (Outcome::Converged, id.map(|id| Recalled { index, id }))
            }
            false if network.bits(&rates).contains(&true) => (Outcome::Collapsed, None),
            false => (Outcome::Rejected, None),
        }
    }
}

pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}
