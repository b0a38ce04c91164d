use super::*;
use crate::ensembles::{Weights, bernoulli};
use crate::expander::{Constraints, Decoder};
use crate::linalg::{max_abs, product};
use crate::recovery::linear;
use crate::subspace::{RankRule, Subspace};

/// Planted sparse rows behind a random square matrix.
fn planted(m: usize, n: usize, theta: f64, seed: u64) -> (faer::Mat<f64>, faer::Mat<f64>) {
    let truth = bernoulli(m, n, theta, Weights::Gaussian, seed).unwrap();
    let mixed = bernoulli(m, m, 1.0, Weights::Gaussian, seed + 1000).unwrap();
    (product(mixed.as_ref(), truth.as_ref()), truth)
}

#[test]
fn planted_rows_are_found_exactly() {
    for seed in 0..4 {
        let (y, truth) = planted(10, 115, 0.2, seed);
        let found = learn(y.as_ref(), &ErSpud::default()).unwrap().unwrap();
        assert!(found.is_complete() && found.wanted == 10 && found.outside < 1e-10);
        let matched = match_rows(found.rows.as_ref(), truth.as_ref(), 1e-8).unwrap();
        let mut places: Vec<usize> = matched.into_iter().map(Option::unwrap).collect();
        for (row, &place) in places.iter().enumerate() {
            for j in 0..115 {
                assert_eq!(found.rows[(place, j)] != 0.0, truth[(row, j)] != 0.0);
            }
        }
        places.sort_unstable();
        assert_eq!(places, (0..10).collect::<Vec<_>>());
        let solved = || found.solutions.iter().flatten();
        let certified = solved().filter(|own| own.certified).count();
        assert!(10 * certified >= 9 * solved().count(), "{certified}");
    }
}

#[test]
fn pairs_of_columns_work_too() {
    let (y, truth) = planted(6, 120, 0.25, 5);
    let options = ErSpud {
        start: Start::Pairs,
        ..ErSpud::default()
    };
    let found = learn(y.as_ref(), &options).unwrap().unwrap();
    assert!(found.is_complete());
    let matched = match_rows(found.rows.as_ref(), truth.as_ref(), 1e-8).unwrap();
    assert!(matched.iter().all(Option::is_some));
}

/// Each seed's problem as a linear program over the same affine set.
#[test]
fn seeds_agree_with_the_linear_program() {
    let (y, _) = planted(5, 30, 0.4, 6);
    let whitened = whiten(y.as_ref()).unwrap().unwrap();
    let seeds: Vec<Vec<f64>> = (0..30)
        .map(|j| crate::linalg::col(&whitened, j).to_vec())
        .collect();
    let outside = Subspace::null_of(whitened.as_ref()).unwrap();
    for (seed, found) in seeds
        .iter()
        .zip(solve_seeds(whitened.as_ref(), &seeds, 5000).unwrap())
    {
        let Some(found) = found else {
            assert!(max_abs(seed) < 1e-9);
            continue;
        };
        let direction = crate::linalg::apply(whitened.as_ref().transpose(), seed);
        let basis = outside.basis();
        let rows = faer::Mat::from_fn(26, 30, |i, j| match i < 25 {
            true => basis[(j, i)],
            false => direction[j],
        });
        let mut right = vec![0.0; 26];
        right[25] = 1.0;
        let vertex = linear::basis_pursuit(rows.as_ref(), &right)
            .unwrap()
            .unwrap();
        let expected = crate::linalg::l1(&vertex);
        assert!((found.objective - expected).abs() < 1e-7 * expected);
    }
}

/// Codes too dense are a failure that is said, not rows that are made up.
#[test]
fn dense_codes_are_a_failure_that_is_said() {
    let (y, truth) = planted(10, 60, 0.7, 7);
    let options = ErSpud {
        deflations: 0,
        ..ErSpud::default()
    };
    let found = learn(y.as_ref(), &options).unwrap().unwrap();
    let matched = match_rows(found.rows.as_ref(), truth.as_ref(), 1e-6).unwrap();
    assert!(matched.iter().flatten().count() < 10);
    assert!(found.outside < 1e-6);
    assert!(
        learn(faer::Mat::<f64>::zeros(3, 5).as_ref(), &options)
            .unwrap()
            .is_none()
    );
}

/// From samples to constraints to decoding: nothing but samples is given.
#[test]
fn from_samples_to_decoding() {
    let truth = bernoulli(10, 100, 0.25, Weights::Gaussian, 3).unwrap();
    let hidden = Subspace::null_of(truth.as_ref()).unwrap();
    let coordinates: Vec<Vec<f64>> = (0..300)
        .map(|i| {
            let drawn = attractor_testing::normal_vec(3, &format!("sample {i}"), hidden.rank());
            drawn.into_iter().map(f64::from).collect()
        })
        .collect();
    let samples = hidden.points(&coordinates).unwrap();
    let learned = Subspace::fit(&samples, false, RankRule::Exact).unwrap();
    let found = learn(learned.constraints(), &ErSpud::default())
        .unwrap()
        .unwrap();
    assert!(found.is_complete());
    let matched = match_rows(found.rows.as_ref(), truth.as_ref(), 1e-7).unwrap();
    assert!(matched.iter().all(Option::is_some));
    let graph = Constraints::from_dense(found.rows.as_ref()).unwrap();
    let (mut right, mut all) = (0, 0);
    for place in 0..100 {
        if graph.checks(place).unwrap().len() < 2 {
            continue;
        }
        let mut error = vec![0.0; 100];
        error[place] = 1.5;
        let decoded = Decoder::default()
            .decode(&graph, &graph.syndrome(&error).unwrap())
            .unwrap();
        let apart = max_abs(
            &decoded
                .error
                .iter()
                .zip(&error)
                .map(|(a, b)| a - b)
                .collect::<Vec<_>>(),
        );
        all += 1;
        right += usize::from(decoded.success && apart < 1e-6);
    }
    assert_eq!(right, all);
}

#[test]
fn whole_numbers_are_told() {
    assert_eq!(
        rounded_to_integers(&[0.5, 0.0, -0.25, 1.0], 1e-6),
        Some(vec![2, 0, -1, 4])
    );
    assert_eq!(rounded_to_integers(&[1.0, 0.7], 1e-6), None);
}
