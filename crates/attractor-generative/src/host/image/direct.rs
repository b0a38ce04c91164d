//! A product of strided arrays, sums held in registers, nothing packed or copied.
//!
//! A 3x3 convolution of channels-last images is such a product: the three columns of a window are
//! contiguous in memory, its three rows are segments. So are the gradient of its weight and (with a
//! flipped weight on a padded derivative) that of its input. With 8 to 64 channels, copying
//! windows and packing matrices would cost as much as the arithmetic.

#[cfg(target_arch = "x86_64")]
use attractor_core::simd::x86::{Avx2, Avx512};
use attractor_core::simd::{Instructions, Lanes, Portable};

/// Strides of one array in the four indices that it may depend on, in entries; those it does not
/// depend on are left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strides {
    /// From one line to the next.
    pub(crate) line: usize,
    /// From one segment to the next.
    pub(crate) segment: usize,
    /// From one row of the result to the next, or one term of the sum to the next.
    pub(crate) row: usize,
    /// From one term of the sum to the next, within `a`.
    pub(crate) term: usize,
}

/// What the sums start from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start<'a> {
    /// 0
    Zero,
    /// One number for each column.
    Bias(&'a [f32]),
    /// What is there already.
    Current,
}

/// Sizes of a product: for each of `lines`,
/// `out[row, column] = start + sum_segment sum_term a[row, segment, term] b[segment, term, column]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) lines: usize,
    pub(crate) rows: usize,
    pub(crate) segments: usize,
    pub(crate) terms: usize,
    /// A multiple of eight; contiguous in `b` and in the result.
    pub(crate) columns: usize,
}

#[derive(Clone, Copy)]
struct Task {
    sizes: Sizes,
    a: *const f32,
    a_strides: Strides,
    b: *const f32,
    b_strides: Strides,
    out: *mut f32,
    out_line: usize,
    out_row: usize,
    bias: *const f32,
    current: bool,
    relu: bool,
}

/// The product of `Sizes`, on the calling thread; negative results become 0 if `relu`.
pub(crate) fn product(
    sizes: Sizes,
    a: (&[f32], Strides),
    b: (&[f32], Strides),
    out: (&mut [f32], usize, usize),
    start: Start<'_>,
    relu: bool,
) {
    product_with(Instructions::best(), sizes, a, b, out, start, relu);
}

fn product_with(
    instructions: Instructions,
    sizes: Sizes,
    (a, a_strides): (&[f32], Strides),
    (b, b_strides): (&[f32], Strides),
    (out, out_line, out_row): (&mut [f32], usize, usize),
    start: Start<'_>,
    relu: bool,
) {
    let Sizes {
        lines,
        rows,
        segments,
        terms,
        columns,
    } = sizes;
    if lines == 0 || rows == 0 || columns == 0 {
        return;
    }
    assert!(columns.is_multiple_of(8), "columns of a product: {columns}");
    assert!(segments > 0 && terms > 0, "a product without terms");
    let last = |s: Strides, rows: usize, terms: usize| {
        (lines - 1) * s.line
            + (segments - 1) * s.segment
            + (rows - 1) * s.row
            + (terms - 1) * s.term
    };
    assert!(last(a_strides, rows, terms) < a.len(), "left factor");
    assert!(
        last(b_strides, terms, 1) + columns <= b.len(),
        "right factor"
    );
    assert!(
        (lines - 1) * out_line + (rows - 1) * out_row + columns <= out.len(),
        "result of a product"
    );
    if let Start::Bias(bias) = start {
        assert!(bias.len() >= columns, "bias of a product");
    }
    let task = Task {
        sizes,
        a: a.as_ptr(),
        a_strides,
        b: b.as_ptr(),
        b_strides,
        out: out.as_mut_ptr(),
        out_line,
        out_row,
        bias: match start {
            Start::Bias(bias) => bias.as_ptr(),
            _ => std::ptr::null(),
        },
        current: matches!(start, Start::Current),
        relu,
    };
    // SAFETY: the assertions keep every access of `Task` inside the slices; kinds of
    // instructions come from `Instructions::all`.
    unsafe { task.run(instructions) }
}

/// # Safety
/// AVX-512 must be available and the task valid.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn on_avx512(task: Task) {
    // Safety: as the caller grants.
    unsafe {
        let done = task.columns::<Avx512, 2, 8>(0, task.sizes.columns);
        let done = task.columns::<Avx512, 1, 8>(done, task.sizes.columns);
        task.columns::<Avx2, 1, 8>(done, task.sizes.columns);
    }
}

/// # Safety
/// AVX2 and FMA must be available and the task valid.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn on_avx2(task: Task) {
    // Safety: as the caller grants.
    unsafe {
        let done = task.columns::<Avx2, 2, 4>(0, task.sizes.columns);
        task.columns::<Avx2, 1, 8>(done, task.sizes.columns);
    }
}

impl Task {
    /// # Safety
    /// The arrays must hold what the sizes and strides reach, and the instructions be available.
    unsafe fn run(self, instructions: Instructions) {
        // Safety: as the caller grants.
        unsafe {
            match instructions {
                #[cfg(target_arch = "x86_64")]
                Instructions::Avx512 => on_avx512(self),
                #[cfg(target_arch = "x86_64")]
                Instructions::Avx2 => on_avx2(self),
                Instructions::Portable => {
                    self.columns::<Portable, 1, 4>(0, self.sizes.columns);
                }
            }
        }
    }

    /// As many panels of `V` vectors as fit between the columns `from` and `to`; returns where they
    /// end.
    #[inline(always)]
    unsafe fn columns<L: Lanes, const V: usize, const R: usize>(
        &self,
        from: usize,
        to: usize,
    ) -> usize {
        let width = V * L::WIDTH;
        let panels = (to - from) / width;
        for line in 0..self.sizes.lines {
            for panel in 0..panels {
                let column = from + panel * width;
                let mut row = 0;
                // Safety: tiles stay within rows and columns.
                unsafe {
                    while row + R <= self.sizes.rows {
                        self.tile::<L, V, R>(line, row, column);
                        row += R;
                    }
                    while row + 4 <= self.sizes.rows {
                        self.tile::<L, V, 4>(line, row, column);
                        row += 4;
                    }
                    while row + 2 <= self.sizes.rows {
                        self.tile::<L, V, 2>(line, row, column);
                        row += 2;
                    }
                    while row < self.sizes.rows {
                        self.tile::<L, V, 1>(line, row, column);
                        row += 1;
                    }
                }
            }
        }
        from + panels * width
    }

    /// `R` rows and `V` vectors of columns.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const V: usize, const R: usize>(
        &self,
        line: usize,
        row: usize,
        column: usize,
    ) {
        // Safety: the indices are below the task's sizes, for which `product` checked the slices.
        unsafe {
            let a = self
                .a
                .add(line * self.a_strides.line + row * self.a_strides.row);
            let b = self.b.add(line * self.b_strides.line + column);
            let out = self
                .out
                .add(line * self.out_line + row * self.out_row + column);
            let mut sums = [[L::splat(0.0); V]; R];
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    if self.current {
                        *sum = L::load(out.add(r * self.out_row + v * L::WIDTH));
                    } else if !self.bias.is_null() {
                        *sum = L::load(self.bias.add(column + v * L::WIDTH));
                    }
                }
            }
            for segment in 0..self.sizes.segments {
                let mut a = a.add(segment * self.a_strides.segment);
                let mut b = b.add(segment * self.b_strides.segment);
                for _ in 0..self.sizes.terms {
                    let mut vectors = [L::splat(0.0); V];
                    for (v, vector) in vectors.iter_mut().enumerate() {
                        *vector = L::load(b.add(v * L::WIDTH));
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let factor = L::splat(*a.add(r * self.a_strides.row));
                        for (sum, vector) in sums.iter_mut().zip(vectors) {
                            *sum = factor.fma(vector, *sum);
                        }
                    }
                    // The last step may leave the arrays; such a pointer is never read.
                    a = a.wrapping_add(self.a_strides.term);
                    b = b.wrapping_add(self.b_strides.row);
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (v, mut sum) in sums.into_iter().enumerate() {
                    if self.relu {
                        sum = sum.max(L::splat(0.0));
                    }
                    sum.store(out.add(r * self.out_row + v * L::WIDTH));
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "direct_tests.rs"]
mod tests;
