//! Baseline memories, to be compared with the variational memory under the same interface.
//!
//! | system | what it is | learned |
//! | --- | --- | --- |
//! | [`memn2n::MemN2N`] | end-to-end memory network, one hop | four projections, a temperature |
//! | [`ntm::Ntm`] | content-based read of a neural Turing machine | keys, sharpening |
//! | [`nearest::Nearest`] | nearest stored pattern | nothing |
//! | [`knn::Knn`] | mean of the nearest stored patterns | nothing |
//! | [`stored_mixture::StoredMixture`] | one Gaussian for each stored pattern, in double precision | nothing |
//! | [`identity::EncoderOnly`] | answers with the cue: the control without a memory | nothing |
//! | [`autoencoder::AutoencoderRecall`] | iterated reconstruction | elsewhere |
//! | [`classical_hopfield::ClassicalHopfield`] | Hopfield network: Hebb, pseudo-inverse, Storkey | nothing |
//! | [`dense_hopfield::DenseHopfield`] | polynomial and exponential Hopfield networks | nothing |
//! | [`dense_classifier::DenseClassifier`] | polynomial Hopfield network that names classes | its memories |
//!
//! Every memory works on rows of `dim` numbers: pixels, or the codes of a generative model; the
//! Hopfield networks on rows of +1 and -1.
//! [`trainer::train_epochs`] trains whatever implements [`attractor_core::Train`].
//!
//! ```
//! use attractor_baselines::{Distance, NearestConfig};
//! use attractor_core::burn::tensor::Tensor;
//! use attractor_core::{AssociativeMemory, Backend};
//!
//! fn main() -> attractor_core::Result<()> {
//!     let device = Backend::Flex.open()?;
//!     let config = NearestConfig { dim: 3, distance: Distance::Manhattan };
//!     let mut memory = config.init(&device)?;
//!     memory.write(Tensor::from_data([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], &device))?;
//!     let found = memory.nearest(Tensor::from_data([[0.9, 0.2, 0.1]], &device))?;
//!     assert_eq!(found[0].index, 0);
//!     Ok(())
//! }
//! ```
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

pub mod autoencoder;
pub mod binary;
pub mod classical_hopfield;
pub mod dense_classifier;
pub mod dense_hopfield;
pub mod identity;
mod input;
pub mod knn;
pub mod memn2n;
pub mod nearest;
pub mod ntm;
mod parameter;
mod persist;
pub mod registry;
pub mod stored_mixture;
pub mod trainer;

#[cfg(test)]
mod testing;

pub use autoencoder::{AutoencoderConfig, AutoencoderRecall};
pub use binary::{Schedule, Update};
pub use classical_hopfield::{ClassicalHopfield, ClassicalHopfieldConfig, LearningRule};
pub use dense_classifier::{
    DenseClassifier, DenseClassifierConfig, DenseProgress, DenseTrainingConfig,
};
pub use dense_hopfield::{BinarySeparation, DenseHopfield, DenseHopfieldConfig, UpdateRule};
pub use identity::{EncoderOnly, EncoderOnlyConfig};
pub use knn::{Knn, KnnConfig};
pub use memn2n::{MemN2N, MemN2NConfig};
pub use nearest::{Distance, Nearest, NearestConfig, Neighbour};
pub use ntm::{Ntm, NtmConfig, Sharpening};
pub use registry::{MEMORIES, add_loaders};
pub use stored_mixture::{MixtureWeights, StoredMixture, StoredMixtureConfig};
pub use trainer::{Episode, Position, Progress, train_epochs};

/// The snippets of the documentation pages, compiled and run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/systems/memn2n.md")]
    struct MemN2N;
    #[doc = include_str!("../../../docs/systems/ntm.md")]
    struct Ntm;
    #[doc = include_str!("../../../docs/systems/nearest-neighbour.md")]
    struct Nearest;
    #[doc = include_str!("../../../docs/systems/knn.md")]
    struct Knn;
    #[doc = include_str!("../../../docs/systems/identity.md")]
    struct Identity;
    #[doc = include_str!("../../../docs/systems/autoencoder.md")]
    struct Autoencoder;
    #[doc = include_str!("../../../docs/systems/classical-hopfield.md")]
    struct ClassicalHopfield;
    #[doc = include_str!("../../../docs/systems/dense-hopfield.md")]
    struct DenseHopfield;
    #[doc = include_str!("../../../docs/systems/dense-classifier.md")]
    struct DenseClassifier;
}
