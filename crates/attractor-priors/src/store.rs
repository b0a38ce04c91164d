//! The part of a prior that is the same for all that keep their codes: the store.

use attractor_core::kernel::{Ranked, TopK};
use attractor_core::{Error, Result};
use burn::tensor::Tensor;

/// Implements the store methods of `MemoryPrior` by the field `store: PatternStore`; goes inside the
/// implementation, beside [`keeps_codes`].
macro_rules! stored_codes {
    () => {
        fn store(&mut self, codes: burn::tensor::Tensor<2>) -> attractor_core::Result<()> {
            attractor_core::StoredCodes::store_as(self, codes, &Default::default())
        }

        fn as_persist(&self) -> Option<&dyn attractor_core::Persist> {
            Some(self)
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

/// Implements `StoredCodes` for a type by its field `store: PatternStore`, its `keep(codes, tags)` and its
/// `rank(states, k)`.
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

            fn ids(&self) -> Option<&attractor_core::kernel::PatternIds> {
                Some(self.store.ids())
            }

            fn set_label(&mut self, id: u64, label: Option<String>) -> attractor_core::Result<()> {
                self.store.set_label(id, label)
            }

            fn store_as(
                &mut self,
                codes: burn::tensor::Tensor<2>,
                tags: &attractor_core::kernel::Tags,
            ) -> attractor_core::Result<()> {
                self.keep(codes, tags)
            }

            fn nearest(
                &self,
                states: burn::tensor::Tensor<2>,
                k: usize,
            ) -> attractor_core::Result<Vec<Vec<attractor_core::kernel::Ranked>>> {
                self.rank(states, k)
            }
        }
    };
}

/// Implements `Persist` and `Restore` for a prior that is its field `config` and its codes, in the field
/// `store: PatternStore`.
macro_rules! persists_codes {
    ($type:ty, $config:ty, $kind:literal) => {
        impl attractor_core::Persist for $type {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn pack(&self) -> attractor_core::Result<attractor_core::weights::Weights> {
                let mut file = attractor_core::weights::Weights::new();
                file.set_config(&self.config)?;
                file.insert_store($crate::store::CODES, &self.store)?;
                Ok(file)
            }
        }

        impl attractor_core::Restore for $type {
            const KIND: &'static str = $kind;

            fn restore(
                file: &attractor_core::weights::Weights,
                loading: &attractor_core::file::Loading<'_>,
            ) -> attractor_core::Result<Self> {
                let config: $config = file.config()?;
                let dim = $crate::store::width(file)?;
                let made = config.init(dim, loading.device());
                let mut prior = made.map_err(|error| file.refuse(error))?;
                prior.store = file.store($crate::store::CODES, dim, loading.device())?;
                Ok(prior)
            }
        }
    };
}

/// Stored codes in files, `[n, d]`.
pub(crate) const CODES: &str = "codes";

/// The entries of a code in a file.
///
/// # Errors
/// [`attractor_core::Error::Weights`] if there are no codes `[n, d]`.
pub(crate) fn width(file: &attractor_core::weights::Weights) -> attractor_core::Result<usize> {
    let [_, width] = attractor_core::weights::modules::shape::<2>(file, CODES)?;
    Ok(width)
}

/// The largest squared norm of codes whose products with each other, times beta, are far inside single
/// precision: energies in units of squares are made of those.
pub(crate) fn largest_norm(beta: f32) -> f64 {
    1e37 / f64::from(beta).max(1.0)
}

/// Energies with those beyond single precision, of states far outside all codes, at its largest number.
pub(crate) fn saturated(energies: Tensor<1>) -> Tensor<1> {
    energies.clamp(f32::MIN, f32::MAX)
}

/// The `k` best of all codes by rows of scores, with weights that are no softmax of them: states go in groups whose scores, one
/// for each code, are few enough.
pub(crate) fn rank_by_weights(
    states: &Tensor<2>,
    codes: usize,
    k: usize,
    weigh: impl Fn(Tensor<2>) -> Result<(Vec<f64>, Vec<f64>)>,
) -> Result<Vec<Vec<Ranked>>> {
    if codes == 0 {
        return Err(Error::EmptyMemory);
    }
    let [rows, _] = states.dims();
    let step = (RANKED / codes).max(1);
    let mut all = Vec::with_capacity(rows);
    for first in (0..rows).step_by(step) {
        let group = states.clone().narrow(0, first, step.min(rows - first));
        let (scores, weights) = weigh(group)?;
        let found = TopK::of_scores(scores.chunks_exact(codes).map(<[f64]>::to_vec), k)?;
        for (mut row, weights) in found.rows().zip(weights.chunks_exact(codes)) {
            for ranked in &mut row {
                ranked.probability = weights[ranked.index];
            }
            all.push(row);
        }
    }
    Ok(all)
}

/// Scores at once, at most.
const RANKED: usize = 4 << 20;

pub(crate) use {keeps_codes, persists_codes, stored_codes};
