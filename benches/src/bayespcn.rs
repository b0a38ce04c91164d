//! Writes and reads of a BayesPCN at the width of CIFAR-10, with a fixed number of iterations.

use attractor_core::{AssociativeMemory, Backend, Complete, check, rng};
use attractor_predictive_coding::bayespcn::SearchConfig;
use attractor_predictive_coding::{BayesPcn, BayesPcnConfig};
use burn::tensor::{Device, Tensor};

use crate::timing::measure;
use crate::{Line, Result};

/// Entries of a pattern.
const DIM: usize = 3072;
const LAYERS: usize = 4;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// One pattern is written.
    Write,
    /// Noisy cues are read in one batch.
    Read,
    /// Cues are completed in one batch, each with its own quarter of unknown entries.
    Fill,
}

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// What is done.
    pub work: Work,
    /// Units of a hidden layer.
    pub hidden: usize,
    /// Rows of the batch.
    pub rows: usize,
    /// Patterns written before.
    pub stored: usize,
    /// Iterations for each row.
    pub steps: usize,
}

impl Case {
    const fn new(work: Work, hidden: usize, rows: usize, stored: usize, steps: usize) -> Self {
        Self {
            work,
            hidden,
            rows,
            stored,
            steps,
        }
    }

    /// Such as `bayespcn-read/1024x128`: hidden units x rows, and `@512` after 512 writes.
    pub fn name(&self) -> String {
        let work = match self.work {
            Work::Write => "write",
            Work::Read => "read",
            Work::Fill => "fill",
        };
        let stored = match self.stored {
            FEW => String::new(),
            stored => format!("@{stored}"),
        };
        format!("bayespcn-{work}/{}x{}{stored}", self.hidden, self.rows)
    }

    /// Multiplications and additions of the textbook form, which goes through all `DIM` entries in
    /// each iteration, twice; ours does fewer.
    pub fn operations(&self) -> f64 {
        let (h, d) = (self.hidden as f64, DIM as f64);
        let layers = LAYERS as f64;
        let row = 4.0 * h * d + 4.0 * h * h * (layers - 2.0) + 4.0 * h * h * (layers - 1.0);
        row * (self.rows * self.steps) as f64
    }
}

/// Patterns in a memory unless the case is about their number.
const FEW: usize = 4;

/// What `bench-bayespcn` runs.
pub const CASES: [Case; 10] = [
    Case::new(Work::Write, 256, 1, FEW, 500),
    Case::new(Work::Write, 256, 1, 256, 500),
    Case::new(Work::Write, 1024, 1, FEW, 500),
    Case::new(Work::Read, 256, 1, FEW, 500),
    Case::new(Work::Read, 256, 1, 256, 500),
    Case::new(Work::Read, 256, 128, FEW, 500),
    Case::new(Work::Fill, 256, 128, FEW, 500),
    Case::new(Work::Read, 1024, 1, FEW, 200),
    Case::new(Work::Read, 1024, 128, FEW, 200),
    Case::new(Work::Fill, 1024, 128, FEW, 200),
];

/// A memory and what it is asked.
#[derive(Debug)]
pub struct Problem {
    case: Case,
    memory: BayesPcn,
    cues: Tensor<2>,
    known: Tensor<2>,
}

impl Problem {
    /// Writes the patterns that are there before.
    ///
    /// # Errors
    /// Those of the memory.
    pub fn new(case: Case, device: &Device) -> Result<Self> {
        let mut memory = BayesPcnConfig {
            hidden: case.hidden,
            layers: LAYERS,
            search: SearchConfig {
                max_steps: case.steps,
                tolerance: 0.0,
                ..SearchConfig::default()
            },
            ..BayesPcnConfig::new(DIM)
        }
        .init(device)?;
        let mut random = rng::stream(0, "bench");
        let mut draw = |rows| rng::normal(&mut random, [rows, DIM], device).mul_scalar(0.5);
        memory.write(draw(case.stored))?;
        let cues = draw(case.rows);
        let mut known = Vec::with_capacity(case.rows * DIM);
        for row in 0..case.rows as u64 {
            let mut stream = rng::indexed_stream(0, "bench/known", row);
            let order = rng::permutation(&mut stream, DIM);
            let entries = order.into_iter();
            known.extend(entries.map(|at| if at < DIM / 4 { 0.0 } else { 1.0 }));
        }
        Ok(Self {
            known: check::from_host("known", known, DIM, device)?,
            case,
            memory,
            cues,
        })
    }

    /// Does it once. A write stays in the memory: its cost does not depend on that.
    ///
    /// # Errors
    /// Those of the memory.
    pub fn run(&mut self) -> Result<()> {
        let cues = self.cues.clone();
        match self.case.work {
            Work::Write => self.memory.write(cues),
            Work::Read => self.memory.read(cues).map(drop),
            Work::Fill => self.memory.complete(cues, self.known.clone()).map(drop),
        }
    }
}

/// Measures one case.
///
/// # Errors
/// Those of the memory.
pub fn run(case: Case, runs: usize) -> Result<Line> {
    let mut problem = Problem::new(case, &Backend::Flex.open()?)?;
    let timing = measure(runs, || problem.run())?;
    Ok(Line::new(
        &case.name(),
        "attractor",
        case.operations(),
        timing,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_operations() {
        assert_eq!(CASES[1].name(), "bayespcn-write/256x1@256");
        assert_eq!(CASES[8].name(), "bayespcn-read/1024x128");
        // By hand: 4 * 256 * 3072 + 8 * 256^2 + 12 * 256^2 for each of 500 iterations.
        assert_eq!(CASES[0].operations(), 500.0 * (3_145_728.0 + 1_310_720.0));
    }

    #[test]
    fn every_iteration_is_run() {
        let case = Case::new(Work::Fill, 16, 3, 1, 20);
        let problem = Problem::new(case, &Backend::Flex.open().unwrap()).unwrap();
        let recall = problem
            .memory
            .complete(problem.cues, problem.known)
            .unwrap();
        assert_eq!(recall.steps, [20; 3]);
    }
}
