//! Entropic memories: registers, the relation, its planes and their distances. What counts is exact; 1e-9 for
//! what is divided. Where the authors' program errs, its numbers follow from ours and the error that the
//! documentation names; both are compared.

mod register;
mod relation;

use anyhow::Result;
use attractor::entropic::UNDEFINED;

use super::file::File;
use super::{Golden, System};

const TOLERANCE: f64 = 1e-9;
const NAME: &str = "entropic";
const FILE: &str = "entropic";

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[FILE],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    let file = golden.file(FILE)?;
    register::check(golden, &file)?;
    relation::check(golden, &file)
}

/// Compares numbers with a tensor in which NaN means undefined.
fn compare(
    golden: &mut Golden,
    file: &File,
    key: &str,
    ours: Vec<f64>,
    tolerance: f64,
) -> Result<()> {
    // No count, weight or distance is below 0.
    let plain = |x: f64| if x.is_nan() { -1e300 } else { x };
    let ours: Vec<f64> = ours.into_iter().map(plain).collect();
    let expected: Vec<f64> = file.numbers(key)?.1.into_iter().map(plain).collect();
    golden.compare_values(NAME, key, &ours, &expected, tolerance)
}

/// Whole numbers and answers: equal.
fn equal<T: Copy + Into<f64>>(
    golden: &mut Golden,
    file: &File,
    key: &str,
    ours: &[T],
) -> Result<()> {
    compare(
        golden,
        file,
        key,
        ours.iter().map(|&x| x.into()).collect(),
        0.0,
    )
}

/// The shape of a tensor of any kind with `D` axes.
fn shape<const D: usize>(file: &File, key: &str) -> Result<[usize; D]> {
    let (found, _) = file.numbers(key)?;
    let dims: Option<[usize; D]> = found.try_into().ok();
    dims.filter(|dims| !dims.contains(&0)).ok_or_else(|| {
        let reason = format!("`{key}`: expected {D} axes with entries, found shape {found:?}");
        file.misfit(reason).into()
    })
}

/// Rows of a tensor.
fn rows(file: &File, key: &str) -> Result<Vec<Vec<f64>>> {
    let [_, width] = shape(file, key)?;
    let (_, values) = file.numbers(key)?;
    Ok(values.chunks_exact(width).map(<[f64]>::to_vec).collect())
}

/// A tensor of one number.
fn number(file: &File, key: &str) -> Result<f64> {
    let [1] = shape(file, key)? else {
        return Err(file.misfit(format!("`{key}`: expected one number")).into());
    };
    Ok(file.numbers(key)?.1[0])
}

/// Settings (iota, kappa, xi).
fn settings(file: &File, key: &str) -> Result<Vec<(f64, f64, usize)>> {
    let rows = rows(file, key)?;
    let setting = |row: Vec<f64>| match row[..] {
        [iota, kappa, xi] => Ok((iota, kappa, xi as usize)),
        _ => Err(file.misfit(format!("`{key}`: expected rows of 3")).into()),
    };
    rows.into_iter().map(setting).collect()
}

/// Levels as the file has them: undefined is the row beyond the last.
fn outside(object: &[u16], rows: usize) -> Vec<f64> {
    let level = |&level: &u16| match level {
        UNDEFINED => rows as f64,
        level => level.into(),
    };
    object.iter().map(level).collect()
}
