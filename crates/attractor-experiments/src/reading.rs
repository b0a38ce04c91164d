//! How a memory is asked: one place for every protocol that corrupts images.

use attractor::core::burn::tensor::Device;
use attractor::core::{AssociativeMemory, Recall};
use attractor::datasets::Corrupted;
use serde::Deserialize;

use crate::Result;

/// How a memory is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reading {
    /// With the cue alone.
    #[default]
    Read,
    /// With the mask of known entries too.
    Complete,
}

impl Reading {
    /// With the mask where the corruption says what it left, else without.
    pub(crate) fn where_known(self, cues: &Corrupted) -> Self {
        match cues.mask() {
            Some(_) => self,
            None => Self::Read,
        }
    }

    /// What the memory makes of the cues.
    ///
    /// # Errors
    /// What the memory refuses; that it cannot read with a mask.
    pub(crate) fn ask(
        self,
        memory: &dyn AssociativeMemory,
        cues: &Corrupted,
        device: &Device,
    ) -> Result<Recall> {
        let (cues, known) = cues.tensors(device);
        Ok(match self {
            Self::Read => memory.read(cues)?,
            Self::Complete => memory
                .complete_for("a read with the known entries (`read`)")?
                .complete(cues, known)?,
        })
    }
}
