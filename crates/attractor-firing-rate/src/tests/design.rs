use proptest::prelude::*;

use super::*;
use crate::Certificates;

/// Table 5.3 of the constants at q = 0.2, I1 = 0.95, rho = 4.8, worked out from the formulas: shape, I0,
/// I*, r, then Phi0, Phi1, d0, d1, alpha, normalised alpha, beta, gamma and the abscissa of the ideal set
/// (r = 0.2) or of the correlated one (r = 0.4).
type Row = (Shape, [f64; 3], [f64; 8], f64);
const TABLE: [Row; 10] = [
    (
        Shape::Sigmoid,
        [-0.3, 0.2, 0.2],
        [
            9.1660037e-6,
            0.9999958814,
            1.759857e-4,
            7.907625e-5,
            7.81260379,
            1.25001661,
            0.2,
            -0.24999186,
        ],
        -0.999780,
    ),
    (
        Shape::Sigmoid,
        [0.1, 0.2, 0.2],
        [
            1.9455085e-2,
            0.9999958814,
            0.3662704,
            7.907625e-5,
            5.41792857,
            0.86686857,
            0.2,
            1.25253264,
        ],
        -0.569484,
    ),
    (
        Shape::RectifiedTanh,
        [-0.3, 0.2, 0.2],
        [
            0.0,
            0.9985079423,
            0.0,
            1.431307e-2,
            7.82417412,
            1.25186786,
            0.2,
            -0.25037357,
        ],
        -0.982082,
    ),
    (
        Shape::RectifiedTanh,
        [0.1, 0.2, 0.2],
        [
            0.0,
            0.9985079423,
            0.0,
            1.431307e-2,
            5.32043840,
            0.85127014,
            0.2,
            1.35201729,
        ],
        -0.986382,
    ),
    (
        Shape::Sigmoid,
        [-0.3, 0.2, 0.4],
        [
            9.1660037e-6,
            0.9999958814,
            1.759857e-4,
            7.907625e-5,
            10.41680505,
            1.25001661,
            0.39999083,
            0.99991017,
        ],
        -0.999220,
    ),
    (
        Shape::Sigmoid,
        [0.1, 0.2, 0.4],
        [
            1.9455085e-2,
            0.9999958814,
            0.3662704,
            7.907625e-5,
            7.22390476,
            0.86686857,
            0.38194953,
            1.96998847,
        ],
        0.281605,
    ),
    (
        Shape::RectifiedTanh,
        [-0.3, 0.2, 0.4],
        [
            0.0,
            0.9985079423,
            0.0,
            1.431307e-2,
            10.43223216,
            1.25186786,
            0.4,
            1.00149429,
        ],
        -0.978498,
    ),
    (
        Shape::RectifiedTanh,
        [0.1, 0.2, 0.4],
        [
            0.0,
            0.9985079423,
            0.0,
            1.431307e-2,
            7.09391787,
            0.85127014,
            0.4,
            2.20328743,
        ],
        -0.985379,
    ),
    (
        Shape::Sigmoid,
        [-0.3, 0.8, 0.2],
        [
            9.1014708e-11,
            0.7068222211,
            1.747e-9,
            3.978712,
            11.05299150,
            1.76847864,
            0.2,
            -0.35369573,
        ],
        6.036267,
    ),
    (
        Shape::RectifiedTanh,
        [-0.3, 0.8, 0.2],
        [
            0.0,
            0.6169093029,
            0.0,
            2.973230,
            12.66393611,
            2.02622978,
            0.2,
            -0.40524596,
        ],
        5.024447,
    ),
];

#[test]
fn constants_and_abscissae_are_the_published_designs() {
    for (shape, [low, threshold, r], expected, abscissa) in TABLE {
        let phi = Activation::new(shape, threshold, 4.8);
        let currents = currents(low);
        let levels = Levels::new(&phi, &currents).unwrap();
        let gains = Gains::new(&levels, &currents, 0.2, r).unwrap();
        let ours = [
            levels.low,
            levels.high,
            levels.low_slope,
            levels.high_slope,
            gains.alpha,
            gains.normalised,
            gains.beta,
            gains.gamma,
        ];
        for (ours, expected) in ours.into_iter().zip(expected) {
            // The table has between 4 and 10 digits.
            let digits = if expected == 1.747e-9 { 3e-4 } else { 1e-6 };
            assert!(
                (ours - expected).abs() <= digits * expected.abs(),
                "{ours} {expected}"
            );
        }
        let patterns = match r == 0.2 {
            true => ideal(50),
            false => correlated(50, 1),
        };
        let synapses = Synapses::hebbian(patterns, &gains);
        for index in 0..synapses.patterns().len() {
            let ours = synapses.abscissa(&levels, index).unwrap();
            assert!(
                (ours - abscissa).abs() < 1e-5,
                "{shape:?} {low} {r}: {ours}"
            );
        }
    }
}

/// The sign of the homogeneous term turns at I0 = -r I1 / (1 - r).
#[test]
fn the_homogeneous_term_turns_where_theory_says() {
    let gamma = |low| {
        let levels = Levels::new(&Activation::default(), &currents(low)).unwrap();
        Gains::new(&levels, &currents(low), 0.2, 0.2).unwrap().gamma
    };
    assert!(gamma(-0.2376) < 0.0 && gamma(-0.2374) > 0.0);
}

/// Statistics against counts by hand.
#[test]
fn statistics_are_means_over_patterns_and_pairs() {
    let rows = [
        [1.0, 1.0, 0.0, 0.0, 0.0f32],
        [1.0, 0.0, 1.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 0.0, 0.0],
    ];
    let found = Statistics::of(&bits(rows.as_flattened(), 5)).unwrap();
    let expected = [7.0 / 15.0, (5.0 / 3.0) / (7.0 / 3.0), 2.0 / 7.0, 2.0 / 5.0];
    let ours = [
        found.activity,
        found.overlap,
        found.activity_spread,
        found.overlap_spread,
    ];
    for (ours, expected) in ours.into_iter().zip(expected) {
        assert!((ours - expected).abs() < 1e-12, "{ours} {expected}");
    }
    // A single pattern is taken for one of independent ones.
    let alone = Statistics::of(&bits(&rows[0], 5)).unwrap();
    assert_eq!(
        (alone.activity, alone.overlap, alone.overlap_spread),
        (0.4, 0.4, 0.0)
    );
    // Patterns without a common unit have an overlap of 0, without spread.
    let apart = [[1.0, 0.0, 0.0f32], [0.0, 1.0, 0.0]];
    let apart = Statistics::of(&bits(apart.as_flattened(), 3)).unwrap();
    assert_eq!((apart.overlap, apart.overlap_spread), (0.0, 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// The three identities that make re-scaled memories equilibria, for any activity, overlap, currents
    /// and rates.
    #[test]
    fn closed_forms_hold(
        (q, r) in (0.01f64..0.99, 0.0f64..0.99),
        (low, range) in (-2.0f64..2.0, 0.01f64..3.0),
        (silent, active) in (0.0f64..0.45, 0.55f64..1.0),
    ) {
        let currents = Currents { low, high: low + range };
        let levels = Levels { low: silent, high: active, low_slope: 0.0, high_slope: 0.0 };
        let gains = Gains::new(&levels, &currents, q, r).unwrap();
        let mean = (1.0 - q) * silent + q * active;
        let other = q * ((1.0 - r) * silent + r * active) - gains.beta * mean;
        prop_assert!(other.abs() < 1e-9 * mean);
        // xi . x / N - beta M for the memory itself.
        let own = gains.alpha * (q * active - gains.beta * mean);
        prop_assert!((own - range).abs() < 1e-9 * range.max(gains.alpha));
        let size = low.abs().max(currents.high.abs());
        for (bit, target) in [(0.0, low), (1.0, currents.high)] {
            let current = range * (bit - gains.beta) + gains.gamma * mean;
            prop_assert!((current - target).abs() < 1e-9 * size);
        }
    }

    /// Certificates are sufficient: in the ideal set none contradicts the abscissa.
    #[test]
    fn certificates_never_contradict_the_abscissa(
        (rho, threshold) in (0.2f64..6.0, -0.2f64..0.9),
        low in -0.6f64..0.4,
        tanh in any::<bool>(),
    ) {
        let shape = if tanh { Shape::RectifiedTanh } else { Shape::Sigmoid };
        let phi = Activation::new(shape, threshold, rho);
        let currents = currents(low);
        prop_assume!((threshold - low).abs() > 1e-3);
        let Ok(levels) = Levels::new(&phi, &currents) else { return Ok(()) };
        let gains = Gains::new(&levels, &currents, 0.2, 0.2).unwrap();
        let abscissa = Synapses::hebbian(ideal(50), &gains).abscissa(&levels, 2).unwrap();
        let certificates = Certificates::of(&levels, &gains, 0.2);
        prop_assert!(!certificates.stable() || abscissa < 0.0);
        prop_assert!(!certificates.unstable() || abscissa > -1e-9);
        prop_assert!(!certificates.unstable_as_published() || certificates.unstable());
    }
}
