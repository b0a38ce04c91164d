use attractor_core::rng;

use super::{Basis, Linear, LowRank};
use crate::Matrix;
use crate::capacity::{Capacity, Range, n_log_n, power_law, search};
use crate::embedding::unit_rows;
use crate::precision::{noisy, quantised};
use crate::read::accuracy;

/// Keys and unembeddings of the same width.
fn pair(seed: u64, count: usize, dim: usize) -> (Matrix<f64>, Matrix<f64>) {
    let mut keys = rng::stream(seed, "keys");
    let mut values = rng::stream(seed, "values");
    (
        unit_rows(&mut keys, count, dim).unwrap(),
        unit_rows(&mut values, count, dim).unwrap(),
    )
}

fn identity(count: usize) -> Vec<usize> {
    (0..count).collect()
}

fn gap(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    assert_eq!((a.rows(), a.cols()), (b.rows(), b.cols()));
    a.data()
        .iter()
        .zip(b.data())
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

/// Orthonormal rows by Gram and Schmidt.
fn orthonormal(seed: u64, dim: usize) -> Matrix<f64> {
    let mut rows = pair(seed, dim, dim).0;
    for i in 0..dim {
        for j in 0..i {
            let other = rows.at(j).to_vec();
            let along: f64 = rows.at(i).iter().zip(&other).map(|(a, b)| a * b).sum();
            rows.at_mut(i)
                .iter_mut()
                .zip(&other)
                .for_each(|(a, b)| *a -= along * b);
        }
        let length = rows.at(i).iter().map(|x| x * x).sum::<f64>().sqrt();
        rows.at_mut(i).iter_mut().for_each(|x| *x /= length);
    }
    rows
}

/// P1: with orthonormal keys the scores are the Gram matrix of the values.
#[test]
fn orthonormal_keys_are_read_exactly() {
    let dim = 24;
    let keys = orthonormal(1, dim);
    let (_, values) = pair(1, dim, dim);
    let memory = Linear::hebbian(&keys, &values).unwrap();
    let scores = memory.scores(&keys, &values).unwrap();
    assert!(gap(&scores, &values.dot_t(&values)) < 1e-12);
    assert_eq!(accuracy(&scores, &identity(dim)).unwrap(), 1.0);
}

/// P2: writes add up in any order, and subtraction takes a pair away.
#[test]
fn a_write_is_a_sum() {
    let (keys, values) = pair(2, 20, 12);
    let part = |rows: std::ops::Range<usize>| {
        let rows: Vec<usize> = rows.collect();
        Linear::hebbian(&keys.chosen(&rows), &values.chosen(&rows)).unwrap()
    };
    let whole = Linear::hebbian(&keys, &values).unwrap();
    let merged = part(0..7).merge(&part(7..20)).unwrap();
    assert!(gap(merged.weights(), whole.weights()) < 1e-14);
    let order = rng::permutation(&mut rng::stream(2, "order"), 20);
    let shuffled = Linear::hebbian(&keys.chosen(&order), &values.chosen(&order)).unwrap();
    assert!(gap(shuffled.weights(), whole.weights()) < 1e-14);
    let mut less = whole.clone();
    less.subtract(&keys.part(7, 13), &values.part(7, 13))
        .unwrap();
    assert!(gap(less.weights(), part(0..7).weights()) < 1e-14);
}

/// P3: a rotation of all keys changes no score.
#[test]
fn rotated_keys_are_read_alike() {
    let (keys, values) = pair(3, 30, 16);
    let rotated = keys.dot(&orthonormal(4, 16));
    let scores = |keys| {
        Linear::hebbian(keys, &values)
            .unwrap()
            .scores(keys, &values)
            .unwrap()
    };
    assert!(gap(&scores(&keys), &scores(&rotated)) < 1e-12);
}

/// P4: wrong scores of an injective map have the variance `(N - 2) / d^2 + 2 / d`.
#[test]
fn noise_follows_its_law() {
    let (dim, count) = (128, 400);
    let (keys, values) = pair(5, count, dim);
    let scores = Linear::hebbian(&keys, &values)
        .unwrap()
        .scores(&keys, &values)
        .unwrap();
    let (mut signal, mut square) = (0.0, 0.0);
    for x in 0..count {
        for y in 0..count {
            match x == y {
                true => signal += scores.at(x)[y] / count as f64,
                false => square += scores.at(x)[y].powi(2),
            }
        }
    }
    let measured = (square / (count * (count - 1)) as f64).sqrt();
    let law = ((count as f64 - 2.0) / (dim * dim) as f64 + 2.0 / dim as f64).sqrt();
    assert!(
        (law - 0.2).abs() < 1e-3 && (measured / law - 1.0).abs() < 0.05,
        "{measured} {law}"
    );
    assert!((signal - 1.0).abs() < 0.05, "{signal}");
}

/// The largest number of pairs of which 99 % are read: means over nested seeds.
fn capacity(dim: usize, seeds: u64) -> f64 {
    let most = dim * dim / 8;
    let total: usize = (0..seeds)
        .map(|seed| {
            let (keys, values) = pair(seed, most, dim);
            let range = Range {
                lowest: 2,
                highest: most,
                ratio: 1.01,
            };
            let found = search(range, |count| {
                let (keys, values) = (keys.part(0, count), values.part(0, count));
                let memory = Linear::hebbian(&keys, &values)?;
                let share = accuracy(&memory.scores(&keys, &values)?, &identity(count))?;
                Ok(share >= 0.99)
            });
            match found.unwrap() {
                Capacity::Found(count) => count,
                other => panic!("dimension {dim}: {other:?}"),
            }
        })
        .sum();
    total as f64 / seeds as f64
}

/// P5, first half: `N ln N` grows in proportion to the parameters.
#[test]
fn capacity_grows_with_the_parameters() {
    let points: Vec<(f64, f64)> = [16, 32, 64, 128]
        .map(|dim| {
            let count = capacity(dim, 5);
            ((dim * dim) as f64, count * count.ln())
        })
        .to_vec();
    let law = power_law(&points).unwrap();
    assert!((0.85..=1.25).contains(&law.slope), "{law:?} {points:?}");
    assert!(n_log_n(20) > 59.0 && n_log_n(20) < 60.0);
}

/// Without balance, large classes draw the answers of others.
#[test]
fn classes_are_told_apart_when_balanced() {
    let (dim, count) = (64, 120);
    let mut plain = [0.0; 2];
    let mut balanced = [0.0; 2];
    for seed in 0..5 {
        let (keys, answers) = pair(seed, count, dim);
        // One class of half of the keys, the others of one key each.
        let targets: Vec<usize> = (0..count).map(|x| x.saturating_sub(count / 2)).collect();
        let answers = answers.part(0, count / 2);
        let hebbian = Linear::hebbian(&keys, &answers.chosen(&targets)).unwrap();
        let even = Linear::class_balanced(&keys, &targets, &answers).unwrap();
        for (memory, sum) in [(hebbian, &mut plain), (even, &mut balanced)] {
            let scores = memory.scores(&keys, &answers).unwrap();
            let small = scores.part(count / 2 + 1, count / 2 - 1);
            sum[0] += accuracy(&small, &targets[count / 2 + 1..]).unwrap() / 5.0;
            sum[1] += accuracy(&scores, &targets).unwrap() / 5.0;
        }
    }
    assert!(
        plain[0] < 0.9 && balanced[0] > plain[0] + 0.05,
        "{plain:?} {balanced:?}"
    );
}

/// P8, first half: ridge regression reads at least as much as the sum.
#[test]
fn ridge_reads_no_less_than_the_sum() {
    for (dim, count) in [(32, 64), (32, 128), (64, 128)] {
        let mut means = [0.0; 2];
        for seed in 0..5 {
            let (keys, values) = pair(seed, count, dim);
            let sum = Linear::hebbian(&keys, &values).unwrap();
            let ridge = Linear::ridge(&keys, &values, 0.05).unwrap();
            for (memory, mean) in [sum, ridge].iter().zip(&mut means) {
                let scores = memory.scores(&keys, &values).unwrap();
                *mean += accuracy(&scores, &identity(count)).unwrap() / 5.0;
            }
        }
        assert!(means[1] >= means[0] - 0.01, "{dim} {count}: {means:?}");
    }
    // With fewer keys than dimensions and no ridge, values come back as they are.
    let (keys, values) = pair(9, 10, 16);
    let exact = Linear::ridge(&keys, &values, 0.0);
    assert!(gap(&exact.unwrap().recall(&keys).unwrap(), &values) < 1e-10);
}

/// P9, and the same with noise.
#[test]
fn few_bits_are_enough() {
    let (dim, count) = (64, 80);
    let shares = |change: &dyn Fn(&Matrix<f64>, u64) -> Matrix<f64>| {
        let of = |seed| {
            let (keys, values) = pair(seed, count, dim);
            let memory = Linear::hebbian(&keys, &values).unwrap();
            let changed = Linear::of(change(memory.weights(), seed)).unwrap();
            accuracy(&changed.scores(&keys, &values).unwrap(), &identity(count)).unwrap()
        };
        (0..10).map(of).sum::<f64>() / 10.0
    };
    let exact = shares(&|weights, _| weights.clone());
    for (bits, allowed) in [(4, 0.005), (8, 0.005), (1, 0.03)] {
        let share = shares(&|weights, _| quantised(weights, bits).unwrap());
        assert!(
            (exact - share).abs() < allowed,
            "{bits} bits: {share} {exact}"
        );
    }
    let with = |factor| {
        shares(&|weights, seed| noisy(weights, factor, &mut rng::stream(seed, "noise")).unwrap())
    };
    assert!(with(0.25) > 0.99 && with(2.0) < 0.8 && with(0.0) == exact);
}

/// Levels are what the quantiser says they are.
#[test]
fn quantised_weights_have_that_many_levels() {
    let weights = Matrix::new(1, 6, vec![-9.0, -1.0, -0.1, 0.1, 1.0, 9.0]).unwrap();
    for bits in 1..=4u32 {
        let mut levels: Vec<f64> = quantised(&weights, bits).unwrap().data().to_vec();
        assert!(levels.iter().zip(weights.data()).all(|(q, w)| q * w > 0.0));
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        assert!(levels.len() <= 1 << bits, "{bits}: {levels:?}");
    }
    let fine = quantised(&weights, 16).unwrap();
    assert!(gap(&fine, &weights) < 1e-3);
    let message = quantised(&weights, 17).unwrap_err().to_string();
    assert_eq!(message, "quantised.bits: must be from 1 to 16, found 17");
}

/// As many pairs as the rank are read exactly in the dual basis, and with noise otherwise.
#[test]
fn low_ranks_hold_as_many_pairs() {
    let (keys, values) = pair(6, 8, 32);
    let exact = LowRank::of_pairs(&keys, &values, 8, Basis::Dual).unwrap();
    assert!(gap(&exact.recall(&keys).unwrap(), &values) < 1e-12);
    assert_eq!(exact.parameters(), 8 * 64);
    let plain = LowRank::of_pairs(&keys, &values, 10, Basis::Plain).unwrap();
    let sum = Linear::hebbian(&keys, &values).unwrap();
    let recalled = plain.recall(&keys).unwrap();
    assert!(gap(&recalled, &sum.recall(&keys).unwrap()) < 1e-12);
    let message = LowRank::of_pairs(&keys, &values, 7, Basis::Dual)
        .unwrap_err()
        .to_string();
    assert!(message.contains("found 8 pairs at rank 7"), "{message}");
    let twice = keys.chosen(&[0, 0]);
    let message = LowRank::of_pairs(&twice, &values.part(0, 2), 4, Basis::Dual);
    assert!(
        message
            .unwrap_err()
            .to_string()
            .starts_with("keys: must be linearly independent")
    );
    // The best approximation: all of a memory of that rank, and errors that fall with the rank.
    let whole = LowRank::truncate(&sum, 8).unwrap();
    assert!(gap(&whole.recall(&keys).unwrap(), &sum.recall(&keys).unwrap()) < 1e-12);
    let mut before = f64::INFINITY;
    for rank in [1, 3, 6] {
        let cut = LowRank::truncate(&sum, rank).unwrap();
        let mut error = cut.up().dot(cut.down());
        error.add_scaled(-1.0, sum.weights());
        assert!(error.mean_square() < before);
        before = error.mean_square();
    }
}

#[test]
fn mistakes_are_named_and_store_nothing() {
    let (keys, values) = pair(7, 4, 6);
    let mut memory = Linear::hebbian(&keys, &values).unwrap();
    let before = memory.clone();
    let mut bad = keys.clone();
    bad.at_mut(2)[1] = f64::NAN;
    for (keys, values, expected) in [
        (
            &bad,
            &values,
            "keys: expected finite numbers, found NaN at row 2, column 1",
        ),
        (
            &keys,
            &values.part(0, 3),
            "values: expected 4 rows, found 3",
        ),
        (
            &Matrix::zeros(4, 5),
            &values,
            "keys: expected shape [n, 6], found [4, 5]",
        ),
        (
            &Matrix::zeros(0, 6),
            &values,
            "keys: expected at least one row, found a [0, 6] batch",
        ),
    ] {
        assert_eq!(memory.add(keys, values).unwrap_err().to_string(), expected);
        assert_eq!(memory, before);
    }
    let huge = Matrix::from_fn(4, 6, |_, _| 1e300);
    let message = memory.add(&huge, &huge).unwrap_err().to_string();
    assert!(
        message.starts_with("weights after the write: expected finite numbers"),
        "{message}"
    );
    assert_eq!(memory, before);
    let message = Linear::ridge(
        &keys.chosen(&[0, 0, 0, 0, 0, 0, 0]),
        &Matrix::zeros(7, 2),
        0.0,
    );
    assert!(
        message
            .unwrap_err()
            .to_string()
            .starts_with("ridge.lambda: must be large enough")
    );
    let message = memory.merge(&Linear::empty(3, 6)).unwrap_err().to_string();
    assert!(
        message.contains("weights [6, 6]") && message.contains("[3, 6]"),
        "{message}"
    );
    let message = Linear::class_balanced(&keys, &[0, 1, 9, 0], &values).unwrap_err();
    assert_eq!(
        message.to_string(),
        "target: expected an index below 4, found 9"
    );
}
