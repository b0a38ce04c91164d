//! Rows of tensors: picked, put in order, measured on the host.

use attractor_core::Result;
use burn::tensor::{Int, Tensor};

use crate::linalg::dot;

pub(crate) use attractor_core::check::to_host_doubles as doubles;

/// `1/2 sum |e|^2` of every row, summed in double precision on the host: near the end of learning the
/// squares of a row span more digits than a single one has.
pub(crate) fn energy(errors: &[Tensor<2>]) -> Result<Vec<f64>> {
    let mut energy = vec![0.0; errors.first().map_or(0, |error| error.dims()[0])];
    for error in errors {
        for (total, square) in energy.iter_mut().zip(squares(error)?) {
            *total += 0.5 * square;
        }
    }
    Ok(energy)
}

/// Squared length of every row.
pub(crate) fn squares(rows: &Tensor<2>) -> Result<Vec<f64>> {
    let width = rows.dims()[1];
    let values = doubles(rows)?;
    let rows = values.chunks(width.max(1));
    Ok(rows.map(|row| dot(row, row)).collect())
}

/// The given rows, in that order.
pub(crate) fn pick(rows: Tensor<2>, which: &[usize]) -> Tensor<2> {
    let which: Vec<i64> = which.iter().map(|&row| row as i64).collect();
    let device = rows.device();
    rows.select(0, Tensor::<1, Int>::from_ints(which.as_slice(), &device))
}

/// Rows of pieces, each with its place in the whole.
pub(crate) fn in_order(pieces: Vec<(Vec<usize>, Tensor<2>)>) -> Tensor<2> {
    let (places, tensors): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
    let places: Vec<usize> = places.into_iter().flatten().collect();
    let whole = Tensor::cat(tensors, 0);
    if places.is_sorted() {
        return whole;
    }
    let mut from = vec![0; places.len()];
    for (at, &place) in places.iter().enumerate() {
        from[place] = at;
    }
    pick(whole, &from)
}
