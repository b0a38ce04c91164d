//! Which cells count, as bits: the conjunction over a cue's columns takes 64 cells at once.

use super::table::Table;

/// Bits `[own columns, own rows]` x words of the other side's cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gates {
    words: usize,
    bits: Vec<u64>,
}

impl Gates {
    /// All off.
    pub(super) fn new(table: &Table) -> Self {
        let words = table.other.cells().div_ceil(64);
        Self {
            words,
            bits: vec![0; words * table.own.cells()],
        }
    }

    /// On where the count reaches the threshold of its block; `threshold` of (own column, other column).
    pub(super) fn of(table: &Table, threshold: impl Fn(usize, usize) -> u32) -> Self {
        let mut gates = Self::new(table);
        let words = gates.words;
        let rows = table.counts.chunks_exact(table.other.cells());
        for (at, (row, bits)) in rows.zip(gates.bits.chunks_exact_mut(words)).enumerate() {
            let own = at / table.own.rows;
            for (other, block) in row.chunks_exact(table.other.rows).enumerate() {
                let least = threshold(own, other);
                let first = other * table.other.rows;
                for (level, &count) in block.iter().enumerate() {
                    let cell = first + level;
                    bits[cell / 64] |= u64::from(u32::from(count) >= least) << (cell % 64);
                }
            }
        }
        gates
    }

    /// Turns one cell on: `row` is column x rows + level of the own side.
    pub(super) fn set(&mut self, row: usize, cell: usize) {
        self.bits[row * self.words + cell / 64] |= 1 << (cell % 64);
    }

    /// Turns one cell off.
    pub(super) fn clear(&mut self, row: usize, cell: usize) {
        self.bits[row * self.words + cell / 64] &= !(1 << (cell % 64));
    }

    /// The cells that are on in every one of these rows; all cells, for no row.
    pub(super) fn all(&self, rows: impl Iterator<Item = usize>) -> Vec<u64> {
        let mut all = vec![u64::MAX; self.words];
        for row in rows {
            let bits = &self.bits[row * self.words..(row + 1) * self.words];
            for (all, bits) in all.iter_mut().zip(bits) {
                *all &= bits;
            }
        }
        all
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.bits)
    }
}

/// Whether a cell is on.
pub(super) fn on(bits: &[u64], cell: usize) -> bool {
    bits[cell / 64] >> (cell % 64) & 1 == 1
}

/// Whether each column of `rows` cells has one that is on.
pub(super) fn no_column_empty(bits: &[u64], columns: usize, rows: usize) -> bool {
    (0..columns).all(|column| (column * rows..(column + 1) * rows).any(|cell| on(bits, cell)))
}
