//! The part of a prior that is the same for all that keep their codes: the store.

/// Implements the store methods of `MemoryPrior` by the field `store: PatternStore`; goes inside the
/// implementation, beside [`keeps_codes`].
macro_rules! stored_codes {
    () => {
        fn store(&mut self, codes: burn::tensor::Tensor<2>) -> attractor_core::Result<()> {
            self.store.push(codes)
        }

        fn stored(&self) -> Option<&dyn attractor_core::StoredCodes> {
            Some(self)
        }

        fn stored_mut(&mut self) -> Option<&mut dyn attractor_core::StoredCodes> {
            Some(self)
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
    };
}

/// Implements `StoredCodes` for a type by its field `store: PatternStore`.
macro_rules! keeps_codes {
    ($type:ty) => {
        impl attractor_core::StoredCodes for $type {
            fn codes(&self) -> attractor_core::Result<burn::tensor::Tensor<2>> {
                self.store.to_tensor()
            }

            fn codes_at(
                &self,
                indices: &[usize],
            ) -> attractor_core::Result<burn::tensor::Tensor<2>> {
                self.store.select(indices)
            }

            fn remove(&mut self, index: usize) -> attractor_core::Result<()> {
                self.store.remove(index)
            }
        }
    };
}

pub(crate) use {keeps_codes, stored_codes};
