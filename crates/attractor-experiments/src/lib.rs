//! What the experiments in `experiments/` measure.
//!
//! An experiment file names a protocol; a protocol turns one cell of it into numbers. Everything around
//! that (presets, run folders, resume, shards, charts, reports) is [`attractor::evaluation`]'s.
//!
//! ```
//! use attractor::datasets::DataRoot;
//! use attractor::evaluation::experiment::{Experiment, Overrides, Preset};
//! use attractor_experiments::records;
//!
//! let file = r#"
//! name = "mine"
//! title = "Two memories"
//! description = "Recall of built-in images from noisy ones."
//! source = "here"
//! protocol = "images"
//!
//! [[parts]]
//! name = "recall"
//! title = "Recall"
//! measure = "recall"
//! dataset = "builtin-glyphs"
//! charts = ["retrieval_rate"]
//! n_stored = [10]
//! tasks = [{ task = "clean" }, { task = "noise", levels = [0.1] }]
//! [parts.options]
//! train_images = 20
//! test_images = 20
//! blocks = 2
//! cues_per_block = 5
//! thresholds = { vae = 5.0, pixel = 2.0 }
//! model = { kind = "mnist-vae", features = 4, code = 6, epochs = 1, batch = 10, learning_rate = 0.001, beta = 0.1 }
//! [[parts.series]]
//! name = "nearest"
//! representation = "pixel"
//! options = { recipe = "nearest" }
//! [[parts.series]]
//! name = "mixture"
//! representation = "pixel"
//! options = { recipe = "gmm" }
//!
//! [presets]
//! smoke.seeds = 1
//! cpu.seeds = 1
//! paper.seeds = 3
//! "#;
//! let experiment = Experiment::parse(file, "mine.toml")?;
//! let root = DataRoot::from_environment(None);
//! let overrides = Overrides::default().with_option("blocks", 1);
//! let records = records(&experiment, Preset::Smoke, &overrides, &root, &mut ())?;
//! let rate = records.iter().find(|record| record.system == "nearest" && record.task == "clean");
//! assert_eq!(rate.map(|record| record.value), Some(100.0));
//! # Ok::<(), attractor_experiments::Error>(())
//! ```
//!
//! [`PROTOCOLS`] lists what there is:
//!
//! | protocol | what it measures |
//! | --- | --- |
//! | [`bayespcn`] | recall, forgetting and width of a memory written by Bayes' rule |
//! | [`capacity`] | recall of random patterns against load |
//! | [`entropic`] | entropic registers of images, and a relation between two data sets |
//! | [`drdam`] | random features beside the memory that keeps its patterns |
//! | [`factual`] | facts in linear and MLP memories, and in a one-layer transformer |
//! | [`firing_rate`] | firing-rate networks beside Hopfield networks: recall, stability, trajectories |
//! | [`images`] | systems that recall images from corrupted ones, task by task |
//! | [`khm`] | kernelised Hopfield networks beside the identity map |
//! | [`shared`] | every memory on the same patterns and cues: recall, time, bytes |
//! | [`spiking`] | a hypercube of spiking neurons beside Hopfield networks |
//! | [`pcn`] | recall of images by a predictive coding memory, from noise and parts |
//! | [`sparse`] | sparse recovery: transitions, learning, graphs, patches of images |
//!
//! A new protocol is a folder with an implementation of [`Protocol`], and a line in the registry.
//!
//! # Speed in debug builds
//! Numerical code without optimisation is tens of times slower. In the `Cargo.toml` of your workspace:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! debug-assertions = false
//! ```

mod asked;
pub mod bayespcn;
pub mod capacity;
mod citations;
pub mod drdam;
pub mod entropic;
mod error;
pub mod factual;
pub mod firing_rate;
pub mod images;
pub mod khm;
pub mod pcn;
mod plan;
mod protocol;
mod reading;
mod records;
mod session;
pub mod shared;
pub mod sparse;
pub mod spiking;
#[cfg(test)]
mod testing;

pub use asked::{overrides_of, with_systems};
pub use citations::citations;
pub use error::{Error, Result};
pub use plan::{Data, Draft, Load, Measure, Plan};
pub use protocol::{FoundSet, Loading, PROTOCOLS, Protocol, ProtocolEntry, Task, Work, find};
pub use records::records;
pub use session::Session;
