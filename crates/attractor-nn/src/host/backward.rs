//! The way back. Nothing of the association is kept: it is worked out once more from the states.

use super::forward::{Trail, gather};
use super::real::Real;
use super::separation::{jacobian_weights, through};
use super::task::Task;
use crate::config::Grad;
use crate::read::{Dims, Solve};
use attractor_core::matmul::{Matrix, matmul};

/// Gradients of one head of one set.
#[derive(Debug)]
pub(super) struct Gradients<T> {
    pub(super) q: Vec<T>,
    pub(super) k: Vec<T>,
    pub(super) v: Vec<T>,
    pub(super) beta: T,
}

/// The values of a pass: those of the layer, or the stored patterns themselves in an update.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reads {
    Values,
    Stored,
}

/// Room that passes share.
#[derive(Debug, Default)]
struct Scratch<T> {
    p: Vec<T>,
    a: Vec<T>,
    moved: Vec<T>,
}

impl<T: Real> Task<'_, T> {
    /// From the gradient `g` of what the final states read, `[l, p]`.
    pub(super) fn pull_back(&self, trail: &Trail<T>, g: &[T], solve: &Solve) -> Gradients<T> {
        let Dims { l, h, .. } = self.dims;
        let mut gradients = Gradients {
            q: vec![T::ZERO; l * h],
            k: vec![T::ZERO; self.k.len()],
            v: vec![T::ZERO; self.v.len()],
            beta: T::ZERO,
        };
        let mut scratch = Scratch::default();
        let all: Vec<usize> = (0..l).collect();
        let mut dx = vec![T::ZERO; l * h];
        self.pass(
            Reads::Values,
            &all,
            &trail.last,
            g,
            &mut gradients,
            &mut scratch,
            &mut dx,
        );
        if self.limit().max != Some(0) {
            match self.rules.sizes.gradient {
                Grad::Unrolled | Grad::LastStep => {
                    self.through_updates(trail, &mut dx, &mut gradients, &mut scratch);
                }
                Grad::Implicit => {
                    self.through_fixed_point(trail, &mut dx, &mut gradients, &mut scratch, solve);
                }
            }
        }
        gradients.q = dx;
        gradients
    }

    /// One pass backwards from the gradient `g` of what the states `x` of `rows` read. Their own gradient goes
    /// to `dx`, the others' are added to.
    #[expect(clippy::too_many_arguments, reason = "two in, three out, room")]
    fn pass(
        &self,
        reads: Reads,
        rows: &[usize],
        x: &[T],
        g: &[T],
        gradients: &mut Gradients<T>,
        scratch: &mut Scratch<T>,
        dx: &mut [T],
    ) {
        let Dims { s, h, p: width, .. } = self.dims;
        let width = if reads == Reads::Values { width } else { h };
        let block = self.block();
        for (index, own) in rows.chunks(block).enumerate() {
            let count = own.len();
            let at = index * block;
            let x = &x[at * h..][..count * h];
            let g = &g[at * width..][..count * width];
            let dx = &mut dx[at * h..][..count * h];
            let Scratch { p, a, moved } = scratch;
            self.associate(x, own, p, None);
            let factors = match reads {
                Reads::Values => self.dropped(own),
                Reads::Stored => None,
            };
            a.resize(count * s, T::ZERO);
            let read = match reads {
                Reads::Values => self.values(),
                Reads::Stored => self.stored(),
            };
            matmul(a, Matrix::new(g, count, width), read.t(), T::ONE, false);
            // The values' gradient takes the association as it was read.
            let target = match reads {
                Reads::Values => &mut gradients.v,
                Reads::Stored => &mut gradients.k,
            };
            match factors {
                None => {
                    let p = Matrix::new(&*p, count, s).t();
                    matmul(target, p, Matrix::new(g, count, width), T::ONE, true);
                }
                Some(factors) => {
                    a.iter_mut()
                        .zip(&factors)
                        .for_each(|(a, &factor)| *a = *a * factor);
                    let read: Vec<T> = p.iter().zip(&factors).map(|(&p, &f)| p * f).collect();
                    let read = Matrix::new(&read, count, s).t();
                    matmul(target, read, Matrix::new(g, count, width), T::ONE, true);
                }
            }
            jacobian_weights(p, self.separation());
            for (a, u) in a.chunks_exact_mut(s).zip(p.chunks_exact(s)) {
                through(a, u);
            }
            moved.resize(count * h, T::ZERO);
            let dz = Matrix::new(&*a, count, s);
            matmul(moved, dz, self.stored(), T::ONE, false);
            gradients.beta += T::dot(moved, x);
            for (dx, &moved) in dx.iter_mut().zip(moved.iter()) {
                *dx = moved * self.beta;
            }
            matmul(
                &mut gradients.k,
                dz.t(),
                Matrix::new(x, count, h),
                self.beta,
                true,
            );
        }
    }

    /// Through every update that was kept, the last first. With [`Grad::LastStep`] each row goes through its last
    /// one alone.
    fn through_updates(
        &self,
        trail: &Trail<T>,
        dx: &mut [T],
        gradients: &mut Gradients<T>,
        scratch: &mut Scratch<T>,
    ) {
        let h = self.dims.h;
        let last_only = self.rules.sizes.gradient == Grad::LastStep;
        for (step, (rows, states)) in trail.updates.iter().enumerate().rev() {
            let (rows, states) = match last_only {
                false => (rows.clone(), states.clone()),
                true => {
                    let last = |&at: &usize| trail.steps[rows[at]] == step + 1;
                    let kept: Vec<usize> = (0..rows.len()).filter(last).collect();
                    let states = gather(states, &kept, h);
                    (kept.into_iter().map(|at| rows[at]).collect(), states)
                }
            };
            if rows.is_empty() {
                continue;
            }
            let g = gather(dx, &rows, h);
            let mut own = vec![T::ZERO; g.len()];
            self.pass(
                Reads::Stored,
                &rows,
                &states,
                &g,
                gradients,
                scratch,
                &mut own,
            );
            for (&row, own) in rows.iter().zip(own.chunks_exact(h)) {
                dx[row * h..][..h].copy_from_slice(own);
            }
        }
    }

    /// From the gradient `dx` of fixed points to those of stored patterns and temperature; the start has none.
    fn through_fixed_point(
        &self,
        trail: &Trail<T>,
        dx: &mut [T],
        gradients: &mut Gradients<T>,
        scratch: &mut Scratch<T>,
        solve: &Solve,
    ) {
        let h = self.dims.h;
        let rows: Vec<usize> = (0..self.dims.l)
            .filter(|&row| trail.steps[row] > 0)
            .collect();
        let w = self.solve(&rows, trail, dx, solve);
        let x = gather(&trail.last, &rows, h);
        let mut own = vec![T::ZERO; w.len()];
        self.pass(Reads::Stored, &rows, &x, &w, gradients, scratch, &mut own);
        for row in rows {
            dx[row * h..][..h].fill(T::ZERO);
        }
    }
}
