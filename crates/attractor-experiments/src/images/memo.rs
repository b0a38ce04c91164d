//! A model that remembers what it has encoded: every system of an experiment stores the same blocks
//! and is read with the same cues.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use attractor::core::burn::tensor::Tensor;
use attractor::core::{GenerativeModel, LayerChain, Persist, Posterior, Segments, check};

/// Answers of `encode` by a hash of the data.
#[derive(Debug)]
pub(super) struct Memo {
    inner: Arc<dyn GenerativeModel>,
    answers: Mutex<HashMap<u64, Posterior>>,
}

impl Memo {
    pub(super) fn new(inner: Arc<dyn GenerativeModel>) -> Self {
        Self {
            inner,
            answers: Mutex::default(),
        }
    }
}

impl GenerativeModel for Memo {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn data_dim(&self) -> usize {
        self.inner.data_dim()
    }

    fn latent_dim(&self) -> usize {
        self.inner.latent_dim()
    }

    fn encode(&self, data: Tensor<2>) -> Posterior {
        // Data that cannot be read back is encoded anew; the caller will see the device's error.
        let Ok(values) = check::to_host(data.clone()) else {
            return self.inner.encode(data);
        };
        let mut hasher = DefaultHasher::new();
        data.dims().hash(&mut hasher);
        for value in values {
            hasher.write_u32(value.to_bits());
        }
        let key = hasher.finish();
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers().get(&key) {
            return answer.clone();
        }
        let answer = self.inner.encode(data);
        answers().insert(key, answer.clone());
        answer
    }

    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        self.inner.decode(codes)
    }

    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        self.inner.pull_back(codes, cotangent)
    }

    fn segments(&self, data: Tensor<2>) -> Option<Segments> {
        self.inner.segments(data)
    }

    fn codes_are_data(&self) -> bool {
        self.inner.codes_are_data()
    }

    fn layer_chain(&self) -> Option<&LayerChain> {
        self.inner.layer_chain()
    }

    /// What was remembered is no part of it.
    fn as_persist(&self) -> Option<&dyn Persist> {
        self.inner.as_persist()
    }
}
