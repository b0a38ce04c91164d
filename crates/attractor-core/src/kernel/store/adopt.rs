//! Numbers that are in host memory already become a store, and come back.

use std::sync::Arc;

use burn::tensor::Device;

use super::{Block, PatternStore, Tags};
use crate::backend::is_host_device;
use crate::kernel::dot;
use crate::{Error, Result, check};

impl PatternStore {
    /// A store of the patterns `values` `[n, d]`, row-major, under ids that count up from 0. On a CPU backend the numbers
    /// are not copied: they are its one block, whatever their number. Patterns that pass by, in parts that are
    /// read one after the other, need no other memory ([`PatternStore::release`]).
    ///
    /// # Errors
    /// [`Error::Config`] if `dim` is 0; [`Error::EmptyBatch`] without numbers; [`Error::Width`] unless they are whole rows;
    /// [`Error::NonFinite`].
    pub fn adopt(values: Vec<f32>, dim: usize, device: &Device) -> Result<Self> {
        let mut store = Self::new(dim, device)?;
        if values.is_empty() {
            let (what, width) = ("patterns", dim);
            return Err(Error::EmptyBatch { what, width });
        }
        if !values.len().is_multiple_of(dim) {
            return Err(Error::Width {
                what: "patterns",
                expected: dim,
                rows: 1,
                found: values.len(),
            });
        }
        store.squared_norms.reserve(values.len() / dim);
        for row in values.chunks_exact(dim) {
            // In f64: finite where all entries are.
            let norm = dot(row, row);
            if !norm.is_finite() {
                check::finite("patterns", &values, dim)?;
            }
            store.squared_norms.push(norm as f32);
        }
        store.ids.push(values.len() / dim, &Tags::default())?;
        if is_host_device(&store.device) {
            store.blocks.push(Block::Host(Arc::new(values)));
        } else {
            store.append_device(&values);
        }
        Ok(store)
    }

    /// Gives the memory of an adopted store back, with the numbers in it, where nobody shares it.
    pub fn release(mut self) -> Option<Vec<f32>> {
        match (self.blocks.pop(), self.blocks.is_empty()) {
            (Some(Block::Host(values)), true) => Arc::try_unwrap(values).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;
    use crate::kernel::{Score, read, top};
    use crate::{Backend, rng};

    #[test]
    fn adopted_patterns_are_read_as_pushed_ones_and_come_back() {
        let device = Backend::Flex.open().unwrap();
        let mut stream = rng::stream(0, "adopt");
        let patterns = rng::normal::<2>(&mut stream, [301, 7], &device);
        let cues = rng::normal::<2>(&mut stream, [3, 7], &device);
        let values = check::to_host(patterns.clone()).unwrap();
        let mut pushed = PatternStore::new(7, &device).unwrap();
        pushed.push(patterns).unwrap();
        let adopted = PatternStore::adopt(values.clone(), 7, &device).unwrap();
        assert_eq!(adopted.len(), 301);
        let score = Score::SquaredDistance { variance: 0.5 };
        let host = |tensor: Tensor<2>| check::to_host(tensor).unwrap();
        let expected = host(read(&pushed, cues.clone(), score).unwrap().mean().unwrap());
        let found = host(read(&adopted, cues.clone(), score).unwrap().mean().unwrap());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(
            top(&adopted, cues.clone(), score, 4).unwrap(),
            top(&pushed, cues, score, 4).unwrap()
        );
        assert_eq!(adopted.release(), Some(values));
    }

    #[test]
    fn what_is_no_pattern_is_not_adopted() {
        let device = Backend::Flex.open().unwrap();
        let adopt = |values: Vec<f32>| PatternStore::adopt(values, 2, &device);
        let message = |values| adopt(values).unwrap_err().to_string();
        assert!(message(vec![]).contains("at least one row"));
        assert!(message(vec![1.0; 3]).contains("expected shape [n, 2]"));
        assert_eq!(
            message(vec![0.0, 1.0, 2.0, f32::INFINITY]),
            "patterns: expected finite numbers, found inf at row 1, column 1"
        );
        // A squared norm beyond single precision is no reason.
        assert_eq!(adopt(vec![1e30, 0.0]).unwrap().len(), 1);
        // Shared memory stays where it is.
        let store = adopt(vec![1.0, 2.0]).unwrap();
        let other = store.clone();
        assert_eq!(store.release(), None);
        assert_eq!(other.to_host().unwrap(), [1.0, 2.0]);
    }
}
