//! A store at one moment.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use attractor_core::Error as CoreError;

use crate::deleted::{self, Deleted};
use crate::manifest::{Manifest, SegmentEntry};
use crate::payload::Record;
use crate::segment::Segment;
use crate::{Error, Precision, Result, StoreConfig};

/// What a store holds at one moment, whatever happens to it later.
///
/// Its files are open, and stay readable where a compaction removes their names: on Unix for as long as the snapshot
/// lives; on other systems the files stay until nobody reads them. Clones share everything.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) config: Arc<StoreConfig>,
    generation: u64,
    pub(crate) segments: Arc<[Living]>,
    len: u64,
}

/// A segment, and which of its rows are deleted.
#[derive(Debug, Clone)]
pub(crate) struct Living {
    pub(crate) segment: Arc<Segment>,
    /// Rising.
    pub(crate) dead: Arc<Vec<u32>>,
}

impl Living {
    /// Patterns that are not deleted.
    pub(crate) fn len(&self) -> u64 {
        self.segment.rows() - self.dead.len() as u64
    }

    pub(crate) fn is_dead(&self, row: u64) -> bool {
        u32::try_from(row).is_ok_and(|row| self.dead.binary_search(&row).is_ok())
    }

    /// Deleted rows within a range.
    pub(crate) fn dead_in(&self, first: u64, rows: u64) -> &[u32] {
        let at = |row: u64| self.dead.partition_point(|&dead| u64::from(dead) < row);
        &self.dead[at(first)..at(first + rows)]
    }
}

impl Snapshot {
    /// Opens what a manifest names; files that `before` has open already are not opened again.
    pub(crate) fn open(folder: &Path, manifest: &Manifest, before: Option<&Self>) -> Result<Self> {
        let config = match before {
            Some(before) if *before.config == manifest.config => before.config.clone(),
            _ => Arc::new(manifest.config.clone()),
        };
        let known: HashMap<u64, &Living> = before
            .into_iter()
            .flat_map(|before| before.segments.iter())
            .map(|living| (living.segment.entry.number, living))
            .collect();
        let mut dead: HashMap<u64, Vec<u32>> = HashMap::new();
        for entry in &manifest.deletions {
            for Deleted { segment, row, .. } in deleted::read(folder, entry)? {
                dead.entry(segment).or_default().push(row);
            }
        }
        let open = |entry: &SegmentEntry| -> Result<Living> {
            let segment = match known.get(&entry.number) {
                Some(living) if living.segment.entry == *entry => living.segment.clone(),
                _ => Arc::new(Segment::open(folder, entry, &config)?),
            };
            let mut rows = dead.remove(&entry.number).unwrap_or_default();
            rows.sort_unstable();
            let distinct = rows.windows(2).all(|pair| pair[0] < pair[1]);
            let inside = rows.last().is_none_or(|&row| u64::from(row) < entry.rows);
            if !(distinct && inside) {
                let expected = format!("deletions of different rows below {}", entry.rows);
                return Err(Error::damaged(&segment.path, expected, "others"));
            }
            Ok(Living {
                segment,
                dead: Arc::new(rows),
            })
        };
        let segments: Vec<Living> = manifest.segments.iter().map(open).collect::<Result<_>>()?;
        Ok(Self {
            config,
            generation: manifest.generation,
            len: segments.iter().map(Living::len).sum(),
            segments: segments.into(),
        })
    }

    /// Number of patterns.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Numbers of a pattern, d.
    pub fn dim(&self) -> usize {
        self.config.dim
    }

    /// How they are written.
    pub fn precision(&self) -> Precision {
        self.config.precision
    }

    /// What the store holds.
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// How many changes there were before: two snapshots of a store with the same number are equal.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Files of patterns.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Patterns that are deleted and still take room, until [`crate::Store::compact`].
    pub fn deleted(&self) -> u64 {
        self.segments
            .iter()
            .map(|living| living.dead.len() as u64)
            .sum()
    }

    /// Bytes of all files of patterns.
    pub fn bytes(&self) -> u64 {
        self.segments
            .iter()
            .map(|living| living.segment.entry.bytes)
            .sum()
    }

    /// Whether the numbers of all patterns are read as they lie in the files. Where another program has written a segment
    /// in another form (compressed, with a dictionary), they are decoded, which is right and slower.
    pub fn is_raw(&self) -> bool {
        self.segments.iter().all(|living| living.segment.is_raw())
    }

    /// Whether there is a pattern of that id.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read.
    pub fn contains(&self, id: u64) -> Result<bool> {
        Ok(self.place(id)?.is_some())
    }

    /// The patterns of those ids, `[ids.len(), d]`, row-major.
    ///
    /// # Errors
    /// [`CoreError::UnknownId`] for the first id that is not there; [`Error::Io`].
    pub fn patterns(&self, ids: &[u64]) -> Result<Vec<f32>> {
        let dim = self.dim();
        let mut values = vec![0.0; ids.len() * dim];
        let mut scratch = Vec::new();
        for (&id, out) in ids.iter().zip(values.chunks_exact_mut(dim)) {
            let (segment, row) = self.known(id)?;
            self.segments[segment]
                .segment
                .patterns(row, out, &mut scratch)?;
        }
        Ok(values)
    }

    /// What is stored beside the patterns of those ids.
    ///
    /// # Errors
    /// As [`Snapshot::patterns`].
    pub fn records(&self, ids: &[u64]) -> Result<Vec<Record>> {
        let record = |&id| {
            let (segment, row) = self.known(id)?;
            let segment = &self.segments[segment].segment;
            let rows = row..row + 1;
            let fields = 0..self.config.payload.len();
            Ok(Record {
                id,
                label: segment.labels(rows.clone())?.swap_remove(0),
                payload: fields
                    .map(|field| Ok(segment.payload(field, rows.clone())?.get(0)))
                    .collect::<Result<_>>()?,
            })
        };
        ids.iter().map(record).collect()
    }

    /// Segment and row of a pattern.
    pub(crate) fn place(&self, id: u64) -> Result<Option<(usize, u64)>> {
        let at = self
            .segments
            .partition_point(|living| living.segment.entry.last_id < id);
        let Some(living) = self.segments.get(at) else {
            return Ok(None);
        };
        let row = living.segment.row_of(id)?;
        Ok(row.filter(|&row| !living.is_dead(row)).map(|row| (at, row)))
    }

    pub(crate) fn known(&self, id: u64) -> Result<(usize, u64)> {
        let place = self.place(id)?;
        Ok(place.ok_or(CoreError::UnknownId { id })?)
    }
}
