use proptest::prelude::*;

use super::admm::{Block, Precision, Problem, Projector};
use super::*;
use crate::curve::expected_capacity;
use crate::ensembles::{self, Ensemble, Errors, Word};
use crate::guarantees;
use crate::linalg::{apply, col, columns, l1, max_abs, norm};
use crate::subspace::Subspace;

const ALL: [Ensemble; 3] = [Ensemble::Gaussian, Ensemble::Sign, Ensemble::Dct];

fn words(subspace: &Subspace, count: usize, errors: Errors, seed: u64, many: u64) -> Vec<Word> {
    (0..many)
        .map(|i| ensembles::words(subspace, count, errors, seed, i))
        .collect()
}

fn run(subspace: &Subspace, words: &[Word], solver: Solver) -> Vec<Found> {
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let cues = columns(subspace.width(), &cues);
    recover(subspace, &cues, &solver, &Settings::default()).unwrap()
}

fn error_of(found: &Found, word: &Word) -> f64 {
    let apart: Vec<f64> = found
        .error
        .iter()
        .zip(&word.error)
        .map(|(a, b)| a - b)
        .collect();
    max_abs(&apart) / max_abs(&word.error).max(f64::MIN_POSITIVE)
}

fn recovered(found: &[Found], words: &[Word]) -> usize {
    found
        .iter()
        .zip(words)
        .filter(|(found, word)| error_of(found, word) < 1e-3)
        .count()
}

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
        &columns(24, &cues),
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
                let cues = columns(200, &cues);
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
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Any basis of the constraints gives the same answer; so do permuted and negated entries.
    #[test]
    fn the_basis_does_not_matter(seed in 0u64..1000) {
        let own = ensembles::subspace(Ensemble::Gaussian, 40, 16, seed).unwrap();
        let word = ensembles::word(&own, 5, Errors::Sign, seed);
        let mixed = ensembles::bernoulli(24, 24, 1.0, ensembles::Weights::Gaussian, seed);
        let rows = crate::linalg::product(mixed.as_ref(), own.constraints());
        let other = Subspace::null_of(rows.as_ref()).unwrap();
        let one = run(&own, std::slice::from_ref(&word), Solver::Admm).remove(0);
        let two = run(&other, std::slice::from_ref(&word), Solver::Admm).remove(0);
        prop_assert!(one.certificate.is_some() && two.certificate.is_some());
        let apart: Vec<f64> = one.error.iter().zip(&two.error).map(|(a, b)| a - b).collect();
        prop_assert!(max_abs(&apart) < 1e-8);
        // Entry i goes to place order[i], with a sign.
        let order = attractor_core::rng::permutation(&mut attractor_core::rng::stream(seed, "order"), 40);
        let sign = |i: usize| if i.is_multiple_of(3) { -1.0 } else { 1.0 };
        let moved = |x: &[f64]| {
            let mut out = vec![0.0; 40];
            (0..40).for_each(|i| out[order[i]] = sign(i) * x[i]);
            out
        };
        let q = own.constraints();
        let rows = faer::Mat::from_fn(24, 40, |k, place| {
            let i = order.iter().position(|&to| to == place).unwrap();
            sign(i) * q[(k, i)]
        });
        let third = Subspace::null_of(rows.as_ref()).unwrap();
        let cue = columns(40, &[moved(&word.cue)]);
        let found = recover(&third, &cue, &Solver::Admm, &Settings::default()).unwrap().remove(0);
        let apart: Vec<f64> =
            found.error.iter().zip(moved(&one.error)).map(|(a, b)| a - b).collect();
        prop_assert!(max_abs(&apart) < 1e-8);
    }

    /// A shift along the subspace shifts the answer; a factor scales it, and never moves the support.
    #[test]
    fn answers_follow_their_cues(seed in 0u64..1000, power in -3i32..7) {
        let own = ensembles::subspace(Ensemble::Sign, 60, 25, seed).unwrap();
        let word = ensembles::word(&own, 6, Errors::Gaussian, seed);
        let other = ensembles::words(&own, 0, Errors::Gaussian, seed, 1).pattern;
        let plus: Vec<f64> = word.cue.iter().zip(&other).map(|(a, b)| a + b).collect();
        let size = 10f64.powi(power);
        let times: Vec<f64> = word.cue.iter().map(|x| size * x).collect();
        let grown: Vec<f64> =
            word.pattern.iter().zip(&word.error).map(|(x, e)| x + size * e).collect();
        let cues = columns(60, &[word.cue.clone(), plus, times, grown]);
        let found = recover(&own, &cues, &Solver::Admm, &Settings::default()).unwrap();
        for (own, factor) in found.iter().zip([1.0, 1.0, size, size]) {
            prop_assert_eq!(own.status, Status::Exact);
            prop_assert_eq!(&own.support, &found[0].support);
            let apart: Vec<f64> =
                own.error.iter().zip(&word.error).map(|(a, b)| a / factor - b).collect();
            prop_assert!(max_abs(&apart) < 1e-8);
        }
    }

    /// The linear program's optimum, with a dual certificate wherever one is claimed.
    #[test]
    fn first_order_agrees_with_the_linear_program(seed in 0u64..10_000, errors in 1usize..14) {
        let own = ensembles::subspace(Ensemble::Gaussian, 28, 10, seed).unwrap();
        let word = ensembles::word(&own, errors, Errors::Gaussian, seed);
        let cues = columns(28, std::slice::from_ref(&word.cue));
        let settings = Settings { max_iterations: 60_000, ..Settings::default() };
        let found = recover(&own, &cues, &Solver::Admm, &settings).unwrap().remove(0);
        let syndrome = own.syndrome(&word.cue);
        let vertex = linear::basis_pursuit(own.constraints(), &syndrome).unwrap();
        prop_assert!((found.l1() - l1(&vertex)).abs() < 1e-6 * l1(&vertex), "{:?}", found.status);
        let fit = apply(own.constraints(), &found.error);
        let missed: Vec<f64> = fit.iter().zip(&syndrome).map(|(a, b)| a - b).collect();
        prop_assert!(norm(&missed) < 1e-9);
        prop_assert!(found.certificate.is_some_and(|off| off < 1.0));
        let least = linear::smallest_certificate(own.constraints(), &found.error).unwrap();
        prop_assert!(least <= found.certificate.unwrap() + 1e-7);
        prop_assert_eq!(found.status == Status::Exact, found.support.len() <= 9);
        // Recovered exactly where the true error has a certificate.
        let of_truth = linear::smallest_certificate(own.constraints(), &word.error);
        let certified = of_truth.is_some_and(|off| off < 1.0 - 1e-6);
        prop_assert_eq!(certified, error_of(&found, &word) < 1e-6, "{:?}", of_truth);
    }
}

/// Beyond the transition an answer is never called exact unless it explains the cue at least as well.
#[test]
fn failures_are_said() {
    let own = ensembles::subspace(Ensemble::Gaussian, 100, 50, 4).unwrap();
    let t = (1.5 * expected_capacity(100, 50)).ceil() as usize;
    let words = words(&own, t, Errors::Gaussian, 4, 60);
    let settings = [
        Solver::Admm,
        Solver::Irls,
        Solver::Pursuit(0),
        Solver::MessagePassing,
    ];
    for solver in settings {
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
        assert!(wrong > 30, "{solver:?}: {wrong}");
    }
}

/// Both forms of the projection give the same iterates.
#[test]
fn forms_of_the_projection_agree() {
    let own = ensembles::subspace(Ensemble::Gaussian, 50, 30, 6).unwrap();
    let word = ensembles::word(&own, 6, Errors::Gaussian, 6);
    let problem = Problem {
        shortest: apply(own.constraints().transpose(), &own.syndrome(&word.cue)),
        eta: 0.0,
        without: None,
    };
    let by_q = Projector::<f64>::constraints(own.constraints());
    let by_a = Projector::<f64>::basis(own.basis());
    let problems = [problem];
    let (mut one, mut two) = (Block::new(&by_q, &problems), Block::new(&by_a, &problems));
    for _ in 0..200 {
        one.step();
        two.step();
        let apart: Vec<f64> = one.z(0).iter().zip(two.z(0)).map(|(a, b)| a - b).collect();
        assert!(max_abs(&apart) < 1e-10);
    }
}

/// Plain iterations gain two digits and more from 100 to 200 of them, and again from there to 400; with the
/// polish half of the words are right to 1e-6 within 200, and in fact to rounding.
#[test]
fn iterations_converge_as_measured() {
    let t = (0.65 * expected_capacity(200, 100)) as usize;
    let own = ensembles::subspace(Ensemble::Gaussian, 200, 100, 8).unwrap();
    let words = words(&own, t, Errors::Gaussian, 8, 30);
    let problem = |word: &Word| Problem {
        shortest: apply(own.constraints().transpose(), &own.syndrome(&word.cue)),
        eta: 0.0,
        without: None,
    };
    let problems: Vec<Problem> = words.iter().map(problem).collect();
    let projector = Projector::<f64>::of(&own);
    let mut block = Block::new(&projector, &problems);
    let median = |block: &Block<'_>| {
        let mut errors: Vec<f64> = (0..30)
            .map(|i| {
                let each = block.error(i);
                let apart = each.iter().zip(&words[i].error).map(|(a, b)| a - b);
                norm(&apart.collect::<Vec<_>>()) / norm(&words[i].error)
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        errors[15]
    };
    (0..100).for_each(|_| block.step());
    let first = median(&block);
    (0..100).for_each(|_| block.step());
    let second = median(&block);
    (0..200).for_each(|_| block.step());
    let last = median(&block);
    assert!(
        first < 1e-3 && second < 1e-2 * first && last < 1e-2 * second,
        "{first} {second} {last}"
    );
    let settings = Settings {
        max_iterations: 200,
        ..Settings::default()
    };
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let found = recover(&own, &columns(200, &cues), &Solver::Admm, &settings).unwrap();
    let mut errors: Vec<f64> = found
        .iter()
        .zip(&words)
        .map(|(found, word)| error_of(found, word))
        .collect();
    errors.sort_by(f64::total_cmp);
    assert!(errors[15] <= 1e-12, "{}", errors[15]);
}

/// Where an entry could stand in for another, nobody claims to know which was wrong.
#[test]
fn parallel_columns_are_no_claim() {
    // Entries 0 and 1 differ by a factor in every constraint, 2 and 3 together make up 4.
    let mut rows = ensembles::bernoulli(8, 20, 1.0, ensembles::Weights::Gaussian, 3);
    for i in 0..8 {
        rows[(i, 1)] = 2.0 * rows[(i, 0)];
        rows[(i, 4)] = rows[(i, 2)] + rows[(i, 3)];
    }
    let own = Subspace::null_of(rows.as_ref()).unwrap();
    for (place, single) in [(0, false), (1, false), (4, true), (7, true)] {
        let mut cue = vec![0.0; 20];
        cue[place] = 1.0;
        let cues = columns(20, &[cue.clone()]);
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

/// One by one, in a batch, in single precision: the same answers.
#[test]
fn batches_and_precisions_agree() {
    let own = ensembles::subspace(Ensemble::Dct, 80, 40, 9).unwrap();
    let words: Vec<Word> = (0..40)
        .map(|i| ensembles::words(&own, 1 + i % 18, Errors::Gaussian, 9, i as u64))
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
            let cue = columns(80, std::slice::from_ref(&word.cue));
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
    let problem = |word: &Word| Problem {
        shortest: apply(own.constraints().transpose(), &own.syndrome(&word.cue)),
        eta: 0.0,
        without: None,
    };
    let problems: Vec<Problem> = words.iter().map(problem).collect();
    let projector = Projector::<f64>::of(&own);
    let mut block = Block::new(&projector, &problems);
    let mut other = Block::new(&projector, &problems[2..]);
    (0..10).for_each(|_| block.step());
    block.freeze(0);
    let held = block.z(0);
    (0..30).for_each(|_| block.step());
    (0..40).for_each(|_| other.step());
    assert_eq!(block.z(0), held);
    assert_eq!(block.active(), [2, 1]);
    let apart: Vec<f64> = block
        .z(2)
        .iter()
        .zip(other.z(0))
        .map(|(a, b)| a - b)
        .collect();
    assert!(max_abs(&apart) < 1e-12);
}

/// Every solver finds errors well below its own transition, and says so.
#[test]
fn every_solver_recovers_a_few_errors() {
    let own = ensembles::subspace(Ensemble::Gaussian, 120, 50, 11).unwrap();
    let words = words(&own, 10, Errors::Gaussian, 11, 12);
    for solver in [
        Solver::Admm,
        Solver::LinearProgram,
        Solver::Bregman,
        Solver::LinearisedBregman,
        Solver::Irls,
        Solver::HardThresholding(10),
        Solver::HardThresholding(0),
        Solver::Pursuit(10),
        Solver::Pursuit(0),
        Solver::MessagePassing,
    ] {
        let found = run(&own, &words, solver);
        let exact = found.iter().zip(&words);
        let exact =
            exact.filter(|(own, word)| error_of(own, word) < 1e-9 && own.status == Status::Exact);
        assert!(exact.count() >= 11, "{solver:?}: {:?}", found[0].status);
    }
}

/// Where the assumptions of message passing fail nothing but numbers comes out.
#[test]
fn message_passing_never_leaves_the_numbers() {
    // One direction that all entries share.
    let rows = faer::Mat::from_fn(4, 30, |i, j| 1.0 + 0.01 * ((i * 31 + j * 17) % 7) as f64);
    let own = Subspace::null_of(rows.as_ref()).unwrap();
    let words = words(&own, 3, Errors::Gaussian, 1, 10);
    for found in run(&own, &words, Solver::MessagePassing) {
        assert!(found.error.iter().all(|e| e.is_finite()));
    }
}

/// With noise the answer is as good as the noise, and certified.
#[test]
fn noise_is_allowed_for() {
    let own = ensembles::subspace(Ensemble::Gaussian, 100, 40, 12).unwrap();
    let mut words = words(&own, 5, Errors::Sign, 12, 10);
    let noise = attractor_testing::normal_vec(12, "noise", 1000);
    for (i, word) in words.iter_mut().enumerate() {
        let mut each = word.cue.iter_mut().zip(&noise[100 * i..]);
        each.by_ref()
            .take(100)
            .for_each(|(y, e)| *y += 0.01 * f64::from(*e));
    }
    let settings = Settings {
        noise: 0.01 * 60f64.sqrt() * 1.2,
        ..Settings::default()
    };
    let cues: Vec<Vec<f64>> = words.iter().map(|word| word.cue.clone()).collect();
    let found = recover(&own, &columns(100, &cues), &Solver::Admm, &settings).unwrap();
    for (found, word) in found.iter().zip(&words) {
        assert_eq!(found.status, Status::WithinNoise);
        assert!(found.residual <= settings.noise * (1.0 + 1e-9));
        assert!(error_of(found, word) < 0.15, "{}", error_of(found, word));
    }
}

#[test]
fn mistakes_are_named() {
    let own = ensembles::subspace(Ensemble::Gaussian, 10, 4, 0).unwrap();
    let message = |settings: Settings, solver: Solver, width: usize| {
        let cues = columns(width, &[vec![1.0; width]]);
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

/// Without constraints nothing can be said.
#[test]
fn a_full_space_decides_nothing() {
    let own = ensembles::subspace(Ensemble::Gaussian, 5, 5, 0).unwrap();
    let cues = columns(5, &[vec![1.0; 5]]);
    let found = recover(&own, &cues, &Solver::Admm, &Settings::default()).unwrap();
    assert_eq!(found[0].status, Status::Underdetermined);
    assert_eq!(col(&cues, 0).len(), found[0].error.len());
}
