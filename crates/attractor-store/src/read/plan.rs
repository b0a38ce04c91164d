//! Which rows are read together, and where a pattern of the read is in the files.

use std::path::Path;

use attractor_core::Error as CoreError;
use attractor_core::burn::tensor::Device;
use attractor_core::kernel::PatternStore;

use crate::snapshot::Snapshot;
use crate::{Error, Result};

/// Neighbouring rows of one segment, some of which live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    segment: usize,
    first: u64,
    rows: u64,
    /// Living patterns of the parts before.
    before: u64,
    pub(crate) living: u64,
}

/// A snapshot in parts of a size that memory holds.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) parts: Vec<Part>,
}

/// What a thread reads into.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) values: Vec<f32>,
    pub(crate) scratch: Vec<u8>,
}

impl<'a> Plan<'a> {
    /// Parts of at most so many bytes of single precision, and at least one row.
    pub(crate) fn new(snapshot: &'a Snapshot, bytes: usize) -> Self {
        let most = (bytes / 4 / snapshot.dim()).max(1) as u64;
        let (mut parts, mut before) = (Vec::new(), 0);
        for (segment, living) in snapshot.segments.iter().enumerate() {
            // Of equal size within a segment, so that none is small.
            let rows = living.segment.rows();
            let step = rows.div_ceil(rows.div_ceil(most));
            for first in (0..rows).step_by(step as usize) {
                let rows = step.min(rows - first);
                let alive = rows - living.dead_in(first, rows).len() as u64;
                if alive == 0 {
                    continue;
                }
                parts.push(Part {
                    segment,
                    first,
                    rows,
                    before,
                    living: alive,
                });
                before += alive;
            }
        }
        Self { snapshot, parts }
    }

    /// The living patterns of a part, in place of what `values` held.
    pub(crate) fn fill(&self, part: &Part, buffers: &mut Buffers) -> Result<()> {
        let living = &self.snapshot.segments[part.segment];
        let dim = self.snapshot.dim();
        let Buffers { values, scratch } = buffers;
        values.resize(part.rows as usize * dim, 0.0);
        living.segment.patterns(part.first, values, scratch)?;
        // Rows behind deleted ones move up, run by run.
        let mut to = None;
        let dead = living.dead_in(part.first, part.rows);
        for (at, &row) in dead.iter().enumerate() {
            let here = (u64::from(row) - part.first) as usize;
            let next = dead
                .get(at + 1)
                .map_or(part.rows, |&row| u64::from(row) - part.first);
            let from = (here + 1) * dim;
            let until = next as usize * dim;
            let place = to.unwrap_or(here * dim);
            values.copy_within(from..until, place);
            to = Some(place + until - from);
        }
        if let Some(length) = to {
            values.truncate(length);
        }
        Ok(())
    }

    /// Says that a part is read soon.
    pub(crate) fn ahead(&self, part: &Part) {
        let living = &self.snapshot.segments[part.segment];
        living.segment.ahead(part.first, part.rows);
    }

    /// [`Plan::fill`] as the kernel reads it.
    pub(crate) fn load(
        &self,
        part: &Part,
        mut values: Vec<f32>,
        scratch: &mut Vec<u8>,
        device: &Device,
    ) -> Result<PatternStore> {
        let mut buffers = Buffers {
            values: std::mem::take(&mut values),
            scratch: std::mem::take(scratch),
        };
        let filled = self.fill(part, &mut buffers);
        *scratch = buffers.scratch;
        filled?;
        let adopted = PatternStore::adopt(buffers.values, self.snapshot.dim(), device);
        adopted.map_err(|error| match error {
            CoreError::NonFinite {
                row, column, value, ..
            } => {
                let path: &Path = &self.snapshot.segments[part.segment].segment.path;
                // Nothing of the kind was stored.
                let id = self.id_of(part, row as u64);
                let id = id.map_or_else(|_| "a pattern".to_owned(), |id| format!("pattern {id}"));
                let found = format!("{value} in column {column} of {id}");
                Error::damaged(path, "finite numbers", found)
            }
            other => other.into(),
        })
    }

    /// The id of the pattern that is number `index` among all living ones.
    pub(crate) fn id(&self, index: u64) -> Result<u64> {
        let at = self
            .parts
            .partition_point(|part| part.before + part.living <= index);
        match self.parts.get(at) {
            Some(part) => self.id_of(part, index - part.before),
            None => Err(CoreError::Index {
                what: "pattern",
                len: self.snapshot.len() as usize,
                index: index as usize,
            }
            .into()),
        }
    }

    /// The ids of all living patterns of a part.
    pub(crate) fn ids(&self, part: &Part) -> Result<Vec<u64>> {
        let living = &self.snapshot.segments[part.segment];
        let rows = part.first..part.first + part.rows;
        let mut ids = living.segment.ids(rows)?;
        let mut row = part.first;
        ids.retain(|_| {
            row += 1;
            !living.is_dead(row - 1)
        });
        Ok(ids)
    }

    /// The labels of all living patterns of a part.
    pub(crate) fn labels(&self, part: &Part) -> Result<Vec<Option<String>>> {
        let living = &self.snapshot.segments[part.segment];
        let rows = part.first..part.first + part.rows;
        let mut labels = living.segment.labels(rows)?;
        let mut row = part.first;
        labels.retain(|_| {
            row += 1;
            !living.is_dead(row - 1)
        });
        Ok(labels)
    }

    fn id_of(&self, part: &Part, index: u64) -> Result<u64> {
        let living = &self.snapshot.segments[part.segment];
        let mut row = part.first + index;
        for &dead in living.dead_in(part.first, part.rows) {
            if u64::from(dead) > row {
                break;
            }
            row += 1;
        }
        Ok(living.segment.ids(row..row + 1)?[0])
    }
}
