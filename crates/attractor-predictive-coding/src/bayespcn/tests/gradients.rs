//! The objective of inference: its gradient, its climb, its reduced forms.

use attractor_core::Outcome;

use super::support::{largest_difference, normal, posterior, small};
use crate::bayespcn::clamp::{Clamp, Target};
use crate::bayespcn::density::Density;
use crate::bayespcn::energy::{Gradient, Objective, Point, Value};
use crate::bayespcn::linalg::Mat;
use crate::bayespcn::panels::Factor;
use crate::bayespcn::search::{Ascent, search};
use crate::bayespcn::view::{Network, Sensory, Stored, View};
use crate::bayespcn::{Activation, BayesPcnConfig, MatrixNormal, SearchConfig};

const DIM: usize = 9;

fn layers(config: &BayesPcnConfig, seed: u64) -> Vec<MatrixNormal> {
    (0..config.layers)
        .map(|l| {
            let (inputs, outputs) = config.shape(l);
            posterior(seed + 10 * l as u64, inputs, outputs)
        })
        .collect()
}

fn objective<'a>(
    config: &'a BayesPcnConfig,
    particles: &'a [Vec<MatrixNormal>],
    density: Density,
) -> Objective<'a> {
    let share = -(particles.len() as f64).ln();
    let views = particles.iter().map(|layers| View::whole(layers, share));
    Objective {
        config,
        views: views.collect(),
        density,
    }
}

fn point(config: &BayesPcnConfig, seed: u64, rows: usize, coupled: bool) -> Point {
    let hidden = (1..config.layers).map(|l| normal(seed + l as u64, rows, config.hidden));
    let values = normal(seed, rows, config.dim);
    let rest = Mat::zeros(rows, if coupled { rows } else { 1 });
    Point {
        hidden: hidden.collect(),
        targets: vec![Target {
            values,
            rest,
            mask: None,
        }],
    }
}

fn gradient(objective: &Objective<'_>, point: &Point, sensory: bool) -> (Value, Gradient) {
    let mut space = objective.workspace();
    objective.evaluate(point, sensory, &mut space);
    (space.value, space.gradient)
}

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

/// Density and gradient of the lowest hidden layer, for a sensory layer seen as `map` and `target`.
fn through(
    direct: &Objective<'_>,
    hidden: &[Mat],
    map: (&Mat, bool),
    target: Target,
) -> (Vec<f64>, Vec<f64>) {
    let mut views = direct.views.clone();
    views[0].sheets[0].map = Factor {
        forward: map.0.view(),
        backward: map.0.view().transpose(),
        stored: None,
        lower: map.1,
    };
    let objective = Objective { views, ..*direct };
    let point = Point {
        hidden: hidden.to_vec(),
        targets: vec![target],
    };
    let (value, gradient) = gradient(&objective, &point, false);
    (value.mixed, gradient.hidden[0].data.clone())
}

fn agree(a: &(Vec<f64>, Vec<f64>), b: &(Vec<f64>, Vec<f64>)) {
    for (a, b) in a.0.iter().zip(&b.0) {
        assert!((a - b).abs() <= 1e-10 * b.abs(), "{a} {b}");
    }
    let size = b.1.iter().fold(0.0, |top: f64, g| top.max(g.abs()));
    let difference = largest_difference(&a.1, &b.1);
    assert!(difference <= 1e-10 * size, "{difference} {size}");
}

#[test]
fn the_reduced_sensory_layer_has_the_same_density_and_gradient() {
    let config = small(60);
    let regular = layers(&config, 21);
    // Two inputs with the same weights, nearly: too near for the normal equations.
    let mut singular = regular.clone();
    for at in 0..60 {
        singular[0].mean.data[60 + at] = singular[0].mean.data[at] * (1.0 + 1e-9 * at as f64);
    }
    let known: Vec<usize> = (0..60).filter(|at| at % 3 != 0).collect();
    for (particle, square) in [(regular, true), (singular, false)] {
        let particle = [particle];
        let weights = &particle[0][0].mean;
        for known in [None, Some(known.as_slice())] {
            for (density, coupled) in [(Density::Rows, false), (Density::Joint, true)] {
                let direct = objective(&config, &particle, density);
                let whole = point(&config, 31, 3, coupled);
                let x = &whole.targets[0].values;
                let clamp = Clamp::new(weights, known);
                assert_eq!(clamp.is_cholesky(), square);
                let (map, lower) = clamp.map(weights);
                assert_eq!((map.cols, lower), (config.hidden, true));
                let target = clamp.target(weights, x, coupled);
                let reduced = through(&direct, &whole.hidden, (map, lower), target);
                let picked = match known {
                    None => (weights.clone(), x.clone()),
                    Some(known) => (weights.pick_columns(known), x.pick_columns(known)),
                };
                let mut target = whole.targets[0].clone();
                target.values = picked.1;
                let plain = through(&direct, &whole.hidden, (&picked.0, false), target);
                agree(&reduced, &plain);
            }
        }
    }
}

#[test]
fn masked_errors_are_those_of_the_known_entries() {
    let config = small(60);
    let particle = [layers(&config, 21)];
    let weights = &particle[0][0].mean;
    let direct = objective(&config, &particle, Density::Rows);
    let whole = point(&config, 31, 3, false);
    let x = &whole.targets[0].values;
    let known: Vec<usize> = (0..60).filter(|at| at % 3 != 0).collect();
    let mut target = whole.targets[0].clone();
    let mask = (0..180).map(|at| if at % 3 == 0 { 0.0 } else { 1.0 });
    target.mask = Some(Mat::new(3, 60, mask.collect()));
    let masked = through(&direct, &whole.hidden, (weights, false), target);
    let picked = weights.pick_columns(&known);
    let target = Target::plain(x.pick_columns(&known));
    let alone = through(&direct, &whole.hidden, (&picked, false), target);
    agree(&masked, &alone);
}

#[test]
fn one_pass_over_the_matrices_gives_the_same_numbers() {
    // A network with bands of several groups, and widths that no register divides.
    let config = BayesPcnConfig {
        hidden: 39,
        ..small(303)
    };
    let particles = [layers(&config, 1), layers(&config, 900)];
    let direct = objective(&config, &particles, Density::Rows);
    let networks: Vec<Network<f64>> = particles
        .iter()
        .map(|layers| Network::new(layers, false))
        .collect();
    let clamps: Vec<Sensory<f64>> = particles
        .iter()
        .map(|layers| Sensory::new(&layers[0].mean, None, false))
        .collect();
    let whole: Vec<Stored<f64>> = particles
        .iter()
        .map(|layers| Stored::map(&layers[0].mean, false, false))
        .collect();
    let mask: Vec<f64> = (0..606)
        .map(|at| f64::from(at % 7 < 3 && at % 303 > 30))
        .collect();
    for density in [Density::Rows, Density::Mean] {
        for masked in [false, true] {
            let direct = Objective {
                views: direct.views.clone(),
                density,
                ..direct
            };
            let mut plain = point(&config, 5, 2, false);
            let mut swept = plain.clone();
            let maps: Vec<&Stored<f64>> = if masked {
                let mask = Mat::new(2, 303, mask.clone());
                plain.targets[0].mask = Some(mask.clone());
                swept.targets[0].mask = Some(mask);
                whole.iter().collect()
            } else {
                let targets = clamps.iter().zip(&particles).map(|(clamp, layers)| {
                    let x = &plain.targets[0].values;
                    clamp.clamp.target(&layers[0].mean, x, false)
                });
                swept.targets = targets.collect();
                clamps.iter().map(|clamp| &clamp.map).collect()
            };
            let views = networks.iter().zip(maps).zip(&direct.views);
            let views = views.map(|((network, map), view)| network.view(map, view.log_weight));
            let once = Objective {
                views: views.collect(),
                density,
                ..direct
            };
            let (a, ga) = gradient(&once, &swept, false);
            let (b, gb) = gradient(&direct, &plain, false);
            for (a, b) in a.mixed.iter().zip(&b.mixed) {
                assert!((a - b).abs() <= 1e-10 * b.abs(), "{a} {b}");
            }
            for (a, b) in ga.hidden.iter().zip(&gb.hidden) {
                let size = b.data.iter().fold(0.0, |top: f64, g| top.max(g.abs()));
                let difference = largest_difference(&a.data, &b.data);
                assert!(difference <= 1e-10 * size, "{masked} {difference} {size}");
            }
        }
    }
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
