//! Corruptions that turn stored patterns into cues.
//!
//! | what | where |
//! | --- | --- |
//! | [`Corruption`]: those that tables of recalled images name, with a level | `task.rs` |
//! | [`Damage`]: every one there is, by its parameters, for rows of any range | `damage.rs` |
//! | [`Part`]: which entries of an image are hidden | `part.rs` |
//! | [`Corrupted`]: cues, and which of their entries are known; how wrong an answer is | `corrupted.rs` |
//!
//! A study gives its own names and levels to a [`Damage`], a table's `task` is a [`Corruption`], which is
//! one too except for a shift: that looks at what lies beside the images. Each row draws from a stream of
//! its own, so that a row's corruption does not depend on the batch it is in.

mod corrupted;
mod damage;
mod part;
mod task;

pub use corrupted::Corrupted;
pub use damage::{Damage, to_length};
pub use part::Part;
pub use task::{Corruption, MASK_VALUE, TASKS};
