//! The gradient at a fixed point, whatever led there.
//!
//! At `x = f(x) = sep(beta x k^T) k` the gradient `g` for `x` becomes one for `k` and `beta` through
//! `(I - J) w = g`, `J = beta k^T (diag u - u u^T / sum u) k`: symmetric, and positive definite at a minimum of the
//! energy, hence conjugate gradients, row by row.

use std::sync::Arc;

use attractor_core::autodiff::custom;
use attractor_core::{Result, check};
use burn::tensor::Tensor;

use super::separation::jacobian_weights;
use super::tensors::{Heads, matmul};
use super::{SOLVE_STEPS, Solve};

/// `x` with the gradients of a fixed point for stored patterns and temperatures.
pub(super) fn at_fixed_point(heads: &Heads, x: Tensor<4>, solve: &Arc<Solve>) -> Result<Tensor<4>> {
    let (k, beta) = (heads.k.clone(), heads.beta.clone());
    let free = |x: &Tensor<4>| x.clone().without_autodiff();
    let p = Heads {
        q: free(&heads.q),
        k: free(&k),
        v: free(&heads.v),
        beta: free(&beta),
        closed: heads.closed.clone(),
        added: heads.added.clone(),
        separation: heads.separation,
    }
    .associate(x.clone());
    let point = Point {
        u: jacobian_weights(p.clone(), heads.separation),
        p,
        x: x.clone(),
        k: free(&k),
        beta: free(&beta),
    };
    let solve = Arc::clone(solve);
    custom([k.into(), beta.into()], x, move |gradient, _| {
        let w = point.solve(gradient.into_tensor(), &solve);
        let (k, beta) = point.pull_back(w);
        [Some(k.into()), Some(beta.into())]
    })
}

struct Point {
    x: Tensor<4>,
    p: Tensor<4>,
    u: Tensor<4>,
    k: Tensor<4>,
    beta: Tensor<4>,
}

impl Point {
    /// `(diag u - u u^T / sum u) (w k^T)`
    fn scores(&self, w: Tensor<4>) -> Tensor<4> {
        let a = matmul(w, self.k.clone().swap_dims(2, 3));
        let total = self.u.clone().sum_dim(3).clamp_min(f32::MIN_POSITIVE);
        let mean = (self.u.clone() * a.clone()).sum_dim(3) / total;
        self.u.clone() * (a - mean)
    }

    fn jacobian(&self, w: Tensor<4>) -> Tensor<4> {
        matmul(self.scores(w), self.k.clone()) * self.beta.clone()
    }

    fn solve(&self, g: Tensor<4>, solve: &Solve) -> Tensor<4> {
        let dot = |a: &Tensor<4>, b: &Tensor<4>| (a.clone() * b.clone()).sum_dim(3);
        let on_host = |x: Tensor<4>| {
            check::to_host_doubles(&x).expect("the device of the forward pass answers")
        };
        let tiny = f32::MIN_POSITIVE;
        let precision = if g.dtype() == burn::tensor::DType::F64 {
            1e-24
        } else {
            1e-12
        };
        let goal: Vec<f64> = on_host(dot(&g, &g)).iter().map(|x| x * precision).collect();
        // From g rather than 0: where the first direction has no positive curvature, that is the answer.
        let mut w = g.clone();
        let mut r = self.jacobian(g.clone());
        let mut d = r.clone();
        let mut size = dot(&r, &r);
        let mut saddle = vec![false; goal.len()];
        let mut open: Vec<bool> = on_host(size.clone())
            .iter()
            .zip(&goal)
            .map(|(size, goal)| size > goal)
            .collect();
        for _ in 0..SOLVE_STEPS {
            if !open.contains(&true) {
                break;
            }
            let image = d.clone() - self.jacobian(d.clone());
            let curvature = dot(&d, &image);
            let values = on_host(curvature.clone());
            for row in (0..open.len()).filter(|&row| open[row]) {
                saddle[row] = values[row] <= 0.0;
            }
            let steps: Vec<f64> = (open.iter().zip(&saddle))
                .map(|(&open, &saddle)| f64::from(u8::from(open && !saddle)))
                .collect();
            let shape = size.shape();
            let data = burn::tensor::TensorData::new(steps, shape);
            let go: Tensor<4> = Tensor::from_data(data, (&g.device(), g.dtype()));
            // 1 where nothing goes on.
            let safe = curvature * go.clone() + (go.clone().neg() + 1.0);
            let length = size.clone() / safe * go;
            w = w + d.clone() * length.clone();
            r = r - image * length;
            let next = dot(&r, &r);
            let values = on_host(next.clone());
            for row in 0..open.len() {
                open[row] = open[row] && !saddle[row] && values[row] > goal[row];
            }
            d = r.clone() + d * (next.clone() / size.clamp_min(tiny));
            size = next;
        }
        let count = |rows: &[bool]| rows.iter().filter(|&&row| row).count();
        solve.count(goal.len(), count(&open), count(&saddle));
        w
    }

    /// Gradients for `k` and `beta` of one update with the cotangent `w`.
    fn pull_back(&self, w: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let dz = self.scores(w.clone());
        let own = matmul(self.p.clone().swap_dims(2, 3), w);
        let through = matmul(
            dz.clone().swap_dims(2, 3),
            self.x.clone() * self.beta.clone(),
        );
        let k = onto(own + through, self.k.dims());
        let beta = (self.x.clone() * matmul(dz, self.k.clone())).sum_dim(3);
        (k, onto(beta, self.beta.dims()))
    }
}

/// Summed over the axes that `shape` has only once.
fn onto(x: Tensor<4>, shape: [usize; 4]) -> Tensor<4> {
    let mut x = x;
    for (axis, &size) in shape.iter().enumerate() {
        if x.dims()[axis] != size {
            x = x.sum_dim(axis);
        }
    }
    x
}
