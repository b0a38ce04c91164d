//! Numbers of either precision.

use faer::traits::RealField;
use serde::{Deserialize, Serialize};

/// In what numbers the iterations run; results are polished in double precision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits: half the memory and twice the speed, down to errors of about 1e-6.
    Single,
    /// 64 bits.
    #[default]
    Double,
}

/// A number of either precision.
pub trait Real: RealField + Copy + PartialOrd + Send + Sync {
    /// Rounded.
    fn of(value: f64) -> Self;
    /// Exact.
    fn wide(self) -> f64;
    /// `a x + b y`.
    fn blend(a: Self, x: Self, b: Self, y: Self) -> Self;
    /// One entry of a step: from `[x, z, u]` to the next `z` and `u`, at relaxation `a` and threshold `t`.
    fn step(state: [Self; 3], a: Self, t: Self) -> (Self, Self);
}

macro_rules! real {
    ($real:ty) => {
        impl Real for $real {
            #[inline]
            fn of(value: f64) -> Self {
                value as $real
            }
            #[inline]
            fn wide(self) -> f64 {
                f64::from(self)
            }
            #[inline]
            fn blend(a: Self, x: Self, b: Self, y: Self) -> Self {
                a * x + b * y
            }
            #[inline]
            fn step([x, z, u]: [Self; 3], a: Self, t: Self) -> (Self, Self) {
                let sum = (a * x + (1.0 - a) * z) + u;
                let z = if sum > t {
                    sum - t
                } else if sum < -t {
                    sum + t
                } else {
                    0.0
                };
                (z, sum - z)
            }
        }
    };
}
real!(f32);
real!(f64);
