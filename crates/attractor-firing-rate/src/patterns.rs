//! Patterns of 0 and 1, one bit an entry.

use attractor_core::{Error, Result};

/// Rows of active (1) and silent (0) units, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    dim: usize,
    words: usize,
    /// `[n, words]`; bit `i % 64` of word `i / 64` is unit i, bits beyond the last unit are 0.
    bits: Vec<u64>,
}

impl Patterns {
    /// None, of `dim` units.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            words: dim.div_ceil(64),
            bits: Vec::new(),
        }
    }

    /// Rows of `dim` numbers that are 0 or 1, in row-major order.
    ///
    /// # Errors
    /// [`Error::Config`] with the first entry that is neither, or if a row has no active or no silent unit;
    /// [`Error::Width`] unless these are whole rows. `what` names them in messages.
    pub fn from_rows(what: &'static str, values: &[f32], dim: usize) -> Result<Self> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return Err(Error::Width {
                what,
                expected: dim,
                rows: 1,
                found: values.len(),
            });
        }
        let mut patterns = Self::new(dim);
        for (row, values) in values.chunks_exact(dim).enumerate() {
            let mut active = 0;
            let start = patterns.bits.len();
            patterns.bits.resize(start + patterns.words, 0);
            for (i, &value) in values.iter().enumerate() {
                if value == 1.0 {
                    patterns.bits[start + i / 64] |= 1 << (i % 64);
                    active += 1;
                } else if value != 0.0 {
                    let found = format!("{value} at row {row}, column {i}");
                    return Err(Error::config(what, "every entry must be 0 or 1", found));
                }
            }
            if active == 0 || active == dim {
                let rule = "every row must have active and silent units";
                let found = format!("{active} active units of {dim} in row {row}");
                return Err(Error::config(what, rule, found));
            }
        }
        Ok(patterns)
    }

    /// Number of patterns, P.
    pub fn len(&self) -> usize {
        self.bits.len() / self.words.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// Units of a pattern, N.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Appends those of `other`, which has the same units.
    pub(crate) fn append(&mut self, other: &Self) {
        self.bits.extend_from_slice(&other.bits);
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, index: usize) {
        let start = index * self.words;
        self.bits.drain(start..start + self.words);
    }

    fn row(&self, index: usize) -> &[u64] {
        &self.bits[index * self.words..(index + 1) * self.words]
    }

    /// Whether unit `i` of pattern `index` is active.
    pub fn is_active(&self, index: usize, i: usize) -> bool {
        self.row(index)[i / 64] >> (i % 64) & 1 == 1
    }

    /// The active units of a pattern, rising.
    pub fn active(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let words = self.row(index).iter().enumerate();
        words.flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(64 * at + bit)
            })
        })
    }

    /// Active units of a pattern.
    pub fn count(&self, index: usize) -> usize {
        ones(self.row(index).iter().copied())
    }

    /// Units that are active in both.
    pub fn overlap(&self, a: usize, b: usize) -> usize {
        ones(self.row(a).iter().zip(self.row(b)).map(|(a, b)| a & b))
    }

    /// Units that are active in all three.
    pub fn triple(&self, a: usize, b: usize, c: usize) -> usize {
        let pairs = self.row(a).iter().zip(self.row(b)).zip(self.row(c));
        ones(pairs.map(|((a, b), c)| a & b & c))
    }

    /// The patterns as rows of `low` and `high`, `[n, dim]`.
    pub fn rows(&self, low: f64, high: f64) -> Vec<f64> {
        let mut values = vec![low; self.len() * self.dim];
        for (index, row) in values.chunks_exact_mut(self.dim.max(1)).enumerate() {
            for i in self.active(index) {
                row[i] = high;
            }
        }
        values
    }

    /// The same in single precision.
    pub fn singles(&self, low: f64, high: f64) -> Vec<f32> {
        let values = self.rows(low, high).into_iter();
        values.map(|value| value as f32).collect()
    }
}

fn ones(words: impl Iterator<Item = u64>) -> usize {
    words.map(|word| word.count_ones() as usize).sum()
}
