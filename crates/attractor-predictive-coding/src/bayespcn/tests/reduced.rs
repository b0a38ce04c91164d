//! Reduced forms of the objective: clamped sensory layers, masks, single passes over the matrices.

use super::support::{gradient, largest_difference, layers, objective, point, small};
use crate::bayespcn::BayesPcnConfig;
use crate::bayespcn::inference::clamp::{Clamp, Target};
use crate::bayespcn::inference::density::Density;
use crate::bayespcn::inference::objective::{Objective, Point};
use crate::bayespcn::inference::view::{ClampedWeights, Stored, StoredParticle};
use crate::linalg::{Factor, Mat};

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
    let networks: Vec<StoredParticle<f64>> = particles
        .iter()
        .map(|layers| StoredParticle::new(layers, false))
        .collect();
    let clamps: Vec<ClampedWeights<f64>> = particles
        .iter()
        .map(|layers| ClampedWeights::new(&layers[0].mean, None, false))
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
