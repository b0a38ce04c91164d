//! Capacity at a number of stored numbers.
//!
//! A matrix of weights holds `D^2` numbers, a written layer `m D`, and a memory that keeps its patterns `K D`;
//! with the same budget P each has a capacity of its own, and `K D / P` bits of patterns for each number.

use attractor::evaluation::{Measurement, Metric};
use attractor::factual_recall::capacity::{Capacity, Range, search};
use serde::Deserialize;
use toml::Table;

use super::flow;
use super::sweep::{self, Model, SweepConfig};
use crate::{Error, Result, Session, Task};

/// What a memory's numbers are, which are P in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Holds {
    /// One for each pair of entries: `P = D^2`.
    Matrix,
    /// A written layer of `m = P / D` units, the width of `layer`; what is drawn from a seed is not counted.
    Layer,
    /// The patterns themselves: `P / D` of them at most.
    Patterns,
}

/// What a series says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Name of a model of the family, or of a memory of the catalogue.
    model: String,
    /// Options of a memory of the catalogue.
    #[serde(default)]
    memory: Table,
    holds: Holds,
    /// Entries of a pattern; the root of P if not given.
    dim: Option<usize>,
    /// Cues: the first patterns.
    cues: usize,
    /// Share of signs turned over in a cue: without any, the identity would hold everything.
    flips: f64,
    /// Overlap from which on a pattern counts as recalled.
    overlap: f64,
    /// Patterns at most, for each number.
    most: f64,
}

/// One budget on one line.
#[derive(Debug)]
pub(super) struct Numbers<'a> {
    task: Task<'a>,
    model: Model,
    protocol: SweepConfig,
    budget: usize,
    most: usize,
    holds: Holds,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(task: Task<'a>) -> Result<Self> {
        let options: Options = task.options()?;
        let level = task.level()?;
        let budget = task.counted(level, 4);
        let budget = budget.ok_or_else(|| task.misplaced("levels", "at least 4 numbers", level))?;
        let dim = options
            .dim
            .unwrap_or((budget as f64).sqrt().round() as usize);
        let whole = dim >= 2 && budget.is_multiple_of(dim);
        if !whole || options.holds == Holds::Matrix && dim * dim != budget {
            let expected = match options.dim {
                Some(dim) => format!("a multiple of D = {dim}, and D^2 for a matrix"),
                None => "the square of a whole number from 2".to_owned(),
            };
            return Err(task.misplaced("levels", expected, level));
        }
        if !(options.flips > 0.0 && options.most > 0.0 && options.most <= 1.0) {
            return Err(task.refuse("expected `flips` above 0, and `most` above 0 and up to 1"));
        }
        let most = match options.holds {
            Holds::Patterns => budget / dim,
            Holds::Matrix | Holds::Layer => (options.most * budget as f64) as usize,
        };
        let mut model = super::named(task, &options.model, dim)?;
        model.options.extend(options.memory);
        model.refill = true;
        if options.holds == Holds::Layer {
            set_width(&mut model.options, budget / dim)
                .ok_or_else(|| task.refuse("expected `memory.layer` with a table of its kind"))?;
        }
        let protocol = SweepConfig {
            dim,
            counts: vec![2],
            cues: options.cues,
            flipped: options.flips,
            overlap: options.overlap,
            seeds: 1,
            first_seed: task.cell.seed,
        };
        protocol.validate()?;
        let most = most.max(3);
        Ok(Self {
            task,
            model,
            protocol,
            budget,
            most,
            holds: options.holds,
        })
    }

    pub(super) fn measure(&self, session: &mut dyn Session) -> Result<Vec<Measurement>> {
        let device = session.device().clone();
        let models = std::slice::from_ref(&self.model);
        let range = Range {
            lowest: 2,
            highest: self.most,
            ratio: 1.01,
        };
        let found = search(range, |count| {
            let protocol = SweepConfig {
                counts: vec![count],
                ..self.protocol.clone()
            };
            let points = sweep::sweep(models, &protocol, &device, &mut |_| flow(session))?;
            Ok(points.iter().all(|point| point.recalled >= 0.5))
        });
        session.check()?;
        let count = match found.map_err(Error::from)? {
            Capacity::Found(count) => count,
            // All that there is room for.
            Capacity::AboveRange(count) if self.holds == Holds::Patterns => count,
            failed => {
                let cell = self.task.cell;
                session.note(&format!("{cell}: no capacity within the range: {failed:?}"));
                return Ok(Vec::new());
            }
        };
        let bits = (count * self.protocol.dim) as f64 / self.budget as f64;
        let of = |metric, value| Measurement {
            metric,
            value,
            n: self.protocol.cues.min(count),
        };
        Ok(vec![
            of(Metric::Capacity, count as f64),
            of(Metric::BitsPerNumber, bits),
        ])
    }
}

/// Sets the width of the layer, whatever its kind.
fn set_width(options: &mut Table, width: usize) -> Option<()> {
    let kinds = options.get_mut("layer")?.as_table_mut()?;
    let (_, kind) = kinds.iter_mut().next()?;
    let width = i64::try_from(width).ok()?;
    kind.as_table_mut()?.insert("width".into(), width.into());
    Some(())
}
