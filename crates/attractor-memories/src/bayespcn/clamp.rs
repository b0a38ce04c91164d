//! The sensory layer while its values are clamped, without its width.
//!
//! With `R0[:, known]^T = Q T` (thin QR), `|x - z R0|^2 = |x - Q Q^T x|^2 + |Q^T x - T z^T|^2` over
//! the known entries. The first part does not depend on the hidden values, so an iteration needs `T`
//! and `Q^T x` only: `min(known, inputs)` numbers for each row instead of `dim`. Nothing cancels,
//! unlike in the expanded square.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as apply_transpose,
};
use faer::linalg::solvers::Qr;
use faer::{Conj, Par};

use super::linalg::{Mat, dot};

/// The sensory weights of one particle, reduced to the known entries.
#[derive(Debug)]
pub(crate) struct Clamp {
    /// `T^T [inputs, n]`, or the known columns of `R0` themselves if there are not more of them
    /// than inputs.
    pub(crate) map: Mat,
    basis: Option<Qr<f64>>,
    known: Option<Vec<usize>>,
}

/// Sensory values of some rows in the coordinates of a [`Clamp`].
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `Q^T x [b, n]`.
    pub(crate) values: Mat,
    /// Inner products of the parts outside the span of `Q`, `[b, b]` if rows are coupled, else
    /// their squared lengths `[b, 1]`.
    pub(crate) rest: Mat,
}

impl Clamp {
    /// For weights `R0 [inputs, dim]`. Without `known`, every entry counts.
    pub(crate) fn new(weights: &Mat, known: Option<Vec<usize>>) -> Self {
        let map = match &known {
            Some(known) => weights.pick_columns(known),
            None => weights.clone(),
        };
        if map.cols <= map.rows {
            return Self {
                map,
                basis: None,
                known,
            };
        }
        let basis = map.view().transpose().qr();
        let upper = basis.thin_R();
        let size = map.rows;
        let mut transposed = Mat::zeros(size, size);
        for row in 0..size {
            for column in row..size {
                transposed.data[column * size + row] = upper[(row, column)];
            }
        }
        Self {
            map: transposed,
            basis: Some(basis),
            known,
        }
    }

    /// Whole weights, not reduced.
    #[cfg(test)]
    pub(crate) fn direct(weights: &Mat) -> Self {
        Self {
            map: weights.clone(),
            basis: None,
            known: None,
        }
    }

    /// Rows `x [b, dim]` in these coordinates.
    pub(crate) fn target(&self, x: &Mat, coupled: bool) -> Target {
        let x = match &self.known {
            Some(known) => x.pick_columns(known),
            None => x.clone(),
        };
        let rest_width = if coupled { x.rows } else { 1 };
        let Some(basis) = &self.basis else {
            let rest = Mat::zeros(x.rows, rest_width);
            return Target { values: x, rest };
        };
        // The whole of Q^T x: its head is what the map explains, its tail the rest.
        let mut columns = x.view().transpose().to_owned();
        let (factor, b) = (basis.Q_coeff(), x.rows);
        apply_transpose(
            basis.Q_basis(),
            factor,
            Conj::No,
            columns.as_mut(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch::<f64>(
                x.cols,
                factor.nrows(),
                b,
            ))),
        );
        let size = self.map.cols;
        let mut values = Mat::zeros(b, size);
        let mut tails = Mat::zeros(b, x.cols - size);
        for row in 0..b {
            let column = columns.col(row);
            for (at, value) in column.iter().enumerate() {
                match at.checked_sub(size) {
                    None => values.row_mut(row)[at] = *value,
                    Some(at) => tails.row_mut(row)[at] = *value,
                }
            }
        }
        let rest = if coupled {
            Mat::product(tails.view(), tails.view().transpose())
        } else {
            let squares = (0..b).map(|row| dot(tails.row(row), tails.row(row)));
            Mat::new(b, 1, squares.collect())
        };
        Target { values, rest }
    }
}
