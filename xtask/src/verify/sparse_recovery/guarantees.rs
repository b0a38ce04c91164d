//! What holds for all errors, by brute force.

use anyhow::Result;
use attractor::sparse_recovery::expander::Constraints;
use attractor::sparse_recovery::guarantees::{
    Circuits, coherence, coherence_bound, coset_bound, expansion, integer_points,
    restricted_isometry,
};

use super::Checks;

pub(super) fn check(own: &mut Checks<'_>) -> Result<()> {
    let matrix = own.matrix("guarantees/B")?;
    let mu = coherence(matrix.as_ref());
    own.compare("guarantees/coherence", &[mu], 1e-9)?;
    own.equal(
        "guarantees/coherence_bound_t",
        [coherence_bound(mu, matrix.ncols())],
    )?;
    let mut isometries = Vec::new();
    for t in 1..=own.rows("guarantees/rip_delta_min_max")?.len() {
        let found = restricted_isometry(matrix.as_ref(), t)?;
        isometries.extend([found.delta, found.smallest, found.largest]);
    }
    own.compare("guarantees/rip_delta_min_max", &isometries, 1e-9)?;
    let circuits = Circuits::of(matrix.as_ref())?;
    own.equal("guarantees/spark", [circuits.spark()])?;
    let orders = own.numbers("guarantees/nsp_constant")?.len();
    let constants: Vec<f64> = (1..=orders)
        .map(|t| circuits.null_space_constant(t))
        .collect();
    own.compare("guarantees/nsp_constant", &constants, 1e-8)?;
    let mut recovered = Vec::new();
    for t in 1..=own
        .rows("guarantees/recoverable_of_supports_and_signs")?
        .len()
    {
        let (good, all) = circuits.recovered(t)?;
        recovered.extend([good, all]);
    }
    own.equal("guarantees/recoverable_of_supports_and_signs", recovered)?;

    let graph = Constraints::from_dense(own.matrix("guarantees/graph_B")?.as_ref())?;
    let (mut neighbours, mut unique) = (Vec::new(), Vec::new());
    for t in 1..=own.numbers("guarantees/min_neighbours")?.len() {
        let found = expansion(&graph, t)?;
        neighbours.push(found.neighbours);
        unique.push(found.unique);
    }
    own.equal("guarantees/min_neighbours", neighbours)?;
    own.equal("guarantees/min_unique_neighbours", unique)?;

    let rows = own.rows("integers/B")?;
    let n = rows.first().map_or(0, Vec::len);
    let whole: Vec<Vec<i64>> = rows
        .iter()
        .map(|row| row.iter().map(|x| *x as i64).collect())
        .collect();
    let sizes = own.counts("integers/Q_rowweight")?;
    let (q, weight) = (sizes[0] as u32, sizes[1]);
    let points = integer_points(&whole, n, q)?;
    own.equal(
        "integers/kernel_count_largest_coset_total",
        [points.kernel, points.largest_coset, points.total],
    )?;
    own.compare(
        "integers/bound",
        &[coset_bound((rows.len(), n), q, weight)],
        1e-9,
    )
}
