//! What the rules learn: definitions, increments, down-dates.

use super::*;
use crate::algebra::{Matrix, dot, solve};
use crate::rules::{Gradient, Hebb, Learner, Perceptron, Projector, doubles};

/// `X^T (X X^T)^-1 X`.
fn batch_projector(patterns: &[i8], units: usize) -> Matrix {
    let rows: Vec<Vec<f64>> = patterns.chunks_exact(units).map(doubles).collect();
    let count = rows.len();
    let gram = Matrix::from_fn(count, count, |a, b| dot(&rows[a], &rows[b]));
    let mut projector = Matrix::zeros(units, units);
    for (a, row) in rows.iter().enumerate() {
        let unit: Vec<f64> = (0..count).map(|b| f64::from(a == b)).collect();
        let weights = solve(&gram, &unit).unwrap();
        for (weight, other) in weights.iter().zip(&rows) {
            projector.add_outer(*weight, row, other);
        }
    }
    projector
}

fn difference(a: &Matrix, b: &Matrix) -> f64 {
    let pairs = a.values().iter().zip(b.values());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Section 7, test 16.
#[test]
fn projectors_grow_and_shrink() {
    let (count, units) = (20, 60);
    let mut patterns = random(1, count, units);
    let mut projector = Projector::new(units);
    for (index, pattern) in patterns.chunks_exact(units).enumerate() {
        assert!(projector.add(index, pattern));
    }
    assert!(difference(projector.matrix(), &batch_projector(&patterns, units)) < 1e-10);
    // A repetition and a negative change nothing.
    let before = projector.matrix().clone();
    let twin: Vec<i8> = patterns[..units].to_vec();
    patterns.extend(&twin);
    assert!(!projector.add(count, &twin));
    let negative: Vec<i8> = patterns[units..2 * units].iter().map(|x| -x).collect();
    patterns.extend(&negative);
    assert!(!projector.add(count + 1, &negative));
    assert_eq!(projector.matrix(), &before);
    // When the first goes its twin takes its place, and goes too.
    for index in [0, 5, 18, 3] {
        projector.remove(index, &patterns);
        patterns.drain(index * units..(index + 1) * units);
    }
    // Of 22 patterns, 18 are left, the last of them the negative of one of the others.
    assert_eq!((patterns.len() / units, projector.rank()), (18, 17));
    let independent = &patterns[..17 * units];
    assert!(difference(projector.matrix(), &batch_projector(independent, units)) < 1e-10);
    for index in (0..18).rev() {
        projector.remove(index, &patterns);
        patterns.truncate(index * units);
    }
    assert!(difference(projector.matrix(), &Matrix::zeros(units, units)) < 1e-10);
}

#[test]
fn hebb_subtracts_what_it_added() {
    let patterns = random(2, 7, 30);
    let (mut all, mut rest) = (Hebb::new(30), Hebb::new(30));
    patterns
        .chunks_exact(30)
        .for_each(|pattern| all.add(pattern));
    patterns[30..]
        .chunks_exact(30)
        .for_each(|pattern| rest.add(pattern));
    for k in 0..30 {
        for l in 0..30 {
            let products = patterns.chunks_exact(30).map(|x| f64::from(x[k] * x[l]));
            let expected = if k == l {
                0.0
            } else {
                products.sum::<f64>() / 30.0
            };
            assert!((all.coupling().at(k, l) - expected).abs() < 1e-15);
        }
    }
    all.remove(&patterns[..30]);
    assert_eq!(all, rest);
}

/// Every unit has its margin, and sweeps go on from what is there.
#[test]
fn perceptrons_have_margins() {
    let (count, units) = (40, 60);
    let patterns = random(3, count, units);
    let margins = |coupling: &Matrix| {
        let rows = patterns.chunks_exact(units).map(doubles);
        let least = rows.map(|x| {
            let fields = coupling.times(&x);
            fields
                .iter()
                .zip(&x)
                .map(|(g, x)| g * x)
                .fold(f64::INFINITY, f64::min)
        });
        least.fold(f64::INFINITY, f64::min)
    };
    let mut batch = Perceptron::new(units, 1.0, 1.0, 1000);
    assert!(batch.learn(&patterns).unwrap() > 1);
    assert!(margins(batch.coupling()) >= 1.0 - 1e-12);
    let mut online = Perceptron::new(units, 1.0, 1.0, 1000);
    online.learn(&patterns[..20 * units]).unwrap();
    let half = online.coupling().clone();
    online.learn(&patterns).unwrap();
    assert!(margins(online.coupling()) >= 1.0 - 1e-12);
    assert_ne!(&half, online.coupling());
    // What holds already is left alone.
    let before = online.coupling().clone();
    assert_eq!(online.learn(&patterns).unwrap(), 1);
    assert_eq!(online.coupling(), &before);
    // More than twice as many random patterns as units never have it.
    let many = random(4, 30, 10);
    let message = Perceptron::new(10, 1.0, 1.0, 200)
        .learn(&many)
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("found 30 patterns of 10 units after 200 sweeps"),
        "{message}"
    );
}

/// The gradient vanishes at the minimiser, and no step from it is down.
#[test]
fn gradient_rule_is_at_its_minimum() {
    let (count, units) = (12, 20);
    let patterns = random(5, count, units);
    let mut rule = Gradient::new(units, 1.0, 0.05);
    rule.learn(&patterns).unwrap();
    let coupling = rule.coupling().clone();
    for k in 0..units {
        for l in (0..units).filter(|&l| l != k) {
            // d/dJ_kl = -sum_mu sigmoid(kappa - z) xi_k xi_l + ridge J_kl.
            let terms = patterns.chunks_exact(units).map(|x| {
                let x = doubles(x);
                let z = x[k] * dot(coupling.row(k), &x);
                x[k] * x[l] / (1.0 + (z - 1.0f64).exp())
            });
            let gradient = 0.05 * coupling.at(k, l) - terms.sum::<f64>();
            assert!(gradient.abs() < 1e-10, "{k}, {l}: {gradient}");
        }
    }
    // One more, one less: from where it stands to the minimiser of what is there.
    let mut grown = Gradient::new(units, 1.0, 0.05);
    grown.learn(&patterns[..6 * units]).unwrap();
    grown.learn(&patterns).unwrap();
    assert!(difference(grown.coupling(), &coupling) < 1e-10);
    grown.remove(3);
    let mut rest = patterns.clone();
    rest.drain(3 * units..4 * units);
    grown.learn(&rest).unwrap();
    let mut fresh = Gradient::new(units, 1.0, 0.05);
    fresh.learn(&rest).unwrap();
    assert!(difference(grown.coupling(), fresh.coupling()) < 1e-10);
}

/// How patterns were cut into writes makes no difference, nor does what came and went.
#[test]
fn learners_depend_on_what_is_stored_alone() {
    let (count, units) = (8, 30);
    let patterns = random(6, count, units);
    for rule in [
        LearningRule::Hebb,
        PINV,
        LearningRule::PERCEPTRON,
        LearningRule::GRADIENT,
    ] {
        let mut once = Learner::new(rule, units);
        once.add(&patterns, 0, units).unwrap();
        let mut twice = Learner::new(rule, units);
        twice.add(&patterns[..3 * units], 0, units).unwrap();
        twice.add(&patterns, 3, units).unwrap();
        assert!(
            difference(&once.coupling(), &twice.coupling()) < 1e-10,
            "{rule:?}"
        );
        once.remove(&patterns, 2, units).unwrap();
        let mut rest = patterns.clone();
        rest.drain(2 * units..3 * units);
        let mut never = Learner::new(rule, units);
        never.add(&rest, 0, units).unwrap();
        assert!(
            difference(&once.coupling(), &never.coupling()) < 1e-10,
            "{rule:?}"
        );
    }
}

/// Section 7, test 17.
#[test]
fn rank_of_the_weights() {
    let (count, units) = (5, 20);
    let rule = LearningRule::PseudoInverse {
        keep_diagonal: true,
    };
    let network = network(rule, &random(7, count, units), units);
    let rank = network.weights(1).rank().unwrap();
    assert_eq!(rank, units + count);
    assert_eq!(network.weights(3).rank().unwrap(), rank);
    assert_eq!(
        network.low_rank().unwrap().latent(&[0.0; 40]).len(),
        units + count
    );
    let zero = super::network(PINV, &random(7, count, units), units);
    assert!(zero.weights(1).rank().unwrap() <= 2 * units);
}
