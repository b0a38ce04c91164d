//! Splitting patterns among subspaces.

use attractor_core::{Error, Result, rng};
use faer::Mat;
use rand::RngExt;
use rayon::prelude::*;

use super::SubspaceUnionConfig;
use crate::input;
use crate::linalg::{col, dot, norm, pick_columns};
use crate::subspace::{RankRule, Subspace};

/// Subspaces and who belongs to which.
#[derive(Debug, Clone)]
pub struct Split {
    /// The subspaces.
    pub subspaces: Vec<Subspace>,
    /// For each pattern the index of its subspace.
    pub members: Vec<usize>,
    /// Sum of squared distances of patterns from their subspaces.
    pub cost: f64,
}

/// Rounds of one start at most.
const ROUNDS: usize = 100;

/// Splits patterns, the columns of `patterns [n, N]`, N at least 1.
///
/// # Errors
/// As [`SubspaceUnionConfig::validate`] and [`Subspace::fit`]; [`Error::EmptyMemory`] without patterns.
pub fn split(patterns: &Mat<f64>, config: &SubspaceUnionConfig) -> Result<Split> {
    config.validate()?;
    input::words("patterns", patterns.as_ref(), config.dim)?;
    let starts = (0..config.restarts).into_par_iter();
    let starts = starts.map(|start| one(patterns, config, start as u64));
    // Of equal ones the first, whichever thread is done first.
    let best = starts.try_reduce_with(|first, second| {
        Ok(match second.cost < first.cost {
            true => second,
            false => first,
        })
    });
    best.ok_or(Error::EmptyMemory)?
}

fn one(patterns: &Mat<f64>, config: &SubspaceUnionConfig, start: u64) -> Result<Split> {
    let mut subspaces = seeds(patterns, config, start)?;
    let (mut members, mut cost) = assign(patterns, &subspaces);
    for _ in 0..ROUNDS {
        let mut next = Vec::new();
        for (own, subspace) in subspaces.iter().enumerate() {
            let mine: Vec<usize> = (0..members.len()).filter(|&i| members[i] == own).collect();
            match mine.is_empty() {
                true => next.push(subspace.clone()),
                false => next.push(fit(patterns, &mine, config)?),
            }
        }
        let (new_members, new_cost) = assign(patterns, &next);
        if new_cost >= cost && new_members == members {
            break;
        }
        (subspaces, members, cost) = (next, new_members, new_cost);
    }
    // Those that nobody belongs to say nothing.
    let used: Vec<usize> = (0..subspaces.len())
        .filter(|own| members.contains(own))
        .collect();
    let place = |member: usize| used.iter().position(|&own| own == member).unwrap_or(0);
    Ok(Split {
        members: members.into_iter().map(place).collect(),
        subspaces: used.iter().map(|&own| subspaces[own].clone()).collect(),
        cost,
    })
}

fn fit(patterns: &Mat<f64>, chosen: &[usize], config: &SubspaceUnionConfig) -> Result<Subspace> {
    let mine = pick_columns(patterns.as_ref(), chosen);
    let whole = Subspace::fit(&mine, config.centred, RankRule::Rounded)?;
    match whole.rank() > config.rank {
        true => whole.recut(RankRule::Fixed(config.rank)),
        false => Ok(whole),
    }
}

/// The first subspaces: each of a pattern far from those before and its neighbours by angle.
fn seeds(patterns: &Mat<f64>, config: &SubspaceUnionConfig, start: u64) -> Result<Vec<Subspace>> {
    let count = patterns.ncols();
    let mut random = rng::indexed_stream(config.seed, "subspace union", start);
    let mut far = vec![1.0; count];
    let mut subspaces: Vec<Subspace> = Vec::new();
    while subspaces.len() < config.subspaces.min(count) {
        let total: f64 = far.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut left = random.random::<f64>() * total;
        let drawn = far.iter().position(|weight| {
            left -= weight;
            left <= 0.0
        });
        let centre = drawn.unwrap_or(count - 1);
        let cosine = |i: usize| {
            let (a, b) = (col(patterns, centre), col(patterns, i));
            let lengths = norm(a) * norm(b);
            if lengths > 0.0 {
                dot(a, b).abs() / lengths
            } else {
                0.0
            }
        };
        let mut near: Vec<usize> = (0..count).collect();
        near.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)).then(a.cmp(&b)));
        near.truncate(config.rank);
        let own = fit(patterns, &near, config)?;
        for (i, far) in far.iter_mut().enumerate() {
            let distance = norm(&own.missed(col(patterns, i))).powi(2);
            *far = if subspaces.is_empty() {
                distance
            } else {
                far.min(distance)
            };
        }
        subspaces.push(own);
    }
    Ok(subspaces)
}

/// For each pattern the nearest subspace, of equally near ones the first; the sum of squared distances.
fn assign(patterns: &Mat<f64>, subspaces: &[Subspace]) -> (Vec<usize>, f64) {
    let mut cost = 0.0;
    let members = (0..patterns.ncols()).map(|i| {
        let distances = subspaces
            .iter()
            .map(|own| norm(&own.missed(col(patterns, i))).powi(2));
        let (best, distance) = distances
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, 0.0));
        cost += distance;
        best
    });
    let members = members.collect();
    (members, cost)
}
