//! The interface of every memory, and its optional capabilities.
//!
//! A memory implements [`AssociativeMemory`] and, beside it, only the capabilities it truly has. Each
//! capability is a trait of its own; [`AssociativeMemory::as_complete`] and its sisters find it behind
//! `dyn AssociativeMemory`, and wrappers pass on what they hold.
//!
//! ```
//! # use attractor_core::{AssociativeMemory, Recall, Result};
//! # use attractor_core::burn::tensor::Tensor;
//! /// Reads with the mask where the memory can use one.
//! fn recall(memory: &dyn AssociativeMemory, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
//!     match memory.as_complete() {
//!         Some(memory) => memory.complete(cues, known),
//!         None => memory.read(cues),
//!     }
//! }
//! ```
//!
//! [`registry`] is what lists of memories by name are made of.

mod capabilities;
mod identify;
pub mod registry;

pub use capabilities::{Complete, Explain, Forget, HeteroAssociative, Merge, Recognise, Train};
pub use identify::{Candidate, Identification, Identify, KeepsPatterns, Ranking};

use std::path::Path;

use burn::tensor::Tensor;

use crate::{Error, Persist, Recall, Result};

/// A store of patterns that is read by content.
///
/// # Example
/// A memory that knows its last pattern alone:
/// ```
/// use attractor_core::burn::tensor::Tensor;
/// use attractor_core::{AssociativeMemory, Backend, Error, Recall, Result, check};
///
/// #[derive(Debug)]
/// struct Last { dim: usize, pattern: Option<Tensor<2>> }
///
/// impl AssociativeMemory for Last {
///     fn name(&self) -> &'static str { "last" }
///
///     fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
///         check::batch("patterns", &patterns, self.dim)?;
///         let newest = patterns.dims()[0] - 1;
///         self.pattern = Some(patterns.narrow(0, newest, 1));
///         Ok(())
///     }
///
///     fn read(&self, cues: Tensor<2>) -> Result<Recall> {
///         check::batch("cues", &cues, self.dim)?;
///         Ok(Recall::single_pass(self.stored_states()?.expand(cues.shape())))
///     }
///
///     fn len(&self) -> usize { usize::from(self.pattern.is_some()) }
///     fn dim(&self) -> usize { self.dim }
///
///     fn stored_states(&self) -> Result<Tensor<2>> {
///         self.pattern.clone().ok_or(Error::EmptyMemory)
///     }
/// }
///
/// let device = Backend::Flex.open()?;
/// let mut memory = Last { dim: 2, pattern: None };
/// memory.write(Tensor::<2>::from_data([[1.0f32, 2.0], [3.0, 4.0]], &device))?;
/// let recall = memory.read(Tensor::<2>::from_data([[0.0f32, 0.0]], &device))?;
/// assert_eq!(check::to_host(recall.data())?, [3.0, 4.0]);
/// # Ok::<(), Error>(())
/// ```
pub trait AssociativeMemory: Send + Sync + std::fmt::Debug {
    /// Name for messages and results, such as `nearest`.
    fn name(&self) -> &'static str;

    /// Stores patterns `[n, d]`, after those already stored.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries. Nothing is stored then.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()>;

    /// Recalls one pattern for each cue `[b, d]`.
    ///
    /// A row's result does not depend on the other rows of the batch.
    ///
    /// # Errors
    /// An empty memory, a wrong width, no rows, NaN or infinite entries.
    fn read(&self, cues: Tensor<2>) -> Result<Recall>;

    /// Number of stored patterns.
    fn len(&self) -> usize;

    /// Whether nothing is stored.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries of a pattern.
    fn dim(&self) -> usize;

    /// The stored patterns in the space where recall happens, `[n, state_dim]`: what a recalled
    /// [`Recall::state`] is compared with.
    ///
    /// # Errors
    /// An empty memory; [`crate::Error::Unsupported`] if the memory does not keep its patterns one
    /// by one.
    fn stored_states(&self) -> Result<Tensor<2>>;

    /// Reading with a mask of known entries, if the memory can.
    fn as_complete(&self) -> Option<&dyn Complete> {
        None
    }

    /// Telling stored from novel, if the memory can.
    fn as_recognise(&self) -> Option<&dyn Recognise> {
        None
    }

    /// Saying which of the stored patterns a cue is of, if the memory keeps them one by one.
    fn as_identify(&self) -> Option<&dyn Identify> {
        None
    }

    /// [`AssociativeMemory::as_identify`], to write under ids and labels.
    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        None
    }

    /// Saying what of a cue the answer explains, if the memory can.
    fn as_explain(&self) -> Option<&dyn Explain> {
        None
    }

    /// Removing what is stored, if the memory can.
    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        None
    }

    /// Storing pairs and recalling either side, if the memory can.
    fn as_hetero_associative(&mut self) -> Option<&mut dyn HeteroAssociative> {
        None
    }

    /// The part with weights that are to be learned before anything is stored, if there is one.
    fn as_train(&mut self) -> Option<&mut dyn Train> {
        None
    }

    /// Saving to a file, if the memory has a form in files. Whether all it is made of has one as well says
    /// [`Persist::savable`].
    fn as_persist(&self) -> Option<&dyn Persist> {
        None
    }
}

impl dyn AssociativeMemory + '_ {
    /// The capabilities it has, by the names that people know: `complete`, `forget`, ...
    pub fn capabilities(&mut self) -> Vec<&'static str> {
        let mut names = Vec::new();
        let mut note = |has: bool, name| names.extend(has.then_some(name));
        note(self.as_complete().is_some(), "complete");
        note(self.as_recognise().is_some(), "recognise");
        note(self.as_identify().is_some(), "identify");
        note(self.as_explain().is_some(), "explain");
        note(self.as_forget().is_some(), "forget");
        note(self.as_hetero_associative().is_some(), "hetero-associative");
        note(self.as_train().is_some(), "train");
        let saved = self.as_persist().map(|memory| memory.savable().is_ok());
        note(saved == Some(true), "persist");
        names
    }

    /// Reading with a mask, for a caller that cannot do without.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming `caller` if the memory cannot.
    pub fn complete_for(&self, caller: &'static str) -> Result<&dyn Complete> {
        let error =
            || Error::unsupported(caller, "reading with a mask of known entries", self.name());
        self.as_complete().ok_or_else(error)
    }

    /// Saves it to `path`, replacing it atomically and durably; what reads it again is
    /// [`crate::file::Loaders::load`].
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming what has no form in files; as [`Persist::save`].
    pub fn save(&self, path: &Path) -> Result<()> {
        crate::file::savable("the memory", self.name(), self.as_persist())?.save(path)
    }

    /// Saying which pattern a cue is of, for a caller that cannot do without.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming `caller` if the memory cannot.
    pub fn identify_for(&self, caller: &'static str) -> Result<&dyn Identify> {
        let error = || Error::unsupported(caller, "patterns that are kept one by one", self.name());
        self.as_identify().ok_or_else(error)
    }

    /// Writing under ids and labels, for a caller that cannot do without.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming `caller` if the memory cannot.
    pub fn identify_mut_for(&mut self, caller: &'static str) -> Result<&mut dyn Identify> {
        let error = Error::unsupported(caller, "patterns that are kept one by one", self.name());
        self.as_identify_mut().ok_or(error)
    }

    /// Learning, for a caller that cannot do without.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming `caller` if the memory cannot.
    pub fn train_for(&mut self, caller: &'static str) -> Result<&mut dyn Train> {
        let error = Error::unsupported(caller, "weights to be learned", self.name());
        self.as_train().ok_or(error)
    }
}
