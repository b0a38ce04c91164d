//! Memories for tests: patterns, tables of them, and what the kernel answers in one piece.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::sync::Arc;

use attractor_core::Backend;
use attractor_core::burn::tensor::{Tensor, TensorData};
use attractor_core::kernel::{PatternStore, Ranked, Score, read, top};
use attractor_core::rng;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch, StringArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema, UInt64Type};

/// Patterns `[n, d]` with ids and labels.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    pub(crate) dim: usize,
    pub(crate) values: Vec<f32>,
    pub(crate) ids: Vec<u64>,
    pub(crate) labels: Vec<Option<String>>,
}

impl Memory {
    /// Normal patterns; ids in no order; labels a, b, c and none.
    pub(crate) fn random(seed: u64, count: usize, dim: usize) -> Self {
        let device = Backend::Flex.open().unwrap();
        let values = rng::normal::<2>(&mut rng::stream(seed, "patterns"), [count, dim], &device);
        let values = attractor_core::check::to_host(values).unwrap();
        // A prime above every count: no id twice.
        let ids = (0..count as u64).map(|at| at * 31 % 786_433).collect();
        let label = |at: usize| ["a", "b", "c"].get(at % 4).map(|&label| label.to_owned());
        Self {
            dim,
            values,
            ids,
            labels: (0..count).map(label).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The same without some rows.
    pub(crate) fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| keep(row)).collect();
        let values = rows.iter().flat_map(|&row| self.row(row).to_vec());
        Self {
            dim: self.dim,
            values: values.collect(),
            ids: rows.iter().map(|&row| self.ids[row]).collect(),
            labels: rows.iter().map(|&row| self.labels[row].clone()).collect(),
        }
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.dim..(row + 1) * self.dim]
    }

    fn store(&self) -> PatternStore {
        let device = Backend::Flex.open().unwrap();
        let mut store = PatternStore::new(self.dim, &device).unwrap();
        let values = TensorData::new(self.values.clone(), [self.len(), self.dim]);
        store.push(Tensor::from_data(values, &device)).unwrap();
        store
    }

    /// What the kernel answers to cues `[b, d]` in one read, and with the best k.
    pub(crate) fn asked(&self, cues: &[f32], score: Score, k: usize) -> Vec<Answer> {
        let device = Backend::Flex.open().unwrap();
        let rows = cues.len() / self.dim;
        let cues = TensorData::new(cues.to_vec(), [rows, self.dim]);
        let cues = Tensor::from_data(cues, &device);
        let store = self.store();
        let partial = read(&store, cues.clone(), score).unwrap();
        let means: Vec<f32> = partial.mean().unwrap().into_data().try_into_vec().unwrap();
        let evidence: Vec<f32> = partial
            .log_sum_exp()
            .unwrap()
            .into_data()
            .try_into_vec()
            .unwrap();
        let best = top(&store, cues, score, k).unwrap();
        best.rows()
            .enumerate()
            .map(|(row, best)| Answer {
                mean: means[row * self.dim..(row + 1) * self.dim].to_vec(),
                evidence: f64::from(evidence[row]),
                best: best.into_iter().map(|ranked| self.named(ranked)).collect(),
                patterns: self.len() as u64,
            })
            .collect()
    }

    fn named(&self, ranked: Ranked) -> (u64, f64, f64) {
        (self.ids[ranked.index], ranked.score, ranked.probability)
    }

    /// The rows of a range as columns `id`, `label`, `pattern`, those of `gone` without a pattern.
    pub(crate) fn batch(&self, range: std::ops::Range<usize>, gone: &[bool]) -> RecordBatch {
        let bytes = range.clone().map(|row| {
            let bytes = || self.row(row).iter().flat_map(|value| value.to_le_bytes());
            (!gone.get(row).copied().unwrap_or(false)).then(|| bytes().collect::<Vec<u8>>())
        });
        let bytes: Vec<Option<Vec<u8>>> = bytes.collect();
        let width = 4 * self.dim as i32;
        let slices = bytes.iter().map(|row| row.as_deref());
        let patterns = FixedSizeBinaryArray::try_from_sparse_iter_with_size(slices, width).unwrap();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(self.ids[range.clone()].to_vec())),
            Arc::new(StringArray::from(self.labels[range].to_vec())),
            Arc::new(patterns),
        ];
        RecordBatch::try_new(schema(self.dim), columns).unwrap()
    }
}

pub(crate) fn schema(dim: usize) -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::UInt64, false),
        Field::new("label", DataType::Utf8, true),
        Field::new("pattern", DataType::FixedSizeBinary(4 * dim as i32), true),
    ]))
}

/// What one cue is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) mean: Vec<f32>,
    pub(crate) evidence: f64,
    /// Ids, scores, probabilities.
    pub(crate) best: Vec<(u64, f64, f64)>,
    pub(crate) patterns: u64,
}

impl Answer {
    /// Panics unless the other one is the same: ids exactly, numbers to 1e-5.
    pub(crate) fn is(&self, expected: &Self) {
        let close = |found: f64, expected: f64| {
            let bound = 1e-5 * expected.abs().max(1.0);
            assert!(
                (found - expected).abs() <= bound,
                "{found} instead of {expected}"
            );
        };
        assert_eq!(self.mean.len(), expected.mean.len());
        for (found, expected) in self.mean.iter().zip(&expected.mean) {
            close(f64::from(*found), f64::from(*expected));
        }
        close(self.evidence, expected.evidence);
        assert_eq!(self.patterns, expected.patterns);
        let ids = |answer: &Self| answer.best.iter().map(|best| best.0).collect::<Vec<_>>();
        assert_eq!(ids(self), ids(expected));
        for (found, expected) in self.best.iter().zip(&expected.best) {
            close(found.1, expected.1);
            close(found.2, expected.2);
        }
    }
}

/// The answers in a row of two columns: `attractor_read` and `attractor_top_k` of one cue, or of several.
pub(crate) fn answers(read: &ArrayRef, top: &ArrayRef, row: usize, several: bool) -> Vec<Answer> {
    let (reads, tops) = match several {
        true => (
            read.as_list::<i32>().value(row),
            top.as_list::<i32>().value(row),
        ),
        false => (read.slice(row, 1), top.slice(row, 1)),
    };
    let (reads, tops) = (reads.as_struct(), tops.as_list::<i32>());
    let column = |name: &str| reads.column_by_name(name).unwrap().clone();
    (0..reads.len())
        .map(|at| {
            let ranked = tops.value(at);
            let ranked = ranked.as_struct();
            let number = |name: &str, row: usize| {
                let column = ranked.column_by_name(name).unwrap();
                column.as_primitive::<Float64Type>().value(row)
            };
            let ids = ranked
                .column_by_name("id")
                .unwrap()
                .as_primitive::<UInt64Type>();
            let best = 0..ranked.len();
            let mean = column("answer").as_list::<i32>().value(at);
            let evidence = column("log_evidence");
            let patterns = column("patterns");
            Answer {
                mean: mean.as_primitive::<Float32Type>().values().to_vec(),
                evidence: evidence.as_primitive::<Float64Type>().value(at),
                best: best
                    .map(|row| {
                        (
                            ids.value(row),
                            number("score", row),
                            number("probability", row),
                        )
                    })
                    .collect(),
                patterns: patterns.as_primitive::<UInt64Type>().value(at),
            }
        })
        .collect()
}

/// Cues as SQL has them.
pub(crate) fn literal(cues: &[f32], dim: usize) -> String {
    let rows: Vec<String> = cues.chunks(dim).map(|row| format!("{row:?}")).collect();
    match rows.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
