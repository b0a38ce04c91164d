//! Reads of stores that memory need not hold.

mod complete;
mod plan;
mod prefetch;

use std::fmt;
use std::sync::atomic::AtomicBool;

use attractor_core::burn::tensor::Tensor;
use attractor_core::error::require_nonzero;
use attractor_core::kernel::{self, Partial, PatternStore, Score, TopK};
use attractor_core::{Error as CoreError, check};

use crate::Result;
use crate::snapshot::Snapshot;
use crate::store::Store;
use plan::{Buffers, Part, Plan};
use prefetch::Pass;

/// Bytes of single precision that are read and computed with together, unless said otherwise.
pub(crate) const CHUNK_BYTES: usize = 8 << 20;

/// How a store is read. Every choice gives the same answer, up to rounding.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    pub(crate) chunk_bytes: usize,
    pub(crate) readers: usize,
    pub(crate) progress: Option<&'a dyn Fn(Progress)>,
    pub(crate) stop: Option<&'a AtomicBool>,
}

/// How far a read has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Patterns that were read.
    pub patterns: u64,
    /// Patterns that there are.
    pub of: u64,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        Self {
            chunk_bytes: CHUNK_BYTES,
            readers: 2,
            progress: None,
            stop: None,
        }
    }
}

impl<'a> ReadOptions<'a> {
    /// Chunks of 8 MiB, two readers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chunks of at most so many bytes, counted in single precision; at least one pattern. A read holds
    /// `2 readers + 1` of them; with one to three cues chunks are at most 780 KB, and there is one for each thread.
    pub fn chunk_bytes(self, chunk_bytes: usize) -> Self {
        Self {
            chunk_bytes,
            ..self
        }
    }

    /// So many threads that read files, beside those that compute; at least one. With one to three cues each thread reads
    /// and computes, and there are at least as many as processors, and one.
    pub fn readers(self, readers: usize) -> Self {
        Self { readers, ..self }
    }

    /// After each chunk, hears how far the read has come.
    pub fn progress(self, progress: &'a dyn Fn(Progress)) -> Self {
        Self {
            progress: Some(progress),
            ..self
        }
    }

    /// Before each chunk, looks whether the read is to end with [`crate::Error::Stopped`].
    pub fn stop(self, stop: &'a AtomicBool) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }
}

impl fmt::Debug for ReadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("chunk_bytes", &self.chunk_bytes)
            .field("readers", &self.readers)
            .field("progress", &self.progress.is_some())
            .field("stop", &self.stop)
            .finish()
    }
}

/// The answer to `b` cues.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The state of the read, which merges with that of other stores or machines. Its `best` counts the patterns that are
    /// not deleted, in the order of their ids.
    pub partial: Partial,
    /// The id of the pattern with the largest score, for each cue.
    pub best: Vec<u64>,
}

impl Answer {
    /// The softmax-weighted mean of the patterns, `[b, d]`.
    ///
    /// # Errors
    /// As [`Partial::mean`].
    pub fn mean(&self) -> Result<Tensor<2>> {
        Ok(self.partial.mean()?)
    }

    /// `log sum_k exp(s_k)` for each cue, `[b]`.
    ///
    /// # Errors
    /// As [`Partial::log_sum_exp`].
    pub fn log_evidence(&self) -> Result<Tensor<1>> {
        Ok(self.partial.log_sum_exp()?)
    }
}

/// A pattern among the best for a cue.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Match {
    /// Its id.
    pub id: u64,
    /// Its index among the patterns that are not deleted, in the order of ids.
    pub index: u64,
    /// Its score s, in `f64`.
    pub score: f64,
    /// Its weight in the read, `exp(s) / sum_j exp(s_j)` over all patterns, kept or not.
    pub probability: f64,
}

/// The best patterns for one cue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Matches {
    /// The best first, of equal scores the lower id first.
    pub candidates: Vec<Match>,
    /// `log sum_k exp(s_k)` over all patterns.
    pub log_evidence: f64,
}

/// Neighbouring patterns.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Chunk {
    /// Their ids.
    pub ids: Vec<u64>,
    /// Their labels.
    pub labels: Vec<Option<String>>,
    /// Their numbers `[ids.len(), d]`, row-major.
    pub patterns: Vec<f32>,
}

impl Snapshot {
    /// Reads all patterns with cues `[b, d]`, as [`kernel::read`] does, chunk by chunk.
    ///
    /// ```text
    /// w_k = exp(s_k) / sum_j exp(s_j)      answer = sum_k w_k m_k      log evidence = log sum_k exp(s_k)
    /// ```
    ///
    /// # Errors
    /// [`CoreError::EmptyMemory`]; a wrong width, no rows, NaN or infinite entries; a score parameter that is not above 0;
    /// [`CoreError::Config`] where the largest scores of two chunks both lie beyond 1e38;
    /// [`crate::Error::Damaged`] where a file holds numbers that are not finite; [`crate::Error::Stopped`];
    /// [`crate::Error::Io`].
    ///
    /// # Complexity
    /// One pass over the files; `4 b n d` operations; memory O(b (block + d)), with chunks of [`ReadOptions`].
    pub fn read(&self, cues: Tensor<2>, score: Score, options: &ReadOptions<'_>) -> Result<Answer> {
        let cues = self.checked(cues)?;
        let pass = Pass::new(self, cues.dims()[0], &cues.device(), options);
        let mut state: Option<Partial> = None;
        let read = |chunk: &PatternStore| Ok(kernel::read(chunk, cues.clone(), score)?);
        pass.run(options, read, |found| {
            state = Some(joined(state.take(), found)?);
            Ok(())
        })?;
        answer(&pass.plan, state)
    }

    /// The `k` best patterns for each of the cues `[b, d]`, as [`kernel::top`] finds them, chunk by chunk: decided
    /// in `f64`.
    ///
    /// # Errors
    /// As [`Snapshot::read`]; [`CoreError::Config`] if `k` is 0.
    ///
    /// # Complexity
    /// One pass over the files; `2 b n d` operations; memory O(b (block + k)).
    pub fn top(
        &self,
        cues: Tensor<2>,
        score: Score,
        k: usize,
        options: &ReadOptions<'_>,
    ) -> Result<Vec<Matches>> {
        require_nonzero("k", k)?;
        let cues = self.checked(cues)?;
        let pass = Pass::new(self, cues.dims()[0], &cues.device(), options);
        let mut state: Option<TopK> = None;
        let read = |chunk: &PatternStore| Ok(kernel::top(chunk, cues.clone(), score, k)?);
        pass.run(options, read, |found| {
            state = Some(match state.take() {
                Some(before) => before.merge(found)?,
                None => found,
            });
            Ok(())
        })?;
        let state = state.ok_or(CoreError::EmptyMemory)?;
        let rows = state.rows().zip(state.log_evidence());
        rows.map(|(row, log_evidence)| {
            let named = row.into_iter().map(|ranked| {
                let index = ranked.index as u64;
                Ok(Match {
                    id: pass.plan.id(index)?,
                    index,
                    score: ranked.score,
                    probability: ranked.probability,
                })
            });
            Ok(Matches {
                candidates: named.collect::<Result<_>>()?,
                log_evidence,
            })
        })
        .collect()
    }

    /// All patterns in the order of their ids, in chunks of at most so many bytes of single precision.
    pub fn chunks(&self, bytes: usize) -> impl Iterator<Item = Result<Chunk>> {
        let plan = Plan::new(self, bytes);
        let parts = plan.parts.clone();
        parts.into_iter().map(move |part: Part| {
            let mut buffers = Buffers::default();
            plan.fill(&part, &mut buffers)?;
            Ok(Chunk {
                ids: plan.ids(&part)?,
                labels: plan.labels(&part)?,
                patterns: buffers.values,
            })
        })
    }

    /// Ids and labels of all patterns, as many at a time as patterns have so many bytes.
    pub(crate) fn names(
        &self,
        bytes: usize,
    ) -> impl Iterator<Item = Result<(Vec<u64>, Vec<Option<String>>)>> {
        let plan = Plan::new(self, bytes);
        let parts = plan.parts.clone();
        parts
            .into_iter()
            .map(move |part: Part| Ok((plan.ids(&part)?, plan.labels(&part)?)))
    }

    /// Cues that can be read with.
    fn checked(&self, cues: Tensor<2>) -> Result<Tensor<2>> {
        if self.is_empty() {
            return Err(CoreError::EmptyMemory.into());
        }
        let cues = cues.without_autodiff();
        check::batch("cues", &cues, self.dim())?;
        Ok(cues)
    }
}

fn joined(before: Option<Partial>, found: Partial) -> Result<Partial> {
    Ok(match before {
        Some(before) => before.merge(found)?,
        None => found,
    })
}

fn answer(plan: &Plan<'_>, state: Option<Partial>) -> Result<Answer> {
    let partial = state.ok_or(CoreError::EmptyMemory)?;
    let best = partial.best_indices()?;
    let best = best.into_iter().map(|index| plan.id(index as u64));
    Ok(Answer {
        best: best.collect::<Result<_>>()?,
        partial,
    })
}

impl Store {
    /// [`Snapshot::read`] of what the store holds now.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub fn read(&self, cues: Tensor<2>, score: Score, options: &ReadOptions<'_>) -> Result<Answer> {
        self.snapshot().read(cues, score, options)
    }

    /// [`Snapshot::top`] of what the store holds now.
    ///
    /// # Errors
    /// As [`Snapshot::top`].
    pub fn top(
        &self,
        cues: Tensor<2>,
        score: Score,
        k: usize,
        options: &ReadOptions<'_>,
    ) -> Result<Vec<Matches>> {
        self.snapshot().top(cues, score, k, options)
    }

    /// [`Snapshot::complete`] of what the store holds now.
    ///
    /// # Errors
    /// As [`Snapshot::complete`].
    pub fn complete(
        &self,
        cues: Tensor<2>,
        known: Tensor<2>,
        score: Score,
        options: &ReadOptions<'_>,
    ) -> Result<Answer> {
        self.snapshot().complete(cues, known, score, options)
    }

    /// [`Snapshot::verify`] of what the store holds now.
    ///
    /// # Errors
    /// As [`Snapshot::verify`].
    pub fn verify(&self) -> Result<u64> {
        self.snapshot().verify()
    }
}
