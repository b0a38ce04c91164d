//! Stored patterns as parts of a graph of automatic differentiation.

use burn::tensor::{Int, Tensor, TensorData};

/// Batches as they were pushed, and which of their rows are still stored. They are joined anew for each read: what is
/// recorded between leaves and a loss can be differentiated once.
#[derive(Debug, Clone, Default)]
pub(in crate::kernel) struct Graph {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    batch: Tensor<2>,
    /// In rising order.
    rows: Vec<usize>,
}

impl Graph {
    pub(in crate::kernel) fn push(&mut self, batch: Tensor<2>) {
        let rows = (0..batch.dims()[0]).collect();
        self.parts.push(Part { batch, rows });
    }

    /// Without one row; a batch of which none is left goes.
    pub(in crate::kernel) fn remove(&mut self, index: usize) {
        let mut at = index;
        for place in 0..self.parts.len() {
            let rows = &mut self.parts[place].rows;
            if at < rows.len() {
                rows.remove(at);
                if rows.is_empty() {
                    self.parts.remove(place);
                }
                return;
            }
            at -= rows.len();
        }
    }

    /// All rows `[n, d]`, unless there are none.
    pub(in crate::kernel) fn rows(&self) -> Option<Tensor<2>> {
        let part = |part: &Part| {
            let count = part.rows.len();
            if count == part.batch.dims()[0] {
                return part.batch.clone().autodiff();
            }
            let rows: Vec<i64> = part.rows.iter().map(|&row| row as i64).collect();
            let rows = TensorData::new(rows, [count]);
            let rows = Tensor::<1, Int>::from_data(rows, &part.batch.device());
            part.batch.clone().autodiff().select(0, rows)
        };
        let parts: Vec<Tensor<2>> = self.parts.iter().map(part).collect();
        match parts.len() {
            0 => None,
            1 => parts.into_iter().next(),
            _ => Some(Tensor::cat(parts, 0)),
        }
    }
}
