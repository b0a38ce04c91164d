//! The part of a prior that is the same for all that keep their codes: the store.

/// Implements the store methods of `MemoryPrior` by the field `store: PatternStore`; goes inside the
/// implementation, beside [`keeps_codes`].
///
/// With `norms: largest`, codes with a squared norm above `self.largest()` are refused.
macro_rules! stored_codes {
    () => {
        fn store(&mut self, codes: burn::tensor::Tensor<2>) -> attractor_core::Result<()> {
            self.store.push(codes)
        }

        $crate::store::stored_codes!(@rest);
    };
    (norms: $largest:ident) => {
        fn store(&mut self, codes: burn::tensor::Tensor<2>) -> attractor_core::Result<()> {
            attractor_core::check::shape("codes", &codes, self.store.dim())?;
            attractor_core::check::norms("codes", &codes, self.$largest())?;
            self.store.push(codes)
        }

        $crate::store::stored_codes!(@rest);
    };
    (@rest) => {
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

/// The largest squared norm of codes whose products with each other, times beta, are far inside single
/// precision: energies in units of squares are made of those.
pub(crate) fn largest_norm(beta: f32) -> f64 {
    1e37 / f64::from(beta).max(1.0)
}

/// Energies with those beyond single precision, of states far outside all codes, at its largest number.
pub(crate) fn saturated(energies: burn::tensor::Tensor<1>) -> burn::tensor::Tensor<1> {
    energies.clamp(f32::MIN, f32::MAX)
}

pub(crate) use {keeps_codes, stored_codes};
