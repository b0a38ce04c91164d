//! Whether constraints are in general position, where the sparsest explanation is the only one.

use attractor_core::rng;

use super::Settings;
use crate::Subspace;
use crate::linalg::{LeastSquares, dot, norm, pick_columns};

/// Sines of angles, and lengths of columns, up to which columns are parallel or 0: at least this, and more
/// where constraints were learned from rounded numbers.
const PARALLEL: f64 = 1e-8;

fn parallel(settings: &Settings) -> f64 {
    PARALLEL.max(10.0 * settings.tolerance)
}

/// Whether two columns are parallel or one is 0. Parallel ones have the same cosine, up to its sign, with any
/// fixed vector, so that few pairs are looked at.
pub(super) fn is_structured(subspace: &Subspace, settings: &Settings) -> bool {
    let (constraints, limit) = (subspace.constraints(), parallel(settings));
    let (m, n) = constraints.shape();
    let mut random = rng::stream(0, "sparse recovery columns");
    let fixed: Vec<f64> = rng::normal_vec(&mut random, m)
        .into_iter()
        .map(f64::from)
        .collect();
    let mut columns: Vec<(f64, Vec<f64>)> = Vec::with_capacity(n);
    for j in 0..n {
        let column: Vec<f64> = constraints.col(j).iter().copied().collect();
        let along = dot(&fixed, &column);
        let length = norm(&column);
        if length <= limit {
            return true;
        }
        let unit = column
            .iter()
            .map(|x| x / length * if along < 0.0 { -1.0 } else { 1.0 });
        columns.push((along.abs() / length, unit.collect()));
    }
    columns.sort_by(|a, b| a.0.total_cmp(&b.0));
    let reach = limit * norm(&fixed);
    (0..n).any(|i| {
        let near = columns[i + 1..]
            .iter()
            .take_while(|other| other.0 - columns[i].0 <= reach);
        near.into_iter().any(|other| {
            let apart = columns[i].1.iter().zip(&other.1).map(|(a, b)| a - b);
            norm(&apart.collect::<Vec<_>>()) <= limit
        })
    })
}

/// Whether no column beside the support lies within the span of the support's: it could stand in for one of
/// them.
pub(super) fn spans_no_other(subspace: &Subspace, support: &[usize], settings: &Settings) -> bool {
    let (q, limit) = (subspace.constraints(), parallel(settings));
    let Some(columns) = LeastSquares::new(pick_columns(q, support)) else {
        return false;
    };
    (0..q.ncols()).filter(|j| !support.contains(j)).all(|j| {
        let column: Vec<f64> = q.col(j).iter().copied().collect();
        let rest = columns.residual(&column, &columns.solve(&column));
        norm(&column) <= limit || norm(&rest) > limit * norm(&column)
    })
}
