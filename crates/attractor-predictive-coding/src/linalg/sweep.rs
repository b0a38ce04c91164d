//! One pass over a matrix for both of its products with a row.
//!
//! With few rows, the time of an iteration is that of reading matrices from memory. Row `j` of the
//! transposed map gives entry `j` of the error, `e_j = x_j - M^T_j . z`, and then at once its part
//! of the gradient, `e_j M^T_j`: nothing has to be read a second time.

use rayon::prelude::*;

use super::mat::Mat;
use super::real::Real;
use super::row_products::GROUP;
use super::vectors::axpy;

/// Rows of one task. A constant, so that results do not depend on the number of threads.
const BAND: usize = 256;
/// Multiplications below which threads cost more than they save.
const SHARED: usize = 1 << 19;

/// Some rows of a transposed matrix, on their way past one row of inputs.
struct Band<'a, T> {
    /// `[n, inputs]`.
    matrix: &'a Mat<T>,
    /// Whether it is upper triangular.
    upper: bool,
    first: usize,
    z: &'a [T],
    /// Entries with 0 are left out.
    mask: Option<&'a [T]>,
    sign: T,
    /// What the products are added to, times the sign.
    out: &'a mut [T],
}

/// Sweeps waiting to be done together.
pub(crate) struct Sweeps<'a, T> {
    bands: Vec<Band<'a, T>>,
    /// Where the gradient of a sweep goes, and how many bands it has.
    into: Vec<(&'a mut [T], usize)>,
    work: usize,
}

impl<'a, T: Real> Sweeps<'a, T> {
    pub(crate) fn new() -> Self {
        Self {
            bands: Vec::new(),
            into: Vec::new(),
            work: 0,
        }
    }

    /// `out += sign z M`, 0 where `mask` is, and `back = out M^T`, for `M^T` as it is stored; `upper`
    /// if that is 0 below its diagonal.
    pub(crate) fn add(
        &mut self,
        (matrix, upper): (&'a Mat<T>, bool),
        z: &'a [T],
        sign: T,
        mask: Option<&'a [T]>,
        out: &'a mut [T],
        back: &'a mut [T],
    ) {
        let mut count = 0;
        for (at, out) in out.chunks_mut(BAND).enumerate() {
            let (first, rows) = (at * BAND, out.len());
            self.work += rows * z.len();
            self.bands.push(Band {
                matrix,
                upper,
                first,
                z,
                mask: mask.map(|mask| &mask[first..first + rows]),
                sign,
                out,
            });
            count += 1;
        }
        self.into.push((back, count));
    }

    /// Does them all.
    pub(crate) fn run(self) {
        let parts: Vec<Vec<T>> = if self.work < SHARED {
            self.bands.into_iter().map(Band::run).collect()
        } else {
            self.bands.into_par_iter().map(Band::run).collect()
        };
        let mut parts = parts.into_iter();
        for (back, count) in self.into {
            back.fill(T::default());
            for part in parts.by_ref().take(count) {
                axpy(back, T::of(1.0), &part);
            }
        }
    }
}

impl<T: Real> Band<'_, T> {
    fn run(self) -> Vec<T> {
        let mut back = vec![T::default(); self.z.len()];
        let none: &[T] = &vec![T::default(); self.z.len()];
        for (group, out) in self.out.chunks_mut(GROUP).enumerate() {
            let at = group * GROUP;
            let mask = self.mask.map(|mask| &mask[at..at + out.len()]);
            if mask.is_some_and(|mask| mask.iter().all(|&known| known == T::default())) {
                out.fill(T::default());
                continue;
            }
            let top = self.first + at;
            let skip = if self.upper { top.min(self.z.len()) } else { 0 };
            let count = out.len();
            let rows: [&[T]; GROUP] = std::array::from_fn(|index| match index < count {
                true => &self.matrix.row(top + index)[skip..],
                false => &none[skip..],
            });
            let products = T::products(rows, &self.z[skip..]);
            let mut by = [T::default(); GROUP];
            for (index, out) in out.iter_mut().enumerate() {
                *out += self.sign * products[index];
                if let Some(mask) = mask {
                    *out *= mask[index];
                }
                by[index] = *out;
            }
            T::add_rows(&mut back[skip..], by, rows);
        }
        back
    }
}
