//! What is claimed, and what is not.

use super::*;
use crate::curve::expected_capacity;
use crate::linalg::{col, l1};
use crate::subspace::{Evidence, RankRule};

/// Beyond the transition an answer is never called exact unless it explains the cue at least as well.
#[test]
fn failures_are_said() {
    let solvers = [
        Solver::Admm,
        Solver::Irls,
        Solver::Pursuit(0),
        Solver::MessagePassing,
    ];
    for (ensemble, solver) in ALL
        .into_iter()
        .flat_map(|own| solvers.map(|solver| (own, solver)))
    {
        let own = ensembles::subspace(ensemble, 100, 50, 4).unwrap();
        let t = (1.5 * expected_capacity(100, 50)).ceil() as usize;
        let words = words(&own, t, Errors::Gaussian, 4, 40);
        let mut wrong = 0;
        for (found, word) in run(&own, &words, solver).iter().zip(&words) {
            if error_of(found, word) > 1e-3 {
                wrong += 1;
                let explains = found.residual < 1e-8 && found.l1() <= l1(&word.error) + 1e-9;
                assert!(
                    found.status != Status::Exact || explains,
                    "{solver:?} {found:?}"
                );
                assert!(!found.status.is_recalled() || found.residual < 1e-8);
            }
        }
        assert!(wrong > 20, "{ensemble:?} {solver:?}: {wrong}");
    }
}

/// Where an entry could stand in for another, nobody claims to know which was wrong.
#[test]
fn parallel_columns_are_no_claim() {
    // Entries 0 and 1 differ by a factor in every constraint, 2 and 3 together make up 4.
    let mut rows = ensembles::bernoulli(8, 20, 1.0, ensembles::Weights::Gaussian, 3).unwrap();
    for i in 0..8 {
        rows[(i, 1)] = 2.0 * rows[(i, 0)];
        rows[(i, 4)] = rows[(i, 2)] + rows[(i, 3)];
    }
    let own = Subspace::null_of(rows.as_ref()).unwrap();
    for (place, single) in [(0, false), (1, false), (4, true), (7, true)] {
        let mut cue = vec![0.0; 20];
        cue[place] = 1.0;
        let cues = columns(20, &[cue.clone()]).unwrap();
        let found = recover(&own, &cues, &Solver::Admm, &Settings::default())
            .unwrap()
            .remove(0);
        let right = found.error[place] == 1.0 || (found.error[place] - 1.0).abs() < 1e-9;
        assert!(
            found.status != Status::Exact || (single && right),
            "{place} {found:?}"
        );
    }
}

/// Words of a subspace of dimension 30 with 4 errors, read with constraints from so many noisy samples.
fn read_after(count: usize, rule: RankRule, noise: f64, seed: u64) -> (Evidence, [usize; 2]) {
    let truth = ensembles::subspace(Ensemble::Gaussian, 60, 30, seed).unwrap();
    let coordinates: Vec<Vec<f64>> = (0..count)
        .map(|i| {
            let drawn = attractor_testing::normal_vec(seed, &format!("sample {i}"), 30);
            drawn.into_iter().map(f64::from).collect()
        })
        .collect();
    let mut samples = truth.points(&coordinates).unwrap();
    let drawn = attractor_testing::normal_vec(seed, "noise", 60 * count);
    for (k, error) in drawn.into_iter().enumerate() {
        samples[(k % 60, k / 60)] += noise * f64::from(error);
    }
    let learned = Subspace::fit(&samples, false, rule).unwrap();
    let words = words(&truth, 4, Errors::Gaussian, seed, 20);
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let settings = Settings {
        noise: noise * 60f64.sqrt(),
        ..Settings::default()
    };
    let found = recover(
        &learned,
        &columns(60, &cues).unwrap(),
        &Solver::Admm,
        &settings,
    )
    .unwrap();
    let (mut silent, mut right) = (0, 0);
    for (found, word) in found.iter().zip(&words) {
        let near = error_of(found, word) < 0.2;
        right += usize::from(near && found.status.is_recalled());
        silent += usize::from(!near && found.status.is_recalled());
    }
    (learned.evidence(), [silent, right])
}

/// Constraints of fewer noisy samples than the dimension are wrong, and no answer that rests on them is a claim;
/// those of enough samples are.
#[test]
fn constraints_of_too_few_noisy_samples_are_no_claim() {
    for seed in 0..5 {
        for count in [8, 20, 29, 30] {
            for rule in [RankRule::LargestGap, RankRule::Exact] {
                let (evidence, [silent, _]) = read_after(count, rule, 1e-3, seed);
                assert_ne!(evidence, Evidence::Settled, "{count} {rule:?} {seed}");
                assert_eq!(silent, 0, "{count} {rule:?} {seed}");
            }
        }
        let (evidence, [silent, right]) = read_after(120, RankRule::LargestGap, 1e-3, seed);
        assert_eq!((evidence, silent), (Evidence::Settled, 0), "{seed}");
        assert!(right >= 18, "{seed}: {right}");
    }
}

/// What the samples say follows from the spectrum, from recuts, and from the mean.
#[test]
fn evidence_follows_the_samples() {
    let own = |count: usize, centred: bool, rule: RankRule| {
        let rows = ensembles::bernoulli(count, 12, 1.0, ensembles::Weights::Gaussian, 5).unwrap();
        let samples = faer::Mat::from_fn(12, count, |i, j| match i < 6 {
            true => rows[(j, i)],
            false => rows[(j, i - 6)],
        });
        Subspace::fit(&samples, centred, rule).unwrap()
    };
    // Six dimensions.
    for (count, centred, rule, expected) in [
        (4, false, RankRule::Exact, Evidence::Growing),
        (6, false, RankRule::Exact, Evidence::Growing),
        (7, false, RankRule::Exact, Evidence::Settled),
        (7, true, RankRule::Exact, Evidence::Growing),
        (8, true, RankRule::Exact, Evidence::Settled),
        (9, false, RankRule::LargestGap, Evidence::Settled),
        (5, false, RankRule::LargestGap, Evidence::NoGap),
        (9, false, RankRule::Fixed(3), Evidence::Settled),
    ] {
        let found = own(count, centred, rule).evidence();
        assert_eq!(found, expected, "{count} {centred} {rule:?}");
    }
    let recut = own(5, false, RankRule::LargestGap)
        .recut(RankRule::Exact)
        .unwrap();
    assert_eq!(recut.evidence(), Evidence::Growing);
    let given = ensembles::subspace(Ensemble::Dct, 20, 7, 0).unwrap();
    assert_eq!(given.evidence(), Evidence::Settled);
}

/// Without constraints nothing can be said.
#[test]
fn a_full_space_decides_nothing() {
    let own = ensembles::subspace(Ensemble::Gaussian, 5, 5, 0).unwrap();
    let cues = columns(5, &[vec![1.0; 5]]).unwrap();
    let found = recover(&own, &cues, &Solver::Admm, &Settings::default()).unwrap();
    assert_eq!(found[0].status, Status::Underdetermined);
    assert_eq!(col(&cues, 0).len(), found[0].error.len());
}

#[test]
fn mistakes_are_named() {
    let own = ensembles::subspace(Ensemble::Gaussian, 10, 4, 0).unwrap();
    let message = |settings: Settings, solver: Solver, width: usize| {
        let cues = columns(width, &[vec![1.0; width]]).unwrap();
        recover(&own, &cues, &solver, &settings)
            .unwrap_err()
            .to_string()
    };
    let usual = Settings::default();
    assert_eq!(
        message(usual, Solver::Admm, 9),
        "cues: expected shape [n, 10], found [1, 9]"
    );
    let noisy = Settings {
        noise: 0.1,
        ..usual
    };
    let found = message(noisy, Solver::Irls, 10);
    assert!(
        found.starts_with("Settings.noise: must be 0 for every solver but"),
        "{found}"
    );
    let none = Settings {
        max_iterations: 0,
        ..usual
    };
    assert!(message(none, Solver::Admm, 10).starts_with("Settings.max_iterations"));
    let wrong = Settings {
        tolerance: f64::NAN,
        ..usual
    };
    assert!(message(wrong, Solver::Admm, 10).starts_with("Settings.tolerance"));
}
