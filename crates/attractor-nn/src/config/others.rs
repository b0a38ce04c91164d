//! Pooling and lookup: an association with trained states, or with trained stored patterns.

use burn::config::Config;

use super::HopfieldConfig;

/// Sets to vectors of one width: trained states read each set.
#[derive(Config, Debug, PartialEq)]
pub struct PoolingConfig {
    /// The association. Its states are the trained ones.
    pub hopfield: HopfieldConfig,
    /// States, each of which gives one vector.
    #[config(default = "1")]
    pub quantity: usize,
    /// Whether the states are trained.
    #[config(default = "true")]
    pub trainable: bool,
}

/// States read a table that is trained.
#[derive(Config, Debug, PartialEq)]
pub struct LookupConfig {
    /// The association. Its stored patterns, and what is projected to values, are the table.
    pub hopfield: HopfieldConfig,
    /// Rows of the table.
    pub quantity: usize,
    /// Whether stored patterns are trained.
    #[config(default = "true")]
    pub trainable: bool,
    /// Whether values are projected from rows of their own rather than from the stored patterns.
    #[config(default = "false")]
    pub lookup_weights_as_separated: bool,
    /// Whether these rows of their own are trained.
    #[config(default = "true")]
    pub lookup_targets_as_trainable: bool,
}
