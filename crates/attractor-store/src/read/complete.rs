//! Reads with a mask of known entries.

use std::collections::HashMap;

use attractor_core::burn::tensor::{Int, Tensor, TensorData};
use attractor_core::kernel::{self, Partial, PatternStore, Score};
use attractor_core::{Error as CoreError, check};

use super::prefetch::Pass;
use super::{Answer, ReadOptions, answer, joined};
use crate::Result;
use crate::snapshot::Snapshot;

/// Cues with the same known entries.
struct Group {
    /// Their places in the batch.
    rows: Vec<usize>,
    /// 0 where an entry is unknown.
    cues: Tensor<2>,
    /// 1 or 0 for each entry; none where all are known, or where unknown entries of cues are enough.
    mask: Option<Vec<f32>>,
}

impl Group {
    fn read(&self, chunk: &PatternStore, score: Score) -> Result<Partial> {
        let Some(mask) = &self.mask else {
            return Ok(kernel::read(chunk, self.cues.clone(), score)?);
        };
        let mut keys = chunk.to_host()?;
        for row in keys.chunks_exact_mut(mask.len()) {
            row.iter_mut()
                .zip(mask)
                .for_each(|(key, known)| *key *= known);
        }
        let keys = PatternStore::adopt(keys, mask.len(), chunk.device())?;
        Ok(kernel::read_with_values(
            &keys,
            chunk,
            self.cues.clone(),
            score,
        )?)
    }
}

impl Snapshot {
    /// Reads with cues `[b, d]` of which only the entries with `known` 1 (`[b, d]`, 0 or 1) are given: scores are those of
    /// the known entries alone, `s_k = beta sum_known u_i m_ki` or
    /// `s_k = -sum_known (u_i - m_ki)^2 / (2 variance)`, and answers are whole patterns.
    ///
    /// A cue of which nothing is known is answered with the mean of all patterns.
    ///
    /// # Errors
    /// As [`Snapshot::read`]; [`CoreError::Width`], [`CoreError::Rows`] or [`CoreError::Config`] if `known` has another
    /// shape or other numbers. Unknown entries of cues must be finite as well.
    ///
    /// # Complexity
    /// One pass over the files; as [`Snapshot::read`], and for distances one copy of each chunk for every different mask.
    pub fn complete(
        &self,
        cues: Tensor<2>,
        known: Tensor<2>,
        score: Score,
        options: &ReadOptions<'_>,
    ) -> Result<Answer> {
        let cues = self.checked(cues)?;
        let (dim, device) = (self.dim(), cues.device());
        let known = check::known(&known, cues.dims())?;
        let groups = groups(&check::to_host(cues.clone())?, &known, score, dim, &cues)?;
        let pass = Pass::new(self, cues.dims()[0], &device, options);
        let read = |chunk: &PatternStore| {
            let found = groups.iter().map(|group| group.read(chunk, score));
            found.collect::<Result<Vec<Partial>>>()
        };
        let mut states: Vec<Option<Partial>> = groups.iter().map(|_| None).collect();
        pass.run(options, read, |found| {
            for (state, found) in states.iter_mut().zip(found) {
                *state = Some(joined(state.take(), found)?);
            }
            Ok(())
        })?;
        answer(&pass.plan, Some(in_order(&groups, states)?))
    }
}

fn groups(
    cues: &[f32],
    known: &[f32],
    score: Score,
    dim: usize,
    like: &Tensor<2>,
) -> Result<Vec<Group>> {
    let mut places: HashMap<Vec<bool>, Vec<usize>> = HashMap::new();
    for (row, known) in known.chunks_exact(dim).enumerate() {
        let mask = match score {
            // An unknown entry of the cue takes nothing from a product, whatever the pattern has there.
            Score::Dot { .. } => Vec::new(),
            Score::SquaredDistance { .. } => known.iter().map(|&known| known > 0.0).collect(),
        };
        places.entry(mask).or_default().push(row);
    }
    let mut groups: Vec<Group> = places
        .into_iter()
        .map(|(mask, rows)| {
            let entries = rows.iter().flat_map(|row| row * dim..(row + 1) * dim);
            let masked: Vec<f32> = entries.map(|at| cues[at] * known[at]).collect();
            let whole = mask.iter().all(|&known| known);
            Ok(Group {
                cues: check::from_host("cues", masked, dim, &like.device())?,
                mask: (!whole).then(|| mask.iter().map(|&known| f32::from(known)).collect()),
                rows,
            })
        })
        .collect::<Result<_>>()?;
    groups.sort_by_key(|group| group.rows[0]);
    Ok(groups)
}

/// The states of all groups as that of the batch.
fn in_order(groups: &[Group], states: Vec<Option<Partial>>) -> Result<Partial> {
    let rows: Vec<usize> = groups.iter().flat_map(|group| group.rows.clone()).collect();
    let mut states: Vec<Partial> = states
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(CoreError::EmptyMemory)?;
    if states.len() == 1 {
        return states.pop().ok_or(CoreError::EmptyMemory.into());
    }
    let mut places = vec![0i64; rows.len()];
    for (at, row) in rows.into_iter().enumerate() {
        places[row] = at as i64;
    }
    let device = states[0].weighted.device();
    let count = places.len();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &device);
    let one = |of: fn(&Partial) -> Tensor<1>| {
        Tensor::cat(states.iter().map(of).collect(), 0).select(0, places.clone())
    };
    let weighted = states.iter().map(|state| state.weighted.clone()).collect();
    let best = states.iter().map(|state| state.best.clone()).collect();
    Ok(Partial {
        max: one(|state| state.max.clone()),
        sum: one(|state| state.sum.clone()),
        weighted: Tensor::cat(weighted, 0).select(0, places.clone()),
        best: Tensor::cat(best, 0).select(0, places.clone()),
        count: states[0].count,
    })
}
