//! Vectors of x86 processors.

use std::arch::x86_64::*;

use super::{EXP_UNDERFLOW, EXP2, LOG2_E, Lanes, ROUND};

/// Sixteen numbers.
#[derive(Debug, Clone, Copy)]
pub struct Avx512(__m512);

// Safety: used only inside functions compiled for avx512f and called after detection.
unsafe impl Lanes for Avx512 {
    const WIDTH: usize = 16;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        unsafe { Self(_mm512_set1_ps(value)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm512_loadu_ps(from)) }
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u16) -> Self {
        unsafe { Self(_mm512_cvtph_ps(_mm256_loadu_si256(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        unsafe {
            let bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits)))
        }
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
    unsafe fn div(self, b: Self) -> Self {
        unsafe { Self(_mm512_div_ps(self.0, b.0)) }
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
        unsafe { Avx2(fold(self.0)).sum() }
    }
    #[inline(always)]
    unsafe fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        // Written out: what a closure does is not compiled for the instructions of its caller.
        unsafe {
            let (a, b) = (Avx2(fold(a.0)), Avx2(fold(b.0)));
            Avx2::sums([a, b, Avx2(fold(c.0)), Avx2(fold(d.0))])
        }
    }
}

/// Eight numbers.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(__m256);

// Safety: used only inside functions compiled for avx2 and fma and called after detection.
unsafe impl Lanes for Avx2 {
    const WIDTH: usize = 8;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        unsafe { Self(_mm256_set1_ps(value)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm256_loadu_ps(from)) }
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u16) -> Self {
        unsafe { Self(_mm256_cvtph_ps(_mm_loadu_si128(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        unsafe {
            let bits = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.cast()));
            Self(_mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits)))
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        unsafe { Self(_mm256_fmadd_ps(self.0, b.0, c.0)) }
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        unsafe { Self(_mm256_add_ps(self.0, b.0)) }
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        unsafe { Self(_mm256_sub_ps(self.0, b.0)) }
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        unsafe { Self(_mm256_div_ps(self.0, b.0)) }
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        unsafe { Self(_mm256_max_ps(self.0, b.0)) }
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        unsafe { Self(_mm256_min_ps(self.0, b.0)) }
    }
    #[inline(always)]
    unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self {
        unsafe {
            let equal = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, b.0);
            Self(_mm256_blendv_ps(other.0, then.0, equal))
        }
    }
    #[inline(always)]
    unsafe fn exp_non_positive(self) -> Self {
        unsafe { Self(exp_avx2(self.0)) }
    }
    #[inline(always)]
    unsafe fn any_positive(self) -> bool {
        unsafe {
            let above = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, _mm256_setzero_ps());
            _mm256_movemask_ps(above) != 0
        }
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        unsafe {
            let four = halve(self.0);
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    unsafe fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        unsafe {
            let (a, b) = (halve(a.0), halve(b.0));
            let (c, d) = (halve(c.0), halve(d.0));
            let sums = _mm_hadd_ps(_mm_hadd_ps(a, b), _mm_hadd_ps(c, d));
            let mut out = [0.0; 4];
            _mm_storeu_ps(out.as_mut_ptr(), sums);
            out
        }
    }
}

/// The sums of lanes four apart.
#[inline(always)]
unsafe fn halve(vector: __m256) -> __m128 {
    unsafe {
        let low = _mm256_castps256_ps128(vector);
        _mm_add_ps(low, _mm256_extractf128_ps::<1>(vector))
    }
}

/// The sums of lanes eight apart.
#[inline(always)]
unsafe fn fold(vector: __m512) -> __m256 {
    unsafe {
        let high = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(vector));
        _mm256_add_ps(_mm512_castps512_ps256(vector), _mm256_castpd_ps(high))
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
