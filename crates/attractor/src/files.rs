//! Whatever was saved, back from its file.

use std::path::Path;

use attractor_core::Result;
use attractor_core::burn::tensor::Device;
use attractor_core::file::Loaders;
use attractor_core::memory::registry::BoxedMemory;

/// Every kind of memory and of its parts that the features of this build bring. What you made yourself is added to
/// it, for [`load_with`].
pub fn loaders() -> Loaders {
    let mut loaders = Loaders::new();
    attractor_inference::add_loaders(&mut loaders);
    attractor_memories::add_loaders(&mut loaders);
    attractor_priors::add_loaders(&mut loaders);
    #[cfg(feature = "baselines")]
    attractor_baselines::add_loaders(&mut loaders);
    #[cfg(feature = "predictive-coding")]
    attractor_predictive_coding::add_loaders(&mut loaders);
    #[cfg(feature = "firing-rate")]
    attractor_firing_rate::add_loaders(&mut loaders);
    #[cfg(feature = "spiking")]
    attractor_spiking::add_loaders(&mut loaders);
    #[cfg(feature = "entropic")]
    attractor_entropic::add_loaders(&mut loaders);
    #[cfg(feature = "sparse-recovery")]
    attractor_sparse_recovery::add_loaders(&mut loaders);
    #[cfg(feature = "factual-recall")]
    attractor_factual_recall::add_loaders(&mut loaders);
    #[cfg(feature = "generative")]
    attractor_generative::add_loaders(&mut loaders);
    #[cfg(feature = "nn")]
    attractor_nn::add_loaders(&mut loaders);
    loaders
}

/// The memory of a file that [`attractor_core::Persist::save`] wrote, whichever it is: it reads as before, and what is
/// written next is as if it had never been saved.
///
/// ```
/// use attractor::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("photos.memory");
/// let device = Backend::Flex.open()?;
/// let photos = builtin::scenes(Split::Test, &BuiltinSize { train: 1, test: 20 })?;
/// let mut memory = image_memory(photos.shape, &device)?;
/// memory.write(photos.tensor(&photos.all(), &device)?)?;
/// memory.save(&path)?;
///
/// let memory = attractor::load(&path, &device)?;
/// assert_eq!((memory.name(), memory.len()), ("self-calibrating", 20));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`attractor_core::Error::Weights`] naming the file, what was expected and what was found: no such file, not one of
/// this library, truncated or changed since it was written, of a newer format, or of a kind that this build does not
/// have.
pub fn load(path: &Path, device: &Device) -> Result<BoxedMemory> {
    load_with(&loaders(), path, device)
}

/// [`load`] with kinds of your own, or models that files name by their hash: see [`attractor_core::file`].
///
/// # Errors
/// As [`load`].
pub fn load_with(loaders: &Loaders, path: &Path, device: &Device) -> Result<BoxedMemory> {
    loaders.load(path, device)
}
