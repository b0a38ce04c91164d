//! Recall against the number of stored images, against their age, and what a width can hold.

use attractor_core::{Complete, Error, Result};

use super::{Questions, RECALLED, Scores};
use crate::bayespcn::{BayesPcn, BayesPcnConfig};

/// Recall with some number of images stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Images written.
    pub stored: usize,
    /// For each corruption.
    pub scores: Vec<Scores>,
}

/// Writes the images one by one and, after each of `counts` (ascending), asks for some of those
/// stored, evenly spread. `underway` is told the number written and may
/// end it with an error.
///
/// # Errors
/// Those of the memory and of `underway`; [`Error::Config`] if `counts` do not ascend or ask for
/// more images than there are.
pub fn loads<M: Complete>(
    memory: &mut M,
    questions: &Questions<'_>,
    counts: &[usize],
    underway: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<Load>> {
    let Questions { images, device, .. } = *questions;
    let ascending = counts.is_sorted_by(|a, b| a < b) && counts.first() != Some(&0);
    if !ascending || counts.last().is_some_and(|&last| last > images.len()) {
        return Err(Error::config(
            "counts",
            "must ascend from at least 1 to at most the number of images",
            format!("{counts:?} of {}", images.len()),
        ));
    }
    let mut written = 0;
    let mut all = Vec::new();
    for &stored in counts {
        while written < stored {
            memory.write(images.rows(&[written], device)?)?;
            written += 1;
            underway(written)?;
        }
        let chosen = images.spread(stored, questions.cues);
        let scores = questions.ask(memory, &chosen)?;
        all.push(Load { stored, scores });
    }
    Ok(all)
}

/// The largest number stored at which at least `share` of the images are recalled, by the scores of
/// one corruption; 0 if there is none.
pub fn capacity(loads: &[Load], corruption: usize, share: f64) -> usize {
    let held = loads.iter().take_while(|load| {
        let scores = load.scores.get(corruption);
        scores.is_some_and(|scores| scores.below(RECALLED) >= share)
    });
    held.last().map_or(0, |load| load.stored)
}

/// How a memory that forgets is filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fading {
    /// The memory.
    pub config: BayesPcnConfig,
    /// Images written in all.
    pub stored: usize,
    /// Strength of each forgetting.
    pub strength: f64,
    /// Writes between two of them.
    pub every: usize,
}

/// Recall of the images of one age.
#[derive(Debug, Clone, PartialEq)]
pub struct Age {
    /// Writes since, at most: images `age - every` to `age - 1` before the last.
    pub age: usize,
    /// For each corruption.
    pub scores: Vec<Scores>,
}

/// Writes images and forgets between them, then asks for some of every age. Also returns the
/// memory.
///
/// As in the paper, forgetting comes before write `i` (from 0) where `i > 1` and `(i - 1)` is a
/// multiple of `every`.
///
/// # Errors
/// Those of the memory and of `underway`; [`Error::Config`] for an interval of 0 or more images
/// than there are.
pub fn fading(
    plan: Fading,
    questions: &Questions<'_>,
    underway: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<(BayesPcn, Vec<Age>)> {
    let Fading { stored, every, .. } = plan;
    let Questions { images, device, .. } = *questions;
    if every == 0 || stored == 0 || stored > images.len() {
        return Err(Error::config(
            "Fading",
            "must write at least one image, at most those there are, and forget every 1 or more",
            format!("{stored} of {}, every {every}", images.len()),
        ));
    }
    let mut memory = plan.config.init(device)?;
    for index in 0..stored {
        if index > 1 && (index - 1).is_multiple_of(every) {
            memory.forget(plan.strength)?;
        }
        memory.write_scored(images.rows(&[index], device)?)?;
        underway(index + 1)?;
    }
    let mut ages = Vec::new();
    let mut end = stored;
    while end > 0 {
        let first = end.saturating_sub(every);
        let spread = images.spread(end - first, questions.cues);
        let chosen: Vec<usize> = spread.into_iter().map(|at| first + at).collect();
        ages.push(Age {
            age: stored - first,
            scores: questions.ask(&memory, &chosen)?,
        });
        end = first;
    }
    Ok((memory, ages))
}
