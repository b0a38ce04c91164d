//! Levels of corruption, as keys: equal numbers are equal, hash alike and sort.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The strength of a corruption; `null` where the task has none.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(Option<f64>);

impl Level {
    /// No level.
    pub const NONE: Self = Self(None);

    /// A level. Negative zero becomes zero, so that equal numbers are equal levels.
    pub fn new(value: f64) -> Self {
        Self(Some(value + 0.0))
    }

    /// The number.
    pub fn value(self) -> Option<f64> {
        self.0
    }

    fn bits(self) -> Option<u64> {
        self.0.map(f64::to_bits)
    }
}

impl PartialEq for Level {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Level {}

impl std::hash::Hash for Level {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Level {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self.0, other.0) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => write!(f, "{value}"),
            None => Ok(()),
        }
    }
}
