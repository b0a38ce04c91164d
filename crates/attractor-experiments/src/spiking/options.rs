//! Memories, patterns and cues.

use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::Device;
use attractor::core::check::{from_host, to_host};
use attractor::core::{Options, rng};
use attractor::spiking::{LearningRule, Schedule, SpikingMemoryConfig};
use rand::RngExt;
use serde::Deserialize;

use crate::{Result, Task};

/// Who recalls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The hypercube.
    #[default]
    Spiking,
    /// Units of +1 and -1 on the same weights, one after the other.
    Hopfield,
}

/// How patterns become weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
    Hebb,
    PseudoInverse,
    Perceptron,
    Gradient,
}

impl Rule {
    fn rule(self) -> LearningRule {
        match self {
            Self::Hebb => LearningRule::Hebb,
            Self::PseudoInverse => LearningRule::PseudoInverse {
                keep_diagonal: false,
            },
            Self::Perceptron => LearningRule::PERCEPTRON,
            Self::Gradient => LearningRule::GRADIENT,
        }
    }

    /// What the Hopfield network of the catalogue calls it.
    pub(super) fn baseline(self) -> Option<&'static str> {
        match self {
            Self::Hebb => Some("hebb"),
            Self::PseudoInverse => Some("pseudo_inverse"),
            Self::Perceptron | Self::Gradient => None,
        }
    }
}

/// A memory to be filled and read.
#[derive(Debug, Clone, Copy)]
pub(super) struct System {
    pub(super) kind: Kind,
    pub(super) rule: Rule,
    /// Inhibition in units of the largest eigenvalue; 0 for the rule's own.
    pub(super) inhibition: f64,
    /// Inhibition by the opposing neuron as a share of it; none for all of it.
    pub(super) opposing: Option<f64>,
    /// Spikes per tau.
    pub(super) rate: f64,
    /// Whether known units are held rather than only started.
    pub(super) held: bool,
}

/// What recall made of cues.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Row by row.
    pub(super) signs: Vec<f32>,
    /// Spikes of each cue.
    pub(super) spikes: Vec<usize>,
    /// Of the stored patterns, how many pass V1 to V3; none for a memory without certificates.
    pub(super) certified: Option<usize>,
}

impl System {
    pub(super) fn new(kind: Kind, rule: Rule) -> Self {
        Self {
            kind,
            rule,
            inhibition: 0.0,
            opposing: None,
            rate: Schedule::default().rate,
            held: false,
        }
    }

    pub(super) fn check(&self, task: Task<'_>) -> Result<()> {
        if self.kind == Kind::Hopfield && self.rule.baseline().is_none() {
            return Err(task.refuse("the Hopfield network of the catalogue has no such `rule`"));
        }
        Ok(self.config(2).validate()?)
    }

    pub(super) fn config(&self, units: usize) -> SpikingMemoryConfig {
        let rule = self.rule.rule();
        let ratio = match self.inhibition {
            0.0 => rule.inhibition_ratio(),
            ratio => ratio,
        };
        SpikingMemoryConfig {
            inhibition_ratio: ratio,
            opposing_ratio: self.opposing.map(|share| share * ratio),
            schedule: Schedule {
                rate: self.rate,
                ..Schedule::default()
            },
            ..SpikingMemoryConfig::with_rule(units, rule)
        }
    }

    /// Stores patterns and reads cues `[n, units]` of +1, -1 and 0 (unknown).
    pub(super) fn recall(
        &self,
        units: usize,
        (patterns, cues): (&[f32], &[f32]),
        certify: bool,
        device: &Device,
    ) -> Result<Answers> {
        let rows = |values: &[f32]| from_host("patterns", values.to_vec(), units, device);
        match self.kind {
            Kind::Hopfield => {
                let mut options = Options::new();
                if let Some(rule) = self.rule.baseline() {
                    options.insert("rule".into(), rule.into());
                }
                // Behind a threshold: data of 0 and 1. An unknown unit starts on a side that is drawn.
                let mut random = rng::stream(0, "spiking unknown units");
                let mut bits = |values: &[f32]| {
                    let bit = |&value: &f32| match value {
                        0.0 => f32::from(u8::from(random.random::<bool>())),
                        sign => 0.5 + 0.5 * sign,
                    };
                    let values = values.iter().map(bit).collect();
                    from_host("bits", values, units, device)
                };
                let context = Context::pixels(units, device)?;
                let mut memory = catalogue::build("classical-hopfield", &options, &context)?;
                memory.write(bits(patterns)?)?;
                let signs = to_host(memory.read(bits(cues)?)?.state)?;
                Ok(Answers {
                    signs,
                    ..Answers::default()
                })
            }
            Kind::Spiking => {
                use attractor::core::AssociativeMemory;
                let mut memory = self.config(units).init(device)?;
                memory.write(rows(patterns)?)?;
                let known = match self.held {
                    true => Some(rows(
                        &cues.iter().map(|cue| cue.abs()).collect::<Vec<f32>>(),
                    )?),
                    false => None,
                };
                let recalls = memory.recall(rows(cues)?, known)?;
                let signs = recalls.iter().flat_map(|recall| &recall.signs);
                let certified = match certify {
                    true => {
                        let certificates = memory.certificates()?;
                        Some(certificates.iter().filter(|one| one.holds()).count())
                    }
                    false => None,
                };
                Ok(Answers {
                    signs: signs.map(|&sign| f32::from(sign)).collect(),
                    spikes: recalls.iter().map(|recall| recall.spikes).collect(),
                    certified,
                })
            }
        }
    }
}

/// Random patterns `[count, units]` of a seed; sets of one seed differ.
pub(super) fn patterns(seed: u64, set: u64, count: usize, units: usize) -> Vec<f32> {
    let mut random = rng::indexed_stream(seed, "spiking patterns", set);
    let sign = |_| if random.random() { 1.0 } else { -1.0 };
    (0..count * units).map(sign).collect()
}

/// Cues of patterns `[n, units]`: a share of the units turned round, then all but a share made unknown.
pub(super) fn cues(
    patterns: &[f32],
    units: usize,
    (flips, known): (f64, f64),
    seed: u64,
    set: u64,
) -> Vec<f32> {
    let mut cues = patterns.to_vec();
    let count = |share: f64| (share * units as f64).round() as usize;
    for (row, cue) in cues.chunks_exact_mut(units).enumerate() {
        let index = (set << 32) + row as u64;
        let order = rng::permutation(&mut rng::indexed_stream(seed, "spiking cues", index), units);
        order[..count(flips)].iter().for_each(|&k| cue[k] = -cue[k]);
        let order = rng::permutation(
            &mut rng::indexed_stream(seed, "spiking known", index),
            units,
        );
        order[count(known)..].iter().for_each(|&k| cue[k] = 0.0);
    }
    cues
}

/// Overlap of two patterns.
pub(super) fn overlap(a: &[f32], b: &[f32]) -> f64 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    f64::from(sum) / a.len() as f64
}

/// Overlap from which on a cue counts as recalled.
pub(super) const RECALLED: f64 = 0.95;
