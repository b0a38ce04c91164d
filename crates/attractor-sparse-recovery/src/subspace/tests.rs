use attractor_core::Error;
use faer::Mat;
use proptest::prelude::*;

use super::*;
use crate::ensembles::{self, Ensemble};
use crate::linalg::{apply, col, columns, max_abs, norm, product};

const ALL: [Ensemble; 3] = [Ensemble::Gaussian, Ensemble::Sign, Ensemble::Dct];

/// Points of a random subspace.
fn points(n: usize, r: usize, count: usize, seed: u64) -> (Subspace, Mat<f64>) {
    let truth = ensembles::subspace(Ensemble::Gaussian, n, r, seed).unwrap();
    let coordinates: Vec<Vec<f64>> = (0..count)
        .map(|i| {
            let drawn = attractor_testing::normal_vec(seed, &format!("point {i}"), r);
            drawn.into_iter().map(f64::from).collect()
        })
        .collect();
    let points = truth.points(&coordinates).unwrap();
    (truth, points)
}

fn fit(samples: &Mat<f64>) -> Subspace {
    Subspace::fit(samples, false, RankRule::Exact).unwrap()
}

#[test]
fn constraints_are_orthonormal_and_hold() {
    for ensemble in ALL {
        let own = ensembles::subspace(ensemble, 40, 15, 3).unwrap();
        let (q, a) = (own.constraints(), own.basis());
        assert_eq!((q.nrows(), own.rank()), (25, 15));
        let gram = product(q, q.transpose());
        let cross = product(q, a);
        for i in 0..25 {
            for j in 0..25 {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((gram[(i, j)] - expected).abs() < 1e-12);
            }
            for j in 0..15 {
                assert!(cross[(i, j)].abs() < 1e-12);
            }
        }
    }
    let (_, samples) = points(40, 15, 60, 1);
    let learned = fit(&samples);
    for j in 0..60 {
        let x = col(&samples, j);
        assert!(max_abs(&learned.syndrome(x).unwrap()) < 1e-10 * norm(x));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Fewer samples than the dimension span what they span; more than enough change nothing.
    #[test]
    fn the_rank_is_that_of_the_samples(seed in 0u64..500, count in 1usize..40) {
        let (truth, samples) = points(30, 12, count, seed);
        let learned = fit(&samples);
        prop_assert_eq!(learned.rank(), count.min(12));
        if count >= 12 {
            prop_assert!(learned.sine_of_angle(&truth).unwrap() < 1e-9);
        }
        for j in 0..count {
            let x = col(&samples, j);
            prop_assert!(norm(&learned.syndrome(x).unwrap()) < 1e-10 * norm(x));
        }
    }

    /// One by one by reflections, all at once, and in two parts that join: the same subspace.
    #[test]
    fn ways_of_adding_agree(seed in 0u64..500, count in 2usize..9) {
        let (_, samples) = points(20, 11, count, seed);
        let whole = fit(&samples);
        let mut single = fit(&columns(20, &[col(&samples, 0).to_vec()]).unwrap());
        for j in 1..count {
            prop_assert!(single.absorb(col(&samples, j), 1e-9).unwrap());
            prop_assert!(!single.absorb(col(&samples, j), 1e-9).unwrap());
        }
        prop_assert_eq!(single.rank(), whole.rank());
        prop_assert!(whole.sine_of_angle(&single).unwrap() < 1e-8);
        let half = count / 2;
        let part = |from: usize, to: usize| {
            let chosen: Vec<usize> = (from..to).collect();
            crate::linalg::pick_columns(samples.as_ref(), &chosen)
        };
        let mut first = Factor::new(20);
        first.add(&part(0, half)).unwrap();
        let mut second = Factor::new(20);
        second.add(&part(half, count)).unwrap();
        first.join(&second).unwrap();
        let joined = first.subspace(false, RankRule::Exact).unwrap();
        prop_assert_eq!(first.count(), count);
        prop_assert!(whole.sine_of_angle(&joined).unwrap() < 1e-8);
        let mut spans = fit(&part(0, half.max(1)));
        spans.join(&fit(&part(half, count)), 1e-9).unwrap();
        prop_assert!(whole.sine_of_angle(&spans).unwrap() < 1e-8);
    }
}

/// A shift of all samples is the mean's business alone.
#[test]
fn affine_subspaces_have_a_mean() {
    let (truth, mut samples) = points(25, 8, 30, 5);
    let shift: Vec<f64> = (0..25).map(|i| 3.0 + 0.5 * i as f64).collect();
    for j in 0..30 {
        crate::linalg::col_mut(&mut samples, j)
            .iter_mut()
            .zip(&shift)
            .for_each(|(x, s)| *x += s);
    }
    let learned = Subspace::fit(&samples, true, RankRule::Exact).unwrap();
    assert!(learned.sine_of_angle(&truth).unwrap() < 1e-9);
    for j in 0..30 {
        assert!(norm(&learned.syndrome(col(&samples, j)).unwrap()) < 1e-9);
    }
    assert!(norm(&learned.syndrome(&[0.0; 25]).unwrap()) > 0.1);
    // Through 0 it takes one more dimension.
    assert_eq!(fit(&samples).rank(), 9);
}

/// Spectra by hand.
#[test]
fn rules_cut_where_they_say() {
    let values = [10.0, 8.0, 1.0, 0.9, 1e-7, 1e-20];
    for (rule, expected) in [
        (RankRule::Exact, 5),
        (RankRule::Rounded, 4),
        (RankRule::Tolerance(0.5), 2),
        (RankRule::LargestGap, 4),
        (RankRule::Energy(0.98), 2),
        (RankRule::Energy(0.999999), 4),
        (RankRule::Fixed(3), 3),
        (RankRule::Fixed(9), 5),
    ] {
        assert_eq!(rule.rank(&values, 6, 8), expected, "{rule:?}");
    }
    assert_eq!(RankRule::Exact.rank(&[0.0, 0.0], 2, 2), 0);
    assert_eq!(RankRule::LargestGap.rank(&[3.0], 1, 4), 1);
    let message = RankRule::Energy(2.0).validate().unwrap_err().to_string();
    assert!(message.starts_with("RankRule: must hold a number between 0 and 1, found 2"));
}

/// Noise leaves a gap where the rank is; the spectrum is kept and can be cut anew.
#[test]
fn noisy_samples_have_a_gap() {
    let (truth, mut samples) = points(40, 10, 200, 7);
    let noise = attractor_testing::normal_vec(7, "noise", 40 * 200);
    for j in 0..200 {
        let column = crate::linalg::col_mut(&mut samples, j).iter_mut();
        column
            .zip(&noise[40 * j..])
            .for_each(|(x, e)| *x += 1e-3 * f64::from(*e));
    }
    let learned = Subspace::fit(&samples, false, RankRule::LargestGap).unwrap();
    assert_eq!(learned.rank(), 10);
    assert!(learned.gap() > 100.0, "{}", learned.gap());
    assert!(learned.sine_of_angle(&truth).unwrap() < 1e-2);
    // 30 directions of noise of standard deviation 1e-3 are left in every sample.
    let expected = 1e-3 * 30f64.sqrt();
    assert!(
        (learned.noise() / expected - 1.0).abs() < 0.1,
        "{}",
        learned.noise()
    );
    assert_eq!(learned.recut(RankRule::Exact).unwrap().rank(), 40);
    assert_eq!(learned.recut(RankRule::Fixed(4)).unwrap().rank(), 4);
}

/// The neural rule finds the same constraints, slowly.
#[test]
fn the_minor_subspace_rule_learns_the_constraints() {
    let (truth, samples) = points(12, 5, 400, 2);
    let mut rule = MinorSubspace::new(12, 7, 0.7, 200.0, 1).unwrap();
    let before = rule.subspace().unwrap().sine_of_angle(&truth).unwrap();
    for round in 0..10 {
        for j in 0..400 {
            rule.observe(col(&samples, (j * 7 + round) % 400)).unwrap();
        }
    }
    let after = rule.subspace().unwrap().sine_of_angle(&truth).unwrap();
    assert!(before > 0.3 && after < 1e-3, "{before} {after}");
    let wrong = rule.observe(&[0.0; 3]).unwrap_err();
    assert!(matches!(
        wrong,
        Error::Width {
            expected: 12,
            found: 3,
            ..
        }
    ));
    let message = MinorSubspace::new(3, 4, 0.1, 1.0, 0)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("constraints: must be at most the entries"),
        "{message}"
    );
}

#[test]
fn null_spaces_of_any_rows() {
    let rows = ensembles::bernoulli(9, 20, 0.4, ensembles::Weights::Gaussian, 1).unwrap();
    let own = Subspace::null_of(rows.as_ref()).unwrap();
    assert_eq!(own.constraint_count(), 9);
    let inside = own.points(&[vec![1.0; 11]]).unwrap();
    assert!(max_abs(&apply(rows.as_ref(), col(&inside, 0))) < 1e-12);
    assert_eq!(own.nearest(col(&inside, 0)).unwrap().len(), 20);
}

#[test]
fn mistakes_are_named() {
    let own = ensembles::subspace(Ensemble::Gaussian, 6, 2, 0).unwrap();
    let other = ensembles::subspace(Ensemble::Gaussian, 7, 2, 0).unwrap();
    let message = own.sine_of_angle(&other).unwrap_err().to_string();
    assert!(
        message.contains("expects 6 entries, but the other has 7"),
        "{message}"
    );
    assert_eq!(
        Factor::new(3).subspace(false, RankRule::Exact).unwrap_err(),
        Error::EmptyMemory
    );
    assert!(Factor::restored(3, 1, &[0.0; 6]).is_err());
    assert!(Factor::new(3).join(&Factor::new(4)).is_err());
    assert!(ensembles::subspace(Ensemble::Sign, 3, 4, 0).is_err());
}
