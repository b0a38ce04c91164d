//! Products with a few rows of a matrix at a time, in the widest registers that the processor has.

use pulp::{Arch, Simd, WithSimd};

/// Rows that pass together: as many streams from memory, and one pass over the gradient for all.
pub(crate) const GROUP: usize = 4;

/// Row operations of one precision.
pub(crate) trait RowProducts: Sized {
    /// Inner products of rows with `z`, all of one length.
    fn products(rows: [&[Self]; GROUP], z: &[Self]) -> [Self; GROUP];
    /// `sum += sum_r by_r row_r`.
    fn add_rows(sum: &mut [Self], by: [Self; GROUP], rows: [&[Self]; GROUP]);
}

struct Products<'a, T> {
    rows: [&'a [T]; GROUP],
    z: &'a [T],
}

struct AddRows<'a, T> {
    sum: &'a mut [T],
    by: [T; GROUP],
    rows: [&'a [T]; GROUP],
}

macro_rules! rows {
    ($real:ty, $split:ident, $split_mut:ident, $splat:ident, $fma:ident, $reduce:ident) => {
        impl WithSimd for Products<'_, $real> {
            type Output = [$real; GROUP];

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
                let [a, b, c, d] = self.rows;
                let (z, z_rest) = S::$split(self.z);
                let ((a, a_rest), (b, b_rest)) = (S::$split(a), S::$split(b));
                let ((c, c_rest), (d, d_rest)) = (S::$split(c), S::$split(d));
                let zero = simd.$splat(0.0);
                let (mut sa, mut sb, mut sc, mut sd) = (zero, zero, zero, zero);
                for ((((&z, &a), &b), &c), &d) in z.iter().zip(a).zip(b).zip(c).zip(d) {
                    sa = simd.$fma(a, z, sa);
                    sb = simd.$fma(b, z, sb);
                    sc = simd.$fma(c, z, sc);
                    sd = simd.$fma(d, z, sd);
                }
                let mut totals = [
                    simd.$reduce(sa),
                    simd.$reduce(sb),
                    simd.$reduce(sc),
                    simd.$reduce(sd),
                ];
                for (at, z) in z_rest.iter().enumerate() {
                    totals[0] += a_rest[at] * z;
                    totals[1] += b_rest[at] * z;
                    totals[2] += c_rest[at] * z;
                    totals[3] += d_rest[at] * z;
                }
                totals
            }
        }

        impl WithSimd for AddRows<'_, $real> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) {
                let [a, b, c, d] = self.rows;
                let (sum, sum_rest) = S::$split_mut(self.sum);
                let ((a, a_rest), (b, b_rest)) = (S::$split(a), S::$split(b));
                let ((c, c_rest), (d, d_rest)) = (S::$split(c), S::$split(d));
                let (ba, bb) = (simd.$splat(self.by[0]), simd.$splat(self.by[1]));
                let (bc, bd) = (simd.$splat(self.by[2]), simd.$splat(self.by[3]));
                for ((((sum, &a), &b), &c), &d) in sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    let two = simd.$fma(bb, b, simd.$fma(ba, a, *sum));
                    *sum = simd.$fma(bd, d, simd.$fma(bc, c, two));
                }
                for (at, sum) in sum_rest.iter_mut().enumerate() {
                    *sum += self.by[0] * a_rest[at] + self.by[1] * b_rest[at];
                    *sum += self.by[2] * c_rest[at] + self.by[3] * d_rest[at];
                }
            }
        }

        impl RowProducts for $real {
            fn products(rows: [&[Self]; GROUP], z: &[Self]) -> [Self; GROUP] {
                Arch::new().dispatch(Products { rows, z })
            }

            fn add_rows(sum: &mut [Self], by: [Self; GROUP], rows: [&[Self]; GROUP]) {
                Arch::new().dispatch(AddRows { sum, by, rows });
            }
        }
    };
}

rows!(
    f32,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    mul_add_f32s,
    reduce_sum_f32s
);
rows!(
    f64,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    mul_add_f64s,
    reduce_sum_f64s
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lengths_agree_with_plain_loops() {
        for length in 0..70 {
            let value = |row: usize, at: usize| ((row * 31 + at * 17) % 23) as f64 - 11.0;
            let rows: Vec<Vec<f64>> = (0..GROUP + 2)
                .map(|row| (0..length).map(|at| value(row, at)).collect())
                .collect();
            let some = [&rows[0][..], &rows[1], &rows[2], &rows[3]];
            // Whole numbers, so that no order of summing matters.
            let expected: [f64; GROUP] =
                some.map(|row| row.iter().zip(&rows[4]).map(|(a, b)| a * b).sum());
            assert_eq!(f64::products(some, &rows[4]), expected);
            let by = [1.0, -2.0, 3.0, 5.0];
            let mut sum = rows[5].clone();
            f64::add_rows(&mut sum, by, some);
            for at in 0..length {
                let added: f64 = (0..GROUP).map(|row| by[row] * rows[row][at]).sum();
                assert_eq!(sum[at], rows[5][at] + added);
            }
            let single: Vec<Vec<f32>> = rows
                .iter()
                .map(|row| row.iter().map(|&x| x as f32).collect())
                .collect();
            let some = [&single[0][..], &single[1], &single[2], &single[3]];
            let found = f32::products(some, &single[4]);
            assert_eq!(found.map(f64::from), expected);
        }
    }
}
