//! Weighted sums of rows of a table, for many objects that share most of them.

use pulp::{Arch, Simd, WithSimd};

use super::table::Table;
use crate::object::defined;

/// Vectors of cells that are summed up at a time, in registers.
const VECTORS: usize = 4;

/// For each of the objects the sum of its rows of the table, weighted by column and level: `[objects, cells]`.
/// Every row is weighted once, and lies beside the others in a near cache while a tile is summed up; no sum leaves
/// the registers before it is complete. Columns are added in their order, so that the sums are those of one object
/// alone to the last bit.
pub(super) fn weighted(
    table: &Table,
    weight: impl Fn(usize, usize) -> f64,
    objects: &[Vec<u16>],
) -> Vec<f64> {
    let cells = table.other.cells();
    // Which rows there are, each once, and for every object which of them it has.
    let mut places = vec![None; table.own.cells()];
    let mut rows: Vec<(&[u16], f64)> = Vec::new();
    let mut own: Vec<Vec<usize>> = Vec::with_capacity(objects.len());
    for object in objects {
        let each = defined(object).map(|(column, level)| {
            *places[column * table.own.rows + level].get_or_insert_with(|| {
                rows.push((table.row(column, level), weight(column, level)));
                rows.len() - 1
            })
        });
        own.push(each.collect());
    }
    let mut sums = vec![0.0; objects.len() * cells];
    Arch::new().dispatch(Sums {
        rows: &rows,
        own: &own,
        sums: &mut sums,
        cells,
    });
    sums
}

struct Sums<'a> {
    rows: &'a [(&'a [u16], f64)],
    own: &'a [Vec<usize>],
    sums: &'a mut [f64],
    cells: usize,
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            rows,
            own,
            sums,
            cells,
        } = self;
        let tile = VECTORS * S::F64_LANES;
        let mut products = vec![0.0; rows.len() * tile];
        let mut sum = vec![0.0; tile];
        for first in (0..cells).step_by(tile) {
            let width = tile.min(cells - first);
            for (products, (row, weight)) in products.chunks_exact_mut(tile).zip(rows) {
                for (product, &count) in products.iter_mut().zip(&row[first..first + width]) {
                    *product = weight * f64::from(count);
                }
            }
            let (products, _) = S::as_simd_f64s(&products);
            for (own, sums) in own.iter().zip(sums.chunks_exact_mut(cells)) {
                let mut all = [simd.splat_f64s(0.0); VECTORS];
                for &place in own {
                    let row = &products[place * VECTORS..(place + 1) * VECTORS];
                    for (sum, &product) in all.iter_mut().zip(row) {
                        *sum = simd.add_f64s(*sum, product);
                    }
                }
                S::as_mut_simd_f64s(&mut sum).0.copy_from_slice(&all);
                sums[first..first + width].copy_from_slice(&sum[..width]);
            }
        }
    }
}
