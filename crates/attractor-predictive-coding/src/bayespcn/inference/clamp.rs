//! The sensory layer while its values are clamped, without its width.
//!
//! With the weights `W [inputs, n]` of the known entries and `W W^T = C C^T` (Cholesky),
//! `|x - z W|^2 = |x - Q Q^T x|^2 + |q - z C|^2`, where `q = x W^T C^-T` are the coordinates of `x`
//! in the span `Q` of the rows of `W`. The first part does not depend on the hidden values, so an
//! iteration needs `C` and `q` only: `inputs` numbers for each row instead of `n`. Nothing cancels,
//! unlike in the expanded square: the first part is the length of a difference that is formed, and
//! a second solve with that difference takes `q` to the accuracy of a QR factorisation ("corrected
//! seminormal equations", Bjorck 1987) at a sixth of its time. Where `W W^T` is too near to
//! singular for that, a QR factorisation is made.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::householder::{
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as apply_transpose,
};
use faer::linalg::solvers::Qr;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place as solve_lower, solve_upper_triangular_in_place as solve_upper,
};
use faer::{Conj, Par};

use crate::linalg::{Mat, Real, axpy, cholesky, dot};

/// Smallest ratio of diagonal entries of `C` for which its square, the rounding of `W W^T`, is
/// harmless.
const REGULAR: f64 = 1e-5;

/// The sensory weights of one particle, reduced to the known entries.
#[derive(Debug)]
pub(crate) struct Clamp {
    /// Their columns, if not all are known.
    picked: Option<(Vec<usize>, Mat)>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// The columns themselves: there are not more of them than inputs.
    Plain,
    /// `C`.
    Cholesky(Mat),
    /// The transposed triangular factor, and the basis.
    Qr(Mat, Box<Qr<f64>>),
}

/// Sensory values of some rows in the coordinates of a [`Clamp`].
#[derive(Debug, Clone)]
pub(crate) struct Target<T = f64> {
    /// `q [b, n]`.
    pub(crate) values: Mat<T>,
    /// Inner products of the parts outside the span, `[b, b]` if rows are coupled, else their
    /// squared lengths `[b, 1]`.
    pub(crate) rest: Mat,
    /// 1 where a value is known and 0 where it is not, if that is left to inference.
    pub(crate) mask: Option<Mat<T>>,
}

impl<T: Real> Target<T> {
    /// Sensory values as they are.
    pub(crate) fn plain(values: Mat<T>) -> Self {
        let rest = Mat::zeros(values.rows, 1);
        Self {
            values,
            rest,
            mask: None,
        }
    }
}

impl Clamp {
    /// For weights `[inputs, dim]`. Without `known`, every entry counts.
    pub(crate) fn new(weights: &Mat, known: Option<&[usize]>) -> Self {
        let picked = known.map(|known| (known.to_vec(), weights.pick_columns(known)));
        let own = picked.as_ref().map_or(weights, |(_, own)| own);
        let form = match own.cols <= own.rows {
            true => Form::Plain,
            false => Form::regular(own).unwrap_or_else(|| Form::orthogonal(own)),
        };
        Self { picked, form }
    }

    /// The matrix `[inputs, n]` of an iteration, and whether it is lower triangular. `weights` are
    /// those it was made from.
    pub(crate) fn map<'a>(&'a self, weights: &'a Mat) -> (&'a Mat, bool) {
        match &self.form {
            Form::Plain => (self.own(weights), false),
            Form::Cholesky(map) | Form::Qr(map, _) => (map, true),
        }
    }

    #[cfg(test)]
    pub(crate) fn is_cholesky(&self) -> bool {
        matches!(self.form, Form::Cholesky(_))
    }

    fn own<'a>(&'a self, weights: &'a Mat) -> &'a Mat {
        self.picked.as_ref().map_or(weights, |(_, own)| own)
    }

    /// Rows `x [b, dim]` in these coordinates.
    pub(crate) fn target<T: Real>(&self, weights: &Mat, x: &Mat, coupled: bool) -> Target<T> {
        let (picked, own);
        let x = match &self.picked {
            Some((known, _)) => {
                picked = x.pick_columns(known);
                &picked
            }
            None => x,
        };
        let (values, rest) = match &self.form {
            Form::Plain => (x.clone(), Mat::zeros(x.rows, 0)),
            Form::Cholesky(map) => {
                own = self.own(weights);
                seminormal(map, own, x)
            }
            Form::Qr(map, basis) => rotated(basis, map.cols, x),
        };
        let rest = if coupled {
            Mat::product(rest.view(), rest.view().transpose())
        } else {
            let squares = (0..x.rows).map(|row| dot(rest.row(row), rest.row(row)));
            Mat::new(x.rows, 1, squares.collect())
        };
        Target {
            values: values.cast(),
            rest,
            mask: None,
        }
    }
}

impl Form {
    fn regular(weights: &Mat) -> Option<Self> {
        let map = cholesky(&Mat::lower_gram(weights.view()))?;
        let diagonal = (0..map.rows).map(|at| map.row(at)[at]);
        let least = diagonal.clone().fold(f64::INFINITY, f64::min);
        let most = diagonal.fold(0.0, f64::max);
        (least > REGULAR * most).then_some(Self::Cholesky(map))
    }

    fn orthogonal(weights: &Mat) -> Self {
        let basis = weights.view().transpose().qr();
        let upper = basis.thin_R();
        let size = weights.rows;
        let mut map = Mat::zeros(size, size);
        for row in 0..size {
            for column in row..size {
                map.data[column * size + row] = upper[(row, column)];
            }
        }
        Self::Qr(map, Box::new(basis))
    }
}

/// Coordinates `[b, inputs]` of rows `x` and what is left of them `[b, n]`.
fn seminormal(map: &Mat, weights: &Mat, x: &Mat) -> (Mat, Mat) {
    let mut values = Mat::zeros(x.rows, map.rows);
    let mut rest = x.clone();
    for _ in 0..2 {
        let mut part = Mat::product(rest.view(), weights.view().transpose());
        solve_lower(map.view(), part.view_mut().transpose_mut(), Par::Seq);
        axpy(&mut values.data, 1.0, &part.data);
        let upper = map.view().transpose();
        solve_upper(upper, part.view_mut().transpose_mut(), Par::Seq);
        rest.add_product(-1.0, part.view(), weights.view());
    }
    (values, rest)
}

/// The same by the transpose of the whole of `Q`: its head is what the map explains, its tail the
/// rest.
fn rotated(basis: &Qr<f64>, size: usize, x: &Mat) -> (Mat, Mat) {
    let mut columns = x.view().transpose().to_owned();
    let factor = basis.Q_coeff();
    let room = scratch::<f64>(x.cols, factor.nrows(), x.rows);
    apply_transpose(
        basis.Q_basis(),
        factor,
        Conj::No,
        columns.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(room)),
    );
    let mut values = Mat::zeros(x.rows, size);
    let mut rest = Mat::zeros(x.rows, x.cols - size);
    for row in 0..x.rows {
        for (at, value) in columns.col(row).iter().enumerate() {
            match at.checked_sub(size) {
                None => values.row_mut(row)[at] = *value,
                Some(at) => rest.row_mut(row)[at] = *value,
            }
        }
    }
    (values, rest)
}
