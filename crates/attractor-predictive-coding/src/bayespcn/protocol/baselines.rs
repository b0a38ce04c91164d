//! BayesPCN beside what the paper compares it with, on the same cues.

use attractor_core::{Complete, Error, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{Questions, Scores};
use crate::bayespcn::{BayesPcnConfig, GpcnConfig, StoredMixtureConfig};

/// A memory of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The memory itself.
    BayesPcn(BayesPcnConfig),
    /// Point weights by gradient steps: online, offline or between.
    Gpcn(GpcnConfig),
    /// A Gaussian for each stored image: a modern Hopfield network.
    Stored(StoredMixtureConfig),
}

impl Baseline {
    /// An empty memory.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field and its rule.
    pub fn init(self, device: &Device) -> Result<Box<dyn Complete>> {
        Ok(match self {
            Self::BayesPcn(config) => Box::new(config.init(device)?),
            Self::Gpcn(config) => Box::new(config.init(device)?),
            Self::Stored(config) => Box::new(config.init(device)?),
        })
    }

    /// Whether it takes all images in one call: only learning offline does.
    fn at_once(&self) -> bool {
        matches!(self, Self::Gpcn(config) if config.batch != 1)
    }
}

/// One name in the comparison, with the settings it may choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    /// Its name.
    pub name: String,
    /// Settings, of which the best for each corruption counts.
    pub grid: Vec<Baseline>,
}

/// What a contender reached under one corruption.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Which of its settings was best: that of the smallest mean error.
    pub setting: usize,
    /// Its errors.
    pub scores: Scores,
}

/// Writes the first `stored` images into every setting of a contender, asks for some of them and
/// keeps the best setting for each corruption. `underway` is told the setting
/// finished and may end it with an error.
///
/// A setting whose weights or answers leave the finite numbers, because its rate is too high, does
/// not count.
///
/// # Errors
/// Those of the memories and of `underway`; the last one met if no setting can be trained.
pub fn contest(
    contender: &Contender,
    questions: &Questions<'_>,
    stored: usize,
    underway: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<Trial>> {
    let Questions { images, device, .. } = *questions;
    let chosen = images.spread(stored, questions.cues);
    let mut best: Vec<Option<Trial>> = vec![None; questions.corruptions.len()];
    let mut refused = Error::config(
        "Contender.grid",
        "must hold a setting that can be trained",
        "none",
    );
    for (setting, baseline) in contender.grid.iter().enumerate() {
        let mut memory = baseline.init(device)?;
        let all: Vec<usize> = (0..stored).collect();
        let size = if baseline.at_once() { stored } else { 1 };
        let mut parts = all.chunks(size.max(1));
        let written = parts.try_for_each(|part| memory.write(images.rows(part, device)?));
        if let Err(error) = written {
            refused = error;
            continue;
        }
        for (best, scores) in best.iter_mut().zip(questions.ask(&*memory, &chosen)?) {
            let better = |best: &Trial| scores.mean() < best.scores.mean();
            if scores.mean().is_finite() && best.as_ref().is_none_or(better) {
                *best = Some(Trial { setting, scores });
            }
        }
        underway(setting)?;
    }
    best.into_iter()
        .map(|trial| trial.ok_or_else(|| refused.clone()))
        .collect()
}
