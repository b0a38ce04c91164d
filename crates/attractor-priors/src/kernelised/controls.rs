//! Learned and identity maps side by side, at the same and at their own best beta.

use std::fmt;

use attractor_core::error::require_positive;
use attractor_core::{Error, MemoryPrior, Result, Stopping, check};
use burn::tensor::Tensor;

use super::{Kernelised, KernelisedConfig, MapKind};

/// Errors that differ by less than this do not.
const MARGIN: f64 = 1e-3;

/// What [`compare`] measures.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonConfig {
    /// The learned memory; its beta is the one of the matched rows.
    pub memory: KernelisedConfig,
    /// Values of beta among which each map finds its own best.
    pub betas: Vec<f32>,
    /// Updates of a retrieval.
    pub steps: usize,
}

impl Default for ComparisonConfig {
    fn default() -> Self {
        Self {
            memory: KernelisedConfig::default(),
            betas: vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0],
            steps: 1,
        }
    }
}

/// One memory at one beta.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Trial {
    /// Inverse temperature.
    pub beta: f32,
    /// Squared error summed over entries, mean over cues.
    pub error: f64,
    /// Share of cues whose largest weight is on their own code.
    pub top1: f64,
}

/// Both maps at the same and at their best beta.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// W = I at the given beta.
    pub identity: Trial,
    /// The learned W at the given beta.
    pub learned: Trial,
    /// W = I at the given beta times `hidden_factor`.
    pub identity_scaled: Trial,
    /// W = I at its best beta.
    pub identity_tuned: Trial,
    /// The learned W at its best beta.
    pub learned_tuned: Trial,
    /// Mean squared norm of learned features over that of the codes, as they are compared: what
    /// learning multiplied beta by. 1 with unit features.
    pub hidden_factor: f64,
    /// `1 - max cosine` of two codes.
    pub separation_identity: f64,
    /// `1 - max cosine` of two learned features.
    pub separation_learned: f64,
}

impl Comparison {
    /// Whether learning helped beyond what a better beta does: the tuned identity is worse than the
    /// tuned learned map by more than 1e-3.
    pub fn is_credited(&self) -> bool {
        self.identity_tuned.error > self.learned_tuned.error + MARGIN
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "separation {:.4} -> {:.4}; |f|^2 multiplies beta by {:.3}",
            self.separation_identity, self.separation_learned, self.hidden_factor
        )?;
        writeln!(
            f,
            "| map | beta | error | top-1 |\n| --- | --- | --- | --- |"
        )?;
        for (name, trial) in [
            ("identity, matched beta", self.identity),
            ("learned, matched beta", self.learned),
            ("identity, beta times |f|^2", self.identity_scaled),
            ("identity, best beta", self.identity_tuned),
            ("learned, best beta", self.learned_tuned),
        ] {
            let Trial { beta, error, top1 } = trial;
            writeln!(f, "| {name} | {beta} | {error:.3e} | {top1:.3} |")?;
        }
        let verdict = match self.is_credited() {
            true => "the learned map is better than the identity at its best beta",
            false => "no credit to the learned map: the identity does as well at its best beta",
        };
        write!(f, "{verdict}")
    }
}

/// The learned map and the identity over the same patterns: learned once, compared on many cues.
#[derive(Debug, Clone)]
pub struct Rivals {
    learned: Kernelised,
    identity: Kernelised,
    patterns: Vec<f32>,
    count: usize,
    dim: usize,
    beta: f32,
    hidden_factor: f64,
    /// `1 - max cosine` of two codes, and of two learned features.
    separation: [f64; 2],
}

impl Rivals {
    /// Stores `patterns` `[n, d]` in two memories, with the learned map and with the identity.
    ///
    /// # Errors
    /// As [`MemoryPrior::store`] of a [`Kernelised`].
    pub fn new(patterns: &Tensor<2>, memory: &KernelisedConfig) -> Result<Self> {
        let [count, dim] = patterns.dims();
        let stored = |map| -> Result<Kernelised> {
            let config = KernelisedConfig {
                map,
                ..memory.clone()
            };
            let mut memory = config.init(dim, &patterns.device())?;
            memory.store(patterns.clone())?;
            Ok(memory)
        };
        let (learned, identity) = (stored(MapKind::Learned)?, stored(MapKind::Identity)?);
        let (apart, spread) = (identity.separation()?, learned.separation()?);
        Ok(Self {
            learned,
            identity,
            patterns: check::to_host(patterns.clone())?,
            count,
            dim,
            beta: memory.beta,
            hidden_factor: spread.mean_square / apart.mean_square.max(f64::MIN_POSITIVE),
            separation: [apart.delta_min, spread.delta_min],
        })
    }

    /// Retrieves from `cues` `[b, d]`, cue i from pattern `targets[i]`, in `steps` updates; each map finds
    /// its best of `betas`.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is one target for each cue, [`Error::Index`] for a target without a
    /// pattern, [`Error::Config`] without a beta or with one that is not above 0; as
    /// [`Kernelised::retrieve`].
    pub fn compare(
        &self,
        cues: &Tensor<2>,
        targets: &[usize],
        betas: &[f32],
        steps: usize,
    ) -> Result<Comparison> {
        fit(self.count, cues, targets, betas)?;
        let task = Task {
            cues,
            targets,
            truth: &self.patterns,
            dim: self.dim,
            stopping: Stopping::after(steps),
        };
        let Self {
            learned,
            identity,
            beta,
            hidden_factor,
            ..
        } = self;
        let scaled = (f64::from(*beta) * hidden_factor) as f32;
        Ok(Comparison {
            identity: task.run(identity, *beta)?,
            learned: task.run(learned, *beta)?,
            identity_scaled: task.run(identity, scaled)?,
            identity_tuned: task.tuned(identity, *beta, betas)?,
            learned_tuned: task.tuned(learned, *beta, betas)?,
            hidden_factor: *hidden_factor,
            separation_identity: self.separation[0],
            separation_learned: self.separation[1],
        })
    }
}

/// [`Rivals`] over `patterns` `[n, d]` on the same cues `[b, d]`, cue i from pattern `targets[i]`.
///
/// # Errors
/// As [`Rivals::new`] and [`Rivals::compare`].
pub fn compare(
    patterns: &Tensor<2>,
    cues: &Tensor<2>,
    targets: &[usize],
    config: &ComparisonConfig,
) -> Result<Comparison> {
    // Before anything is learned.
    fit(patterns.dims()[0], cues, targets, &config.betas)?;
    let rivals = Rivals::new(patterns, &config.memory)?;
    rivals.compare(cues, targets, &config.betas, config.steps)
}

fn fit(count: usize, cues: &Tensor<2>, targets: &[usize], betas: &[f32]) -> Result<()> {
    if targets.len() != cues.dims()[0] {
        return Err(Error::Rows {
            what: "targets",
            expected: cues.dims()[0],
            found: targets.len(),
        });
    }
    if let Some(&index) = targets.iter().find(|&&index| index >= count) {
        return Err(Error::Index {
            what: "targets",
            len: count,
            index,
        });
    }
    if betas.is_empty() {
        let what = "ComparisonConfig.betas";
        return Err(Error::config(what, "must hold at least one value", 0));
    }
    for &beta in betas {
        require_positive("ComparisonConfig.betas", beta.into())?;
    }
    Ok(())
}

struct Task<'a> {
    cues: &'a Tensor<2>,
    targets: &'a [usize],
    truth: &'a [f32],
    dim: usize,
    stopping: Stopping,
}

impl Task<'_> {
    fn run(&self, memory: &Kernelised, beta: f32) -> Result<Trial> {
        let memory = memory.clone().with_beta(beta)?;
        let answers = memory.retrieve(self.cues.clone(), self.stopping)?;
        let answers = check::to_host(answers.state)?;
        let weights = memory.retrieval_weights(self.cues.clone(), self.stopping)?;
        let best = super::metastable(weights, 0.0)?;
        let (mut error, mut right) = (0.0, 0);
        let rows = answers.chunks_exact(self.dim).zip(&best);
        for ((answer, best), &target) in rows.zip(self.targets) {
            let truth = &self.truth[target * self.dim..(target + 1) * self.dim];
            let squares = answer.iter().zip(truth);
            error += squares
                .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
                .sum::<f64>();
            right += usize::from(best.best == target);
        }
        let rows = self.targets.len() as f64;
        Ok(Trial {
            beta,
            error: error / rows,
            top1: right as f64 / rows,
        })
    }

    fn tuned(&self, memory: &Kernelised, beta: f32, betas: &[f32]) -> Result<Trial> {
        let mut best = self.run(memory, beta)?;
        for &beta in betas {
            let trial = self.run(memory, beta)?;
            if trial.error < best.error {
                best = trial;
            }
        }
        Ok(best)
    }
}
