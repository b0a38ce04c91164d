//! Learned spherical codes, beside the best known and the bounds.

use attractor::evaluation::{Measurement, Metric};
use attractor::priors::kernelised::{best_known_code, code_bounds, learned_code};
use serde::Deserialize;

use crate::{Result, Task};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// Learned from random codes of twice as many entries.
    Learned,
    /// The best known code.
    BestKnown,
    /// The lower bound on the best code.
    Lower,
    /// The upper bound.
    Upper,
}

/// What a series says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    line: Line,
    /// Dimensions of the sphere's space.
    dim: usize,
}

/// One number of points.
pub(super) struct Codes {
    options: Options,
    points: usize,
    seed: u64,
}

impl Codes {
    pub(super) fn new(task: Task<'_>) -> Result<Self> {
        let options: Options = task.options()?;
        let level = task.level()?;
        if level < 2.0 || level.fract() != 0.0 || level > 1e5 {
            return Err(task.misplaced("levels", "at least two points", level));
        }
        match options.dim > 1 {
            true => Ok(Self {
                options,
                points: level as usize,
                seed: task.cell.seed,
            }),
            false => Err(task.refuse("expected `dim` of at least 2")),
        }
    }

    pub(super) fn measure(&self) -> Result<Vec<Measurement>> {
        let Options { line, dim } = self.options;
        let value = match line {
            Line::Learned => Some(learned_code(dim, self.points, self.seed)?.separation),
            Line::BestKnown => best_known_code(dim, self.points),
            Line::Lower => code_bounds(dim, self.points).map(|bounds| bounds.0),
            Line::Upper => code_bounds(dim, self.points).map(|bounds| bounds.1),
        };
        let found = value.map(|value| Measurement {
            metric: Metric::Separation,
            value,
            n: 1,
        });
        Ok(found.into_iter().collect())
    }
}
