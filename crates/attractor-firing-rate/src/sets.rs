//! Sets of patterns to store, and cues made of them: rows of 0 and 1.

use attractor_core::{Error, Result, rng};
use rand::RngExt;

/// `count` patterns of `dim` units, each active with probability `activity`. Rows without active or
/// without silent units, which no memory stores, are drawn again.
///
/// # Errors
/// [`Error::Config`] unless `0 < activity < 1`.
pub fn bernoulli(count: usize, dim: usize, activity: f64, seed: u64) -> Result<Vec<f32>> {
    check_activity(activity)?;
    check_dim(dim)?;
    let mut rows = Vec::with_capacity(count * dim);
    for index in 0..count {
        let mut rng = rng::indexed_stream(seed, "bernoulli patterns", index as u64);
        loop {
            let row = (0..dim).map(|_| f32::from(rng.random_bool(activity)));
            let row: Vec<f32> = row.collect();
            if row.contains(&0.0) && row.contains(&1.0) {
                rows.extend(row);
                break;
            }
        }
    }
    Ok(rows)
}

/// `count` patterns with exactly `activity dim` active units, drawn at random.
///
/// # Errors
/// [`Error::Config`] unless that is a whole number from 1 to `dim - 1`.
pub fn fixed_count(count: usize, dim: usize, activity: f64, seed: u64) -> Result<Vec<f32>> {
    let active = whole("activity x dim", activity * dim as f64, 1..dim)?;
    let mut rows = vec![0.0; count * dim];
    for (index, row) in rows.chunks_exact_mut(dim.max(1)).enumerate() {
        let mut rng = rng::indexed_stream(seed, "fixed-count patterns", index as u64);
        for &i in &rng::permutation(&mut rng, dim)[..active] {
            row[i] = 1.0;
        }
    }
    Ok(rows)
}

/// The ideal set of `floor(1 + 1 / q)` patterns: exactly q N active units each, and every two of them
/// share exactly q^2 N. The first q^2 N units are active in all; then come q (1 - q) N blocks with one
/// unit for each pattern; what is left is silent in all.
///
/// # Errors
/// [`Error::Config`] unless `0 < q < 1` and q N and q^2 N are whole numbers above 0.
pub fn ideal(dim: usize, activity: f64) -> Result<Vec<f32>> {
    check_activity(activity)?;
    let active = whole("activity x dim", activity * dim as f64, 1..dim)?;
    let shared = whole("activity^2 x dim", activity * activity * dim as f64, 1..dim)?;
    // 1 / 0.2 must be 5, not a little less.
    let count = (1.0 + 1.0 / activity + 1e-9) as usize;
    let mut rows = vec![0.0; count * dim];
    for (index, row) in rows.chunks_exact_mut(dim).enumerate() {
        row[..shared].fill(1.0);
        for block in 0..active - shared {
            row[shared + block * count + index] = 1.0;
        }
    }
    Ok(rows)
}

/// `count` correlated patterns: exactly q N active units each, of which r q N are common to all patterns and
/// the others belong to one alone.
///
/// # Errors
/// [`Error::Config`] unless q N and r q N are whole numbers and there are units enough:
/// `r q N + count (1 - r) q N <= N`.
pub fn correlated(
    count: usize,
    dim: usize,
    (activity, overlap): (f64, f64),
    seed: u64,
) -> Result<Vec<f32>> {
    check_activity(activity)?;
    let active = whole("activity x dim", activity * dim as f64, 1..dim)?;
    let what = "overlap x activity x dim";
    let shared = whole(what, overlap * activity * dim as f64, 0..active)?;
    let own = active - shared;
    let needed = count.saturating_mul(own).saturating_add(shared);
    if needed > dim {
        let rule = "must leave each correlated pattern units of its own";
        let found = format!("{needed} units needed of {dim} for {count} patterns");
        return Err(Error::config("correlated patterns", rule, found));
    }
    let order = rng::permutation(&mut rng::stream(seed, "correlated patterns"), dim);
    let mut rows = vec![0.0; count * dim];
    for (index, row) in rows.chunks_exact_mut(dim).enumerate() {
        let first = shared + index * own;
        for &i in order[..shared].iter().chain(&order[first..first + own]) {
            row[i] = 1.0;
        }
    }
    Ok(rows)
}

/// Rows in which each active unit is kept with probability `keep`, and silenced else: damage without a
/// false positive. Row k has the same damage whatever stands beside it.
///
/// # Errors
/// [`Error::Config`] unless `0 <= keep <= 1`.
pub fn silenced(rows: &[f32], dim: usize, keep: f64, seed: u64) -> Result<Vec<f32>> {
    check_share("keep", keep)?;
    Ok(each_row(rows, dim, seed, "silenced units", |row, rng| {
        for value in row {
            if *value > 0.0 && !rng.random_bool(keep) {
                *value = 0.0;
            }
        }
    }))
}

/// Rows in which a share `flips` of all units, rounded to a whole number of them, is turned over.
///
/// # Errors
/// [`Error::Config`] unless `0 <= flips <= 1`.
pub fn flipped(rows: &[f32], dim: usize, flips: f64, seed: u64) -> Result<Vec<f32>> {
    check_share("flips", flips)?;
    let count = (flips * dim as f64).round() as usize;
    Ok(each_row(rows, dim, seed, "flipped units", |row, rng| {
        for &i in &rng::permutation(rng, dim)[..count] {
            row[i] = 1.0 - row[i];
        }
    }))
}

fn each_row(
    rows: &[f32],
    dim: usize,
    seed: u64,
    purpose: &str,
    damage: impl Fn(&mut [f32], &mut rng::Rng),
) -> Vec<f32> {
    let mut rows = rows.to_vec();
    for (index, row) in rows.chunks_exact_mut(dim.max(1)).enumerate() {
        let mut rng = rng::indexed_stream(seed, purpose, index as u64);
        damage(row, &mut rng);
    }
    rows
}

fn check_share(what: &'static str, share: f64) -> Result<()> {
    match (0.0..=1.0).contains(&share) {
        true => Ok(()),
        false => Err(Error::config(what, "must lie between 0 and 1", share)),
    }
}

fn check_activity(activity: f64) -> Result<()> {
    match activity > 0.0 && activity < 1.0 {
        true => Ok(()),
        false => {
            let rule = "must be above 0 and below 1";
            Err(Error::config("activity", rule, activity))
        }
    }
}

fn check_dim(dim: usize) -> Result<()> {
    match dim >= 2 {
        true => Ok(()),
        false => {
            let rule = "must be at least 2: a pattern has active and silent units";
            Err(Error::config("dim", rule, dim))
        }
    }
}

/// A number of units that is a whole number in a range, up to rounding.
fn whole(what: &'static str, value: f64, range: std::ops::Range<usize>) -> Result<usize> {
    let nearest = value.round();
    if (value - nearest).abs() < 1e-6 && nearest >= 0.0 && range.contains(&(nearest as usize)) {
        return Ok(nearest as usize);
    }
    let rule = "must be a whole number of units that leaves active and silent ones";
    Err(Error::config(what, rule, value))
}
