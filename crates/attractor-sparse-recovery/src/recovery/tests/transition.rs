//! How many errors are found.

use super::*;
use crate::curve::expected_capacity;
use crate::guarantees;

/// Words without errors come back bit for bit.
#[test]
fn nothing_to_correct() {
    let own = ensembles::subspace(Ensemble::Gaussian, 50, 20, 1).unwrap();
    let words = words(&own, 0, Errors::Gaussian, 1, 5);
    for found in run(&own, &words, Solver::Admm) {
        assert_eq!(found.status, Status::Stored);
        assert!(found.error.iter().all(|e| *e == 0.0));
    }
}

/// At six tenths of the transition nearly every word is recovered, in every ensemble, and said to be.
#[test]
fn far_below_the_transition_errors_are_found() {
    let (n, m) = (200, 100);
    let t = (0.6 * expected_capacity(n, m)) as usize;
    for ensemble in ALL {
        let (mut good, mut all) = (0, 0);
        for seed in 0..4 {
            let own = ensembles::subspace(ensemble, n, n - m, seed).unwrap();
            let words = words(&own, t, Errors::Gaussian, seed, 50);
            let found = run(&own, &words, Solver::Admm);
            good += recovered(&found, &words);
            all += words.len();
            for (found, word) in found.iter().zip(&words) {
                assert!(found.status != Status::Exact || error_of(found, word) < 1e-9);
            }
        }
        assert!(1000 * good >= 995 * all, "{ensemble:?}: {good} of {all}");
    }
}

/// Every support and every sign up to the bound by coherence, exhaustively.
#[test]
fn coherence_guarantees_small_errors() {
    let own = ensembles::subspace(Ensemble::Dct, 24, 3, 2).unwrap();
    let mu = guarantees::coherence(own.constraints());
    let t = guarantees::coherence_bound(mu, 24);
    assert!(t >= 2, "{mu}");
    let mut cues = Vec::new();
    for i in 0..24 {
        for j in 0..i {
            for sign in [1.0, -1.0] {
                let mut error = vec![0.0; 24];
                (error[i], error[j]) = (1.0, sign);
                cues.push(error);
            }
        }
    }
    let found = recover(
        &own,
        &columns(24, &cues).unwrap(),
        &Solver::Admm,
        &Settings::default(),
    )
    .unwrap();
    for (found, error) in found.iter().zip(&cues) {
        let apart: Vec<f64> = found.error.iter().zip(error).map(|(a, b)| a - b).collect();
        assert!(max_abs(&apart) < 1e-9 && found.status == Status::Exact);
    }
}

/// The share recovered falls with the errors, and the point of one half lies where the curve says.
#[test]
fn the_transition_is_where_the_curve_says() {
    let mut halves: Vec<f64> = Vec::new();
    for m in [60, 100, 140] {
        let predicted = expected_capacity(200, m);
        let counts: Vec<usize> = (0..7)
            .map(|i| (predicted * (0.7 + 0.1 * f64::from(i))).round() as usize)
            .collect();
        let mut shares = Vec::new();
        for &t in &counts {
            let mut good = 0;
            for seed in 0..4 {
                let own = ensembles::subspace(Ensemble::Gaussian, 200, 200 - m, seed).unwrap();
                let words = words(&own, t, Errors::Gaussian, seed, 10);
                let settings = Settings {
                    max_iterations: 800,
                    ..Settings::default()
                };
                let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
                let cues = columns(200, &cues).unwrap();
                let found = recover(&own, &cues, &Solver::Admm, &settings).unwrap();
                good += recovered(&found, &words);
            }
            shares.push(good as f64 / 40.0);
        }
        // Three standard errors of a share of 40.
        assert!(
            shares.windows(2).all(|pair| pair[1] <= pair[0] + 0.25),
            "{shares:?}"
        );
        let at = shares
            .iter()
            .position(|&share| share < 0.5)
            .expect("fails at the end");
        assert!(at > 0, "{shares:?}");
        let (high, low) = (shares[at - 1], shares[at]);
        let (a, b) = (counts[at - 1] as f64, counts[at] as f64);
        let half = a + (b - a) * (high - 0.5) / (high - low);
        assert!(
            (half / predicted - 1.0).abs() < 0.12,
            "{m}: {half} beside {predicted}"
        );
        halves.push(half);
    }
    // More constraints correct more.
    assert!(halves.is_sorted(), "{halves:?}");
}
