//! The part of a prior that is the same for all: a store of codes.

/// Implements the store methods of `MemoryPrior` by the field `store: PatternStore`.
macro_rules! stored_codes {
    () => {
        fn store(&mut self, codes: burn::tensor::Tensor<2>) -> attractor_core::Result<()> {
            self.store.push(codes)
        }

        fn codes(&self) -> attractor_core::Result<burn::tensor::Tensor<2>> {
            self.store.to_tensor()
        }

        fn len(&self) -> usize {
            self.store.len()
        }

        fn dim(&self) -> usize {
            self.store.dim()
        }

        fn clear(&mut self) {
            self.store.clear();
        }

        fn remove(&mut self, index: usize) -> attractor_core::Result<()> {
            self.store.remove(index)
        }
    };
}

pub(crate) use stored_codes;
