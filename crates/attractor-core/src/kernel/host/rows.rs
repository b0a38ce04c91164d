//! Rows of a store as they lie in host memory: in single or in half precision.

use burn::tensor::{bf16, f16};

use super::simd::Lanes;

/// Numbers, row after row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rows<'a> {
    Single(&'a [f32]),
    F16(&'a [f16]),
    Bf16(&'a [bf16]),
}

/// A number in memory that registers hold in single precision.
pub(super) trait Number: Copy {
    /// A vector of numbers.
    ///
    /// # Safety
    /// Those of [`Lanes::load`].
    unsafe fn load<L: Lanes>(from: *const Self) -> L;
    fn single(self) -> f32;
}

impl Number for f32 {
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const Self) -> L {
        // Safety: the caller's.
        unsafe { L::load(from) }
    }
    #[inline(always)]
    fn single(self) -> f32 {
        self
    }
}

impl Number for f16 {
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const Self) -> L {
        // Safety: the caller's; this type is its bits.
        unsafe { L::load_f16(from.cast()) }
    }
    #[inline(always)]
    fn single(self) -> f32 {
        self.to_f32()
    }
}

impl Number for bf16 {
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const Self) -> L {
        // Safety: the caller's; this type is its bits.
        unsafe { L::load_bf16(from.cast()) }
    }
    #[inline(always)]
    fn single(self) -> f32 {
        self.to_f32()
    }
}

/// The same expression for rows of any number.
macro_rules! of_any {
    ($rows:expr, $numbers:ident => $value:expr) => {
        match $rows {
            Rows::Single($numbers) => $value,
            Rows::F16($numbers) => $value,
            Rows::Bf16($numbers) => $value,
        }
    };
}
pub(super) use of_any;

impl<'a> Rows<'a> {
    /// How many numbers.
    pub(crate) fn numbers(self) -> usize {
        of_any!(self, numbers => numbers.len())
    }

    /// Some of the numbers.
    pub(crate) fn part(self, from: usize, count: usize) -> Self {
        match self {
            Self::Single(numbers) => Self::Single(&numbers[from..from + count]),
            Self::F16(numbers) => Self::F16(&numbers[from..from + count]),
            Self::Bf16(numbers) => Self::Bf16(&numbers[from..from + count]),
        }
    }

    /// A row in single precision: where it lies, or in `room`.
    pub(crate) fn row<'b>(self, index: usize, dim: usize, room: &'b mut Vec<f32>) -> &'b [f32]
    where
        'a: 'b,
    {
        match self.part(index * dim, dim) {
            Self::Single(numbers) => numbers,
            half => {
                room.clear();
                half.extend(room);
                room
            }
        }
    }

    /// All numbers in single precision, behind those of `into`.
    pub(crate) fn extend(self, into: &mut Vec<f32>) {
        of_any!(self, numbers => into.extend(numbers.iter().map(|number| number.single())));
    }

    /// All numbers in single precision: where they lie, or in `room`.
    ///
    /// # Safety
    /// The instructions of `L` must be available.
    #[inline(always)]
    pub(super) unsafe fn widened<'b, L: Lanes>(self, room: &'b mut Vec<f32>) -> &'b [f32]
    where
        'a: 'b,
    {
        if let Self::Single(numbers) = self {
            return numbers;
        }
        room.resize(self.numbers(), 0.0);
        // Safety: the caller grants the instructions.
        unsafe { self.copy_to::<L>(room) };
        room
    }

    /// Copies all numbers to `out`, which holds as many.
    ///
    /// # Safety
    /// The instructions of `L` must be available.
    #[inline(always)]
    pub(super) unsafe fn copy_to<L: Lanes>(self, out: &mut [f32]) {
        // Safety: the caller grants the instructions.
        unsafe {
            match self {
                Self::Single(numbers) => out.copy_from_slice(numbers),
                Self::F16(numbers) => widen::<L, _>(numbers, out),
                Self::Bf16(numbers) => widen::<L, _>(numbers, out),
            }
        }
    }

    /// Where number `at` lies, and `dim` numbers, both as an address of `f32`: for fetching ahead alone.
    pub(super) fn address(self, at: usize, dim: usize) -> (*const f32, usize) {
        match self {
            Self::Single(numbers) => (numbers.as_ptr().wrapping_add(at), dim),
            Self::F16(numbers) => (numbers.as_ptr().wrapping_add(at).cast(), dim / 2),
            Self::Bf16(numbers) => (numbers.as_ptr().wrapping_add(at).cast(), dim / 2),
        }
    }
}

/// # Safety
/// The instructions of `L` must be available.
#[inline(always)]
unsafe fn widen<L: Lanes, N: Number>(numbers: &[N], out: &mut [f32]) {
    assert_eq!(numbers.len(), out.len());
    let whole = numbers.len() - numbers.len() % L::WIDTH;
    let mut at = 0;
    while at < whole {
        // Safety: a vector from `at` on lies in both; the caller grants the instructions.
        unsafe { N::load::<L>(numbers.as_ptr().add(at)).store(out.as_mut_ptr().add(at)) };
        at += L::WIDTH;
    }
    for (out, number) in out[whole..].iter_mut().zip(&numbers[whole..]) {
        *out = number.single();
    }
}
