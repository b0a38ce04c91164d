//! The two precisions that the loops are written for.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use burn::tensor::{DType, Element};

/// `f32` or `f64`.
pub(crate) trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Element
    + attractor_core::matmul::Number
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Sum
{
    const TYPE: DType;
    const ZERO: Self;
    const ONE: Self;
    const LOWEST: Self;
    fn of(value: f64) -> Self;
    fn double(self) -> f64;
    fn root(self) -> Self;
    /// `row = exp(row - max)`, none of which is above `max`; the sum.
    fn exponentials(row: &mut [Self], max: Self) -> Self;

    /// The sum, in eight parts.
    fn sum_of(row: &[Self]) -> Self {
        let mut parts = [Self::ZERO; 8];
        let (whole, rest) = row.as_chunks::<8>();
        for chunk in whole {
            for i in 0..8 {
                parts[i] += chunk[i];
            }
        }
        parts.into_iter().sum::<Self>() + rest.iter().copied().sum()
    }

    /// The largest number, in eight parts; [`Real::LOWEST`] of none.
    fn max_of(row: &[Self]) -> Self {
        let larger = |a: Self, b: Self| if b > a { b } else { a };
        let mut parts = [Self::LOWEST; 8];
        let (whole, rest) = row.as_chunks::<8>();
        for chunk in whole {
            for i in 0..8 {
                parts[i] = larger(parts[i], chunk[i]);
            }
        }
        parts
            .into_iter()
            .chain(rest.iter().copied())
            .fold(Self::LOWEST, larger)
    }

    /// The inner product, in eight parts.
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let mut parts = [Self::ZERO; 8];
        let ((a, rest), (b, others)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
        for (a, b) in a.iter().zip(b) {
            for i in 0..8 {
                parts[i] += a[i] * b[i];
            }
        }
        let rest = rest.iter().zip(others).map(|(&a, &b)| a * b);
        parts.into_iter().sum::<Self>() + rest.sum()
    }
}

impl Real for f32 {
    const TYPE: DType = DType::F32;
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LOWEST: Self = f32::NEG_INFINITY;
    fn of(value: f64) -> Self {
        value as f32
    }
    fn double(self) -> f64 {
        self.into()
    }
    fn root(self) -> Self {
        self.sqrt()
    }
    fn exponentials(row: &mut [Self], max: Self) -> Self {
        super::lanes::exponentials(row, max)
    }
}

impl Real for f64 {
    const TYPE: DType = DType::F64;
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const LOWEST: Self = f64::NEG_INFINITY;
    fn of(value: f64) -> Self {
        value
    }
    fn double(self) -> f64 {
        self
    }
    fn root(self) -> Self {
        self.sqrt()
    }
    fn exponentials(row: &mut [Self], max: Self) -> Self {
        row.iter_mut().for_each(|z| *z = (*z - max).exp());
        row.iter().copied().sum()
    }
}
