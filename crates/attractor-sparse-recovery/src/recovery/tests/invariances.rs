//! What answers do not depend on, and what they agree with.

use proptest::prelude::*;

use super::*;
use crate::linalg::{apply, l1, norm};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Any basis of the constraints gives the same answer; so do permuted and negated entries.
    #[test]
    fn the_basis_does_not_matter(seed in 0u64..1000) {
        let own = ensembles::subspace(Ensemble::Gaussian, 40, 16, seed).unwrap();
        let word = ensembles::word(&own, 5, Errors::Sign, seed).unwrap();
        let mixed = ensembles::bernoulli(24, 24, 1.0, ensembles::Weights::Gaussian, seed).unwrap();
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
        let cue = columns(40, &[moved(&word.cue)]).unwrap();
        let found = recover(&third, &cue, &Solver::Admm, &Settings::default()).unwrap().remove(0);
        let apart: Vec<f64> =
            found.error.iter().zip(moved(&one.error)).map(|(a, b)| a - b).collect();
        prop_assert!(max_abs(&apart) < 1e-8);
    }

    /// A shift along the subspace shifts the answer; a factor scales it, and never moves the support.
    #[test]
    fn answers_follow_their_cues(seed in 0u64..1000, power in -3i32..7) {
        let own = ensembles::subspace(Ensemble::Sign, 60, 25, seed).unwrap();
        let word = ensembles::word(&own, 6, Errors::Gaussian, seed).unwrap();
        let other = ensembles::words(&own, 0, Errors::Gaussian, seed, 1).unwrap().pattern;
        let plus: Vec<f64> = word.cue.iter().zip(&other).map(|(a, b)| a + b).collect();
        let size = 10f64.powi(power);
        let times: Vec<f64> = word.cue.iter().map(|x| size * x).collect();
        let grown: Vec<f64> =
            word.pattern.iter().zip(&word.error).map(|(x, e)| x + size * e).collect();
        let cues = columns(60, &[word.cue.clone(), plus, times, grown]).unwrap();
        let found = recover(&own, &cues, &Solver::Admm, &Settings::default()).unwrap();
        for (own, factor) in found.iter().zip([1.0, 1.0, size, size]) {
            prop_assert_eq!(own.status, Status::Exact);
            prop_assert_eq!(&own.support, &found[0].support);
            let apart: Vec<f64> =
                own.error.iter().zip(&word.error).map(|(a, b)| a / factor - b).collect();
            prop_assert!(max_abs(&apart) < 1e-8);
        }
    }
}

/// Alternating directions beside the linear program: whether they came to a certificate within that many iterations.
fn first_order_agrees(
    seed: u64,
    errors: usize,
    max_iterations: usize,
) -> Result<bool, TestCaseError> {
    let own = ensembles::subspace(Ensemble::Gaussian, 28, 10, seed).unwrap();
    let word = ensembles::word(&own, errors, Errors::Gaussian, seed).unwrap();
    let cues = columns(28, std::slice::from_ref(&word.cue)).unwrap();
    let settings = Settings {
        max_iterations,
        ..Settings::default()
    };
    let found = recover(&own, &cues, &Solver::Admm, &settings)
        .unwrap()
        .remove(0);
    let syndrome = own.syndrome(&word.cue).unwrap();
    let vertex = linear::basis_pursuit(own.constraints(), &syndrome)
        .unwrap()
        .unwrap();
    let fit = apply(own.constraints(), &found.error);
    let missed: Vec<f64> = fit.iter().zip(&syndrome).map(|(a, b)| a - b).collect();
    prop_assert!(norm(&missed) < 1e-9);
    let least_sum = l1(&vertex);
    let Some(certificate) = found.certificate else {
        // Nothing is claimed of what has not come to its end.
        prop_assert_eq!(found.status, Status::Unverified);
        prop_assert_eq!(found.iterations, max_iterations);
        prop_assert!(found.l1() > least_sum * (1.0 - 1e-9));
        return Ok(false);
    };
    prop_assert!(
        (found.l1() - least_sum).abs() < 1e-6 * least_sum,
        "{:?}",
        found.status
    );
    prop_assert!(certificate < 1.0);
    let least = linear::smallest_certificate(own.constraints(), &found.error)
        .unwrap()
        .unwrap();
    prop_assert!(least <= certificate + 1e-7);
    prop_assert_eq!(found.status == Status::Exact, found.support.len() <= 9);
    // Recovered exactly where the true error has a certificate.
    let of_truth = linear::smallest_certificate(own.constraints(), &word.error).unwrap();
    let certified = of_truth.is_some_and(|off| off < 1.0 - 1e-6);
    prop_assert_eq!(certified, error_of(&found, &word) < 1e-6, "{:?}", of_truth);
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    /// The linear program's optimum, with a dual certificate wherever one is claimed.
    #[test]
    fn first_order_agrees_with_the_linear_program(seed in 0u64..10_000, errors in 1usize..14) {
        first_order_agrees(seed, errors, 60_000)?;
    }
}

/// Convergence is linear at a rate that the problem sets, and nothing bounds it: of the 130,000 problems that the test
/// above draws from, one needs more than 10,000,000 iterations, and ten more than 300,000. Most need few.
#[test]
fn first_order_ends_on_most_problems() {
    let ended = |seed: u64| first_order_agrees(seed, 1 + (seed % 13) as usize, 60_000).unwrap();
    assert!((0..400).all(ended));
    assert!(!first_order_agrees(8074, 8, 40_000).unwrap());
    assert!(first_order_agrees(8074, 8, 100_000).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// From fewer samples than the dimension, points of their span are recalled from wrong entries all the same, and
    /// more samples of the same span change no answer.
    #[test]
    fn what_was_seen_is_recalled(seed in 0u64..1000, count in 5usize..30) {
        let truth = ensembles::subspace(Ensemble::Gaussian, 80, 30, seed).unwrap();
        let samples = |first: usize, count: usize| -> Vec<Vec<f64>> {
            (first..first + count)
                .map(|i| ensembles::words(&truth, 0, Errors::Gaussian, seed, i as u64).unwrap().pattern)
                .collect()
        };
        let fit = |samples: &[Vec<f64>]| {
            Subspace::fit(&columns(80, samples).unwrap(), false, crate::RankRule::Exact).unwrap()
        };
        let seen = samples(0, count);
        let learned = fit(&seen);
        prop_assert_eq!(learned.rank(), count);
        // Weighted sums of what was seen, with six wrong entries.
        let weights = attractor_testing::normal_vec(seed, "weights", count);
        let mut cue = vec![0.0; 80];
        for (pattern, weight) in seen.iter().zip(weights) {
            cue.iter_mut().zip(pattern).for_each(|(y, x)| *y += f64::from(weight) * x);
        }
        let error = ensembles::word(&truth, 6, Errors::Gaussian, seed).unwrap().error;
        cue.iter_mut().zip(&error).for_each(|(y, e)| *y += e);
        let cues = columns(80, &[cue]).unwrap();
        let answer = |own: &Subspace| {
            recover(own, &cues, &Solver::Admm, &Settings::default()).unwrap().remove(0)
        };
        let off = |found: &Found, other: &[f64]| {
            let apart = found.error.iter().zip(other).map(|(a, b)| a - b);
            max_abs(&apart.collect::<Vec<_>>())
        };
        let found = answer(&learned);
        prop_assert_eq!(found.status, Status::Exact);
        prop_assert!(off(&found, &error) < 1e-8);
        // Sums of neighbours are of the same span.
        let mut more = seen.clone();
        for pair in seen.windows(2) {
            more.push(pair[0].iter().zip(&pair[1]).map(|(a, b)| a + b).collect());
        }
        let again = fit(&more);
        prop_assert_eq!(again.rank(), count);
        prop_assert!(learned.sine_of_angle(&again).unwrap() < 1e-9);
        prop_assert!(off(&answer(&again), &found.error) < 1e-8);
    }
}
