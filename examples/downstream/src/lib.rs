//! Three parts of one's own, outside of Attractor: what a crate that builds on it looks like.
//!
//! | file | part | trait |
//! | --- | --- | --- |
//! | [`prior`] | a mixture of Student-t densities at the stored codes | `MemoryPrior` |
//! | [`observation`] | Huber's penalty | `ObservationModel` |
//! | [`memory`] | the entrywise median of the nearest patterns | `AssociativeMemory` |
//!
//! [`MEMORIES`] names two memories made of them, for experiment files; `tests/` measures them beside the
//! built-in ones and trains a layer.

pub mod memory;
pub mod observation;
pub mod prior;

use std::sync::Arc;

use attractor::core::memory::registry::{BuildMemory, MemoryEntry, configure, defaults};
use attractor::core::{GenerativeModel, Result};
use attractor::inference::GradientConfig;
use attractor::memories::VariationalMemory;

pub use memory::{Median, MedianConfig};
pub use observation::Huber;
pub use prior::{StudentMixture, StudentMixtureConfig};

/// The memories of this crate by name: `attractor::catalogue::register(MEMORIES)`.
pub const MEMORIES: &[MemoryEntry] = &[
    MemoryEntry {
        name: "student-huber",
        summary: "Student-t mixture prior under Huber's penalty, by gradient descent",
        citation: "this crate",
        defaults: || defaults(StudentMixtureConfig::default()),
        build: BuildMemory::OfData(|options, context| {
            let config = configure("student-huber", StudentMixtureConfig::default(), options)?;
            let model: Arc<dyn GenerativeModel> = context.model.clone();
            let prior = config.init(model.latent_dim())?;
            let inference = GradientConfig::default().init()?;
            let observation = Box::new(Huber::new(0.3, 0.1)?);
            let memory =
                VariationalMemory::new(model, observation, Box::new(prior), Box::new(inference))?;
            Ok(Box::new(memory))
        }),
    },
    MemoryEntry {
        name: "median",
        summary: "entrywise median of the nearest patterns",
        citation: "this crate",
        defaults: || defaults(MedianConfig::default()),
        build: BuildMemory::OfCodes(|options, dim, _| {
            let config = configure("median", MedianConfig::default(), options)?;
            Ok(Box::new(config.init(dim)?))
        }),
    },
];

/// Makes them known to every experiment file of this program. Once.
///
/// # Errors
/// A name that is taken.
pub fn register() -> Result<()> {
    attractor::catalogue::register(MEMORIES)
}
