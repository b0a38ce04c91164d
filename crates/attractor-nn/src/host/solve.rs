//! Linear systems at fixed points: `(I - J) w = g` by conjugate gradients for each row.

use super::forward::{Trail, gather};
use super::real::Real;
use super::separation::{jacobian_weights, through};
use super::task::Task;
use crate::read::{Dims, SOLVE_STEPS, Solve};
use attractor_core::matmul::{Matrix, matmul};

/// The systems of some rows.
struct Rows<'a, 'b, T> {
    task: &'a Task<'b, T>,
    /// Weights of the Jacobians, `[rows, s]`.
    u: Vec<T>,
}

impl<T: Real> Rows<'_, '_, T> {
    /// `J d` of the rows `which`.
    fn jacobian(&self, which: &[usize], d: &[T]) -> Vec<T> {
        let Dims { s, h, .. } = self.task.dims;
        let mut a = vec![T::ZERO; which.len() * s];
        let stored = self.task.stored();
        matmul(
            &mut a,
            Matrix::new(d, which.len(), h),
            stored.t(),
            T::ONE,
            false,
        );
        for (a, &row) in a.chunks_exact_mut(s).zip(which) {
            through(a, &self.u[row * s..][..s]);
        }
        let mut image = vec![T::ZERO; d.len()];
        let a = Matrix::new(&a, which.len(), s);
        matmul(&mut image, a, stored, self.task.beta, false);
        image
    }
}

impl<T: Real> Task<'_, T> {
    /// `w` for the gradients `g`, `[l, h]`, of the fixed points of `rows`.
    pub(super) fn solve(&self, rows: &[usize], trail: &Trail<T>, g: &[T], solve: &Solve) -> Vec<T> {
        let h = self.dims.h;
        let mut w = Vec::with_capacity(rows.len() * h);
        for own in rows.chunks(self.block()) {
            let x = gather(&trail.last, own, h);
            let mut u = Vec::new();
            self.associate(&x, own, &mut u, None);
            jacobian_weights(&mut u, self.separation());
            let system = Rows { task: self, u };
            w.extend(conjugate_gradients(&system, gather(g, own, h), h, solve));
        }
        w
    }
}

fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.double() * b.double()).sum()
}

fn conjugate_gradients<T: Real>(
    system: &Rows<'_, '_, T>,
    g: Vec<T>,
    h: usize,
    solve: &Solve,
) -> Vec<T> {
    let rows = g.len() / h;
    let precision: f64 = if T::TYPE == burn::tensor::DType::F64 {
        1e-24
    } else {
        1e-12
    };
    let at = |row: usize| row * h..(row + 1) * h;
    let all: Vec<usize> = (0..rows).collect();
    // From g rather than 0: where the first direction has no positive curvature, that is the answer.
    let mut w = g.clone();
    let mut r = system.jacobian(&all, &g);
    let mut d = r.clone();
    let goal: Vec<f64> = all
        .iter()
        .map(|&row| precision * dot(&g[at(row)], &g[at(row)]))
        .collect();
    let mut size: Vec<f64> = all
        .iter()
        .map(|&row| dot(&r[at(row)], &r[at(row)]))
        .collect();
    let mut open: Vec<usize> = all
        .into_iter()
        .filter(|&row| size[row] > goal[row])
        .collect();
    let mut saddles = 0;
    for _ in 0..SOLVE_STEPS {
        if open.is_empty() {
            break;
        }
        let directions = gather(&d, &open, h);
        let images = system.jacobian(&open, &directions);
        let mut left = Vec::with_capacity(open.len());
        for ((&row, image), own) in open
            .iter()
            .zip(images.chunks_exact(h))
            .zip(directions.chunks_exact(h))
        {
            let image: Vec<T> = own.iter().zip(image).map(|(&d, &j)| d - j).collect();
            let curvature = dot(own, &image);
            if curvature <= 0.0 {
                saddles += 1;
                continue;
            }
            let length = T::of(size[row] / curvature);
            for (i, at) in at(row).enumerate() {
                w[at] += own[i] * length;
                r[at] = r[at] - image[i] * length;
            }
            let next = dot(&r[at(row)], &r[at(row)]);
            let turn = T::of(next / size[row]);
            for at in at(row) {
                d[at] = r[at] + d[at] * turn;
            }
            size[row] = next;
            if next > goal[row] {
                left.push(row);
            }
        }
        open = left;
    }
    solve.count(rows, open.len(), saddles);
    w
}
