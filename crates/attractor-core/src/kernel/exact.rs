//! The softmax read in `f64`, for the rows whose scores single precision does not hold.
//!
//! Every product of two numbers of single precision, and every sum of such products, lies far inside
//! the range of double precision: there is no magnitude of cue, pattern or temperature at which this
//! read overflows or loses a score. It is a few times slower than [`super::host`], and for rows that
//! the ordinary read refuses or doubts it is the answer.

use rayon::prelude::*;

use super::host::{Best, Found, HostPartial, Rows, rows_from};
use super::partial::LARGEST_SCORE;
use super::similarity::Rule;
use super::top::RowTop;

/// Patterns of a piece of work: set by the shapes alone, so that results are the same on any number of
/// threads.
const PIECE: usize = 2048;

/// A store and its values, read by the same score.
pub(super) struct Exact<'a> {
    /// Blocks of row-major keys.
    pub(super) keys: &'a [Rows<'a>],
    pub(super) key_dim: usize,
    /// Blocks of row-major values; the blocks may be cut elsewhere than those of the keys.
    pub(super) values: &'a [Rows<'a>],
    pub(super) value_dim: usize,
    /// Number of keys, and of values.
    pub(super) patterns: usize,
    pub(super) rule: Rule<'a>,
}

/// The unfinished read of one cue.
struct Row {
    max: f64,
    sum: f64,
    weighted: Vec<f64>,
    best: usize,
}

impl Exact<'_> {
    /// Reads with the cues `rows` of `cues` `[b, key_dim]` and puts what was found in their places.
    pub(super) fn read_into(&self, cues: &[f32], rows: &[usize], out: &mut HostPartial) {
        let found: Vec<Row> = rows
            .par_iter()
            .map(|&row| self.read(&cues[row * self.key_dim..(row + 1) * self.key_dim]))
            .collect();
        for (&row, found) in rows.iter().zip(found) {
            self.put(row, found, out);
        }
    }

    /// The `most` best patterns for a cue of finite numbers.
    pub(super) fn top(&self, cue: &[f32], most: usize) -> RowTop {
        let pieces: Vec<(Best, f64, f64)> = (0..self.patterns.div_ceil(PIECE))
            .into_par_iter()
            .map(|piece| self.top_piece(cue, piece * PIECE, most))
            .collect();
        let nothing = (Best::new(most), f64::MIN, 0.0);
        let (best, _, sum) = pieces.into_iter().fold(nothing, |found, later| {
            let (mut best, max, sum) = found;
            best.join(later.0);
            let top = max.max(later.1);
            let sum = sum * (max - top).exp() + later.2 * (later.1 - top).exp();
            (best, top, sum)
        });
        RowTop::new(best.sorted(), sum, self.rule, self.patterns)
    }

    /// The best from pattern `first` on, the largest score, and the sum of weights relative to it.
    fn top_piece(&self, cue: &[f32], first: usize, most: usize) -> (Best, f64, f64) {
        let (mut best, mut max, mut sum) = (Best::new(most), f64::MIN, 0.0f64);
        let mut room = Vec::new();
        for index in first..self.patterns.min(first + PIECE) {
            let key = rows_from(self.keys, self.key_dim, index).0;
            let key = key.row(0, self.key_dim, &mut room);
            let rank = self.rule.rank(key, cue);
            best.offer(Found { rank, index });
            let score = self.rule.ranked(rank);
            if score > max {
                sum *= (max - score).exp();
                max = score;
            }
            sum += (score - max).exp();
        }
        (best, max, sum)
    }

    fn read(&self, cue: &[f32]) -> Row {
        if cue.iter().any(|value| !value.is_finite()) {
            // No answer belongs to such a cue, and none is made up.
            return Row {
                max: f64::NAN,
                sum: f64::NAN,
                weighted: vec![f64::NAN; self.value_dim],
                best: 0,
            };
        }
        let pieces: Vec<Row> = (0..self.patterns.div_ceil(PIECE))
            .into_par_iter()
            .map(|piece| self.read_piece(cue, piece * PIECE))
            .collect();
        pieces
            .into_iter()
            .reduce(Row::merge)
            .unwrap_or_else(|| Row::new(self.value_dim))
    }

    fn read_piece(&self, cue: &[f32], first: usize) -> Row {
        let mut row = Row::new(self.value_dim);
        let (mut key_room, mut value_room) = (Vec::new(), Vec::new());
        for index in first..self.patterns.min(first + PIECE) {
            let key = rows_from(self.keys, self.key_dim, index).0;
            let score = self.rule.of(key.row(0, self.key_dim, &mut key_room), cue);
            let value = rows_from(self.values, self.value_dim, index).0;
            let value = value.row(0, self.value_dim, &mut value_room);
            row.add(score, index, value);
        }
        row
    }

    fn put(&self, row: usize, found: Row, out: &mut HostPartial) {
        let (mut max, mut scale) = (found.max, 1.0);
        // Sums of values near the end of the range leave it: the mean does not.
        if found
            .weighted
            .iter()
            .any(|sum| sum.abs() > f64::from(f32::MAX))
        {
            max += found.sum.ln();
            scale = found.sum.recip();
        }
        out.max[row] = max.clamp(-LARGEST_SCORE, LARGEST_SCORE) as f32;
        out.sum[row] = (found.sum * scale) as f32;
        out.best[row] = found.best as i64;
        let place = &mut out.weighted[row * self.value_dim..(row + 1) * self.value_dim];
        for (place, sum) in place.iter_mut().zip(found.weighted) {
            *place = (sum * scale) as f32;
        }
    }
}

impl Row {
    fn new(value_dim: usize) -> Self {
        Self {
            max: f64::MIN,
            sum: 0.0,
            weighted: vec![0.0; value_dim],
            best: 0,
        }
    }

    fn add(&mut self, score: f64, index: usize, value: &[f32]) {
        if score > self.max {
            self.scale((self.max - score).exp());
            (self.max, self.best) = (score, index);
        }
        let weight = (score - self.max).exp();
        if weight == 0.0 {
            return;
        }
        self.sum += weight;
        for (sum, &value) in self.weighted.iter_mut().zip(value) {
            *sum += weight * f64::from(value);
        }
    }

    /// Joins what was found among later patterns.
    fn merge(mut self, mut later: Self) -> Self {
        if later.max > self.max {
            self.scale((self.max - later.max).exp());
            (self.max, self.best) = (later.max, later.best);
        } else {
            later.scale((later.max - self.max).exp());
        }
        self.sum += later.sum;
        for (sum, later) in self.weighted.iter_mut().zip(later.weighted) {
            *sum += later;
        }
        self
    }

    fn scale(&mut self, by: f64) {
        self.sum *= by;
        self.weighted.iter_mut().for_each(|sum| *sum *= by);
    }
}

/// `a . b`, accumulated in `f64`.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter().sum::<f64>()
        + rest
            .map(|(&a, &b)| f64::from(a) * f64::from(b))
            .sum::<f64>()
}
