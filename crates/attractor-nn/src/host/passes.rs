//! All heads of all sets, forward and backward.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::forward::Trail;
use super::real::Real;
use super::task::{Arrays, Task, View};
use crate::read::{Dims, Report, Rules, Solve};

/// A read that has been done, with what its gradient needs.
#[derive(Debug)]
pub(super) struct Passes<T> {
    pub(super) arrays: Arrays<T>,
    rules: Rules,
    dims: Dims,
    trails: Vec<Trail<T>>,
    solve: Arc<Solve>,
}

impl<T: Real> Passes<T> {
    /// Does the read: with the values `[n, l, heads p]`, and how it went.
    pub(super) fn run(
        arrays: Arrays<T>,
        rules: Rules,
        dims: Dims,
        device: &Device,
    ) -> (Self, Vec<T>, Report) {
        let heads = dims.n * dims.heads;
        let one = |index: usize| {
            let task = Task::new(&arrays, &rules, dims, index);
            let mut trail = task.settle();
            let output = task.values_read(&mut trail);
            (trail, output)
        };
        let done: Vec<(Trail<T>, Vec<T>)> = (0..heads).into_par_iter().map(one).collect();
        let view = View::whole(0, [dims.n, dims.l, dims.heads * dims.p]);
        let mut output = vec![T::ZERO; dims.n * dims.l * dims.heads * dims.p];
        let (mut trails, read): (Vec<Trail<T>>, Vec<Vec<T>>) = done.into_iter().unzip();
        add_heads(&view, dims, &mut output, |index| &read[index], dims.p);
        let mut report = report(&mut trails, dims);
        let solve = Arc::clone(&report.solve);
        report.states = rules.keep_states.then(|| {
            let shape = [dims.n, dims.l, dims.heads * dims.h];
            let mut states = vec![T::ZERO; shape.iter().product()];
            for (index, trail) in trails.iter().enumerate() {
                let (set, head) = (index / dims.heads, index % dims.heads);
                View::whole(0, shape).add(&mut states, set, head, dims.h, &trail.last);
            }
            Tensor::from_data(TensorData::new(states, shape), (device, T::TYPE))
        });
        let passes = Self {
            arrays,
            rules,
            dims,
            trails,
            solve,
        };
        (passes, output, report)
    }

    /// From the gradient of the values read, `[n, l, heads p]`, to those of the arrays and of the temperatures.
    pub(super) fn pull_back(&self, gradient: &[T]) -> (Vec<Vec<T>>, Vec<T>) {
        let dims = self.dims;
        let view = View::whole(0, [dims.n, dims.l, dims.heads * dims.p]);
        let one = |index: usize| {
            let task = Task::new(&self.arrays, &self.rules, dims, index);
            let g = view.head(gradient, task.set, task.head, dims.p);
            task.pull_back(&self.trails[index], &g, &self.solve)
        };
        let heads = dims.n * dims.heads;
        let found: Vec<_> = (0..heads).into_par_iter().map(one).collect();
        let Arrays { q, k, v, .. } = &self.arrays;
        let sizes = self.arrays.data.iter().map(Vec::len);
        let mut all: Vec<Vec<T>> = sizes.map(|size| vec![T::ZERO; size]).collect();
        add_heads(q, dims, &mut all[q.array], |at| &found[at].q, dims.h);
        add_heads(k, dims, &mut all[k.array], |at| &found[at].k, dims.h);
        add_heads(v, dims, &mut all[v.array], |at| &found[at].v, dims.p);
        let mut beta = vec![T::ZERO; dims.heads];
        for (index, own) in found.iter().enumerate() {
            beta[index % dims.heads] += own.beta;
        }
        (all, beta)
    }
}

/// Adds what was found for the heads of all sets, `width` columns each, where `view` has them in `data`: sets at the same
/// time where each has a part of its own.
fn add_heads<'a, T: Real>(
    view: &View,
    dims: Dims,
    data: &mut [T],
    own: impl Fn(usize) -> &'a [T] + Sync,
    width: usize,
) {
    let add = |data: &mut [T], view: &View, set: usize| {
        for head in 0..dims.heads {
            view.add(data, set, head, width, own(set * dims.heads + head));
        }
    };
    if view.n < dims.n || data.is_empty() {
        (0..dims.n).for_each(|set| add(data, view, set));
        return;
    }
    let sets = data.par_chunks_exact_mut(view.rows * view.stride);
    sets.enumerate().for_each(|(set, data)| {
        let own = |head: usize| own(set * dims.heads + head);
        let alone = View { n: 1, ..*view };
        (0..dims.heads).for_each(|head| alone.add(data, 0, head, width, own(head)));
    });
}

fn report<T>(trails: &mut [Trail<T>], dims: Dims) -> Report {
    let mut report = Report {
        shape: [dims.n, dims.heads, dims.l],
        outcomes: Vec::new(),
        steps: Vec::new(),
        energy_first: Vec::new(),
        energy_last: Vec::new(),
        energies: Vec::new(),
        changes: Vec::new(),
        solve: Arc::default(),
        states: None,
    };
    for trail in trails {
        report.outcomes.append(&mut trail.outcomes);
        report.steps.extend_from_slice(&trail.steps);
        report.energy_first.append(&mut trail.energy_first);
        report.energy_last.append(&mut trail.energy_last);
    }
    report
}
