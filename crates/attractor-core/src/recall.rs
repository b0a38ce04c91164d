//! What a read returns: states, decoded data and a typed outcome per cue.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::kernel::PatternIds;

/// How the recall of one cue ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The state stopped moving within the tolerance.
    Converged,
    /// The step limit came first; the state may still move.
    MaxSteps,
    /// One pass without iteration: there is nothing to converge.
    SinglePass,
    /// The state returns to an earlier one without settling.
    Cycle,
    /// The memory does not recognise the cue.
    Rejected,
    /// The state is a mixture of many patterns rather than one of them.
    Collapsed,
    /// The state left the finite numbers and was set back to the last finite one.
    Diverged,
    /// The state lies where the memory's energy is cut off: it does not move because the memory
    /// knows nothing there, not because it has settled.
    Clipped,
    /// What is given leaves the answer open: more than one pattern fits it.
    Underdetermined,
    /// There was nothing to recall from: every stored pattern is masked for this row.
    Empty,
}

impl Outcome {
    /// The message for a person.
    pub fn message(self) -> &'static str {
        match self {
            Self::Converged => "the state stopped moving within the tolerance",
            Self::MaxSteps => "the step limit was reached before the state settled",
            Self::SinglePass => "answered in one pass",
            Self::Cycle => "the state cycles without settling",
            Self::Rejected => "the cue was not recognised",
            Self::Collapsed => "the state is a mixture of many patterns",
            Self::Diverged => "the state diverged and was set back to its last finite value",
            Self::Clipped => "the memory knows nothing about the region of the state",
            Self::Underdetermined => "what is given leaves the answer open",
            Self::Empty => "no stored pattern was open to the row",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

/// One named energy term along the iterations: `values[step][row]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceTerm {
    /// Name of the term, such as `total`, `observation`, `prior` or `layer 2`.
    pub name: String,
    /// Values by step, then by row.
    pub values: Vec<Vec<f32>>,
}

/// Energies along the iterations of a read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The recorded terms. The first one is the quantity that inference minimises.
    pub terms: Vec<TraceTerm>,
}

impl Trace {
    /// The term of that name.
    pub fn term(&self, name: &str) -> Option<&TraceTerm> {
        self.terms.iter().find(|term| term.name == name)
    }
}

/// The stored pattern that a row recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// Its index among what was stored when the row was read.
    pub index: usize,
    /// Its id, which stays its own.
    pub id: u64,
}

/// The result of a read of `b` cues.
#[derive(Debug, Clone)]
pub struct Recall {
    /// Recalled states `[b, d]`: codes for a memory with a generative model, else patterns.
    pub state: Tensor<2>,
    /// The states as data `[b, data_dim]`, for a memory with a generative model.
    pub decoded: Option<Tensor<2>>,
    /// How each row ended.
    pub outcomes: Vec<Outcome>,
    /// Iterations spent on each row.
    pub steps: Vec<usize>,
    /// Energy of each row at the start.
    pub energy_first: Vec<f32>,
    /// Energy of each row at the end.
    pub energy_last: Vec<f32>,
    /// Energies along the way.
    pub trace: Trace,
    /// Which stored pattern each row is, for reads that end at one; empty where the memory answers with states of its own
    /// making.
    pub recalled: Vec<Option<Recalled>>,
}

impl Recall {
    /// A recall that took one pass and has no energy.
    pub fn single_pass(state: Tensor<2>) -> Self {
        let [rows, _] = state.dims();
        Self {
            state,
            decoded: None,
            outcomes: vec![Outcome::SinglePass; rows],
            steps: vec![1; rows],
            energy_first: Vec::new(),
            energy_last: Vec::new(),
            trace: Trace::default(),
            recalled: Vec::new(),
        }
    }

    /// The same with the stored pattern that each row is, by its index.
    pub fn of_patterns(mut self, indices: &[usize], ids: &PatternIds) -> Self {
        let recalled = |&index: &usize| ids.get(index).map(|id| Recalled { index, id });
        self.recalled = indices.iter().map(recalled).collect();
        self
    }

    /// The id of the stored pattern that a row recalled, where it is one.
    pub fn id(&self, row: usize) -> Option<u64> {
        self.recalled
            .get(row)
            .copied()
            .flatten()
            .map(|recalled| recalled.id)
    }

    /// The recalled data: the decoded states if there are any, else the states.
    pub fn data(&self) -> Tensor<2> {
        self.decoded.clone().unwrap_or_else(|| self.state.clone())
    }

    /// Number of cues that were read.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether no cue was read.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }
}
