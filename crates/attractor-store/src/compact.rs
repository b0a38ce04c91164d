//! Compaction: small files joined, deleted patterns gone.

use std::ops::Range;

use crate::Result;
use crate::segment::{Piece, SegmentWriter, group_rows};
use crate::snapshot::Living;
use crate::store::Store;

/// Bytes of patterns in a segment that a compaction joins smaller ones to.
const SEGMENT_BYTES: u64 = 1 << 30;

/// What a compaction has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// Segments before.
    pub segments_before: usize,
    /// Segments now.
    pub segments: usize,
    /// Deleted patterns whose numbers are gone from the disk.
    pub removed: u64,
    /// Bytes of all segments before.
    pub bytes_before: u64,
    /// Bytes of all segments now.
    pub bytes: u64,
}

impl Store {
    /// Writes anew what holds deleted patterns, and joins small segments to larger ones, up to 1 GiB of patterns.
    ///
    /// Ids, labels, payload and the order of patterns stay. The old files are gone when it returns, and the numbers of
    /// deleted patterns with them (as far as the file system overwrites what it gives back). It needs room for one
    /// new segment at a time, and for a row group (32 MiB of patterns) in memory. Each segment is a change of its own: a
    /// compaction that is interrupted has done a part of its work.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] where a file is not what it was, and the other errors of reading and of changes.
    pub fn compact(&mut self) -> Result<Compaction> {
        self.compact_to(SEGMENT_BYTES)
    }

    pub(crate) fn compact_to(&mut self, segment_bytes: u64) -> Result<Compaction> {
        self.change(|store| {
            let before = store.snapshot().clone();
            let width = store.config().pattern_bytes() as u64;
            let groups = groups(&before.segments, segment_bytes / width);
            // The place of the next group among the segments that there are now.
            let mut at = 0;
            for group in groups {
                let parts = &before.segments[group];
                if parts.len() == 1 && parts[0].dead.is_empty() {
                    at += 1;
                    continue;
                }
                at += store.rewrite(parts, at)?;
            }
            let now = store.snapshot();
            Ok(Compaction {
                segments_before: before.segments(),
                segments: now.segments(),
                removed: before.deleted() - now.deleted(),
                bytes_before: before.bytes(),
                bytes: now.bytes(),
            })
        })
    }

    /// Puts one segment, or none if nothing is left, in the place of some that lie at `at`. Says how many.
    fn rewrite(&mut self, parts: &[Living], at: usize) -> Result<usize> {
        let mut draft = self.manifest.clone();
        let mut made = None;
        if parts.iter().any(|part| part.len() > 0) {
            let mut writer = self.new_segment(&mut draft)?;
            copy(parts, &mut writer, self.config())?;
            made = Some(writer.finish()?);
        }
        let count = made.iter().len();
        draft.segments.splice(at..at + parts.len(), made);
        // Deletions of segments that are gone concern nobody.
        let rewritten = |number| parts.iter().any(|part| part.segment.entry.number == number);
        let others = self.snapshot.segments.iter();
        if others
            .filter(|other| !rewritten(other.segment.entry.number))
            .all(|other| other.dead.is_empty())
        {
            draft.deletions.clear();
        }
        self.commit(draft)?;
        Ok(count)
    }
}

/// Neighbours that become one segment of at most `most` patterns.
fn groups(segments: &[Living], most: u64) -> Vec<Range<usize>> {
    let (mut groups, mut first, mut rows) = (Vec::new(), 0, 0);
    for (at, living) in segments.iter().enumerate() {
        if at > first && rows + living.len() > most.min(u32::MAX.into()) {
            groups.push(first..at);
            (first, rows) = (at, 0);
        }
        rows += living.len();
    }
    if first < segments.len() {
        groups.push(first..segments.len());
    }
    groups
}

/// Patterns that are not deleted, in their order.
fn copy(parts: &[Living], writer: &mut SegmentWriter, config: &crate::StoreConfig) -> Result<()> {
    let (step, width) = (group_rows(config), config.pattern_bytes());
    let mut piece = Piece::new(config);
    let mut bytes = Vec::new();
    for living in parts {
        let segment = &living.segment;
        let mut first = 0;
        while first < segment.rows() {
            let room = (step - piece.ids.len()) as u64;
            let rows = first..segment.rows().min(first + room);
            let dead = living.dead_in(rows.start, rows.end - rows.start);
            let start = rows.start;
            let keep = |row: usize| {
                let row = u32::try_from(start + row as u64);
                row.is_ok_and(|row| dead.binary_search(&row).is_err())
            };
            segment.pattern_bytes(rows.clone(), &mut bytes)?;
            for (row, pattern) in bytes.chunks_exact(width).enumerate() {
                if keep(row) {
                    piece.patterns.extend_from_slice(pattern);
                }
            }
            take(&mut piece.ids, segment.ids(rows.clone())?, &keep);
            take(&mut piece.labels, segment.labels(rows.clone())?, &keep);
            for (field, column) in piece.payload.iter_mut().enumerate() {
                column.take(segment.payload(field, rows.clone())?, &keep);
            }
            first = rows.end;
            if piece.ids.len() == step {
                writer.push(std::mem::replace(&mut piece, Piece::new(config)))?;
            }
        }
    }
    writer.push(piece)
}

fn take<T>(to: &mut Vec<T>, from: Vec<T>, keep: &dyn Fn(usize) -> bool) {
    let rows = from.into_iter().enumerate();
    to.extend(rows.filter_map(|(row, value)| keep(row).then_some(value)));
}
