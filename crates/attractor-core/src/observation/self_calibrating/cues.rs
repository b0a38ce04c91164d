//! The cues of one read, found again by what they hold.

use std::collections::HashMap;
use std::sync::Arc;

use super::pair::Cue;

/// Cues that are ready, by their contents, so that loops that drop rows keep finding theirs, with the mask that it came with.
#[derive(Debug, Default)]
pub(super) struct Cues {
    places: HashMap<u64, Vec<usize>>,
    rows: Vec<(Vec<f32>, Arc<Cue>)>,
}

impl Cues {
    pub(super) fn new(rows: Vec<(Vec<f32>, Arc<Cue>)>) -> Self {
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for (row, (cue, _)) in rows.iter().enumerate() {
            places.entry(hash(cue)).or_default().push(row);
        }
        Self { places, rows }
    }

    /// The cue with these contents: that of the same row, where several have them.
    pub(super) fn find(&self, row: usize, cue: &[f32]) -> Option<Arc<Cue>> {
        let places = self.places.get(&hash(cue))?;
        let same = places.iter().filter(|at| self.rows[**at].0 == cue);
        let at = same
            .clone()
            .find(|at| **at == row)
            .or_else(|| same.clone().next())?;
        Some(self.rows[*at].1.clone())
    }
}

/// FNV-1a over the bits of a cue.
fn hash(cue: &[f32]) -> u64 {
    cue.iter().fold(0xCBF2_9CE4_8422_2325, |hash, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01B3)
    })
}
