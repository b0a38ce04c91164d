//! The read: states are updated and then weigh the values.
//!
//! With `x_0 = q`, for each head
//!
//! ```text
//! P_t = sep( beta x_t k^T + mask ),   x_{t+1} = P_t k,   output = dropout(P_T) v
//! ```
//!
//! Two computations of the same: loops of our own where tensors lie in host memory ([`crate::host`]), tensor
//! operations elsewhere ([`tensors`]).

mod implicit;
mod separation;
mod tensors;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attractor_core::backend::is_host_device;
use attractor_core::{Outcome, Result};
use burn::tensor::{DType, Tensor};

use crate::config::{Grad, Separation, Sizes, Stop};
use crate::layer::Mask;

/// What a read is of. Batches are `n` or 1; widths are those of all heads, or of one that all share.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// States, `[n, l, heads h]`.
    pub(crate) q: Tensor<3>,
    /// Stored patterns and extra rows, `[n, s, heads h]`.
    pub(crate) k: Tensor<3>,
    /// Their values, `[n, s, heads p]`.
    pub(crate) v: Tensor<3>,
    /// `[heads]`
    pub(crate) beta: Tensor<1>,
}

/// How it is read.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) sizes: Sizes,
    pub(crate) separation: Separation,
    pub(crate) stop: Stop,
    pub(crate) cap: usize,
    pub(crate) dropout: Option<Dropout>,
    pub(crate) mask: Arc<Mask>,
    /// Rows at the end of the stored patterns that no mask closes.
    pub(crate) extra: usize,
    /// Energies and changes of every step are wanted.
    pub(crate) record: bool,
    /// The final states are wanted.
    pub(crate) keep_states: bool,
}

/// Which entries of the association are dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropout {
    pub(crate) rate: f64,
    pub(crate) seed: u64,
}

impl Dropout {
    /// What entries are multiplied by, the first of which is at `place`: 0, or `1 / (1 - rate)`.
    pub(crate) fn factor(self) -> impl Fn(u64) -> f64 {
        let counter = attractor_core::rng::Counter::new(self.seed, "hopfield/dropout");
        let (rate, kept) = (self.rate as f32, 1.0 / (1.0 - self.rate));
        move |place| match counter.uniform(place) < rate {
            true => 0.0,
            false => kept,
        }
    }
}

impl Rules {
    /// Sizes of a read of these parts.
    pub(crate) fn dims(&self, parts: &Parts) -> Dims {
        let ([n, l, _], [m, s, _]) = (parts.q.dims(), parts.k.dims());
        Dims {
            n: n.max(m),
            heads: self.sizes.heads,
            l,
            s,
            h: self.sizes.hidden,
            p: self.sizes.pattern,
        }
    }
}

/// Sizes of a read: sets, heads, states, stored patterns with extra rows, widths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dims {
    pub(crate) n: usize,
    pub(crate) heads: usize,
    pub(crate) l: usize,
    pub(crate) s: usize,
    pub(crate) h: usize,
    pub(crate) p: usize,
}

/// How a read went. Rows are states of heads of sets, at `(n * heads + head) * l + state`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Sets, heads and states of each.
    pub shape: [usize; 3],
    /// How each row ended.
    pub outcomes: Vec<Outcome>,
    /// Updates of each row.
    pub steps: Vec<usize>,
    /// Energy of each row at the start, `-psi(beta x k^T + mask) / beta + |x|^2 / 2` with `psi = ln sum exp` for softmax;
    /// infinite where everything is closed.
    pub energy_first: Vec<f64>,
    /// Energy of each row at the end.
    pub energy_last: Vec<f64>,
    /// Energies before the first update and after each one, where a call asks for them; a row that has stopped
    /// keeps its last.
    pub energies: Vec<Vec<f64>>,
    /// Under [`Stop::PerHead`] and where a call asks for energies: by how much each update changed the association
    /// of each head. Exactly 0 once it has stopped.
    pub changes: Vec<Vec<f64>>,
    /// What the backward pass meets at the fixed point; counted when it runs.
    pub solve: Arc<Solve>,
    /// The final states outside the graph, `[n, l, heads h]`, where they were asked for.
    pub(crate) states: Option<Tensor<3>>,
}

/// What the linear systems of [`Grad::Implicit`] came to.
#[derive(Debug, Default)]
pub struct Solve {
    rows: AtomicUsize,
    unsolved: AtomicUsize,
    saddles: AtomicUsize,
}

impl Solve {
    /// Rows whose systems were set up.
    pub fn rows(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }

    /// Those that were not solved to precision within the steps allowed.
    pub fn unsolved(&self) -> usize {
        self.unsolved.load(Ordering::Relaxed)
    }

    /// Those at which the energy is not convex: no minimum, and no solution that means anything. What had been
    /// found until then is used.
    pub fn saddles(&self) -> usize {
        self.saddles.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, rows: usize, unsolved: usize, saddles: usize) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.unsolved.fetch_add(unsolved, Ordering::Relaxed);
        self.saddles.fetch_add(saddles, Ordering::Relaxed);
    }
}

/// Steps of conjugate gradients at most.
pub(crate) const SOLVE_STEPS: usize = 32;

/// The values that the states read, `[n, l, heads p]`.
pub(crate) fn read(parts: Parts, rules: &Rules) -> Result<(Tensor<3>, Report)> {
    match is_streamed(rules, &parts.q) {
        true if parts.q.dtype() == DType::F64 => crate::host::read::<f64>(parts, rules),
        true => crate::host::read::<f32>(parts, rules),
        false => tensors::read(parts, rules),
    }
}

/// Whether loops of host memory do the work. What is compared across sets, or recorded at every step, is left to
/// tensor operations.
pub(crate) fn is_streamed(rules: &Rules, like: &Tensor<3>) -> bool {
    let alone = rules.stop == Stop::PerRow && !rules.record;
    alone && matches!(like.dtype(), DType::F32 | DType::F64) && is_host_device(&like.device())
}

/// The association of the final states, `[n, heads, l, s]`, without dropout.
pub(crate) fn association(parts: Parts, rules: &Rules) -> Result<(Tensor<4>, Report)> {
    tensors::association(parts, rules)
}

/// How a row ended that took `steps` updates.
pub(crate) fn outcome(empty: bool, converged: bool, max: Option<usize>) -> Outcome {
    match (empty, converged, max) {
        (true, ..) => Outcome::Empty,
        (_, true, _) => Outcome::Converged,
        (_, _, Some(0)) => Outcome::SinglePass,
        _ => Outcome::MaxSteps,
    }
}

/// How a state ended whose heads ended like this: as the worst of them.
pub(crate) fn joined(heads: impl Iterator<Item = Outcome>) -> Outcome {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::SinglePass => 0,
        Outcome::Converged => 1,
        Outcome::MaxSteps => 2,
        _ => 3,
    };
    heads.max_by_key(rank).unwrap_or(Outcome::Empty)
}

/// The least tolerance of [`Stop::PerRow`]: 8 units in the last place.
pub(crate) fn floor(eps: f64, dtype: DType) -> f64 {
    match dtype {
        DType::F64 => eps.max(8.0 * f64::EPSILON),
        _ => eps.max(8.0 * f64::from(f32::EPSILON)),
    }
}

/// Whether the fixed point is differentiated.
pub(crate) fn is_implicit(rules: &Rules) -> bool {
    let moves = rules.sizes.limits.iter().any(|limit| limit.max != Some(0));
    rules.sizes.gradient == Grad::Implicit && moves
}

impl Report {
    /// Rows of one set as those of `sets` sets of equally many states.
    pub(crate) fn regroup(&mut self, sets: usize) {
        let [_, heads, all] = self.shape;
        let states = all / sets;
        let order: Vec<usize> = (0..sets * heads * states)
            .map(|at| {
                let (set, head, state) = (at / (heads * states), at / states % heads, at % states);
                head * all + set * states + state
            })
            .collect();
        fn sorted<T: Copy>(values: &mut Vec<T>, order: &[usize]) {
            *values = order.iter().map(|&at| values[at]).collect();
        }
        self.shape = [sets, heads, states];
        sorted(&mut self.outcomes, &order);
        sorted(&mut self.steps, &order);
        sorted(&mut self.energy_first, &order);
        sorted(&mut self.energy_last, &order);
        self.energies
            .iter_mut()
            .for_each(|values| sorted(values, &order));
    }
}
