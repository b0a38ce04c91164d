//! Vectors of `f32` with the few operations that hand-written loops of this workspace need.
//!
//! A loop is written once, generic over [`Lanes`], and compiled for AVX-512, AVX2 with FMA and F16C, and plain
//! arrays for any other machine; [`Instructions`] says at run time which of them the machine can run.
//! [`Pair`] makes one vector of two, so that loops over sixteen numbers need no other form.

mod portable;
#[cfg(target_arch = "x86_64")]
pub mod x86;

pub use portable::Portable;

/// log2(e).
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// Below this, exp is 0: it would be a subnormal number.
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

/// A vector of [`Lanes::WIDTH`] numbers. Every method is inlined into a function compiled for the
/// right instructions.
///
/// # Safety
/// The implementing type's instructions must be available where its methods run; pointers must be
/// valid for that many numbers.
#[expect(clippy::missing_safety_doc, reason = "stated once, for all methods")]
pub unsafe trait Lanes: Copy {
    /// Numbers in a vector.
    const WIDTH: usize;
    /// The same number in all lanes.
    unsafe fn splat(value: f32) -> Self;
    /// Numbers from memory.
    unsafe fn load(from: *const f32) -> Self;
    /// Numbers from memory that holds them in half precision (IEEE binary16).
    unsafe fn load_f16(from: *const u16) -> Self;
    /// Numbers from memory that holds the upper halves of `f32` (bfloat16).
    unsafe fn load_bf16(from: *const u16) -> Self;
    /// Numbers to memory.
    unsafe fn store(self, to: *mut f32);
    /// `self * b + c`
    unsafe fn fma(self, b: Self, c: Self) -> Self;
    /// `self + b`
    unsafe fn add(self, b: Self) -> Self;
    /// `self - b`
    unsafe fn sub(self, b: Self) -> Self;
    /// `self / b`
    unsafe fn div(self, b: Self) -> Self;
    /// The larger of both.
    unsafe fn max(self, b: Self) -> Self;
    /// The smaller of both.
    unsafe fn min(self, b: Self) -> Self;
    /// Lanes of `then` where `self` equals `b`, of `other` elsewhere.
    unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self;
    /// exp of numbers at most 0; 0 below -87.
    unsafe fn exp_non_positive(self) -> Self;
    /// Whether any lane is above 0.
    unsafe fn any_positive(self) -> bool;
    /// Asks for the cache line at `address`, which need not be valid.
    #[inline(always)]
    unsafe fn prefetch(_address: *const f32) {}
    /// Sum of all lanes.
    unsafe fn sum(self) -> f32;
    /// Sums of the lanes of four vectors.
    #[inline(always)]
    unsafe fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        unsafe { [a.sum(), b.sum(), c.sum(), d.sum()] }
    }
}

/// What the machine can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// Sixteen numbers in a register.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Eight numbers in a register; with FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Whatever the compiler makes of arrays.
    Portable,
}

impl Instructions {
    /// Whether this machine has them.
    fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f") && Self::available(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("f16c")
            }
            Self::Portable => true,
        }
    }

    /// All kinds that this machine can run, the fastest first.
    pub fn all() -> impl Iterator<Item = Self> {
        [
            #[cfg(target_arch = "x86_64")]
            Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2,
            Self::Portable,
        ]
        .into_iter()
        .filter(|kind| kind.available())
    }

    /// The fastest kind.
    pub fn best() -> Self {
        Self::all().next().unwrap_or(Self::Portable)
    }
}

/// One vector of two.
#[derive(Debug, Clone, Copy)]
pub struct Pair<L>(L, L);

// Safety: the caller grants the instructions of `L` and twice as many numbers.
unsafe impl<L: Lanes> Lanes for Pair<L> {
    const WIDTH: usize = 2 * L::WIDTH;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        unsafe { Self(L::splat(value), L::splat(value)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(L::load(from), L::load(from.add(L::WIDTH))) }
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u16) -> Self {
        unsafe { Self(L::load_f16(from), L::load_f16(from.add(L::WIDTH))) }
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        unsafe { Self(L::load_bf16(from), L::load_bf16(from.add(L::WIDTH))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            self.0.store(to);
            self.1.store(to.add(L::WIDTH));
        }
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        unsafe { Self(self.0.fma(b.0, c.0), self.1.fma(b.1, c.1)) }
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        unsafe { Self(self.0.add(b.0), self.1.add(b.1)) }
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        unsafe { Self(self.0.sub(b.0), self.1.sub(b.1)) }
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        unsafe { Self(self.0.div(b.0), self.1.div(b.1)) }
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        unsafe { Self(self.0.max(b.0), self.1.max(b.1)) }
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        unsafe { Self(self.0.min(b.0), self.1.min(b.1)) }
    }
    #[inline(always)]
    unsafe fn select_equal(self, b: Self, then: Self, other: Self) -> Self {
        unsafe {
            Self(
                self.0.select_equal(b.0, then.0, other.0),
                self.1.select_equal(b.1, then.1, other.1),
            )
        }
    }
    #[inline(always)]
    unsafe fn exp_non_positive(self) -> Self {
        unsafe { Self(self.0.exp_non_positive(), self.1.exp_non_positive()) }
    }
    #[inline(always)]
    unsafe fn any_positive(self) -> bool {
        unsafe { self.0.max(self.1).any_positive() }
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const f32) {
        unsafe { L::prefetch(address) }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        unsafe { self.0.add(self.1).sum() }
    }
    #[inline(always)]
    unsafe fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        // Written out: what a closure does is not compiled for the instructions of its caller.
        unsafe { L::sums([a.0.add(a.1), b.0.add(b.1), c.0.add(c.1), d.0.add(d.1)]) }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{bf16, f16};

    use super::*;

    /// Every number of sixteen bits.
    unsafe fn widen<L: Lanes>(bits: &[u16]) -> [Vec<f32>; 2] {
        let mut found = [vec![0.0; bits.len()], vec![0.0; bits.len()]];
        for at in (0..bits.len()).step_by(L::WIDTH) {
            // Safety: the caller grants the instructions; 65536 is a multiple of every width.
            unsafe {
                L::load_f16(bits[at..].as_ptr()).store(found[0][at..].as_mut_ptr());
                L::load_bf16(bits[at..].as_ptr()).store(found[1][at..].as_mut_ptr());
            }
        }
        found
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn avx512(bits: &[u16]) -> [Vec<f32>; 2] {
        unsafe { widen::<x86::Avx512>(bits) }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn avx2(bits: &[u16]) -> [Vec<f32>; 2] {
        unsafe { widen::<Pair<x86::Avx2>>(bits) }
    }

    /// Sums of four vectors, together and one by one.
    unsafe fn add_up<L: Lanes>(numbers: &[f32]) -> [[f32; 4]; 2] {
        // Safety: the caller grants the instructions; there are numbers for four of the widest vectors.
        unsafe {
            let four: [L; 4] = std::array::from_fn(|i| L::load(numbers[i * L::WIDTH..].as_ptr()));
            [L::sums(four), four.map(|vector| vector.sum())]
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn add_up_avx512(numbers: &[f32]) -> [[f32; 4]; 2] {
        unsafe { add_up::<x86::Avx512>(numbers) }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn add_up_avx2(numbers: &[f32]) -> [[f32; 4]; 2] {
        unsafe { add_up::<Pair<x86::Avx2>>(numbers) }
    }

    #[test]
    fn sums_of_lanes() {
        // Small whole numbers, whose sums are exact in any order.
        let numbers: Vec<f32> = (0..64).map(|i| ((i * 7) % 23 - 9) as f32).collect();
        let exact: Vec<f32> = numbers.chunks(16).map(|row| row.iter().sum()).collect();
        for kind in Instructions::all() {
            // Safety: `all` lists what the machine has.
            let found = unsafe {
                match kind {
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx512 => add_up_avx512(&numbers),
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx2 => add_up_avx2(&numbers),
                    Instructions::Portable => add_up::<Pair<Portable>>(&numbers),
                }
            };
            for found in found {
                assert_eq!(found[..], exact[..], "{kind:?}");
            }
        }
    }

    #[test]
    fn every_half_is_widened_exactly() {
        let bits: Vec<u16> = (0..=u16::MAX).collect();
        for kind in Instructions::all() {
            // Safety: `all` lists what the machine has.
            let found = unsafe {
                match kind {
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx512 => avx512(&bits),
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx2 => avx2(&bits),
                    Instructions::Portable => widen::<Pair<Portable>>(&bits),
                }
            };
            for &bits in &bits {
                let exact = [
                    f16::from_bits(bits).to_f32(),
                    bf16::from_bits(bits).to_f32(),
                ];
                for (found, exact) in found.iter().zip(exact) {
                    let found = found[usize::from(bits)];
                    let same = found.to_bits() == exact.to_bits();
                    assert!(
                        same || found.is_nan() && exact.is_nan(),
                        "{kind:?} {bits:x}"
                    );
                }
            }
        }
    }
}
