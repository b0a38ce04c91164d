//! Plain arrays, which run everywhere.

use burn::tensor::{bf16, f16};

use super::{EXP_UNDERFLOW, EXP2, LOG2_E, Lanes, ROUND};

/// Eight numbers on any machine.
#[derive(Debug, Clone, Copy)]
pub struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn zip(self, b: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], b.0[i])))
    }
}

// Safety: plain arrays run everywhere.
unsafe impl Lanes for Portable {
    const WIDTH: usize = 8;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 8])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // Safety: the caller grants eight numbers.
        Self(unsafe { from.cast::<[f32; 8]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u16) -> Self {
        // Safety: the caller grants eight numbers.
        let bits = unsafe { from.cast::<[u16; 8]>().read_unaligned() };
        Self(bits.map(|bits| f16::from_bits(bits).to_f32()))
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        // Safety: the caller grants eight numbers.
        let bits = unsafe { from.cast::<[u16; 8]>().read_unaligned() };
        Self(bits.map(|bits| bf16::from_bits(bits).to_f32()))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // Safety: the caller grants eight numbers.
        unsafe { to.cast::<[f32; 8]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * b.0[i] + c.0[i]))
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        self.zip(b, |x, y| x + y)
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        self.zip(b, |x, y| x - y)
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        self.zip(b, |x, y| x / y)
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        self.zip(b, f32::max)
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        self.zip(b, f32::min)
    }
    #[inline(always)]
    unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self {
        Self(std::array::from_fn(|i| {
            if self.0[i] == b.0[i] {
                then.0[i]
            } else {
                other.0[i]
            }
        }))
    }
    #[inline(always)]
    unsafe fn exp_non_positive(self) -> Self {
        Self(self.0.map(|x| {
            // In f64, as the vector forms round the product only once.
            let kept = x.max(EXP_UNDERFLOW);
            let n = (kept * LOG2_E + ROUND) - ROUND;
            let r = (f64::from(kept) * f64::from(LOG2_E) - f64::from(n)) as f32;
            let y = EXP2.into_iter().reduce(|y, c| y * r + c).unwrap_or(1.0);
            let scale = f32::from_bits(((n as i32 + 127) as u32) << 23);
            if x < EXP_UNDERFLOW { 0.0 } else { y * scale }
        }))
    }
    #[inline(always)]
    unsafe fn any_positive(self) -> bool {
        self.0.iter().any(|&value| value > 0.0)
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let four: [f32; 4] = std::array::from_fn(|i| self.0[i] + self.0[i + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    }
}
