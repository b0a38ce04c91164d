//! The two precisions.

use std::iter::Sum;
use std::ops::Neg;

use attractor_core::adam::Scalar;
use attractor_core::math;
use faer::traits::RealField;

use crate::kernels::Kernels;

/// `f32`, or `f64` for comparisons with other programs.
pub trait Real:
    Scalar + RealField + Kernels + Copy + Default + Neg<Output = Self> + Sum + 'static
{
    /// The nearest number.
    fn of(value: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
    /// `exp(x)` for x at most 0, to the last bits; 0 where that would not be a normal number. Without
    /// branches, so that a loop over it becomes vector instructions.
    fn exp_non_positive(self) -> Self;
    /// The larger of both.
    fn larger(self, other: Self) -> Self;
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    fn exp_non_positive(self) -> Self {
        math::exp_non_positive(self)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

/// Below this the exponential of a single is not a normal number.
const LOWEST: f32 = -87.0;
/// `1.5 * 2^23`: adding it rounds to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;
/// log 2 in two parts: multiples of the first by small integers are exact.
const LOG_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);

/// `1 / k!`: on `|r| <= log(2) / 2` the terms that are left out stay below 6e-9.
const INVERSE_FACTORIALS: [f32; 8] = [
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
];

impl Real for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn exp_non_positive(self) -> Self {
        let kept = if self < LOWEST { LOWEST } else { self };
        let shifted = kept * std::f32::consts::LOG2_E + ROUND;
        let k = shifted - ROUND;
        let r = (kept - k * LOG_2.0) - k * LOG_2.1;
        let mut sum = INVERSE_FACTORIALS[7];
        for at in (0..7).rev() {
            sum = sum * r + INVERSE_FACTORIALS[at];
        }
        let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
        if self < LOWEST { 0.0 } else { sum * power }
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_of_singles_are_those_of_the_library() {
        for step in 0..87_000 {
            let x = -step as f32 / 1000.0;
            let (ours, exact) = (x.exp_non_positive(), f64::from(x).exp());
            assert!(
                (f64::from(ours) / exact - 1.0).abs() < 3e-7,
                "{x}: {ours} {exact}"
            );
        }
        assert_eq!(0.0f32.exp_non_positive(), 1.0);
        assert_eq!((-88.0f32).exp_non_positive(), 0.0);
        assert_eq!(f32::NEG_INFINITY.exp_non_positive(), 0.0);
    }
}
