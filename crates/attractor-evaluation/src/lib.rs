//! Protocols, metrics, run records, tables, figures and reports.
//!
//! This crate knows nothing about models. A program turns a [`Cell`] into [`Measurement`]s; what
//! lies around that is here:
//!
//! | part | what it is |
//! | --- | --- |
//! | [`experiment`] | files in `experiments/`, presets, and the list of cells |
//! | [`metrics`] | retrieval rate, top-1, distances, on host slices and in `f64` |
//! | [`segmentation`] | adjusted Rand index of masks |
//! | [`run`] | run folders that survive a kill at any moment, resume, shards, merge |
//! | [`runner`] | the loop over cells, without any terminal code |
//! | [`reference`](mod@reference) and [`summary`] | published figures, verdicts, mean and spread over seeds |
//! | [`table`], [`figures`], [`report`] | text, SVG and PNG, and one self-contained HTML file |
//! | [`limits`] | the largest counts that may be asked for |
//! | [`compare`](mod@compare) | the same run on several backends side by side |
//!
//! ```
//! use attractor_evaluation::metrics;
//!
//! fn main() -> attractor_evaluation::Result<()> {
//!     let (stored, recalled) = ([0.0, 0.5, 1.0], [0.1, 0.5, 0.9]);
//!     let error = metrics::mean_squared_error(&stored, &recalled)?;
//!     assert!((metrics::psnr(error) - 21.76).abs() < 0.01);
//!     Ok(())
//! }
//! ```

pub mod compare;
pub mod error;
pub mod experiment;
pub mod figures;
#[cfg(test)]
mod fixture;
pub mod hardware;
mod level;
pub mod limits;
mod metric;
pub mod metrics;
pub mod record;
pub mod reference;
pub mod report;
pub mod run;
pub mod runner;
pub mod segmentation;
pub mod summary;
pub mod table;

pub use error::{Error, Result};
pub use experiment::{Experiment, Overrides, Preset, Resolved};
pub use hardware::Hardware;
pub use record::{Cell, Level, Measurement, Metric, Record, RecordReference, Representation};
pub use reference::{Reference, Verdict};
pub use run::{RunFolder, RunInfo, RunWriter, Shard};
pub use runner::{Observer, RunSummary, run_cells};
