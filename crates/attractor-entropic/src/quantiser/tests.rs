use rand::RngExt;

use super::*;
use crate::testing::{CASES, domain, stream, total};

/// Property 16: within the range a number and its level's number lie at most half a step apart; beyond it the level is
/// that of the end; levels come back as they are; NaN is undefined, and undefined is NaN.
#[test]
fn levels_are_half_a_step_away() {
    for case in 0..CASES {
        let rng = &mut stream("quantiser", case);
        let domain = domain(rng);
        let count = rng.random_range(2..12);
        let scale = 10f64.powi(rng.random_range(-3..4));
        let corpus: Vec<f64> = (0..count * domain.columns)
            .map(|_| scale * rng.random_range(-1.0..2.0))
            .collect();
        let percentiles = [PERCENTILES, [0.0, 100.0]][case as usize % 2];
        let own = Quantiser::fit(&corpus, domain.columns, domain.rows, percentiles).unwrap();
        assert_eq!(own.domain(), domain);
        let mut x: Vec<f64> = (0..5 * domain.columns)
            .map(|_| scale * rng.random_range(-3.0..4.0))
            .collect();
        x[0] = f64::NAN;
        let levels = own.quantise(&x).unwrap();
        let back = own.dequantise(&levels).unwrap();
        for (at, (&x, (&level, &found))) in x.iter().zip(levels.iter().zip(&back)).enumerate() {
            let column = at % domain.columns;
            let (lo, hi) = (own.minima()[column], own.maxima()[column]);
            if x.is_nan() {
                assert!(level == UNDEFINED && found.is_nan());
                continue;
            }
            // One level stands for the whole range.
            let step = (hi - lo) / (domain.rows - 1).max(1) as f64;
            let inside = x.clamp(lo, hi);
            assert!(
                (found - inside).abs() <= step * (0.5 + 1e-9),
                "{case}: {x} {found}"
            );
            // Up to rounding at the ends.
            let ulps = 4.0 * f64::EPSILON * lo.abs().max(hi.abs());
            assert!((lo - ulps..=hi + ulps).contains(&found), "{case}: {found}");
            if domain.rows > 1 && !(lo..=hi).contains(&x) {
                assert_eq!(usize::from(level), if x < lo { 0 } else { domain.rows - 1 });
            }
        }
        let objects = total(rng, domain, 3);
        let features = own.dequantise(&objects).unwrap();
        let mut expected = objects.clone();
        for (at, level) in expected.iter_mut().enumerate() {
            if own.constant().contains(&(at % domain.columns)) {
                *level = 0;
            }
        }
        assert_eq!(own.quantise(&features).unwrap(), expected);
        let undefined = vec![UNDEFINED; domain.columns];
        let nothing = own.dequantise(&undefined).unwrap();
        assert!(nothing.iter().all(|x| x.is_nan()));
        assert_eq!(own.quantise(&nothing).unwrap(), undefined);
    }
}

/// Halves go to the even level, as in the authors' program.
#[test]
fn halves_go_to_the_even_level() {
    let own = Quantiser::fit(&[0.0, 4.0], 1, 5, [0.0, 100.0]).unwrap();
    let levels = own.quantise(&[0.5, 1.5, 2.5, 3.5]).unwrap();
    assert_eq!(levels, [0, 2, 2, 4]);
}
