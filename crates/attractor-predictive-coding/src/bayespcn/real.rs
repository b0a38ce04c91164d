//! The two precisions of inference.

use attractor_core::adam::Scalar;
use faer::traits::RealField;

use super::rows::Rows;
use super::view::{Caches, Derived};

/// `f32` or `f64`.
pub(crate) trait Real:
    Scalar + RealField + Rows + Copy + Default + Send + Sync + 'static
{
    /// The nearest number.
    fn of(value: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
    /// What is kept in this precision.
    fn derived(caches: &Caches) -> &Derived<Self>;
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

    fn derived(caches: &Caches) -> &Derived<Self> {
        &caches.single
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

    fn derived(caches: &Caches) -> &Derived<Self> {
        &caches.double
    }
}
