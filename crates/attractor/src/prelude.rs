//! What most programs need.

pub use attractor_core::burn::tensor::{Device, Tensor};
pub use attractor_core::kernel::Tags;
pub use attractor_core::{
    AssociativeMemory, Backend, Complete, Energy, Explain, Failure, Forget, GenerativeModel,
    Identify, Inference, MemoryPrior, Merge, ObservationModel, Outcome, Persist, Recall, Recognise,
    Restore, Stopping, StoredCodes, Train,
};
#[cfg(feature = "datasets")]
pub use attractor_datasets::builtin::BuiltinSize;
#[cfg(feature = "datasets")]
pub use attractor_datasets::folder::FolderOptions;
#[cfg(feature = "datasets")]
pub use attractor_datasets::{Corruption, ImageSet, ImageShape, Split, builtin, folder};
pub use attractor_memories::{SelfCalibratingConfig, SelfCalibratingMemory, VariationalMemory};

#[cfg(feature = "datasets")]
pub use crate::{bad_copy, image_memory, torn_half};
