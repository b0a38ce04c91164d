//! Products with a matrix that stays: laid out for the registers once, multiplied often.

use rayon::prelude::*;

use super::panel::Scratch;
use super::simd::{self, Instructions, Lanes};
use crate::{Error, Result};

/// A matrix M `[inner, outer]` for products `y = x M` with rows x.
///
/// A product reads M once for every dozen rows, in the order it lies in memory. Each entry of the
/// result is summed in order of the inner index, so that it depends neither on the other rows nor on
/// who computes them.
pub struct PackedMatrix {
    /// Panels of neighbouring columns, each `[inner][columns]`; the last is filled up with 0.
    panels: Scratch,
    inner: usize,
    outer: usize,
    instructions: Instructions,
}

impl std::fmt::Debug for PackedMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackedMatrix [{}, {}]", self.inner, self.outer)
    }
}

/// Vectors of sixteen columns in a panel.
fn vectors(instructions: Instructions) -> usize {
    match instructions {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => 2,
        _ => 1,
    }
}

impl PackedMatrix {
    /// Of `matrix` `[inner, outer]`, row-major.
    ///
    /// # Errors
    /// [`Error::Width`] unless it holds as many numbers.
    pub fn new(matrix: &[f32], [inner, outer]: [usize; 2]) -> Result<Self> {
        fit("matrix", matrix, inner, outer)?;
        Ok(Self::packed(
            [inner, outer],
            Instructions::best(),
            |panel, width, first| {
                let columns = width.min(outer - first);
                for (to, row) in panel
                    .chunks_exact_mut(width)
                    .zip(matrix.chunks_exact(outer))
                {
                    to[..columns].copy_from_slice(&row[first..first + columns]);
                }
            },
        ))
    }

    /// Of the transpose of `matrix` `[outer, inner]`, row-major.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn transposed(matrix: &[f32], [outer, inner]: [usize; 2]) -> Result<Self> {
        fit("matrix", matrix, outer, inner)?;
        Ok(Self::packed(
            [inner, outer],
            Instructions::best(),
            |panel, width, first| {
                let columns = width.min(outer - first);
                // Sixteen entries of every row at a time, so that the lines written stay in cache.
                for from in (0..inner).step_by(16) {
                    let to = (from + 16).min(inner);
                    for column in 0..columns {
                        let row = &matrix[(first + column) * inner..];
                        for t in from..to {
                            panel[t * width + column] = row[t];
                        }
                    }
                }
            },
        ))
    }

    /// `fill` is given a panel, its width and its first column.
    fn packed(
        [inner, outer]: [usize; 2],
        instructions: Instructions,
        fill: impl Fn(&mut [f32], usize, usize) + Sync,
    ) -> Self {
        let width = vectors(instructions) * 16;
        let mut panels = Scratch::new(outer.div_ceil(width) * inner * width / 16);
        let all = panels.numbers_mut().par_chunks_mut((inner * width).max(1));
        all.enumerate()
            .for_each(|(at, panel)| fill(panel, width, at * width));
        Self {
            panels,
            inner,
            outer,
            instructions,
        }
    }

    /// `[inner, outer]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.inner, self.outer]
    }

    /// Writes `x M` `[b, outer]` for `rows` x `[b, inner]`, on the calling thread.
    ///
    /// # Errors
    /// [`Error::Width`] unless both hold the same number of whole rows.
    pub fn multiply(&self, rows: &[f32], product: &mut [f32]) -> Result<()> {
        let count = product.len() / self.outer.max(1);
        fit("rows", rows, count, self.inner)?;
        fit("product", product, count, self.outer)?;
        if self.inner == 0 {
            // There is no panel that could write the empty sums.
            product.fill(0.0);
        }
        // Safety: each variant runs only where its instructions were detected; the arrays fit.
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { avx512(self, rows, product, count) },
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2(self, rows, product, count) },
            Instructions::Portable => unsafe { portable(self, rows, product, count) },
        }
        Ok(())
    }
}

fn fit(what: &'static str, numbers: &[f32], rows: usize, width: usize) -> Result<()> {
    match numbers.len() == rows * width {
        true => Ok(()),
        false => Err(Error::Width {
            what,
            expected: width,
            rows,
            found: numbers.len() / rows.max(1),
        }),
    }
}

/// Sums of `R` rows from `rows` with a panel of `V` vectors, held in registers.
///
/// # Safety
/// `rows` must hold `R` rows and `panel` as many rows of `V` vectors as a row has numbers; `product`
/// takes `R` rows of `columns` numbers, `stride` apart; the instructions of `L` must be available.
#[inline(always)]
unsafe fn tile<L: Lanes, const V: usize, const R: usize>(
    (rows, inner): (*const f32, usize),
    panel: *const f32,
    (product, stride): (*mut f32, usize),
    columns: usize,
) {
    // Safety: the caller's.
    unsafe {
        let mut sums = [[L::splat(0.0); V]; R];
        for t in 0..inner {
            let mut vectors = [L::splat(0.0); V];
            for (v, vector) in vectors.iter_mut().enumerate() {
                *vector = L::load(panel.add((t * V + v) * 16));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let factor = L::splat(*rows.add(r * inner + t));
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = factor.fma(vector, *sum);
                }
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            let to = product.add(r * stride);
            if columns == V * 16 {
                for (v, sum) in sums.into_iter().enumerate() {
                    sum.store(to.add(v * 16));
                }
                continue;
            }
            let mut whole = [[0.0f32; 16]; V];
            for (sum, sixteen) in sums.into_iter().zip(&mut whole) {
                sum.store(sixteen.as_mut_ptr());
            }
            to.copy_from_nonoverlapping(whole.as_ptr().cast(), columns);
        }
    }
}

/// The whole product by tiles of at most the last of the numbers given, rows shared evenly among them.
macro_rules! product {
    ($name:ident, $features:literal, $lanes:ty, $vectors:literal, [$($rows:literal),+], $most:literal) => {
        #[cfg_attr(target_arch = "x86_64", target_feature(enable = $features))]
        unsafe fn $name(matrix: &PackedMatrix, rows: &[f32], product: &mut [f32], count: usize) {
            let (inner, outer, width) = (matrix.inner, matrix.outer, $vectors * 16);
            let panels = matrix.panels.numbers().chunks_exact((inner * width).max(1));
            let tiles = count.div_ceil($most);
            for (at, panel) in panels.enumerate() {
                let first = at * width;
                let columns = width.min(outer - first);
                let mut row = 0;
                for left in (1..=tiles).rev() {
                    let size = (count - row).div_ceil(left);
                    // Safety: tiles stay within the rows.
                    unsafe {
                        let from = (rows.as_ptr().add(row * inner), inner);
                        let to = (product.as_mut_ptr().add(row * outer + first), outer);
                        match size {
                            $($rows => tile::<$lanes, $vectors, $rows>(
                                from, panel.as_ptr(), to, columns,
                            ),)+
                            _ => tile::<$lanes, $vectors, $most>(from, panel.as_ptr(), to, columns),
                        }
                    }
                    row += size;
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
product!(
    avx512,
    "avx512f,avx2,fma",
    simd::x86::Avx512,
    2,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    12
);
#[cfg(target_arch = "x86_64")]
product!(avx2, "avx2,fma", simd::x86::Avx2x2, 1, [1, 2, 3, 4, 5], 6);
product!(portable, "sse2", simd::Portable16, 1, [1], 2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    /// Every instruction set, with rests in every direction, against sums in double precision.
    #[test]
    fn products_are_those_of_f64() {
        // Miri checks every access, thousands of times slower.
        let sizes: &[_] = match cfg!(miri) {
            true => &[[1, 1], [7, 33], [18, 5]],
            false => &[[1, 1], [7, 33], [64, 32], [130, 70], [512, 5]],
        };
        for &[inner, outer] in sizes {
            let mut stream = rng::stream(3, "matrix");
            let matrix = rng::normal_vec(&mut stream, inner * outer);
            for count in [1, 2, 5, 12, 13, 25, 40] {
                let rows = rng::normal_vec(&mut stream, count * inner);
                for isa in Instructions::all() {
                    for transposed in [false, true] {
                        let packed = pack(&matrix, [inner, outer], isa, transposed);
                        let mut product = vec![f32::NAN; count * outer];
                        packed.multiply(&rows, &mut product).unwrap();
                        for (at, &found) in product.iter().enumerate() {
                            let (row, column) = (at / outer, at % outer);
                            let terms = (0..inner).map(|t| {
                                let entry = f64::from(matrix[t * outer + column]);
                                f64::from(rows[row * inner + t]) * entry
                            });
                            let exact: f64 = terms.clone().sum();
                            let size: f64 = terms.map(f64::abs).sum();
                            let error = (f64::from(found) - exact).abs();
                            assert!(error <= 1e-6 * size, "{isa:?} {inner} {outer} {count} {at}");
                        }
                    }
                }
            }
        }
    }

    fn pack(
        matrix: &[f32],
        [inner, outer]: [usize; 2],
        isa: Instructions,
        transposed: bool,
    ) -> PackedMatrix {
        let mut packed = match transposed {
            false => PackedMatrix::new(matrix, [inner, outer]).unwrap(),
            true => {
                let across = (0..outer).flat_map(|j| (0..inner).map(move |t| t * outer + j));
                let across: Vec<f32> = across.map(|at| matrix[at]).collect();
                PackedMatrix::transposed(&across, [outer, inner]).unwrap()
            }
        };
        if isa != packed.instructions {
            packed = PackedMatrix::packed([inner, outer], isa, |panel, width, first| {
                for (at, entry) in panel.iter_mut().enumerate() {
                    let (t, column) = (at / width, first + at % width);
                    *entry = match column < outer {
                        true => matrix[t * outer + column],
                        false => 0.0,
                    };
                }
            });
        }
        packed
    }

    #[test]
    fn a_matrix_without_rows_gives_zeros() {
        let packed = PackedMatrix::new(&[], [0, 3]).unwrap();
        let mut product = [1.0; 6];
        packed.multiply(&[], &mut product).unwrap();
        assert_eq!(product, [0.0; 6]);
        let empty = PackedMatrix::transposed(&[], [0, 3]).unwrap();
        empty.multiply(&[], &mut []).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let message = |result: Result<()>| result.unwrap_err().to_string();
        let short = PackedMatrix::new(&[0.0; 5], [2, 3]).map(|_| ());
        assert!(message(short).contains("matrix"));
        let packed = PackedMatrix::new(&[1.0; 6], [2, 3]).unwrap();
        assert_eq!(packed.shape(), [2, 3]);
        let mut product = [0.0; 6];
        assert!(message(packed.multiply(&[0.0; 3], &mut product)).contains("rows"));
        assert!(message(packed.multiply(&[0.0; 2], &mut product[..4])).contains("product"));
        packed
            .multiply(&[1.0, 2.0, 0.0, 1.0], &mut product)
            .unwrap();
        assert_eq!(product, [3.0, 3.0, 3.0, 1.0, 1.0, 1.0]);
    }
}
