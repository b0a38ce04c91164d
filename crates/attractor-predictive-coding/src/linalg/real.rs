//! The two precisions.

use attractor_core::adam::Scalar;
use faer::traits::RealField;

use super::row_products::RowProducts;

/// `f32` or `f64`.
pub(crate) trait Real:
    Scalar + RealField + RowProducts + Copy + Default + Send + Sync + 'static
{
    /// The nearest number.
    fn of(value: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
}

impl Real for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
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
}
