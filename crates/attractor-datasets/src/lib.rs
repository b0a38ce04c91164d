//! Data sets, built-in generators and corruptions for associative memories.
//!
//! Everything ends in an [`ImageSet`]: 8-bit images of one shape, with labels and a fingerprint of
//! the content. [`load`] finds a data set by name or path below the directories of a [`DataRoot`]:
//!
//! - `cifar10`: the official binary release ([`cifar10`]) or an archive of the images ([`folder`]);
//! - `mnist`, `fashion-mnist`, `emnist-digits`, `emnist-balanced`: IDX files, plain or gzip ([`idx`]);
//! - `clevr`: CLEVR v1.0 in its official layout, and `builtin-clevr`, rendered here ([`clevr`]);
//! - `builtin`, `builtin-glyphs` and `builtin-letters`: procedural images that need no files ([`builtin`]);
//! - a path to a folder of such files, and any other path: a folder, `.tar` or `.tar.gz` of PNG, JPEG and WebP
//!   images ([`folder`]).
//!
//! What lay beside the images and is not among them stands in [`ImageSet::report`].
//!
//! [`Corruption`] and [`Damage`] turn stored patterns into cues. [`Manifest`] and [`fetch`](mod@fetch) download
//! what is not there yet; this is the only code of the library that touches the network.
//!
//! ```
//! use attractor_datasets::{Corruption, DataRoot, Split, load};
//!
//! let set = load("builtin", Split::Test, &DataRoot::default())?;
//! let stored = set.rows(&[0, 1, 2])?;
//! let cues = Corruption::Mask { side: 16 }.apply(&stored, set.shape, 7, 0)?;
//! assert_eq!(cues.cues.len(), 3 * set.dim());
//! # Ok::<(), attractor_datasets::DataError>(())
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

pub mod annotation;
pub mod builtin;
pub mod cifar10;
pub mod clevr;
#[cfg(feature = "fetch")]
mod contents;
pub mod corruption;
pub mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod folder;
mod gzip;
mod hash;
pub mod idx;
pub mod image_set;
pub mod locate;
pub mod manifest;
pub mod report;
#[cfg(feature = "fetch")]
mod unpack;

pub use annotation::{AnnotatedObject, AnnotatedSet, Annotations};
pub use builtin::BuiltinSize;
pub use clevr::ClevrSet;
pub use corruption::{Corrupted, Corruption, Damage, Part};
pub use error::{DataError, Result};
#[cfg(feature = "fetch")]
pub use fetch::{Event, FetchOptions, Fetched, Fetcher, Progress};
pub use folder::{Colour, FolderOptions, Watch};
pub use hash::sha256_file;
pub use image_set::{ImageSet, ImageShape, Split};
pub use locate::{
    DataRoot, Found, FoundKind, LoadOptions, NAMES, load, load_annotated, load_watched, load_with,
};
pub use manifest::{Layout, Manifest, ManifestFile, Unpack};
pub use report::{Damaged, LoadReport, Tally};
