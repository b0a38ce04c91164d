//! One layout of the relation: for each column and level of one side, all counters over the other side.

use crate::object::Domain;

/// Counters `[own columns, own rows, other columns, other rows]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) own: Domain,
    pub(super) other: Domain,
    pub(super) counts: Vec<u16>,
}

impl Table {
    pub(super) fn new(own: Domain, other: Domain) -> Self {
        Self {
            counts: vec![0; own.cells() * other.cells()],
            own,
            other,
        }
    }

    /// Where the counters of a column and level begin.
    pub(super) fn start(&self, column: usize, level: usize) -> usize {
        (column * self.own.rows + level) * self.other.cells()
    }

    /// The counters over the other side `[other columns, other rows]`.
    pub(super) fn row(&self, column: usize, level: usize) -> &[u16] {
        let start = self.start(column, level);
        &self.counts[start..start + self.other.cells()]
    }

    /// The counters of a row: column x rows + level.
    pub(super) fn at_mut(&mut self, row: usize) -> &mut [u16] {
        let cells = self.other.cells();
        &mut self.counts[row * cells..(row + 1) * cells]
    }

    /// The same numbers seen from the other side.
    pub(super) fn transposed(&self) -> Self {
        let mut seen = Self::new(self.other, self.own);
        let (rows, columns) = (self.own.cells(), self.other.cells());
        for (at, row) in self.counts.chunks_exact(columns).enumerate() {
            for (to, &count) in row.iter().enumerate() {
                seen.counts[to * rows + at] = count;
            }
        }
        seen
    }
}
