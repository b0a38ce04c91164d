//! Alternating directions, iterate by iterate.

use super::*;
use crate::curve::expected_capacity;
use crate::linalg::{apply, norm};
use crate::recovery::admm::{Block, Pace, Problem, Projector};
use crate::recovery::real::Precision;

/// Both forms of the projection give the same iterates.
#[test]
fn forms_of_the_projection_agree() {
    let own = ensembles::subspace(Ensemble::Gaussian, 50, 30, 6).unwrap();
    let word = ensembles::word(&own, 6, Errors::Gaussian, 6).unwrap();
    let problems = [problem(&own, &word)];
    let by_q = Projector::<f64>::constraints(own.constraints());
    let by_a = Projector::<f64>::basis(own.basis());
    let (mut one, mut two) = (
        Block::new(&by_q, &problems).unwrap(),
        Block::new(&by_a, &problems).unwrap(),
    );
    for _ in 0..200 {
        one.step();
        two.step();
        let apart: Vec<f64> = one
            .z(0)
            .unwrap()
            .iter()
            .zip(two.z(0).unwrap())
            .map(|(a, b)| a - b)
            .collect();
        assert!(max_abs(&apart) < 1e-10);
    }
}

fn problem(own: &Subspace, word: &Word) -> Problem {
    Problem {
        shortest: apply(
            own.constraints().transpose(),
            &own.syndrome(&word.cue).unwrap(),
        ),
        eta: 0.0,
        without: None,
    }
}

/// Median relative errors after 100, 200 and 400 plain iterations at 0.65 of the transition.
fn medians(own: &Subspace, words: &[Word], pace: Pace) -> [f64; 3] {
    let problems: Vec<Problem> = words.iter().map(|word| problem(own, word)).collect();
    let projector = Projector::<f64>::of(own);
    let mut block = Block::paced(&projector, &problems, pace).unwrap();
    let mut median = |steps: usize| {
        (0..steps).for_each(|_| block.step());
        let of = |(i, word): (usize, &Word)| {
            let apart = block.error(i).unwrap().into_iter().zip(&word.error);
            norm(&apart.map(|(a, b)| a - b).collect::<Vec<_>>()) / norm(&word.error)
        };
        let mut errors: Vec<f64> = words.iter().enumerate().map(of).collect();
        errors.sort_by(f64::total_cmp);
        errors[errors.len() / 2]
    };
    [median(100), median(100), median(200)]
}

/// Half of the words are right to 1e-6 within 200 plain iterations, without a polish; much over-relaxed they take
/// longer, and end at the same place.
#[test]
fn iterations_converge_fast() {
    let t = (0.65 * expected_capacity(200, 100)) as usize;
    for seed in [8, 9] {
        let own = ensembles::subspace(Ensemble::Gaussian, 200, 100, seed).unwrap();
        let words = words(&own, t, Errors::Gaussian, seed, 30);
        let [first, second, last] = medians(&own, &words, Pace::default());
        assert!(
            first < 1e-4 && second < 1e-7 && last < 1e-12,
            "{first} {second} {last}"
        );
        let [first, slow, last] = medians(&own, &words, Pace::RELAXED);
        assert!(
            first < 1e-3 && slow > second && last < 1e-9,
            "{first} {slow} {last}"
        );
    }
}

/// With the polish the same words are right to rounding.
#[test]
fn the_polish_leaves_rounding() {
    let t = (0.65 * expected_capacity(200, 100)) as usize;
    let own = ensembles::subspace(Ensemble::Gaussian, 200, 100, 8).unwrap();
    let words = words(&own, t, Errors::Gaussian, 8, 30);
    let settings = Settings {
        max_iterations: 200,
        ..Settings::default()
    };
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let found = recover(
        &own,
        &columns(200, &cues).unwrap(),
        &Solver::Admm,
        &settings,
    )
    .unwrap();
    let errors = found
        .iter()
        .zip(&words)
        .map(|(found, word)| error_of(found, word));
    let mut errors: Vec<f64> = errors.collect();
    errors.sort_by(f64::total_cmp);
    assert!(errors[15] <= 1e-12, "{}", errors[15]);
}

/// One by one, in a batch, in single precision: the same answers.
#[test]
fn batches_and_precisions_agree() {
    let own = ensembles::subspace(Ensemble::Dct, 80, 40, 9).unwrap();
    let words: Vec<Word> = (0..40)
        .map(|i| ensembles::words(&own, 1 + i % 18, Errors::Gaussian, 9, i as u64).unwrap())
        .collect();
    let together = run(&own, &words, Solver::Admm);
    let single = Settings {
        precision: Precision::Single,
        ..Settings::default()
    };
    for (word, found) in words.iter().zip(&together) {
        let alone = run(&own, std::slice::from_ref(word), Solver::Admm).remove(0);
        assert_eq!(
            (alone.status, &alone.support),
            (found.status, &found.support)
        );
        let apart: Vec<f64> = alone
            .error
            .iter()
            .zip(&found.error)
            .map(|(a, b)| a - b)
            .collect();
        assert!(max_abs(&apart) < 1e-9);
        if found.status == Status::Exact {
            let cue = columns(80, std::slice::from_ref(&word.cue)).unwrap();
            let short = recover(&own, &cue, &Solver::Admm, &single)
                .unwrap()
                .remove(0);
            assert!(error_of(&short, word) < 1e-9, "{:?}", short.status);
        }
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let alone = pool.install(|| run(&own, &words, Solver::Admm));
    assert_eq!(alone, together);
}

/// A frozen problem no longer changes, and those beside it iterate as if it had never been there.
#[test]
fn frozen_columns_stay() {
    let own = ensembles::subspace(Ensemble::Gaussian, 40, 15, 10).unwrap();
    let words = words(&own, 5, Errors::Gaussian, 10, 3);
    let problems: Vec<Problem> = words.iter().map(|word| problem(&own, word)).collect();
    let projector = Projector::<f64>::of(&own);
    let mut block = Block::new(&projector, &problems).unwrap();
    let mut other = Block::new(&projector, &problems[2..]).unwrap();
    (0..10).for_each(|_| block.step());
    block.freeze(0).unwrap();
    let held = block.z(0).unwrap();
    (0..30).for_each(|_| block.step());
    (0..40).for_each(|_| other.step());
    assert_eq!(block.z(0).unwrap(), held);
    assert_eq!(block.active(), [2, 1]);
    let apart: Vec<f64> = block
        .z(2)
        .unwrap()
        .iter()
        .zip(other.z(0).unwrap())
        .map(|(a, b)| a - b)
        .collect();
    assert!(max_abs(&apart) < 1e-12);
}
