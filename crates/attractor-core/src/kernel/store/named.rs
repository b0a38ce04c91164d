//! Ids and labels of a store's patterns.

use burn::tensor::Tensor;

use super::{PatternIds, PatternStore, Tags};
use crate::Result;

impl PatternStore {
    /// Appends patterns `[n, d]` under ids or with labels.
    ///
    /// # Errors
    /// As [`PatternStore::push`]; as [`PatternIds::check`]. Nothing is stored then.
    pub fn push_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        self.ids.check(patterns.dims()[0], tags)?;
        self.push_values(patterns, tags)
    }

    /// Ids and labels of the patterns, in the order of writing.
    pub fn ids(&self) -> &PatternIds {
        &self.ids
    }

    /// Gives the pattern with that id a label, or takes it away.
    ///
    /// # Errors
    /// [`crate::Error::UnknownId`] if there is none.
    pub fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }

    /// Removes the pattern with that id, and no other that is equal to it.
    ///
    /// # Errors
    /// [`crate::Error::UnknownId`] if there is none; [`crate::Error::Device`].
    pub fn remove_id(&mut self, id: u64) -> Result<()> {
        self.remove(self.ids.index_of(id)?)
    }

    /// The same patterns under these ids, as many as there are patterns.
    pub(crate) fn with_ids(self, ids: PatternIds) -> Self {
        debug_assert_eq!(ids.len(), self.len());
        Self { ids, ..self }
    }
}
