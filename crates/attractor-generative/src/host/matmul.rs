//! Matrix products on slices.

use gemm::Parallelism;

/// A matrix seen in a slice: entry `(i, j)` lies at `i * row + j * column`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// Row-major `[rows, columns]`.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
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

/// `out = lhs rhs`, row-major, on the calling thread: callers divide the work by images.
pub(crate) fn matmul(out: &mut [f32], lhs: Matrix<'_>, rhs: Matrix<'_>) {
    product(out, lhs, rhs, Parallelism::None);
}

/// `out = lhs rhs`, row-major, on all threads, which divide the entries of `out`.
pub(crate) fn parallel_matmul(out: &mut [f32], lhs: Matrix<'_>, rhs: Matrix<'_>) {
    product(out, lhs, rhs, Parallelism::Rayon(0));
}

/// The transpose of a row-major `[rows, columns]` matrix. Products with a large transposed
/// right-hand side read it badly; a copy pays for itself.
pub(crate) fn transpose(from: &[f32], rows: usize, columns: usize, to: &mut Vec<f32>) {
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

fn product(out: &mut [f32], lhs: Matrix<'_>, rhs: Matrix<'_>, parallelism: Parallelism) {
    let (m, n, k) = (lhs.rows, rhs.columns, lhs.columns);
    assert_eq!(rhs.rows, k, "inner sizes of a product");
    assert_eq!(out.len(), m * n, "size of a product");
    // SAFETY: `Matrix` and the assertions above keep every access inside the three slices, which
    // cannot overlap because `out` is borrowed mutably. Strides are far below `isize::MAX`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            lhs.data.as_ptr(),
            lhs.strides[1] as isize,
            lhs.strides[0] as isize,
            rhs.data.as_ptr(),
            rhs.strides[1] as isize,
            rhs.strides[0] as isize,
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            parallelism,
        );
    }
}
