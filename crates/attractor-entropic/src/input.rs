//! Rows of numbers as objects, and objects as rows of numbers.

use attractor_core::{Error, Outcome, Recall, Result, Trace, check, rng};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::object::Domain;
use crate::quantiser::{PERCENTILES, Quantiser};
use crate::register::Range;
use crate::{Recognition, UNDEFINED};

/// The quantiser of one side, which may first have to see what is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    pub(crate) domain: Domain,
    pub(crate) quantiser: Option<Quantiser>,
}

impl Scale {
    pub(crate) fn new(domain: Domain, range: Range) -> Result<Self> {
        let quantiser = match range {
            Range::FirstWrite => None,
            Range::Fixed { low, high } if low < high => Some(Quantiser::new(
                domain.rows,
                vec![low; domain.columns],
                vec![high; domain.columns],
            )?),
            Range::Fixed { low, high } => {
                let rule = "must be two rising numbers";
                return Err(Error::config("range", rule, format!("{low} and {high}")));
            }
        };
        Ok(Self { domain, quantiser })
    }

    /// The scale for a batch `[k, columns]` that is to be written: the present one, or that of this batch.
    ///
    /// # Errors
    /// [`Error::Config`] if it is the first batch and no column varies.
    pub(crate) fn for_writing(&self, batch: &[f32]) -> Result<Quantiser> {
        if let Some(quantiser) = &self.quantiser {
            return Ok(quantiser.clone());
        }
        let features: Vec<f64> = batch.iter().copied().map(f64::from).collect();
        let Domain { columns, rows } = self.domain;
        let quantiser = Quantiser::fit(&features, columns, rows, PERCENTILES)?;
        if quantiser.constant().len() == columns {
            let found = format!("{} equal rows", batch.len() / columns);
            let rule = "the first write must vary in some column, or `range` be fixed";
            return Err(Error::config("patterns", rule, found));
        }
        Ok(quantiser)
    }

    /// Takes over the range of what is merged, if there is none yet.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if both have measured one, and they differ.
    pub(crate) fn agree(&mut self, other: &Self) -> Result<()> {
        if self.quantiser.is_none() {
            self.clone_from(other);
        }
        match other.quantiser.is_none() || self == other {
            true => Ok(()),
            false => Err(Error::Mismatch {
                what: "merge",
                expected: "levels between the same numbers".into(),
                part: "the other memory",
                found: "other ranges".into(),
            }),
        }
    }

    /// Forgets a range that was measured.
    pub(crate) fn clear(&mut self, range: Range) {
        if range == Range::FirstWrite {
            self.quantiser = None;
        }
    }

    /// Levels of a batch that is read.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`] if nothing was written.
    pub(crate) fn levels(&self, batch: &[f32]) -> Result<Vec<u16>> {
        levels(self.quantiser.as_ref().ok_or(Error::EmptyMemory)?, batch)
    }

    /// Numbers of one object; what is undefined is 0.
    ///
    /// # Errors
    /// As [`Self::levels`].
    pub(crate) fn numbers(&self, object: &[u16]) -> Result<Vec<f32>> {
        let quantiser = self.quantiser.as_ref().ok_or(Error::EmptyMemory)?;
        let values = quantiser.dequantise(object)?.into_iter();
        Ok(values
            .map(|x| if x.is_nan() { 0.0 } else { x as f32 })
            .collect())
    }
}

pub(crate) fn levels(quantiser: &Quantiser, batch: &[f32]) -> Result<Vec<u16>> {
    let features: Vec<f64> = batch.iter().copied().map(f64::from).collect();
    quantiser.quantise(&features)
}

/// A checked batch on the host.
pub(crate) fn accept(what: &'static str, batch: Tensor<2>, width: usize) -> Result<Vec<f32>> {
    let batch = batch.without_autodiff();
    check::batch(what, &batch, width)?;
    check::to_host(batch)
}

/// Sets entries that are not known to undefined.
pub(crate) fn mask(levels: &mut [u16], known: &[f32]) {
    for (level, _) in levels
        .iter_mut()
        .zip(known)
        .filter(|(_, known)| **known == 0.0)
    {
        *level = UNDEFINED;
    }
}

/// The random stream of a cue: it follows from the cue, so that a row alone is read as in a batch.
pub(crate) fn stream(seed: u64, cue: &[u16]) -> rng::Rng {
    let hash = cue.iter().fold(0xCBF2_9CE4_8422_2325u64, |hash, &level| {
        (hash ^ u64::from(level)).wrapping_mul(0x0100_0000_01B3)
    });
    rng::indexed_stream(seed, "entropic read", hash)
}

/// How one row was read: its numbers, how it ended, steps.
pub(crate) type Answer = (Vec<f32>, Outcome, usize);

/// Rows `[b, own]` of levels, each answered by numbers of `width` entries, or by nothing.
pub(crate) fn answer_rows(
    (cues, own): (&[u16], usize),
    width: usize,
    device: &Device,
    answer: impl Fn(&[u16]) -> Result<Option<Answer>> + Sync,
) -> Result<Recall> {
    let rows = cues.par_chunks_exact(own);
    let rejected = || (vec![0.0; width], Outcome::Rejected, 1);
    let answers: Result<Vec<Answer>> = rows
        .map(|cue| Ok(answer(cue)?.unwrap_or_else(rejected)))
        .collect();
    collect(answers?, width, device)
}

/// Known entries of a recall are what they were given as.
pub(crate) fn hold(
    recall: Recall,
    given: &[f32],
    known: &[f32],
    device: &Device,
) -> Result<Recall> {
    let width = recall.state.dims()[1];
    let mut numbers = check::to_host(recall.state)?;
    let rejected = |at: usize| recall.outcomes[at / width] == Outcome::Rejected;
    for (at, number) in numbers.iter_mut().enumerate() {
        if known[at] == 1.0 && !rejected(at) {
            *number = given[at];
        }
    }
    Ok(Recall {
        state: check::from_host("state", numbers, width, device)?,
        ..recall
    })
}

/// The weight rho of each row that is recognised, less the number of its mismatches if it is not.
pub(crate) fn familiarity(
    (cues, own): (&[u16], usize),
    device: &Device,
    recognise: impl Fn(&[u16]) -> Result<Recognition> + Sync,
) -> Result<Tensor<1>> {
    let score = |cue: &[u16]| {
        let found = recognise(cue)?;
        Ok(match found.accepted {
            true => found.weight as f32,
            false => -(found.mismatches as f32),
        })
    };
    let scores: Result<Vec<f32>> = cues.par_chunks_exact(own).map(score).collect();
    let scores = scores?;
    let rows = scores.len();
    Ok(Tensor::from_data(TensorData::new(scores, [rows]), device))
}

/// What a table of counters cannot do.
pub(crate) fn one_by_one(what: &'static str, memory: &str) -> Error {
    Error::unsupported(what, "patterns that are kept one by one", memory)
}

/// Rows of a recall, put together.
fn collect(answers: Vec<Answer>, width: usize, device: &Device) -> Result<Recall> {
    let outcomes = answers.iter().map(|answer| answer.1).collect();
    let steps = answers.iter().map(|answer| answer.2).collect();
    let values = answers.into_iter().flat_map(|answer| answer.0).collect();
    Ok(Recall {
        state: check::from_host("state", values, width, device)?,
        decoded: None,
        outcomes,
        steps,
        energy_first: Vec::new(),
        energy_last: Vec::new(),
        trace: Trace::default(),
        recalled: Vec::new(),
    })
}
