//! The loop that every iterative algorithm shares: stepping, recording, stopping, freezing.

use attractor_core::burn::tensor::{Bool, Tensor, TensorData};
use attractor_core::recall::TraceTerm;
use attractor_core::{MemoryPrior, Outcome, Recall, Result, Stopping, Trace, check};

/// What one algorithm iterates: several blocks of variables, each `[b, d_i]`, the code first.
pub(crate) type State = Vec<Tensor<2>>;

/// One algorithm, seen from the loop.
pub(crate) trait Dynamics {
    /// Names of the recorded energies; the first is what the algorithm minimises.
    fn terms(&self) -> Vec<String>;

    /// The energies of `state`, each `[b]`, and the state after one step.
    fn step(&mut self, state: &State) -> Result<(Vec<Tensor<1>>, State)>;

    /// The energies of `state` alone.
    fn energies(&mut self, state: &State) -> Result<Vec<Tensor<1>>>;

    /// Rows of `state` at which the prior knows nothing, if its energy has such a region.
    fn clipped(&mut self, _state: &State) -> Result<Option<Vec<bool>>> {
        Ok(None)
    }
}

/// Rows of codes `[b, d]` at the ceiling of the prior's energy; `None` if it has no ceiling.
pub(crate) fn at_ceiling(prior: &dyn MemoryPrior, codes: &Tensor<2>) -> Result<Option<Vec<bool>>> {
    match prior.energy_ceiling() {
        None => Ok(None),
        Some(ceiling) => {
            let energies = check::to_host(prior.energy(codes.clone())?)?;
            let clipped = energies.into_iter().map(|energy| energy >= ceiling);
            Ok(Some(clipped.collect()))
        }
    }
}

/// Options of [`run`].
pub(crate) struct Options {
    pub(crate) stopping: Stopping,
    /// Return each row's state of lowest energy instead of its last.
    pub(crate) keep_best: bool,
}

/// Iterates from `start` and returns the final blocks with the recall (whose `state` is the first
/// block).
pub(crate) fn run(
    dynamics: &mut dyn Dynamics,
    start: State,
    options: &Options,
) -> Result<(State, Recall)> {
    let Options {
        stopping,
        keep_best,
    } = options;
    stopping.validate()?;
    let rows = start[0].dims()[0];
    let mut progress = Rows::new(rows);
    let mut recorded: Vec<Vec<Tensor<1>>> = Vec::new();
    let mut best: Option<(Tensor<1>, State)> = None;
    let mut state = start.clone();

    for step in 1..=stopping.max_steps {
        let (energies, mut next) = dynamics.step(&state)?;
        if *keep_best {
            best = Some(better(best, &energies[0], &state));
        }
        recorded.push(energies);
        if let Some(frozen) = &progress.frozen {
            next = hold(frozen, &next, &state);
        }
        let look = stopping.tolerance > 0.0 && step % stopping.check_every == 0;
        if look {
            let moved = check::to_host(movement(&state, &next))?;
            let diverged = progress.update(&moved, stopping.tolerance, step);
            if diverged {
                // Rows that left the finite numbers go back to where they were.
                let mask = progress.mask(|outcome| outcome == Some(Outcome::Diverged), &state[0]);
                next = hold(&mask, &next, &state);
            }
            progress.refreeze(&state[0]);
        }
        state = next;
        if progress.all_done() {
            break;
        }
    }

    // Whatever the tolerance, a result is finite.
    let finite = check::to_host(movement(&start, &state))?;
    if progress.note_divergence(&finite) {
        let mask = progress.mask(|outcome| outcome == Some(Outcome::Diverged), &state[0]);
        state = hold(&mask, &state, &start);
    }
    let mut last = dynamics.energies(&state)?;
    if *keep_best {
        let (_, kept) = better(best, &last[0], &state);
        state = kept;
        recorded.push(last);
        last = dynamics.energies(&state)?;
    }
    recorded.push(last);
    if let Some(clipped) = dynamics.clipped(&state)? {
        progress.note_clipped(&clipped);
    }

    let trace = read_back(dynamics.terms(), recorded)?;
    let (first, last) = match trace.terms.first() {
        Some(term) => (
            term.values.first().cloned().unwrap_or_default(),
            term.values.last().cloned().unwrap_or_default(),
        ),
        None => (Vec::new(), Vec::new()),
    };
    let (outcomes, steps) = progress.finish(stopping.max_steps);
    let recall = Recall {
        state: state[0].clone(),
        decoded: None,
        outcomes,
        steps,
        energy_first: first,
        energy_last: last,
        trace,
        recalled: Vec::new(),
    };
    Ok((state, recall))
}

/// Outcome and steps per row, and the mask of rows that no longer move.
struct Rows {
    outcomes: Vec<Option<Outcome>>,
    steps: Vec<usize>,
    frozen: Option<Tensor<2, Bool>>,
}

impl Rows {
    fn new(rows: usize) -> Self {
        Self {
            outcomes: vec![None; rows],
            steps: vec![0; rows],
            frozen: None,
        }
    }

    /// Marks rows that moved less than the tolerance, or out of the finite numbers; whether any of
    /// the latter.
    fn update(&mut self, moved: &[f32], tolerance: f32, step: usize) -> bool {
        let mut diverged = false;
        for (row, &moved) in moved.iter().enumerate() {
            if self.outcomes[row].is_some() {
                continue;
            }
            if !moved.is_finite() {
                self.outcomes[row] = Some(Outcome::Diverged);
                diverged = true;
            } else if moved <= tolerance {
                self.outcomes[row] = Some(Outcome::Converged);
            } else {
                continue;
            }
            self.steps[row] = step;
        }
        diverged
    }

    /// Marks rows whose state is not finite; whether any.
    fn note_divergence(&mut self, moved: &[f32]) -> bool {
        let mut any = false;
        for (outcome, moved) in self.outcomes.iter_mut().zip(moved) {
            if !moved.is_finite() {
                *outcome = Some(Outcome::Diverged);
                any = true;
            }
        }
        any
    }

    /// A row that stands still because the prior is cut off there has not converged.
    fn note_clipped(&mut self, clipped: &[bool]) {
        for (outcome, &clipped) in self.outcomes.iter_mut().zip(clipped) {
            if clipped && *outcome != Some(Outcome::Diverged) {
                *outcome = Some(Outcome::Clipped);
            }
        }
    }

    fn mask(&self, which: impl Fn(Option<Outcome>) -> bool, like: &Tensor<2>) -> Tensor<2, Bool> {
        let values: Vec<bool> = self
            .outcomes
            .iter()
            .map(|&outcome| which(outcome))
            .collect();
        let rows = values.len();
        Tensor::from_data(TensorData::new(values, [rows, 1]), &like.device())
    }

    fn refreeze(&mut self, like: &Tensor<2>) {
        if self.outcomes.iter().any(Option::is_some) {
            self.frozen = Some(self.mask(|outcome| outcome.is_some(), like));
        }
    }

    fn all_done(&self) -> bool {
        self.outcomes.iter().all(Option::is_some)
    }

    fn finish(self, max_steps: usize) -> (Vec<Outcome>, Vec<usize>) {
        let steps = self
            .steps
            .iter()
            .map(|&steps| if steps == 0 { max_steps } else { steps })
            .collect();
        let outcomes = self
            .outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or(Outcome::MaxSteps))
            .collect();
        (outcomes, steps)
    }
}

/// `held` where the mask is true, else `moving`, in every block.
fn hold(mask: &Tensor<2, Bool>, moving: &State, held: &State) -> State {
    moving
        .iter()
        .zip(held)
        .map(|(moving, held)| {
            let mask = mask.clone().expand(moving.shape());
            moving.clone().mask_where(mask, held.clone())
        })
        .collect()
}

/// Largest movement of an entry of each row, relative to entries above 1, `[b]`.
fn movement(from: &State, to: &State) -> Tensor<1> {
    let mut largest: Option<Tensor<2>> = None;
    for (from, to) in from.iter().zip(to) {
        let moved = (to.clone() - from.clone()).abs() / from.clone().abs().clamp_min(1.0);
        // A maximum may swallow NaN; a sum of zeros does not.
        let poison = to.clone().mul_scalar(0.0).sum_dim(1);
        let moved = moved.max_dim(1) + poison;
        largest = Some(match largest {
            Some(largest) => largest.max_pair(moved.clone()) + moved.mul_scalar(0.0),
            None => moved,
        });
    }
    // A state has at least one block.
    largest.map_or_else(
        || Tensor::zeros([0], &Default::default()),
        |rows| rows.squeeze_dim(1),
    )
}

/// Per row, whichever of the best so far and the present state has the lower energy.
fn better(
    best: Option<(Tensor<1>, State)>,
    energy: &Tensor<1>,
    state: &State,
) -> (Tensor<1>, State) {
    match best {
        None => (energy.clone(), state.clone()),
        Some((lowest, kept)) => {
            let improved = energy.clone().lower(lowest.clone());
            let mask = improved.clone().unsqueeze_dim::<2>(1);
            let lowest = lowest.mask_where(improved, energy.clone());
            (lowest, hold(&mask, &kept, state))
        }
    }
}

/// One transfer from the device for all energies of all steps.
fn read_back(names: Vec<String>, recorded: Vec<Vec<Tensor<1>>>) -> Result<Trace> {
    let steps = recorded.len();
    let Some(rows) = recorded
        .first()
        .and_then(|terms| terms.first())
        .map(|term| term.dims()[0])
    else {
        return Ok(Trace::default());
    };
    let flat: Vec<Tensor<1>> = recorded.into_iter().flatten().collect();
    let values = check::to_host(Tensor::cat(flat, 0))?;
    let count = names.len();
    let terms = names
        .into_iter()
        .enumerate()
        .map(|(term, name)| TraceTerm {
            name,
            values: (0..steps)
                .map(|step| {
                    let at = (step * count + term) * rows;
                    values[at..at + rows].to_vec()
                })
                .collect(),
        })
        .collect();
    Ok(Trace { terms })
}
