//! Input checks shared by every memory: shape first, then finite numbers.

use burn::tensor::{Device, Tensor, TensorData};

use crate::{Error, Result};

/// Reads a tensor back to host memory as `f32`, row-major.
///
/// # Errors
/// [`Error::Device`] if the device cannot execute what was queued.
pub fn to_host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| Error::Device(error.to_string()))
}

/// The same as `f64`: exact for tensors of either precision.
///
/// # Errors
/// As [`to_host`].
pub fn to_host_doubles<const D: usize>(tensor: &Tensor<D>) -> Result<Vec<f64>> {
    let values = tensor.clone().try_into_vec_as::<f64>();
    values.map_err(|error| Error::Device(error.to_string()))
}

/// Puts `rows` of `width` numbers on the device, as `[rows, width]`.
///
/// # Errors
/// [`Error::Width`] unless `values` holds a whole number of rows.
pub fn from_host(
    what: &'static str,
    values: Vec<f32>,
    width: usize,
    device: &Device,
) -> Result<Tensor<2>> {
    if width == 0 || !values.len().is_multiple_of(width) {
        return Err(Error::Width {
            what,
            expected: width,
            rows: 1,
            found: values.len(),
        });
    }
    let rows = values.len() / width;
    Ok(Tensor::from_data(
        TensorData::new(values, [rows, width]),
        device,
    ))
}

/// Checks the width of a batch and that it has rows.
///
/// # Errors
/// [`Error::Width`], [`Error::EmptyBatch`].
pub fn shape(what: &'static str, batch: &Tensor<2>, width: usize) -> Result<()> {
    let [rows, found] = batch.dims();
    if found != width {
        return Err(Error::Width {
            what,
            expected: width,
            rows,
            found,
        });
    }
    if rows == 0 {
        return Err(Error::EmptyBatch { what, width });
    }
    Ok(())
}

/// Checks an episode of training: patterns `[n, width]`, and as many cues as targets, `[b, width]`.
///
/// # Errors
/// As [`batch`]; [`Error::Rows`] unless there is one target for each cue.
pub fn episode(
    patterns: &Tensor<2>,
    cues: &Tensor<2>,
    targets: &Tensor<2>,
    width: usize,
) -> Result<()> {
    batch("patterns", patterns, width)?;
    batch("cues", cues, width)?;
    batch("targets", targets, width)?;
    let ([expected, _], [found, _]) = (cues.dims(), targets.dims());
    match expected == found {
        true => Ok(()),
        false => Err(Error::Rows {
            what: "targets",
            expected,
            found,
        }),
    }
}

/// Checks that every number of a host batch is finite.
///
/// # Errors
/// [`Error::NonFinite`] with the first offending row and column.
pub fn finite(what: &'static str, values: &[f32], width: usize) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::NonFinite {
            what,
            row: at / width.max(1),
            column: at % width.max(1),
            value: values[at].to_string(),
        }),
    }
}

/// Checks that the squared norm of every row is at most `limit`: what models ask for whose energies are
/// in units of squares.
///
/// # Errors
/// [`Error::NonFinite`]; [`Error::TooLarge`] with the largest entry of the first row beyond the limit.
pub fn norms(what: &'static str, batch: &Tensor<2>, limit: f64) -> Result<()> {
    let [_, width] = batch.dims();
    let squares = to_host(batch.clone().square().sum_dim(1))?;
    if squares.iter().all(|&square| f64::from(square) <= limit) {
        return Ok(());
    }
    let values = to_host(batch.clone())?;
    finite(what, &values, width)?;
    for (row, entries) in values.chunks_exact(width.max(1)).enumerate() {
        let square = |x: &f32| f64::from(*x) * f64::from(*x);
        if entries.iter().map(square).sum::<f64>() > limit {
            let mut pairs = entries.iter().copied().enumerate();
            let larger =
                |a: (usize, f32), b: (usize, f32)| if b.1.abs() > a.1.abs() { b } else { a };
            let first = pairs.next().unwrap_or((0, 0.0));
            let (column, value) = pairs.fold(first, larger);
            return Err(Error::TooLarge {
                what,
                limit: limit as f32,
                row,
                column,
                value,
            });
        }
    }
    Ok(())
}
/// Bytes of a batch that are looked at together: the check needs as much memory again.
const CHECKED_BYTES: usize = 8 << 20;

/// Shape and finiteness of a batch in one call; what every `write` and `read` does first.
///
/// # Errors
/// As [`shape()`] and [`finite()`].
pub fn batch(what: &'static str, batch: &Tensor<2>, width: usize) -> Result<()> {
    shape(what, batch, width)?;
    let rows = batch.dims()[0];
    let step = (CHECKED_BYTES / 4 / width.max(1)).max(1);
    for first in (0..rows).step_by(step) {
        // One number comes back from the device; the search for the culprit runs only on failure.
        // Finite squares could overflow, so the test is on absolute values: NaN and infinity survive
        // `max`-free summation of zeros.
        let part = batch.clone().narrow(0, first, step.min(rows - first));
        let poison: f32 = part
            .mul_scalar(0.0)
            .sum()
            .try_into_scalar()
            .map_err(|error| Error::Device(error.to_string()))?;
        if poison != 0.0 {
            return finite(what, &to_host(batch.clone())?, width);
        }
    }
    Ok(())
}

/// The numbers of a mask of known entries, as [`crate::Complete`] takes it, for cues of the shape
/// `[rows, dim]`: 1 where an entry is known and 0 where it is not.
///
/// # Errors
/// [`Error::Width`], [`Error::EmptyBatch`] or [`Error::Rows`] unless it has that shape,
/// [`Error::Config`] if an entry is neither 0 nor 1.
pub fn known(known: &Tensor<2>, [rows, dim]: [usize; 2]) -> Result<Vec<f32>> {
    shape("known", known, dim)?;
    let found = known.dims()[0];
    if found != rows {
        return Err(Error::Rows {
            what: "known",
            expected: rows,
            found,
        });
    }
    let values = to_host(known.clone())?;
    match values.iter().find(|&&value| value != 0.0 && value != 1.0) {
        Some(bad) => Err(Error::config("known", "must hold 0 or 1", bad)),
        None => Ok(values),
    }
}
