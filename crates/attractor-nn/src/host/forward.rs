//! Updates until every state has stopped, and the final pass.

use attractor_core::Outcome;

use super::real::Real;
use super::task::Task;
use crate::config::Grad;
use crate::read::{Dims, floor, outcome};
use attractor_core::matmul::{Matrix, matmul};

/// States on their way: what the backward pass and the report need.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail<T> {
    /// For each update the rows that took it and their states before it; empty where nobody will ask.
    pub(super) updates: Vec<(Vec<usize>, Vec<T>)>,
    /// The final states, `[l, h]`.
    pub(super) last: Vec<T>,
    pub(super) steps: Vec<usize>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) energy_first: Vec<f64>,
    pub(super) energy_last: Vec<f64>,
}

impl<T: Real> Task<'_, T> {
    /// The states after all updates. Every state stops by itself.
    pub(super) fn settle(&self) -> Trail<T> {
        let Dims { l, h, .. } = self.dims;
        let mut trail = self.start();
        if self.limit().max == Some(0) {
            return trail;
        }
        let block = self.block();
        for first in (0..l).step_by(block) {
            let mut rows: Vec<usize> = (first..l.min(first + block)).collect();
            for step in 0..self.steps_at_most() {
                if rows.is_empty() {
                    break;
                }
                let before = gather(&trail.last, &rows, h);
                let moved = self.update(&before, &rows, (step == 0).then_some(&mut trail));
                self.note(&mut trail, step, &rows, &before);
                rows = self.advance(&mut trail, &rows, &before, &moved);
            }
        }
        trail
    }

    pub(super) fn steps_at_most(&self) -> usize {
        let cap = self.rules.cap;
        self.limit().max.unwrap_or(cap).min(cap)
    }

    fn start(&self) -> Trail<T> {
        let l = self.dims.l;
        Trail {
            updates: Vec::new(),
            last: self.q.clone(),
            steps: vec![0; l],
            outcomes: vec![outcome(false, false, self.limit().max); l],
            energy_first: vec![f64::INFINITY; l],
            energy_last: vec![f64::INFINITY; l],
        }
    }

    /// `f(x)` of the states of `rows`. At the start, energies are noted and rows without patterns are marked.
    fn update(&self, x: &[T], rows: &[usize], first: Option<&mut Trail<T>>) -> Vec<T> {
        let mut p = Vec::new();
        let mut psi = Vec::new();
        self.associate(x, rows, &mut p, first.is_some().then_some(&mut psi));
        if let Some(trail) = first {
            let energies = self.energies(x, &psi);
            for ((&row, &psi), energy) in rows.iter().zip(&psi).zip(energies) {
                trail.energy_first[row] = energy;
                if psi == f64::NEG_INFINITY {
                    trail.outcomes[row] = Outcome::Empty;
                }
            }
        }
        let mut moved = vec![T::ZERO; x.len()];
        let p = Matrix::new(&p, rows.len(), self.dims.s);
        matmul(&mut moved, p, self.stored(), T::ONE, false);
        moved
    }

    /// Keeps what the gradient will ask for.
    fn note(&self, trail: &mut Trail<T>, step: usize, rows: &[usize], x: &[T]) {
        if self.rules.sizes.gradient == Grad::Implicit {
            return;
        }
        if trail.updates.len() == step {
            trail.updates.push((Vec::new(), Vec::new()));
        }
        let (kept, states) = &mut trail.updates[step];
        for (&row, x) in rows.iter().zip(x.chunks_exact(self.dims.h)) {
            if trail.outcomes[row] != Outcome::Empty {
                kept.push(row);
                states.extend_from_slice(x);
            }
        }
    }

    /// Moves the states of `rows`; those that go on.
    fn advance(&self, trail: &mut Trail<T>, rows: &[usize], x: &[T], moved: &[T]) -> Vec<usize> {
        let h = self.dims.h;
        let eps = floor(self.limit().eps, T::TYPE);
        let mut left = Vec::with_capacity(rows.len());
        let states = x.chunks_exact(h).zip(moved.chunks_exact(h));
        for (&row, (x, moved)) in rows.iter().zip(states) {
            if trail.outcomes[row] == Outcome::Empty {
                continue;
            }
            trail.last[row * h..][..h].copy_from_slice(moved);
            trail.steps[row] += 1;
            let by = distance(x, moved);
            match by <= eps * length(x).max(1.0) {
                true => trail.outcomes[row] = Outcome::Converged,
                false => left.push(row),
            }
        }
        left
    }

    /// What the final states read, `[l, p]`.
    pub(super) fn values_read(&self, trail: &mut Trail<T>) -> Vec<T> {
        let Dims {
            l, s, h, p: width, ..
        } = self.dims;
        let mut output = vec![T::ZERO; l * width];
        let mut p = Vec::new();
        for first in (0..l).step_by(self.block()) {
            let rows: Vec<usize> = (first..l.min(first + self.block())).collect();
            let x = &trail.last[first * h..][..rows.len() * h];
            let mut psi = Vec::new();
            self.associate(x, &rows, &mut p, Some(&mut psi));
            let energies = self.energies(x, &psi);
            for ((&row, &psi), energy) in rows.iter().zip(&psi).zip(energies) {
                trail.energy_last[row] = energy;
                if trail.steps[row] == 0 {
                    trail.energy_first[row] = energy;
                    if psi == f64::NEG_INFINITY {
                        trail.outcomes[row] = Outcome::Empty;
                    }
                }
            }
            if let Some(factors) = self.dropped(&rows) {
                p.iter_mut()
                    .zip(factors)
                    .for_each(|(p, factor)| *p = *p * factor);
            }
            let out = &mut output[first * width..][..rows.len() * width];
            matmul(
                out,
                Matrix::new(&p, rows.len(), s),
                self.values(),
                T::ONE,
                false,
            );
        }
        output
    }
}

/// States of some rows.
pub(super) fn gather<T: Copy>(states: &[T], rows: &[usize], h: usize) -> Vec<T> {
    rows.iter()
        .flat_map(|&row| &states[row * h..][..h])
        .copied()
        .collect()
}

fn length<T: Real>(x: &[T]) -> f64 {
    x.iter()
        .map(|x| x.double() * x.double())
        .sum::<f64>()
        .sqrt()
}

fn distance<T: Real>(a: &[T], b: &[T]) -> f64 {
    let pairs = a.iter().zip(b).map(|(a, b)| a.double() - b.double());
    pairs.map(|x| x * x).sum::<f64>().sqrt()
}
