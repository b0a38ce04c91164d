//! The objective of inference: its gradient and its climb.

use attractor_core::Outcome;

use super::support::{gradient, largest_difference, layers, objective, point, small};
use crate::bayespcn::inference::density::Density;
use crate::bayespcn::inference::objective::Point;
use crate::bayespcn::inference::search::{Ascent, search};
use crate::bayespcn::{Activation, BayesPcnConfig, MatrixNormal, SearchConfig};
use crate::linalg::Mat;

const DIM: usize = 9;

/// Largest error of the gradient of the summed density, relative to its largest entry.
fn gradient_error(config: &BayesPcnConfig, density: Density, particles: usize) -> f64 {
    const STEP: f64 = 1e-5;
    let particles: Vec<_> = (0..particles as u64)
        .map(|k| layers(config, 500 * k))
        .collect();
    let objective = objective(config, &particles, density);
    let point = point(config, 77, 3, density == Density::Joint);
    let total = |point: &Point| {
        let mixed = objective.value(point).mixed;
        match density {
            Density::Joint => mixed[0],
            _ => mixed.iter().sum::<f64>(),
        }
    };
    let (_, gradient) = gradient(&objective, &point, true);
    let parts: Vec<&Mat> = gradient.hidden.iter().chain(&gradient.sensory).collect();
    let (mut error, mut size): (f64, f64) = (0.0, 0.0);
    for (part, analytic) in parts.iter().enumerate() {
        for at in 0..analytic.data.len() {
            let shifted = |by: f64| {
                let mut point = point.clone();
                let values = match part < point.hidden.len() {
                    true => &mut point.hidden[part],
                    false => &mut point.targets[0].values,
                };
                values.data[at] += by;
                total(&point)
            };
            let numeric = (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP);
            error = error.max((numeric - analytic.data[at]).abs());
            size = size.max(numeric.abs());
        }
    }
    error / size
}

#[test]
fn gradients_agree_with_differences() {
    use Activation::*;
    let activations = [
        Identity,
        Relu,
        Gelu,
        Selu,
        Softmax,
        SparseWinners,
        DenseWinners,
        Dpfp,
    ];
    for activation in activations {
        for (normalise, bias) in [(false, false), (true, true)] {
            let config = BayesPcnConfig {
                activation,
                normalise,
                bias,
                hidden: 32,
                sigma_obs: 0.8,
                sigma_data: 0.5,
                ..small(DIM)
            };
            for (density, particles) in [
                (Density::Rows, 1),
                (Density::Rows, 3),
                (Density::Joint, 1),
                (Density::Mean, 1),
            ] {
                let error = gradient_error(&config, density, particles);
                let case = format!("{activation:?} {normalise} {density:?} {particles}");
                assert!(error < 1e-6, "{case}: {error}");
            }
        }
    }
}

#[test]
fn small_steps_climb() {
    let config = small(DIM);
    let particles = [layers(&config, 1), layers(&config, 900)];
    let objective = objective(&config, &particles, Density::Rows);
    let mut point = point(&config, 5, 4, false);
    // The gradient changes by at most about |R|^2 / s^2 times the distance; far below 1 / that.
    let norm: f64 = particles
        .iter()
        .flatten()
        .flat_map(|l| l.mean())
        .map(|r| r * r)
        .sum();
    let rate = 1e-3 * config.sigma_obs.powi(2) / norm;
    let mut before = objective.value(&point).mixed;
    let first = before.clone();
    for _ in 0..50 {
        let step = SearchConfig {
            rate,
            max_steps: 1,
            ..config.search
        };
        point.hidden = search(&objective, &step, Ascent::Plain, point.clone(), None).hidden;
        let after = objective.value(&point).mixed;
        for (before, after) in before.iter().zip(&after) {
            assert!(after - before >= -1e-9, "{before} {after}");
        }
        before = after;
    }
    assert!(before.iter().zip(&first).all(|(last, first)| last > first));
}

#[test]
fn rows_share_uncertainty_only_if_there_is_some() {
    let config = small(DIM);
    let mut certain = layers(&config, 41);
    for layer in &mut certain {
        layer.factor.data.fill(0.0);
    }
    let value = |layers: &[Vec<MatrixNormal>], density, twins: bool| {
        let mut point = point(&config, 51, 3, density == Density::Joint);
        if twins {
            let parts = point.hidden.iter_mut();
            for part in parts.chain(point.targets.iter_mut().map(|target| &mut target.values)) {
                let first = part.row(0).to_vec();
                part.row_mut(1).copy_from_slice(&first);
            }
        }
        let mixed = objective(&config, layers, density).value(&point).mixed;
        match density {
            Density::Joint => mixed[0],
            _ => mixed.iter().sum(),
        }
    };
    let certain = [certain];
    let (joint, alone) = (
        value(&certain, Density::Joint, false),
        value(&certain, Density::Rows, false),
    );
    assert!(
        (joint - alone).abs() <= 1e-10 * alone.abs(),
        "{joint} {alone}"
    );
    let unsure = [layers(&config, 41)];
    let (joint, alone) = (
        value(&unsure, Density::Joint, true),
        value(&unsure, Density::Rows, true),
    );
    assert!((joint - alone).abs() > 1.0, "{joint} {alone}");
}

#[test]
fn mixtures_bound_and_repeat_their_parts() {
    let config = small(DIM);
    let one = layers(&config, 61);
    let single = objective(&config, std::slice::from_ref(&one), Density::Rows)
        .value(&point(&config, 71, 4, false));
    let same = vec![one.clone(), one.clone(), one.clone()];
    let several = objective(&config, &same, Density::Rows).value(&point(&config, 71, 4, false));
    assert!(largest_difference(&single.mixed, &several.mixed) < 1e-9);
    let (ab, ba) = (
        vec![one.clone(), layers(&config, 800)],
        vec![layers(&config, 800), one],
    );
    let value = |particles: &[Vec<MatrixNormal>]| {
        objective(&config, particles, Density::Rows).value(&point(&config, 71, 4, false))
    };
    let (forward, backward) = (value(&ab), value(&ba));
    assert!(largest_difference(&forward.mixed, &backward.mixed) < 1e-9);
    for row in 0..4 {
        for k in 0..2 {
            let part = forward.each[k][row] - 2f64.ln();
            assert!(forward.mixed[row] >= part - 1e-12 * part.abs());
        }
    }
}

#[test]
fn a_row_that_leaves_the_finite_numbers_goes_back() {
    let config = small(DIM);
    let particle = [layers(&config, 81)];
    let objective = objective(&config, &particle, Density::Rows);
    let mut point = point(&config, 91, 2, false);
    point.targets[0].values.row_mut(1).fill(1e200);
    let found = search(
        &objective,
        &config.search,
        Ascent::Adam,
        point.clone(),
        None,
    );
    assert_eq!(found.outcomes[1], Outcome::Diverged);
    assert_ne!(found.outcomes[0], Outcome::Diverged);
    assert_eq!(found.hidden[0].row(1), point.hidden[0].row(1));
}
