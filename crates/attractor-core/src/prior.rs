//! Energies, and the memory priors whose minima are stored patterns.

use burn::tensor::Tensor;

use crate::kernel::{PatternIds, Ranked, Tags};
use crate::{Error, Persist, Result, Train};

/// An energy over states.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, Energy, Result, check};
///
/// /// E(z) = |z|^2 / 2.
/// #[derive(Debug)]
/// struct Bowl;
///
/// impl Energy for Bowl {
///     fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
///         Ok(states.square().sum_dim(1).mul_scalar(0.5).squeeze_dim(1))
///     }
///
///     fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
///         Ok(states)
///     }
/// }
///
/// let device = Backend::Flex.open()?;
/// let states = Tensor::<2>::from_data([[3.0f32, 4.0]], &device);
/// assert_eq!(check::to_host(Bowl.energy(states)?)?, [12.5]);
/// # Ok::<(), attractor_core::Error>(())
/// ```
pub trait Energy: Send + Sync + std::fmt::Debug {
    /// Energy per row `[b]` of states `[b, d]`, up to a constant.
    ///
    /// # Errors
    /// An empty memory, a wrong width.
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>>;

    /// Derivative `[b, d]` of the energy with respect to the states.
    ///
    /// # Errors
    /// As [`Energy::energy`].
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>>;
}

/// A prior p(z) ~ exp(-E(z)) made of stored codes.
///
/// # Example
/// A prior that draws every state to the mean of what is stored:
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Backend, Energy, Error, MemoryPrior, Result, check};
///
/// /// E(z) = |z - mean|^2 / 2.
/// #[derive(Debug, Default)]
/// struct Mean {
///     sum: Option<Tensor<2>>,
///     stored: usize,
/// }
///
/// impl Mean {
///     fn offset(&self, states: Tensor<2>) -> Result<Tensor<2>> {
///         let sum = self.sum.clone().ok_or(Error::EmptyMemory)?;
///         check::shape("states", &states, self.dim())?;
///         Ok(states - sum.div_scalar(self.stored as f32))
///     }
/// }
///
/// impl Energy for Mean {
///     fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
///         let squares = self.offset(states)?.square();
///         Ok(squares.sum_dim(1).mul_scalar(0.5).squeeze_dim(1))
///     }
///
///     fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
///         self.offset(states)
///     }
/// }
///
/// impl MemoryPrior for Mean {
///     fn name(&self) -> &'static str { "mean" }
///
///     fn store(&mut self, codes: Tensor<2>) -> Result<()> {
///         check::batch("codes", &codes, if self.stored == 0 { codes.dims()[1] } else { self.dim() })?;
///         self.stored += codes.dims()[0];
///         let more = codes.sum_dim(0);
///         self.sum = Some(match self.sum.take() {
///             Some(sum) => sum + more,
///             None => more,
///         });
///         Ok(())
///     }
///
///     fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
///         Ok(states.clone() - self.offset(states)?)
///     }
///
///     fn len(&self) -> usize { self.stored }
///     fn dim(&self) -> usize { self.sum.as_ref().map_or(0, |sum| sum.dims()[1]) }
///     fn clear(&mut self) { *self = Self::default(); }
/// }
///
/// let device = Backend::Flex.open()?;
/// let mut prior = Mean::default();
/// prior.store(Tensor::<2>::from_data([[0.0f32, 1.0], [2.0, 3.0]], &device))?;
/// let state = prior.attract(Tensor::<2>::from_data([[9.0f32, 9.0]], &device))?;
/// assert_eq!(check::to_host(state)?, [1.0, 2.0]);
/// # Ok::<(), Error>(())
/// ```
pub trait MemoryPrior: Energy {
    /// Name for messages and results, such as `gaussian_mixture`.
    fn name(&self) -> &'static str;

    /// Stores codes `[n, d]` after those already stored.
    ///
    /// # Errors
    /// A wrong width, NaN or infinite entries.
    fn store(&mut self, codes: Tensor<2>) -> Result<()>;

    /// One step of the prior's own fixed-point iteration: `[b, d]` to `[b, d]`.
    ///
    /// It never increases the energy.
    ///
    /// # Errors
    /// As [`Energy::energy`].
    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>>;

    /// [`MemoryPrior::attract`] and the energy of the states it was given, from one pass over the
    /// store where the prior can share it.
    ///
    /// # Errors
    /// As [`Energy::energy`].
    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        Ok((self.attract(states.clone())?, self.energy(states)?))
    }

    /// [`Energy::gradient`] and the energy at the same states, from one pass where possible.
    ///
    /// # Errors
    /// As [`Energy::energy`].
    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        Ok((self.gradient(states.clone())?, self.energy(states)?))
    }

    /// The factor a with `z - attract(z) = a * gradient(z)`, where there is one: predictive coding
    /// descends `a * E`, so this is what makes its free energy a sum of known terms.
    fn attract_scale(&self) -> Option<f32> {
        None
    }

    /// The highest energy there is, where the prior has one: it is reached by states at which the
    /// prior knows nothing, neither a value nor a slope. Inference marks a row that ends there as
    /// [`crate::Outcome::Clipped`], never as converged.
    fn energy_ceiling(&self) -> Option<f32> {
        None
    }

    /// The codes one by one, if the prior keeps them so. A distributed memory, which holds only
    /// their superposition, does not.
    fn stored(&self) -> Option<&dyn StoredCodes> {
        None
    }

    /// [`MemoryPrior::stored`], to change them.
    fn stored_mut(&mut self) -> Option<&mut dyn StoredCodes> {
        None
    }

    /// The weights that are to be learned before anything is stored, where the prior has some.
    fn as_train(&mut self) -> Option<&mut dyn Train> {
        None
    }

    /// The prior and all it holds in files, if it has a form there: see [`crate::file`].
    fn as_persist(&self) -> Option<&dyn Persist> {
        None
    }

    /// Number of stored codes.
    fn len(&self) -> usize;

    /// Whether nothing is stored.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries of a code.
    fn dim(&self) -> usize;

    /// Removes everything.
    fn clear(&mut self);
}

/// Codes that are kept one by one, in the order of writing: a capability of a [`MemoryPrior`].
///
/// # Example
/// ```
/// use attractor_core::{MemoryPrior, Result};
///
/// /// The newest code goes, where the prior keeps its codes.
/// fn undo(prior: &mut dyn MemoryPrior) -> Result<bool> {
///     let newest = prior.len().checked_sub(1);
///     match (prior.stored_mut(), newest) {
///         (Some(codes), Some(newest)) => codes.remove(newest).map(|()| true),
///         _ => Ok(false),
///     }
/// }
/// ```
pub trait StoredCodes {
    /// The stored codes `[n, d]`.
    ///
    /// # Errors
    /// An empty memory.
    fn codes(&self) -> Result<Tensor<2>>;

    /// The codes at `indices`, in that order, `[indices.len(), d]`: for a caller that visits a large
    /// memory in parts.
    ///
    /// # Errors
    /// [`crate::Error::Index`] if there is no such code; [`crate::Error::EmptyBatch`] without
    /// indices.
    fn codes_at(&self, indices: &[usize]) -> Result<Tensor<2>>;

    /// Removes one code exactly.
    ///
    /// # Errors
    /// [`crate::Error::Index`] if there is no such code.
    fn remove(&mut self, index: usize) -> Result<()>;

    /// Ids and labels of the codes, in the order of writing, if the prior gives them some.
    fn ids(&self) -> Option<&PatternIds> {
        None
    }

    /// Gives the code with that id a label, or takes it away.
    ///
    /// # Errors
    /// [`Error::UnknownId`] if there is none; [`Error::Unsupported`] if codes have no ids.
    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        let _ = (id, label);
        Err(without_ids("StoredCodes::set_label"))
    }

    /// Stores codes `[n, d]` as [`MemoryPrior::store`] does, under ids or with labels.
    ///
    /// # Errors
    /// As [`MemoryPrior::store`]; [`Error::Config`] if an id is taken or given twice; [`Error::Rows`] unless there is one for
    /// each code; [`Error::Unsupported`] if codes have no ids.
    fn store_as(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        let _ = (codes, tags);
        Err(without_ids("StoredCodes::store_as"))
    }

    /// For each of the states `[b, d]` the `k` codes with the highest weights in the prior's read, the best first, or all
    /// where there are fewer; the probabilities are those weights.
    ///
    /// # Errors
    /// As [`Energy::energy`]; [`Error::Config`] if `k` is 0; [`Error::Unsupported`] if the prior does not rank its codes.
    fn nearest(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        let _ = (states, k);
        Err(without_ids("StoredCodes::nearest"))
    }
}

fn without_ids(what: &'static str) -> Error {
    Error::unsupported(what, "codes that have ids and ranks", "the prior")
}

impl dyn MemoryPrior + '_ {
    /// The stored codes `[n, d]`, for a caller that cannot do without them.
    ///
    /// # Errors
    /// An empty memory; [`Error::Unsupported`] naming `caller` if the prior does not keep codes.
    pub fn codes_for(&self, caller: &'static str) -> Result<Tensor<2>> {
        self.stored_for(caller)?.codes()
    }

    /// The store of codes, for a caller that cannot do without it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming `caller` if the prior does not keep codes.
    pub fn stored_for(&self, caller: &'static str) -> Result<&dyn StoredCodes> {
        self.stored().ok_or_else(|| Error::Unsupported {
            what: caller,
            capability: "codes that are kept one by one",
            part: format!("the prior `{}`", self.name()),
        })
    }
}
