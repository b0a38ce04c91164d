//! Matrix products on slices of host memory, for loops that tensors would be too slow for.

use gemm::Parallelism;

mod sealed {
    /// The product underneath knows these types alone.
    pub trait Number: Copy + 'static {
        fn one() -> Self;
    }

    impl Number for f32 {
        fn one() -> Self {
            1.0
        }
    }

    impl Number for f64 {
        fn one() -> Self {
            1.0
        }
    }
}

/// `f32` or `f64`.
pub trait Number: sealed::Number {}

impl Number for f32 {}

impl Number for f64 {}

/// A matrix seen in a slice: entry `(i, j)` lies at `i * row + j * column`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    strides: [usize; 2],
}

impl<'a, T> Matrix<'a, T> {
    /// Row-major `[rows, columns]`.
    ///
    /// # Panics
    /// If the slice has another length.
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a [{rows}, {columns}] matrix");
        Self {
            data,
            rows,
            columns,
            strides: [columns, 1],
        }
    }

    /// The transpose.
    #[must_use]
    pub fn t(self) -> Self {
        let [row, column] = self.strides;
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            strides: [column, row],
        }
    }
}

/// `out = scale lhs rhs` or, if `add`, `out += scale lhs rhs`; row-major, on the calling thread.
///
/// # Panics
/// If sizes do not fit.
pub fn matmul<T: Number>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    scale: T,
    add: bool,
) {
    product(out, lhs, rhs, scale, add, Parallelism::None);
}

/// The same on all threads, which divide the entries of `out`.
///
/// # Panics
/// As [`matmul`].
pub fn parallel_matmul<T: Number>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    scale: T,
    add: bool,
) {
    product(out, lhs, rhs, scale, add, Parallelism::Rayon(0));
}

/// The transpose of a row-major `[rows, columns]` matrix. Products with a large transposed
/// right-hand side read it badly; a copy pays for itself.
pub fn transpose(from: &[f32], rows: usize, columns: usize, to: &mut Vec<f32>) {
    const BLOCK: usize = 16;
    to.resize(rows * columns, 0.0);
    for top in (0..rows).step_by(BLOCK) {
        for left in (0..columns).step_by(BLOCK) {
            for column in left..columns.min(left + BLOCK) {
                for row in top..rows.min(top + BLOCK) {
                    to[column * rows + row] = from[row * columns + column];
                }
            }
        }
    }
}

fn product<T: Number>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    scale: T,
    add: bool,
    parallelism: Parallelism,
) {
    let (m, n, k) = (lhs.rows, rhs.columns, lhs.columns);
    assert_eq!(rhs.rows, k, "inner sizes of a product");
    assert_eq!(out.len(), m * n, "size of a product");
    // SAFETY: `Matrix` and the assertions above keep every access inside the three slices, which cannot
    // overlap because `out` is borrowed mutably. Strides are far below `isize::MAX`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            add,
            lhs.data.as_ptr(),
            lhs.strides[1] as isize,
            lhs.strides[0] as isize,
            rhs.data.as_ptr(),
            rhs.strides[1] as isize,
            rhs.strides[0] as isize,
            T::one(),
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_transposes_sums_and_scales() {
        let (a, b) = (
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            [1.0, 0.0, -1.0, 2.0, 1.0, 1.0],
        );
        let (a, b) = (Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2));
        let mut out = [0.0_f64; 4];
        matmul(&mut out, a, b, 1.0, false);
        assert_eq!(out, [2.0, 7.0, 5.0, 16.0]);
        parallel_matmul(&mut out, b.t(), a.t(), 0.5, true);
        assert_eq!(out, [3.0, 9.5, 8.5, 24.0]);
        let mut wide = Vec::new();
        transpose(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3, &mut wide);
        assert_eq!(wide, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
