//! Completion: the known units are held, the others see them as constant input.

use super::CubeNetwork;
use crate::algebra::Matrix;

impl CubeNetwork {
    /// The network of the `free` units while every unit outside is held: `rate` filtered spikes on the side
    /// of its sign, none on the other. What held units send is constant, so the free ones form a
    /// network of the same kind with the drives `h - c rate n_held` and `b_k = rate sum_held J_kl sign_l`.
    pub(crate) fn held(&self, signs: &[i8], free: &[usize], rate: f64) -> Self {
        let mut known: Vec<f64> = signs.iter().map(|&sign| rate * f64::from(sign)).collect();
        free.iter().for_each(|&k| known[k] = 0.0);
        let held = (self.units() - free.len()) as f64;
        let coupling = Matrix::from_fn(free.len(), free.len(), |i, j| {
            self.coupling.at(free[i], free[j])
        });
        let bias = |&k: &usize| crate::algebra::dot(self.coupling.row(k), &known);
        Self {
            columns: (!self.is_symmetric()).then(|| coupling.transposed()),
            coupling,
            pooled: free.iter().map(|&k| self.pooled[k]).collect(),
            inhibition: self.inhibition,
            drive: self.drive - self.inhibition * rate * held,
            bias: free.iter().map(bias).collect(),
        }
    }
}
