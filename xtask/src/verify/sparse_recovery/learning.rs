//! Constraints, the curve, dictionaries.

use anyhow::Result;
use attractor::sparse_recovery::curve::transition;
use attractor::sparse_recovery::dictionary::{ErSpud, learn, match_rows, solve_seeds, whiten};
use attractor::sparse_recovery::ensembles::dct_row;
use attractor::sparse_recovery::expander::{Constraints, Decoder, Order, Rule};
use attractor::sparse_recovery::faer::Mat;
use attractor::sparse_recovery::guarantees::coherence;
use attractor::sparse_recovery::linalg::columns;
use attractor::sparse_recovery::subspace::{RankRule, Subspace};

use super::{Checks, ENSEMBLES, column, flat, projector};

pub(super) fn check(own: &mut Checks<'_>) -> Result<()> {
    curve(own)?;
    for ensemble in ENSEMBLES {
        subspace(own, ensemble)?;
    }
    few_noisy_shifted(own)?;
    for case in ["sparse", "dense"] {
        dictionary(own, case)?;
    }
    end_to_end(own)
}

fn curve(own: &mut Checks<'_>) -> Result<()> {
    let deltas = own.numbers("curve/delta")?;
    let mut points = Vec::new();
    for delta in deltas {
        points.push(transition(delta)?);
    }
    let rho: Vec<f64> = points.iter().map(|at| at.rho).collect();
    let z: Vec<f64> = points.iter().map(|at| at.z).collect();
    own.compare("curve/rho", &rho, 1e-8)?;
    own.compare("curve/z", &z, 1e-8)
}

fn subspace(own: &mut Checks<'_>, ensemble: &str) -> Result<()> {
    let key = |name: &str| format!("subspace/{ensemble}/{name}");
    let learned = own.subspace(ensemble)?;
    own.compare(&key("projector"), &projector(&learned), 1e-10)?;
    own.compare(&key("singular_values"), learned.spectrum(), 1e-10)?;
    own.equal(&key("rank"), [learned.rank()])?;
    own.compare(&key("coherence"), &[coherence(learned.constraints())], 1e-9)?;
    if ensemble == "dct" {
        let n = learned.width();
        let rows: Vec<Vec<f64>> = own
            .counts(&key("rows_used"))?
            .into_iter()
            .map(|k| dct_row(n, k))
            .collect();
        let spanned = Subspace::fit(&columns(n, &rows)?, false, RankRule::Exact)?;
        let expected = own.numbers(&key("projector"))?;
        own.state(
            "the span of the rows used",
            &projector(&spanned),
            &expected,
            1e-10,
        )?;
    }
    Ok(())
}

/// Fewer samples than dimensions, noise, and a shift of all samples.
fn few_noisy_shifted(own: &mut Checks<'_>) -> Result<()> {
    let key = |name: &str| format!("subspace/gauss/{name}");
    let samples = own.words(&key("samples"))?;
    let first = |count: usize| {
        let part = samples.get(.., ..count).to_owned();
        Subspace::fit(&part, false, RankRule::Exact)
    };
    let ranks: Result<Vec<usize>, _> = (1..=samples.ncols())
        .map(|count| first(count).map(|own| own.rank()))
        .collect();
    own.equal(&key("ranks_by_sample_count"), ranks?)?;
    let few = own.one(&key("few_samples"))? as usize;
    own.compare(
        &key("projector_few_samples"),
        &projector(&first(few)?),
        1e-10,
    )?;

    let noisy = own.words(&key("noisy_samples"))?;
    let noisy = Subspace::fit(&noisy, false, RankRule::LargestGap)?;
    own.compare(&key("noisy_projector"), &projector(&noisy), 1e-9)?;
    own.compare(&key("noisy_singular_values"), noisy.spectrum(), 1e-9)?;
    own.compare(&key("noisy_gap"), &[noisy.gap()], 1e-9)?;

    let shift = own.numbers(&key("affine_shift"))?;
    let shifted = Mat::from_fn(samples.nrows(), samples.ncols(), |i, j| {
        samples[(i, j)] + shift[i]
    });
    let affine = Subspace::fit(&shifted, true, RankRule::Exact)?;
    let expected = own.numbers(&key("projector"))?;
    let apart = projector(&affine)
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    own.compare(&key("affine_projector_residual"), &[apart], 1e-9)?;
    // The triangle has no row for the mean: the last value of the oracle is 0.
    let mut values = affine.spectrum().to_vec();
    values.resize(samples.ncols().min(samples.nrows()), 0.0);
    own.compare(&key("affine_singular_values"), &values, 1e-9)
}

fn dictionary(own: &mut Checks<'_>, case: &str) -> Result<()> {
    let key = |name: &str| format!("er_spud/{case}/{name}");
    let (y, truth) = (own.matrix(&key("Y"))?, own.matrix(&key("X"))?);
    let Some(whitened) = whiten(y.as_ref())? else {
        anyhow::bail!("`{}` is 0", key("Y"));
    };
    let seed = |j: usize| column(&whitened, j);
    let seeds: Vec<Vec<f64>> = (0..whitened.ncols()).map(seed).collect();
    let solved = solve_seeds(whitened.as_ref(), &seeds, 20_000)?;
    // What the oracle skipped is NaN there and nothing here.
    let expected = own.numbers(&key("objective_per_seed"))?;
    let objective = |values: &[f64]| -> Vec<f64> {
        values
            .iter()
            .map(|x| if x.is_nan() { -1.0 } else { *x })
            .collect()
    };
    let ours: Vec<f64> = solved
        .iter()
        .map(|own| own.as_ref().map_or(-1.0, |own| own.objective))
        .collect();
    own.state(
        &key("objective_per_seed"),
        &ours,
        &objective(&expected),
        1e-8,
    )?;
    let nonzeros = solved
        .iter()
        .map(|own| own.as_ref().map_or(y.ncols(), |own| own.nonzeros));
    own.equal(&key("nonzeros_per_seed"), nonzeros.collect::<Vec<_>>())?;

    let options = ErSpud {
        max_iterations: 20_000,
        deflations: 0,
        ..ErSpud::default()
    };
    let found = learn(y.as_ref(), &options)?;
    let rows = found.map_or(Mat::zeros(0, y.ncols()), |found| found.rows);
    let matched = match_rows(rows.as_ref(), truth.as_ref(), 1e-6)?;
    let count = matched.iter().flatten().count();
    // How many rows a partial failure leaves is no requirement: at least as many.
    let wanted = own.one(&key("rows_found"))?;
    own.state(
        &key("rows_found"),
        &[(count as f64).min(wanted)],
        &[wanted],
        0.0,
    )?;
    if !own.file.contains(&key("recovered")) {
        return Ok(());
    }
    let scaled = in_order_of(&rows, &truth, &matched);
    own.compare(&key("recovered"), &flat(&scaled), 1e-8)?;

    let pairs = own.rows(&key("pairs"))?;
    let sums: Vec<Vec<f64>> = pairs
        .iter()
        .map(|pair| {
            let (a, b) = (&seeds[pair[0] as usize], &seeds[pair[1] as usize]);
            a.iter().zip(b).map(|(a, b)| a + b).collect()
        })
        .collect();
    let solved = solve_seeds(whitened.as_ref(), &sums, 20_000)?;
    let expected = objective(&own.numbers(&key("objective_per_pair"))?);
    let ours: Vec<f64> = solved
        .iter()
        .map(|own| own.as_ref().map_or(-1.0, |own| own.objective))
        .collect();
    own.state(&key("objective_per_pair"), &ours, &expected, 1e-8)?;
    // Rows among the solutions of the pairs themselves.
    let rows: Vec<Vec<f64>> = solved.into_iter().flatten().map(|own| own.row).collect();
    let rows = columns(y.ncols(), &rows)?.transpose().to_owned();
    let matched = match_rows(rows.as_ref(), truth.as_ref(), 1e-6)?;
    own.equal(&key("rows_found_pairs"), [matched.iter().flatten().count()])
}

/// Rows found in the order of the true ones, with their signs; what was not found stays 0.
fn in_order_of(rows: &Mat<f64>, truth: &Mat<f64>, matched: &[Option<usize>]) -> Mat<f64> {
    let sign = |i: usize, found: usize| {
        let product: f64 = (0..truth.ncols())
            .map(|j| truth[(i, j)] * rows[(found, j)])
            .sum();
        product.signum()
    };
    Mat::from_fn(truth.nrows(), truth.ncols(), |i, j| match matched[i] {
        Some(found) => sign(i, found) * rows[(found, j)],
        None => 0.0,
    })
}

/// From samples to sparse constraints to corrected words.
fn end_to_end(own: &mut Checks<'_>) -> Result<()> {
    let samples = own.words("end_to_end/samples")?;
    let learned = Subspace::fit(&samples, false, RankRule::Exact)?;
    let truth = own.matrix("end_to_end/B")?;
    let found = learn(learned.constraints(), &ErSpud::default())?;
    let rows = found.map_or(Mat::zeros(0, truth.ncols()), |found| found.rows);
    let matched = match_rows(rows.as_ref(), truth.as_ref(), 1e-6)?;
    let scaled = in_order_of(&rows, &truth, &matched);
    own.compare("end_to_end/B", &flat(&scaled), 1e-8)?;
    let graph = Constraints::from_dense(rows.as_ref())?;
    let errors = own.rows("end_to_end/true_e")?;
    let mut corrected = Vec::new();
    let mut majority = Vec::new();
    for (y, error) in own.rows("end_to_end/y")?.iter().zip(&errors) {
        let syndrome = graph.syndrome(y)?;
        corrected.extend(Decoder::default().decode(&graph, &syndrome)?.error);
        // As a column of one check loses: no least number.
        let plain = Decoder {
            rule: Rule::Majority,
            order: Order::Sequential,
            least: 1,
            ..Decoder::default()
        };
        let decoded = plain.decode(&graph, &syndrome)?;
        let apart = decoded
            .error
            .iter()
            .zip(error)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        majority.push(usize::from(decoded.success && apart < 1e-6));
    }
    own.compare("end_to_end/true_e", &corrected, 1e-8)?;
    own.equal("end_to_end/majority_success", majority)
}
