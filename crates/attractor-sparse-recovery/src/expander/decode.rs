//! Iterative decoding.

use attractor_core::Result;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Constraints;
use crate::input;
use crate::linalg::max_abs;

/// When an entry is corrected. See the [module](super).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Two-agree, unless all weights have the same size.
    #[default]
    Auto,
    /// More than half of the checks agree.
    Majority,
    /// Two checks agree; entries one after the other.
    TwoAgree,
}

/// In what order entries are corrected under the majority rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// All of a round at once, from the residual at its beginning.
    Parallel,
    /// One after the other, the residual updated at once.
    #[default]
    Sequential,
}

/// How it decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decoder {
    /// When an entry is corrected.
    pub rule: Rule,
    /// In what order.
    pub order: Order,
    /// Checks that must agree at least, under either rule. Default 2: an entry of one check would
    /// take any residual for its own.
    pub least: usize,
    /// Rounds at most. Default 100.
    pub max_rounds: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            rule: Rule::Auto,
            order: Order::Sequential,
            least: 2,
            max_rounds: 100,
        }
    }
}

/// One correction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Round, from 1.
    pub round: usize,
    /// The entry.
    pub entry: usize,
    /// What was added to its error.
    pub value: f64,
    /// Checks that agreed.
    pub agreed: usize,
    /// Unsatisfied checks afterwards; of parallel rounds, after the round.
    pub unsatisfied: usize,
}

/// What decoding found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The error.
    pub error: Vec<f64>,
    /// Whether it explains the whole syndrome.
    pub success: bool,
    /// Rounds that corrected something.
    pub rounds: usize,
    /// Unsatisfied checks at the start.
    pub unsatisfied: usize,
    /// Every correction.
    pub steps: Vec<Step>,
}

/// Relative difference at which neighbouring ratios are equal.
const EQUAL: f64 = 1e-7;
/// Residual of a check, relative to the largest at the start, that counts as 0.
const SATISFIED: f64 = 1e-9;

/// A residual and what counts as 0 in it.
struct Residual {
    values: Vec<f64>,
    limit: f64,
    unsatisfied: usize,
}

impl Residual {
    fn new(values: Vec<f64>) -> Self {
        let limit = SATISFIED * max_abs(&values);
        let mut own = Self {
            values,
            limit,
            unsatisfied: 0,
        };
        own.unsatisfied = own.values.iter().filter(|s| own.is_open(**s)).count();
        own
    }

    fn is_open(&self, value: f64) -> bool {
        value.abs() > self.limit
    }

    fn subtract(&mut self, checks: &[(u32, f64)], value: f64) {
        for &(row, weight) in checks {
            let before = self.values[row as usize];
            let after = before - weight * value;
            self.values[row as usize] = after;
            self.unsatisfied -= usize::from(self.is_open(before));
            self.unsatisfied += usize::from(self.is_open(after));
        }
    }
}

impl Decoder {
    /// Decodes a syndrome `s = B e`.
    ///
    /// # Errors
    /// [`Error::Width`](attractor_core::Error::Width) unless there are as many numbers as constraints,
    /// [`Error::NonFinite`](attractor_core::Error::NonFinite).
    pub fn decode(&self, constraints: &Constraints, syndrome: &[f64]) -> Result<Decoded> {
        input::vector("syndrome", syndrome, constraints.constraint_count())?;
        let two = match self.rule {
            Rule::Auto => !constraints.has_equal_sizes(),
            Rule::Majority => false,
            Rule::TwoAgree => true,
        };
        let mut rest = Residual::new(syndrome.to_vec());
        let mut decoded = Decoded {
            error: vec![0.0; constraints.width()],
            success: rest.unsatisfied == 0,
            rounds: 0,
            unsatisfied: rest.unsatisfied,
            steps: Vec::new(),
        };
        let mut ratios = Vec::new();
        while !decoded.success && decoded.rounds < self.max_rounds {
            decoded.rounds += 1;
            let first = decoded.steps.len();
            let parallel = !two && self.order == Order::Parallel;
            for entry in 0..constraints.width() {
                let checks = constraints.edges(entry);
                let Some((agreed, value)) = largest_group(&mut ratios, checks, &rest) else {
                    continue;
                };
                let enough = if two { 2 } else { checks.len() / 2 + 1 };
                if agreed < enough.max(self.least) {
                    continue;
                }
                if !parallel {
                    rest.subtract(checks, value);
                    decoded.error[entry] += value;
                }
                decoded.steps.push(Step {
                    round: decoded.rounds,
                    entry,
                    value,
                    agreed,
                    unsatisfied: rest.unsatisfied,
                });
                if rest.unsatisfied == 0 {
                    break;
                }
            }
            if parallel {
                for step in &decoded.steps[first..] {
                    rest.subtract(constraints.edges(step.entry), step.value);
                    decoded.error[step.entry] += step.value;
                }
                for step in &mut decoded.steps[first..] {
                    step.unsatisfied = rest.unsatisfied;
                }
            }
            decoded.success = rest.unsatisfied == 0;
            if decoded.steps.len() == first {
                decoded.rounds -= 1;
                break;
            }
        }
        Ok(decoded)
    }

    /// Decodes many syndromes, spread over threads.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub fn decode_all(
        &self,
        constraints: &Constraints,
        syndromes: &[Vec<f64>],
    ) -> Result<Vec<Decoded>> {
        let each = syndromes.par_iter();
        each.map(|own| self.decode(constraints, own)).collect()
    }
}

/// Size and mean of the first largest group of equal ratios of an entry's open checks.
fn largest_group(
    ratios: &mut Vec<f64>,
    checks: &[(u32, f64)],
    rest: &Residual,
) -> Option<(usize, f64)> {
    ratios.clear();
    for &(row, weight) in checks {
        let value = rest.values[row as usize];
        if rest.is_open(value) {
            ratios.push(value / weight);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let mut best: &[f64] = &[];
    let mut first = 0;
    for next in 1..=ratios.len() {
        let joins = next < ratios.len() && {
            let (a, b) = (ratios[next - 1], ratios[next]);
            (b - a).abs() <= EQUAL * a.abs().max(b.abs())
        };
        if !joins {
            if next - first > best.len() {
                best = &ratios[first..next];
            }
            first = next;
        }
    }
    let mean = best.iter().sum::<f64>() / best.len() as f64;
    (!best.is_empty()).then_some((best.len(), mean))
}
