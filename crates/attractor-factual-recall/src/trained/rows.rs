//! Rows of scores: the loops of the cross entropy.

use pulp::{Simd, WithSimd};

use super::softmax::{Entropy, Form};
use crate::Real;

/// The rows of scores, which become their gradient.
#[derive(Debug)]
pub struct Rows<'a, T> {
    pub(super) scores: &'a mut [T],
    pub(super) width: usize,
    pub(super) targets: &'a [u32],
    pub(super) scale: f64,
    pub(super) form: Form,
}

impl<T: Real> WithSimd for Rows<'_, T> {
    type Output = Entropy;

    /// The same operations in the widest registers of the processor.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Entropy {
        let mut all = Entropy::default();
        let rows = self.scores.chunks_exact_mut(self.width.max(1));
        for (row, &target) in rows.zip(self.targets) {
            let (loss, right) = match self.form {
                Form::Fused => fused(row, target as usize, self.scale),
                Form::AsPublished => in_two_operations(row, target as usize, self.scale),
            };
            all.loss += loss;
            all.right += usize::from(right);
        }
        all
    }
}

/// Sums and maxima are taken in so many lanes whatever the registers, so that they do not depend on them.
const LANES: usize = 16;

#[inline(always)]
fn fused<T: Real>(row: &mut [T], target: usize, scale: f64) -> (f64, bool) {
    let own = row[target];
    let most = largest(row);
    let right = own == most && row.iter().filter(|&&score| score == most).count() == 1;
    let sum = exponentials(row, most);
    let factor = T::of(scale / sum);
    for value in row.iter_mut() {
        *value *= factor;
    }
    row[target] -= T::of(scale);
    (sum.ln() - (own.wide() - most.wide()), right)
}

/// `p = softmax(l)`, `loss = -log p_t`, and the chain of both derivatives.
#[inline(always)]
fn in_two_operations<T: Real>(row: &mut [T], target: usize, scale: f64) -> (f64, bool) {
    let own = row[target];
    let most = largest(row);
    let right = own == most && row.iter().filter(|&&score| score == most).count() == 1;
    let sum = T::of(exponentials(row, most));
    for value in row.iter_mut() {
        *value /= sum;
    }
    let kept = row[target];
    // The derivative of -log p_t by p_t; by the others it is 0.
    let outer = T::of(-scale) / kept;
    let inner = outer * kept;
    for (answer, value) in row.iter_mut().enumerate() {
        let outer = if answer == target { outer } else { T::of(0.0) };
        *value *= outer - inner;
    }
    (-kept.wide().ln(), right)
}

#[inline(always)]
fn largest<T: Real>(row: &[T]) -> T {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut most = [row[0]; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            most[lane] = most[lane].larger(chunk[lane]);
        }
    }
    most.iter()
        .chain(rest)
        .fold(row[0], |most, &score| most.larger(score))
}

/// Replaces scores by `exp(score - most)`; their sum.
#[inline(always)]
fn exponentials<T: Real>(row: &mut [T], most: T) -> f64 {
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    let mut sums = [T::of(0.0); LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = (chunk[lane] - most).exp_non_positive();
            sums[lane] += chunk[lane];
        }
    }
    let mut sum: f64 = sums.iter().map(|sum| sum.wide()).sum();
    for value in rest {
        *value = (*value - most).exp_non_positive();
        sum += value.wide();
    }
    sum
}
