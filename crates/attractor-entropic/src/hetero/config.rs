use attractor_core::error::require_non_negative;
use attractor_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{EmptyBack, Relation};
use crate::object::Domain;

/// One of the two sides of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first object.
    Left,
    /// The second object.
    Right,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// How a [`Relation`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationConfig {
    /// What left objects look like: n columns, m rows.
    pub left: Domain,
    /// What right objects look like: p columns, q rows.
    pub right: Domain,
    /// Share of the mean of its block that a cell must reach to count, iota. Default 0: any count will do.
    pub iota: f64,
    /// Share of the memory's mean that the weight of a pair must reach, kappa. Default 0.
    pub kappa: f64,
    /// Pairs of columns that may mismatch, xi. Default 0.
    pub xi: usize,
    /// Where counters stop. Default 65 535.
    pub saturation: u16,
}

/// Most counters of a relation: beyond, two layouts would take more than 64 GiB.
const MOST_CELLS: usize = 1 << 34;

impl RelationConfig {
    /// The published defaults.
    pub fn new(left: Domain, right: Domain) -> Self {
        Self {
            left,
            right,
            iota: 0.0,
            kappa: 0.0,
            xi: 0,
            saturation: u16::MAX,
        }
    }

    /// The objects of a side.
    pub fn domain(&self, side: Side) -> Domain {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }

    /// Checks the rules of every field.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        self.left.validate()?;
        self.right.validate()?;
        let cells = self.left.cells().checked_mul(self.right.cells());
        if cells.is_none_or(|cells| cells > MOST_CELLS) {
            let found = format!("{:?} and {:?}", self.left, self.right);
            return Err(Error::config(
                "RelationConfig",
                "must have at most 2^34 cells",
                found,
            ));
        }
        require_non_negative("RelationConfig.iota", self.iota)?;
        require_non_negative("RelationConfig.kappa", self.kappa)?;
        if self.xi > self.left.columns * self.right.columns {
            let rule = "must be at most the number of pairs of columns";
            return Err(Error::config("RelationConfig.xi", rule, self.xi));
        }
        if self.saturation == 0 {
            let rule = "must be at least 1";
            return Err(Error::config("RelationConfig.saturation", rule, 0));
        }
        Ok(())
    }

    /// An empty relation.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn init(&self) -> Result<Relation> {
        self.validate()?;
        Ok(Relation::new(*self))
    }
}

/// How a function is chosen from a memory plane. See the [module](super).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One draw.
    Random,
    /// The best of several draws.
    #[default]
    SampleAndTest,
    /// The best that small changes lead to from there.
    SearchAndTest,
}

/// How hard [`Relation::recall`] tries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// How the answer is chosen.
    pub method: Method,
    /// Draws beside the first, S. Default `2 max(n, p) - 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Tries for a draw that was not made before, T. Default `2 max(n, p) - 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<usize>,
    /// Most steps of the search. Default 10 for each column of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<usize>,
    /// Of all neighbours the best rather than the first that is better. Not the published search.
    pub best_improvement: bool,
    /// What an empty column of the plane back counts for.
    pub empty_back: EmptyBack,
}

impl SearchConfig {
    /// That method with the published effort.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            ..Self::default()
        }
    }
}
