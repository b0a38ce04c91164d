//! Sixteen lanes, whatever the registers hold.

pub(crate) use crate::simd::{Instructions, Lanes};
use crate::simd::{Pair, Portable};

pub(crate) type Portable16 = Pair<Portable>;

#[cfg(target_arch = "x86_64")]
pub(crate) mod x86 {
    use crate::simd::Pair;
    use crate::simd::x86::Avx2;

    pub(crate) use crate::simd::x86::Avx512;

    pub(crate) type Avx2x2 = Pair<Avx2>;
}
