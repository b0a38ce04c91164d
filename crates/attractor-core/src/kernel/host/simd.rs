//! Sixteen `f32` lanes with the few operations that the kernel needs.
//!
//! One generic kernel is compiled three times: AVX-512, AVX2 + FMA, and plain arrays for any other
//! machine. The choice is made at run time.

/// log2(e).
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// Below this, exp is 0 in the kernel: it would be a subnormal number.
const EXP_UNDERFLOW: f32 = -87.0;
/// Adding and subtracting 1.5 * 2^23 rounds to the nearest integer.
const ROUND: f32 = 12_582_912.0;
/// Minimax coefficients of 2^r on [-1/2, 1/2] with 2^0 = 1 exactly, highest first: relative error
/// below 2 ulp after rounding.
const EXP2: [f32; 6] = [
    0.001_330_060_7,
    0.009_669_691,
    0.055_505_585,
    0.240_222_83,
    std::f32::consts::LN_2,
    1.0,
];

/// Sixteen lanes. Every method is inlined into a function compiled for the right instructions.
///
/// # Safety
/// The implementing type's instructions must be available where its methods run; pointers must be
/// valid for sixteen numbers.
pub(crate) unsafe trait Lanes: Copy {
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self * b + c`
    unsafe fn fma(self, b: Self, c: Self) -> Self;
    unsafe fn add(self, b: Self) -> Self;
    unsafe fn sub(self, b: Self) -> Self;
    unsafe fn max(self, b: Self) -> Self;
    unsafe fn min(self, b: Self) -> Self;
    /// Lanes of `then` where `self` equals `b`, of `other` elsewhere.
    unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self;
    /// exp of numbers at most 0; 0 below [`EXP_UNDERFLOW`].
    unsafe fn exp_non_positive(self) -> Self;
    /// Whether any lane is above 0.
    unsafe fn any_positive(self) -> bool;
    /// Asks for the cache line at `address`, which need not be valid.
    #[inline(always)]
    unsafe fn prefetch(_address: *const f32) {}
    /// Sum of all lanes.
    unsafe fn sum(self) -> f32;
}

#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; 16]);

impl Portable {
    #[inline(always)]
    fn zip(self, b: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], b.0[i])))
    }
}

// Safety: plain arrays run everywhere.
unsafe impl Lanes for Portable {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 16])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // Safety: the caller grants sixteen numbers.
        Self(unsafe { from.cast::<[f32; 16]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // Safety: the caller grants sixteen numbers.
        unsafe { to.cast::<[f32; 16]>().write_unaligned(self.0) }
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
        let eight: [f32; 8] = std::array::from_fn(|i| self.0[i] + self.0[i + 8]);
        let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod x86 {
    use std::arch::x86_64::*;

    use super::{EXP_UNDERFLOW, EXP2, LOG2_E, Lanes, ROUND};

    #[derive(Clone, Copy)]
    pub(crate) struct Avx512(__m512);

    // Safety: used only inside functions compiled for avx512f and called after detection.
    unsafe impl Lanes for Avx512 {
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            unsafe { Self(_mm512_set1_ps(value)) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Self(_mm512_loadu_ps(from)) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm512_storeu_ps(to, self.0) }
        }
        #[inline(always)]
        unsafe fn fma(self, b: Self, c: Self) -> Self {
            unsafe { Self(_mm512_fmadd_ps(self.0, b.0, c.0)) }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            unsafe { Self(_mm512_add_ps(self.0, b.0)) }
        }
        #[inline(always)]
        unsafe fn sub(self, b: Self) -> Self {
            unsafe { Self(_mm512_sub_ps(self.0, b.0)) }
        }
        #[inline(always)]
        unsafe fn max(self, b: Self) -> Self {
            unsafe { Self(_mm512_max_ps(self.0, b.0)) }
        }
        #[inline(always)]
        unsafe fn min(self, b: Self) -> Self {
            unsafe { Self(_mm512_min_ps(self.0, b.0)) }
        }
        #[inline(always)]
        unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self {
            unsafe {
                let equal = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, b.0);
                Self(_mm512_mask_blend_ps(equal, other.0, then.0))
            }
        }
        #[inline(always)]
        unsafe fn exp_non_positive(self) -> Self {
            unsafe {
                let low = _mm512_set1_ps(EXP_UNDERFLOW);
                let keep = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(self.0, low);
                let (log2_e, round) = (_mm512_set1_ps(LOG2_E), _mm512_set1_ps(ROUND));
                let n = _mm512_sub_ps(_mm512_fmadd_ps(self.0, log2_e, round), round);
                let r = _mm512_fmsub_ps(self.0, log2_e, n);
                let mut y = _mm512_set1_ps(EXP2[0]);
                for &c in &EXP2[1..] {
                    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(c));
                }
                Self(_mm512_maskz_scalef_ps(keep, y, n))
            }
        }
        #[inline(always)]
        unsafe fn any_positive(self) -> bool {
            unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, _mm512_setzero_ps()) != 0 }
        }
        #[inline(always)]
        unsafe fn prefetch(address: *const f32) {
            unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
        }
        #[inline(always)]
        unsafe fn sum(self) -> f32 {
            unsafe { _mm512_reduce_add_ps(self.0) }
        }
    }

    /// Two AVX registers.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(__m256, __m256);

    // Safety: used only inside functions compiled for avx2 and fma and called after detection.
    unsafe impl Lanes for Avx2 {
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            unsafe { Self(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }
        #[inline(always)]
        unsafe fn fma(self, b: Self, c: Self) -> Self {
            unsafe {
                Self(
                    _mm256_fmadd_ps(self.0, b.0, c.0),
                    _mm256_fmadd_ps(self.1, b.1, c.1),
                )
            }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, b.0), _mm256_add_ps(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn sub(self, b: Self) -> Self {
            unsafe { Self(_mm256_sub_ps(self.0, b.0), _mm256_sub_ps(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn max(self, b: Self) -> Self {
            unsafe { Self(_mm256_max_ps(self.0, b.0), _mm256_max_ps(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn min(self, b: Self) -> Self {
            unsafe { Self(_mm256_min_ps(self.0, b.0), _mm256_min_ps(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self {
            unsafe {
                let low = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, b.0);
                let high = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.1, b.1);
                Self(
                    _mm256_blendv_ps(other.0, then.0, low),
                    _mm256_blendv_ps(other.1, then.1, high),
                )
            }
        }
        #[inline(always)]
        unsafe fn exp_non_positive(self) -> Self {
            unsafe { Self(exp_avx2(self.0), exp_avx2(self.1)) }
        }
        #[inline(always)]
        unsafe fn any_positive(self) -> bool {
            unsafe {
                let zero = _mm256_setzero_ps();
                let low = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, zero);
                let high = _mm256_cmp_ps::<_CMP_GT_OQ>(self.1, zero);
                _mm256_movemask_ps(_mm256_or_ps(low, high)) != 0
            }
        }
        #[inline(always)]
        unsafe fn prefetch(address: *const f32) {
            unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
        }
        #[inline(always)]
        unsafe fn sum(self) -> f32 {
            unsafe {
                let eight = _mm256_add_ps(self.0, self.1);
                let four = _mm_add_ps(
                    _mm256_castps256_ps128(eight),
                    _mm256_extractf128_ps::<1>(eight),
                );
                let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
                _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
            }
        }
    }

    #[inline(always)]
    unsafe fn exp_avx2(value: __m256) -> __m256 {
        unsafe {
            let low = _mm256_set1_ps(EXP_UNDERFLOW);
            let keep = _mm256_cmp_ps::<_CMP_GE_OQ>(value, low);
            let x = _mm256_max_ps(value, low);
            let (log2_e, round) = (_mm256_set1_ps(LOG2_E), _mm256_set1_ps(ROUND));
            let n = _mm256_sub_ps(_mm256_fmadd_ps(x, log2_e, round), round);
            let r = _mm256_fmsub_ps(x, log2_e, n);
            let mut y = _mm256_set1_ps(EXP2[0]);
            for &c in &EXP2[1..] {
                y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(c));
            }
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            let scale = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent));
            _mm256_and_ps(keep, _mm256_mul_ps(y, scale))
        }
    }
}
