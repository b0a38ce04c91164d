//! Matrix products on slices.

use gemm::Parallelism;

use super::real::Real;

/// A matrix seen in a slice: entry `(i, j)` lies at `i * row + j * column`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    strides: [usize; 2],
}

impl<'a, T> Matrix<'a, T> {
    /// Row-major `[rows, columns]`.
    pub(crate) fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a [{rows}, {columns}] matrix");
        Self {
            data,
            rows,
            columns,
            strides: [columns, 1],
        }
    }

    /// The transpose.
    pub(crate) fn t(self) -> Self {
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
pub(crate) fn matmul<T: Real>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    scale: T,
    add: bool,
) {
    product(out, lhs, rhs, scale, add, Parallelism::None);
}

/// The same on all threads, which divide the entries of `out`.
pub(crate) fn parallel_matmul<T: Real>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    add: bool,
) {
    product(out, lhs, rhs, T::ONE, add, Parallelism::Rayon(0));
}

fn product<T: Real>(
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
            T::ONE,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}
