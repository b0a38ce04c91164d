//! Memories in files, and back.
//!
//! A file is a safetensors file. Its metadata say what it holds: a format number, the kind, a hash of the content,
//! and what the kind says of itself, such as a configuration. What a memory is made of (a model, a prior, another
//! memory) is a section: names that begin with `prior/`, with a kind of its own. `docs/files.md` describes the
//! layout for programs in other languages.
//!
//! - [`Persist`]: what can be saved. Every memory and every part of one offers it by `as_persist()`.
//! - [`Restore`]: what can be made again from a file.
//! - [`Loaders`]: which kinds there are. It is open: whoever writes a prior of their own implements the two traits
//!   and adds it.
//!
//! ```
//! use std::path::Path;
//!
//! use attractor_core::file::{Loaders, Loading};
//! use attractor_core::model::Posterior;
//! use attractor_core::weights::Weights;
//! use attractor_core::{GenerativeModel, Persist, Restore, Result};
//! use burn::tensor::Tensor;
//!
//! /// Data times a number.
//! #[derive(Debug)]
//! struct Scaled {
//!     dim: usize,
//!     by: f64,
//! }
//!
//! impl Persist for Scaled {
//!     fn kind(&self) -> &'static str {
//!         Self::KIND
//!     }
//!
//!     fn pack(&self) -> Result<Weights> {
//!         let mut file = Weights::new();
//!         file.insert_doubles("by", &[1], vec![self.by]);
//!         file.insert_wholes("dim", &[1], vec![self.dim as u64]);
//!         Ok(file)
//!     }
//! }
//!
//! impl Restore for Scaled {
//!     const KIND: &'static str = "scaled";
//!
//!     fn restore(file: &Weights, _: &Loading<'_>) -> Result<Self> {
//!         Ok(Self {
//!             dim: file.wholes("dim", &[1])?[0] as usize,
//!             by: file.doubles("by", &[1])?[0],
//!         })
//!     }
//! }
//!
//! impl GenerativeModel for Scaled {
//! #   fn name(&self) -> &'static str { "scaled" }
//! #   fn data_dim(&self) -> usize { self.dim }
//! #   fn latent_dim(&self) -> usize { self.dim }
//! #   fn encode(&self, data: Tensor<2>) -> Posterior {
//! #       let mean = data.mul_scalar(self.by);
//! #       Posterior { log_variance: mean.zeros_like(), mean }
//! #   }
//! #   fn decode(&self, codes: Tensor<2>) -> Tensor<2> { codes.div_scalar(self.by) }
//! #   fn pull_back(&self, codes: Tensor<2>, cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>)
//! #       -> (Tensor<2>, Tensor<2>) {
//! #       let data = self.decode(codes);
//! #       (data.clone(), cotangent(data).div_scalar(self.by))
//! #   }
//!     // What every model does, and:
//!     fn as_persist(&self) -> Option<&dyn Persist> {
//!         Some(self)
//!     }
//! }
//!
//! let mut loaders = Loaders::new();
//! loaders.add_model::<Scaled>();
//! ```

mod envelope;
mod loaders;
#[cfg(test)]
mod tests;

use std::path::Path;

use burn::tensor::Device;

pub use self::envelope::{CONTENT, FORMAT, KIND, VERSION, hash_of, open, save_by_hash};
pub use self::loaders::{LoadPart, Loaders, Loading};
use crate::weights::Weights;
use crate::{Error, Result};

/// What can be saved: a memory, or a part of one.
///
/// # Example
/// ```
/// use attractor_core::model::Signs;
/// use attractor_core::{Backend, Persist, Restore};
///
/// let device = Backend::Flex.open()?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("signs.model");
/// let model = Signs::new(784, 0.5)?;
/// model.save(&path)?;
/// let again = Signs::load(&path, &device)?;
/// assert_eq!(again.pack()?, model.pack()?);
/// # Ok::<(), attractor_core::Error>(())
/// ```
pub trait Persist {
    /// Under what name files know it. What reads the file again is found by it, so it never changes.
    fn kind(&self) -> &'static str;

    /// Everything that makes it again, bit by bit: what it was made from, and what it holds.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming a part that has no form in files; [`Error::Device`] if tensors cannot be read
    /// back.
    fn pack(&self) -> Result<Weights>;

    /// Whether all that it is made of has a form in files. Asks, and packs nothing.
    ///
    /// # Errors
    /// [`Error::Unsupported`] naming the part that has none.
    fn savable(&self) -> Result<()> {
        Ok(())
    }

    /// Writes it to `path`, replacing it atomically and durably.
    ///
    /// # Errors
    /// As [`Persist::pack`]; [`Error::Weights`] if the file cannot be written.
    fn save(&self, path: &Path) -> Result<()> {
        envelope::write(self.section()?, path)
    }

    /// [`Persist::pack`] with its kind: what becomes a section of another file.
    ///
    /// # Errors
    /// As [`Persist::pack`].
    fn section(&self) -> Result<Weights> {
        self.savable()?;
        let mut section = self.pack()?;
        section.set_metadata(KIND, self.kind());
        Ok(section)
    }
}

/// What can be made again from a file.
///
/// # Example
/// ```
/// use attractor_core::file::Loading;
/// use attractor_core::weights::Weights;
/// use attractor_core::{Persist, Restore, Result};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Gain { by: f32 }
///
/// impl Persist for Gain {
///     fn kind(&self) -> &'static str { Self::KIND }
///
///     fn pack(&self) -> Result<Weights> {
///         let mut file = Weights::new();
///         file.set_config(self)?;
///         Ok(file)
///     }
/// }
///
/// impl Restore for Gain {
///     const KIND: &'static str = "my-gain";
///
///     fn restore(file: &Weights, _: &Loading<'_>) -> Result<Self> {
///         file.config()
///     }
/// }
/// ```
pub trait Restore: Sized {
    /// [`Persist::kind`].
    const KIND: &'static str;

    /// Makes it from what [`Persist::pack`] gave. `loading` has the device, and loads sections.
    ///
    /// # Errors
    /// [`Error::Weights`] naming the file, what was expected and what was found.
    fn restore(file: &Weights, loading: &Loading<'_>) -> Result<Self>;

    /// Reads it from a file, with parts of the kinds that this crate brings ([`Loaders::new`]).
    ///
    /// # Errors
    /// As [`open`] and [`Restore::restore`]; [`Error::Weights`] if the file holds another kind.
    fn load(path: &Path, device: &Device) -> Result<Self> {
        Self::load_using(path, &Loaders::new(), device)
    }

    /// Reads it from a file, with parts of the kinds that `loaders` know.
    ///
    /// # Errors
    /// As [`Restore::load`].
    fn load_using(path: &Path, loaders: &Loaders, device: &Device) -> Result<Self> {
        let file = open(path)?;
        envelope::expect_kind(&file, Self::KIND)?;
        Self::restore(&file, &Loading::new(loaders, device))
    }
}

/// The section of a part, for a memory that is made of several; `what` is what it is there, such as `the prior`.
///
/// # Errors
/// [`Error::Unsupported`] naming the part if it has no form in files; as [`Persist::section`].
pub fn section_of(what: &str, name: &str, part: Option<&dyn Persist>) -> Result<Weights> {
    savable(what, name, part)?.section()
}

/// The part as something that can be saved.
///
/// # Errors
/// [`Error::Unsupported`] naming the part.
pub fn savable<'a>(
    what: &str,
    name: &str,
    part: Option<&'a dyn Persist>,
) -> Result<&'a dyn Persist> {
    let part = part.ok_or_else(|| Error::Unsupported {
        what: "saving a memory",
        capability: "a form in files (`as_persist`)",
        part: format!("{what} `{name}`"),
    })?;
    part.savable()?;
    Ok(part)
}
