//! Memories over embeddings, the factual-recall task and the transformer, by the authors' modules and by the
//! formulas in double precision: 1e-9 for what is computed once, 1e-6 after training, 1e-4 after training
//! in single precision.
//!
//! Where the published code fails (the logarithm of a softmax in two operations, labels in 32 bits), the file
//! has both its numbers and corrected ones; ours reproduce the first by the form of that name and the second
//! by default.

mod dynamics;
mod memories;
mod task;
mod training;
mod transformer;

use anyhow::Result;
use attractor::factual_recall::Matrix;
use attractor::factual_recall::read::{Choice, choose};

use super::file::File;
use super::{Golden, System};

const NAME: &str = "factual recall";
const FILE: &str = "factual_recall";
/// What is computed once.
const ONCE: f64 = 1e-9;
/// After training in double precision.
const TRAINED: f64 = 1e-6;

pub(super) const SYSTEM: System = System {
    name: NAME,
    files: &[FILE],
    check,
};

fn check(golden: &mut Golden) -> Result<()> {
    memories::check(golden)?;
    training::check(golden)?;
    task::check(golden)?;
    transformer::check(golden)?;
    dynamics::check(golden)
}

/// An array of two axes.
fn matrix(file: &File, key: &str) -> Result<Matrix<f64>> {
    let (shape, numbers) = file.numbers(key)?;
    match *shape {
        [rows, cols] => Ok(Matrix::new(rows, cols, numbers)?),
        _ => Err(misfit(file, key, "two axes", shape)),
    }
}

fn vector(file: &File, key: &str) -> Result<Vec<f64>> {
    Ok(file.numbers(key)?.1)
}

/// An array of whole numbers from 0 on.
fn counts(file: &File, key: &str) -> Result<Vec<u32>> {
    let (shape, numbers) = file.numbers(key)?;
    let whole = |x: &f64| x.fract() == 0.0 && (0.0..4e9).contains(x);
    match numbers.iter().all(whole) {
        true => Ok(numbers.into_iter().map(|x| x as u32).collect()),
        false => Err(misfit(file, key, "whole numbers from 0 on", shape)),
    }
}

fn indices(file: &File, key: &str) -> Result<Vec<usize>> {
    Ok(counts(file, key)?.into_iter().map(|x| x as usize).collect())
}

fn misfit(file: &File, key: &str, expected: &str, shape: &[usize]) -> anyhow::Error {
    file.misfit(format!(
        "`{key}`: expected {expected}, found shape {shape:?}"
    ))
    .into()
}

/// Compares numbers with the array of that name.
fn compare(golden: &mut Golden, file: &File, key: &str, ours: &[f64], within: f64) -> Result<()> {
    let expected = vector(file, key)?;
    golden.compare_values(NAME, key, ours, &expected, within)
}

/// The first of the largest scores of each row, as the authors take it.
fn argmax(scores: &Matrix<f64>) -> Result<Vec<f64>> {
    let first = |choice| match choice {
        Choice::One(answer) | Choice::Tied(answer) => answer as f64,
        Choice::NonFinite => f64::NAN,
    };
    Ok(choose(scores)?.into_iter().map(first).collect())
}

/// Decoupled weight decay of their runs, unless the file says otherwise.
fn weight_decay(file: &File) -> Result<f64> {
    Ok(file.setting("weight_decay", 0.0)?)
}

/// Compares a share of `count` rows by the number of rows. Theirs is a mean in single precision, so that the
/// number is whole within its rounding.
fn compare_share(
    golden: &mut Golden,
    file: &File,
    key: &str,
    ours: f64,
    count: usize,
) -> Result<()> {
    let shares = vector(file, key)?;
    let rows = |share: f64| (share * count as f64).round();
    let rounding = count as f64 * f64::from(f32::EPSILON);
    for share in &shares {
        let number = share * count as f64;
        anyhow::ensure!(
            (number - number.round()).abs() <= rounding,
            "{key}: expected a share of {count} rows, found {share}"
        );
    }
    let theirs: Vec<f64> = shares.into_iter().map(rows).collect();
    golden.compare_values(NAME, &format!("{key}: rows"), &[rows(ours)], &theirs, 0.0)
}

/// Share of the rows whose first largest score is that of the target.
fn share(scores: &Matrix<f64>, targets: &[u32]) -> Result<f64> {
    let right = argmax(scores)?;
    let right = right
        .iter()
        .zip(targets)
        .filter(|(a, b)| **a == f64::from(**b))
        .count();
    Ok(right as f64 / targets.len().max(1) as f64)
}
