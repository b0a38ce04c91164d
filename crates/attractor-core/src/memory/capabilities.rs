//! What some memories can and others cannot.

use burn::tensor::Tensor;

use crate::{Error, Recall, Result};

/// Removes stored patterns.
///
/// # Example
/// ```
/// use attractor_core::{AssociativeMemory, Error, Result};
///
/// /// Only the last `keep` patterns stay.
/// fn slide(memory: &mut dyn AssociativeMemory, keep: usize) -> Result<()> {
///     let surplus = memory.len().saturating_sub(keep);
///     let name = memory.name();
///     let forget = memory.as_forget();
///     let forget = forget.ok_or_else(|| Error::unsupported("a window", "forgetting", name))?;
///     (0..surplus).try_for_each(|_| forget.remove(0))
/// }
/// ```
pub trait Forget {
    /// Removes everything.
    fn clear(&mut self);

    /// Removes one pattern exactly: the memory equals one in which it was never written.
    ///
    /// # Errors
    /// [`crate::Error::Index`] if there is no such pattern; [`crate::Error::Unsupported`] if the
    /// memory does not keep its patterns one by one.
    fn remove(&mut self, index: usize) -> Result<()>;

    /// Removes the pattern with that id: of two equal ones the other stays.
    ///
    /// # Errors
    /// [`crate::Error::UnknownId`] if there is none; [`crate::Error::Unsupported`] if the memory has no ids.
    fn remove_id(&mut self, id: u64) -> Result<()> {
        let _ = id;
        let capability = "patterns that are kept one by one, under ids";
        Err(Error::unsupported(
            "Forget::remove_id",
            capability,
            "the memory",
        ))
    }
}

/// Reads with a mask of known entries.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{AssociativeMemory, Recall, Result};
///
/// /// Recalls from the left half of each row alone.
/// fn from_left_half(memory: &dyn AssociativeMemory, cues: Tensor<2>) -> Result<Recall> {
///     let [rows, width] = cues.dims();
///     let (given, missing) = (width / 2, width - width / 2);
///     let known = Tensor::cat(
///         vec![
///             Tensor::ones([rows, given], &cues.device()),
///             Tensor::zeros([rows, missing], &cues.device()),
///         ],
///         1,
///     );
///     memory.complete_for("from_left_half")?.complete(cues, known)
/// }
/// ```
pub trait Complete {
    /// Recalls from cues `[b, d]` of which only the entries with `known` 1 (`[b, d]`, 0 or 1) are
    /// given.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::read`]; also if `known` has another shape than `cues`.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall>;
}

/// Stores pairs and recalls either side from the other.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{HeteroAssociative, Result};
///
/// /// There and back: keys as the memory knows them.
/// fn round_trip(memory: &mut dyn HeteroAssociative, keys: Tensor<2>) -> Result<Tensor<2>> {
///     let values = memory.recall_values(keys)?.data();
///     Ok(memory.recall_keys(values)?.data())
/// }
/// ```
pub trait HeteroAssociative {
    /// Stores pairs of `keys [n, k]` and `values [n, v]`.
    ///
    /// # Errors
    /// Wrong widths, different numbers of rows, NaN or infinite entries.
    fn write_pairs(&mut self, keys: Tensor<2>, values: Tensor<2>) -> Result<()>;

    /// Recalls values `[b, v]` from keys `[b, k]`.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::read`].
    fn recall_values(&self, keys: Tensor<2>) -> Result<Recall>;

    /// Recalls keys `[b, k]` from values `[b, v]`.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::read`].
    fn recall_keys(&self, values: Tensor<2>) -> Result<Recall>;
}

/// Tells stored from novel.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Recognise, Result, check};
///
/// /// Which cues are of something stored, where one stranger in a hundred may pass.
/// fn known(memory: &dyn Recognise, cues: Tensor<2>) -> Result<Vec<bool>> {
///     let threshold = memory.threshold(0.01)?;
///     let scores = check::to_host(memory.familiarity(cues)?)?;
///     Ok(scores.into_iter().map(|score| f64::from(score) >= threshold).collect())
/// }
/// ```
pub trait Recognise {
    /// A familiarity score per cue `[b]`, higher for stored patterns.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::read`].
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>>;

    /// The familiarity that a share `false_accept` of cues of nothing stored reaches: what lies below is to
    /// be rejected at that rate of false acceptance.
    ///
    /// # Errors
    /// [`crate::Error::Unsupported`] if the memory has not measured what novel cues reach;
    /// [`crate::Error::Config`] unless the rate is between 0 and 1.
    fn threshold(&self, false_accept: f64) -> Result<f64> {
        let _ = false_accept;
        let capability = "a calibration against novel cues";
        Err(Error::unsupported(
            "Recognise::threshold",
            capability,
            "the memory",
        ))
    }
}

/// Says what of a cue its answer explains.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Explain, Result, check};
///
/// /// The share of each cue that the memory takes for something else than the pattern it recalls.
/// fn covered(memory: &dyn Explain, cues: Tensor<2>) -> Result<Vec<f32>> {
///     check::to_host(memory.explained(cues)?.mean_dim(1).neg().add_scalar(1.0))
/// }
/// ```
pub trait Explain {
    /// How far the recalled pattern explains each site of each cue, `[b, sites]`, from 0 (something else is
    /// there: covered, replaced) to 1. A site is an entry of a vector, or a pixel with all its channels.
    ///
    /// # Errors
    /// As [`crate::AssociativeMemory::read`].
    fn explained(&self, cues: Tensor<2>) -> Result<Tensor<2>>;
}

/// Joins two stores of the same specification.
///
/// # Example
/// ```
/// use attractor_core::{Merge, Result};
///
/// /// One memory of what several machines have stored.
/// fn together<M: Merge>(parts: Vec<M>) -> Result<Option<M>> {
///     let mut parts = parts.into_iter();
///     let Some(first) = parts.next() else { return Ok(None) };
///     parts.try_fold(first, M::merge).map(Some)
/// }
/// ```
pub trait Merge: Sized {
    /// The store of everything in `self` followed by everything in `other`.
    ///
    /// # Errors
    /// [`crate::Error::Mismatch`] if the specifications differ.
    fn merge(self, other: Self) -> Result<Self>;
}

/// A part with weights that are learned from episodes of (stored patterns, cues, targets).
///
/// Rows are what the weights act on: codes, for a memory behind a generative model.
///
/// # Example
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{Result, Train};
///
/// /// Learns to bring noisy cues back: the loss of the last of `steps` steps.
/// fn denoise(part: &mut dyn Train, patterns: Tensor<2>, noisy: Tensor<2>, steps: usize) -> Result<f32> {
///     let mut loss = f32::NAN;
///     for _ in 0..steps {
///         loss = part.train_step(patterns.clone(), noisy.clone(), patterns.clone(), 1e-3)?;
///     }
///     Ok(loss)
/// }
/// ```
pub trait Train {
    /// One optimisation step on one episode: the memory holds `patterns [n, d]`, is read with
    /// `cues [b, d]` and should answer `targets [b, d]`. Returns the mean squared error before the
    /// step.
    ///
    /// # Errors
    /// Wrong widths, different numbers of rows.
    fn train_step(
        &mut self,
        patterns: Tensor<2>,
        cues: Tensor<2>,
        targets: Tensor<2>,
        learning_rate: f64,
    ) -> Result<f32>;
}
