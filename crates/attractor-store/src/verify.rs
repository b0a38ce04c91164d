//! Everything a store holds, looked at.

use crate::snapshot::Snapshot;
use crate::{Error, Result};

/// Bytes of patterns that are looked at together.
const BYTES: usize = 4 << 20;

impl Snapshot {
    /// Reads every byte of every file: hashes are those of the manifest, ids rise and are where the manifest says, numbers
    /// are finite, labels and payload can be read. Says how many patterns were verified.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Parquet`] for the first file that is not what it was; [`Error::Io`].
    pub fn verify(&self) -> Result<u64> {
        let (mut bytes, mut numbers) = (Vec::new(), Vec::new());
        let step = (BYTES / self.config.pattern_bytes()).max(1) as u64;
        for living in self.segments.iter() {
            let (segment, path) = (&living.segment, &living.segment.path);
            segment.verify_bytes()?;
            let entry = &segment.entry;
            let mut before = None;
            for first in (0..segment.rows()).step_by(step as usize) {
                let rows = first..segment.rows().min(first + step);
                for id in segment.stored_ids(rows.clone())? {
                    let good = match before {
                        None => id == entry.first_id,
                        Some(before) => id > before,
                    };
                    if !good || id > entry.last_id {
                        let ids = (entry.first_id, entry.last_id);
                        let expected = format!("ids that rise from {} to {}", ids.0, ids.1);
                        return Err(Error::damaged(path, expected, id));
                    }
                    before = Some(id);
                }
                let count = (rows.end - rows.start) as usize;
                numbers.resize(count * self.dim(), 0.0f32);
                segment.patterns(first, &mut numbers, &mut bytes)?;
                if let Some(at) = numbers.iter().position(|value| !value.is_finite()) {
                    let (row, column) = (first + (at / self.dim()) as u64, at % self.dim());
                    let found = format!("{} at row {row}, column {column}", numbers[at]);
                    return Err(Error::damaged(path, "finite numbers", found));
                }
                segment.labels(rows.clone())?;
                for field in 0..self.config.payload.len() {
                    segment.payload(field, rows.clone())?;
                }
            }
            if before != Some(entry.last_id) {
                let found = before.map_or("none".to_owned(), |id| id.to_string());
                let expected = format!("{} as the last id", entry.last_id);
                return Err(Error::damaged(path, expected, found));
            }
        }
        Ok(self.len())
    }
}
