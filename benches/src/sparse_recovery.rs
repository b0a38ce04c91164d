//! Basis pursuit of a batch, and decoding on a large graph.

use attractor_sparse_recovery::Subspace;
use attractor_sparse_recovery::ensembles::{
    self, Ensemble, Errors, Weights, left_regular, sparse_error,
};
use attractor_sparse_recovery::expander::{Constraints, Decoder};
use attractor_sparse_recovery::recovery::admm::{Block, Problem, Projector};
use rayon::prelude::*;

use crate::Result;

const ENTRIES: usize = 1000;
const CONSTRAINTS: usize = 500;
const WORDS: usize = 256;
const STEPS: usize = 300;
/// Words that iterate together on one thread, as in the library.
const BLOCK: usize = 32;

const NODES: usize = 100_000;
const CHECKS: usize = 50_000;
const DEGREE: usize = 5;

/// Iterations of alternating directions in single precision.
pub const PURSUIT: &str = "sparse recovery/300 steps 256x500x1000 f32";
/// Two products with the constraints per word and iteration.
pub const PURSUIT_OPERATIONS: f64 = (4 * WORDS * STEPS * ENTRIES * CONSTRAINTS) as f64;
/// One word with errors in one percent of its entries.
pub const DECODING: &str = "sparse recovery/decode 1000 errors of 100000, degree 5";
/// Edges.
pub const DECODING_OPERATIONS: f64 = (NODES * DEGREE) as f64;

/// A batch of words.
pub struct Pursuit {
    projector: Projector<f32>,
    problems: Vec<Problem>,
}

impl Pursuit {
    /// Words with 125 errors.
    pub fn new() -> Result<Self> {
        let own: Subspace =
            ensembles::subspace(Ensemble::Gaussian, ENTRIES, ENTRIES - CONSTRAINTS, 0)?;
        let q = own.constraints();
        let problem = |index: u64| -> Result<Problem> {
            let word = ensembles::words(&own, 125, Errors::Gaussian, 0, index)?;
            let syndrome = own.syndrome(&word.cue)?;
            let entry = |j: usize| (0..CONSTRAINTS).map(|i| q[(i, j)] * syndrome[i]).sum();
            Ok(Problem {
                shortest: (0..ENTRIES).map(entry).collect(),
                eta: 0.0,
                without: None,
            })
        };
        Ok(Self {
            problems: (0..WORDS as u64).map(problem).collect::<Result<_>>()?,
            projector: Projector::of(&own),
        })
    }

    /// All iterations of all words; the largest change of the last one.
    pub fn run(&self) -> Result<f64> {
        let blocks = self.problems.par_chunks(BLOCK).map(|problems| {
            let mut block = Block::new(&self.projector, problems)?;
            (0..STEPS).for_each(|_| block.step());
            let mut most = 0.0f64;
            for problem in 0..problems.len() {
                most = most.max(block.change(problem)?);
            }
            Ok(most)
        });
        blocks.try_reduce(|| 0.0, |a, b| Ok(f64::max(a, b)))
    }
}

/// A graph and a syndrome.
pub struct Decoding {
    graph: Constraints,
    syndrome: Vec<f64>,
}

impl Decoding {
    /// Errors in one percent of the entries.
    pub fn new() -> Result<Self> {
        let graph = left_regular((CHECKS, NODES), DEGREE, DEGREE, Weights::Gaussian, 0)?;
        let error = sparse_error(NODES, NODES / 100, Weights::Gaussian, 0, 0)?;
        Ok(Self {
            syndrome: graph.syndrome(&error)?,
            graph,
        })
    }

    /// Whether it was decoded.
    pub fn run(&self) -> Result<bool> {
        Ok(Decoder::default()
            .decode(&self.graph, &self.syndrome)?
            .success)
    }
}
