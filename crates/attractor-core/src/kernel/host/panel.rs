//! What belongs to one panel of cues: its queries, laid out for the kernel, and its partial.

use super::Panel;
use super::mix::sums_stride;
use crate::kernel::partial::NOTHING;

/// A cache line, so that panel vectors never straddle two.
#[repr(align(64))]
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "read and written through slices of numbers")]
struct Line([f32; 16]);

/// Zeroed, aligned scratch of `vectors` times sixteen numbers.
pub(super) struct Scratch(Vec<Line>);

impl Scratch {
    pub(super) fn new(vectors: usize) -> Self {
        Self(vec![Line([0.0; 16]); vectors])
    }

    pub(super) fn numbers(&self) -> &[f32] {
        // Safety: `Line` is sixteen numbers without padding (its size is its alignment).
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 16) }
    }

    pub(super) fn numbers_mut(&mut self) -> &mut [f32] {
        // Safety: as in `numbers`.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * 16) }
    }
}

/// The partial of a panel: maximum, sum and best per lane, `weighted` per cue.
pub(super) struct PanelPartial {
    pub(super) max: Vec<f32>,
    pub(super) sum: Vec<f32>,
    pub(super) best: Vec<i64>,
    /// One row per cue, padded to whole vectors.
    pub(super) weighted: Scratch,
    /// Numbers from row to row.
    pub(super) stride: usize,
}

impl PanelPartial {
    pub(super) fn new(panel: Panel, value_dim: usize) -> Self {
        let (width, stride) = (panel.vectors * 16, sums_stride(value_dim));
        Self {
            max: vec![NOTHING; width],
            sum: vec![0.0; width],
            best: vec![0; width],
            weighted: Scratch::new(panel.cues * stride / 16),
            stride,
        }
    }

    /// Joins the partial of the patterns after those of `self`.
    pub(super) fn merge(&mut self, other: &Self) {
        let rows = self.weighted.numbers_mut().chunks_exact_mut(self.stride);
        let pairs = rows.zip(other.weighted.numbers().chunks_exact(self.stride));
        for (lane, (row, other_row)) in pairs.enumerate() {
            let max = self.max[lane].max(other.max[lane]);
            let ours = (self.max[lane] - max).exp();
            let theirs = (other.max[lane] - max).exp();
            if other.max[lane] > self.max[lane] {
                self.best[lane] = other.best[lane];
            }
            self.max[lane] = max;
            self.sum[lane] = self.sum[lane] * ours + other.sum[lane] * theirs;
            for (value, other) in row.iter_mut().zip(other_row) {
                *value = *value * ours + other * theirs;
            }
        }
    }

    /// Writes the weighted sums without padding.
    pub(super) fn write(&self, value_dim: usize, out: &mut [f32]) {
        let rows = self.weighted.numbers().chunks_exact(self.stride);
        for (out, row) in out.chunks_exact_mut(value_dim).zip(rows) {
            out.copy_from_slice(&row[..value_dim]);
        }
    }

    /// Raises the running maximum, scaling down what was summed under the old one, and notes
    /// which pattern is now the best. `first` is the index of the chunk's first pattern, `rows`
    /// the row of the chunk with the maximum of each lane.
    pub(super) fn raise_max(&mut self, chunk_max: &[f32], rows: &[f32], first: usize) {
        for lane in 0..chunk_max.len() {
            if chunk_max[lane] <= self.max[lane] {
                continue;
            }
            self.best[lane] = (first + rows[lane] as usize) as i64;
            let scale = (self.max[lane] - chunk_max[lane]).exp();
            self.max[lane] = chunk_max[lane];
            if self.sum[lane] == 0.0 {
                continue;
            }
            self.sum[lane] *= scale;
            let at = lane * self.stride;
            for value in self
                .weighted
                .numbers_mut()
                .iter_mut()
                .skip(at)
                .take(self.stride)
            {
                *value *= scale;
            }
        }
    }
}

/// A panel with its queries laid out for the kernel; shared by the tasks of the panel.
pub(super) struct Packed {
    pub(super) panel: Panel,
    /// `[key_dim][width]`, one cue per lane; empty when there are too few cues to fill lanes.
    pub(super) lanes: Scratch,
    /// Added to the scores of each lane.
    pub(super) offset: Vec<f32>,
}

impl Packed {
    /// Whether its cues are read by dot products along the patterns.
    pub(super) fn is_few(&self) -> bool {
        self.lanes.numbers().is_empty()
    }

    /// Of `queries` `[b, dim]`. Spare lanes repeat the last cue, so that they never keep a pattern alive that no real cue
    /// needs.
    pub(super) fn new(queries: &[f32], dim: usize, offset: &[f32], panel: Panel) -> Self {
        let width = panel.vectors * 16;
        let cue = |lane: usize| panel.start + lane.min(panel.cues - 1);
        let offset = (0..width).map(|lane| offset[cue(lane)]).collect();
        // With few cues, dot products along the patterns beat idle lanes, unless adding up the
        // lanes at their ends (some ten steps) outweighs that.
        if panel.cues < 16 && panel.cues * (dim / 16 + 10) <= dim {
            return Self {
                panel,
                lanes: Scratch::new(0),
                offset,
            };
        }
        let mut lanes = Scratch::new(dim * panel.vectors);
        let numbers = lanes.numbers_mut();
        // Sixteen entries of every cue at a time, so that the lines written stay in cache.
        for from in (0..dim).step_by(16) {
            let to = (from + 16).min(dim);
            for lane in 0..width {
                let query = &queries[cue(lane) * dim..(cue(lane) + 1) * dim];
                for p in from..to {
                    numbers[p * width + lane] = query[p];
                }
            }
        }
        Self {
            panel,
            lanes,
            offset,
        }
    }
}
