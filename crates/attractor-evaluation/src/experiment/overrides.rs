//! What the command line may change.

use std::path::PathBuf;

use super::TaskLevels;

/// Values that replace those of the preset.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// The data set that is really used: the experiment's or its fallback.
    pub dataset: Option<String>,
    /// Number of seeds.
    pub seeds: Option<usize>,
    /// Images that the model is trained on.
    pub train_images: Option<usize>,
    /// Images that blocks are cut from.
    pub test_images: Option<usize>,
    /// Passes over the training images.
    pub epochs: Option<usize>,
    /// Blocks per cell.
    pub blocks: Option<usize>,
    /// Cues per block.
    pub cues_per_block: Option<usize>,
    /// Patterns stored per block.
    pub n_stored: Option<Vec<usize>>,
    /// New upper bound on cues for every system that has a `max_cues`.
    pub max_cues: Option<usize>,
    /// Systems to run, by name or `name/representation`.
    pub systems: Option<Vec<String>>,
    /// Tasks and levels to run.
    pub tasks: Option<Vec<TaskLevels>>,
    /// Trained weights to import instead of training.
    pub weights: Option<PathBuf>,
}
