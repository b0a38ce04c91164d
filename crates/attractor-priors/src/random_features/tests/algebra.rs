use attractor_core::{Error, Merge};
use proptest::prelude::*;

use super::*;
use crate::random_features::DirectionKind;

/// T in linear units, whatever the kind.
fn linear(memory: &RandomFeatures) -> Vec<f64> {
    let positive = memory.config().features.is_positive();
    let sums = memory.superposed().iter().map(|&sum| f64::from(sum));
    sums.map(|sum| if positive { sum.exp() } else { sum })
        .collect()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn assert_same(ours: &RandomFeatures, expected: &RandomFeatures, tolerance: f64, what: &str) {
    let (a, b) = (linear(ours), linear(expected));
    let error: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let relative = norm(&error) / norm(&b);
    assert!(relative <= tolerance, "{what}: {relative:e}");
    assert_eq!(ours.len(), expected.len(), "{what}");
}

fn written(config: &RandomFeaturesConfig, values: &[f32], dim: usize) -> RandomFeatures {
    let mut memory = memory(config, dim);
    memory.store(tensor(values, dim)).unwrap();
    memory
}

#[test]
fn emptiness_is_an_error_of_its_own() {
    for kind in KINDS {
        let mut memory = memory(&config(kind, 64, 5.0), 6);
        let cue = normal(1, 2, 6);
        assert_eq!(memory.energy(cue.clone()).unwrap_err(), Error::EmptyMemory);
        assert_eq!(memory.attract(cue.clone()).unwrap_err(), Error::EmptyMemory);
        memory.store(tensor(&binary(2, 3, 6, true), 6)).unwrap();
        assert!(
            host(memory.energy(cue.clone()).unwrap())
                .iter()
                .all(|energy| energy.is_finite())
        );
        memory.forget(tensor(&binary(2, 3, 6, true), 6)).unwrap();
        assert_eq!(
            memory.energy(cue.clone()).unwrap_err(),
            Error::EmptyMemory,
            "{kind:?}"
        );
        let error = memory.forget(normal(3, 1, 6)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "codes to forget: expected an index below 1, found 1"
        );
        memory.store(cue.clone()).unwrap();
        memory.clear();
        assert_eq!(memory.gradient(cue).unwrap_err(), Error::EmptyMemory);
    }
}

#[test]
fn bad_input_stores_nothing() {
    let mut memory = memory(&config(FeatureKind::SinCos, 64, 5.0), 3);
    let nan = tensor(&[0.0, f32::NAN, 1.0], 3);
    assert!(matches!(
        memory.store(nan),
        Err(Error::NonFinite {
            row: 0,
            column: 1,
            ..
        })
    ));
    let message = memory.store(normal(1, 2, 4)).unwrap_err().to_string();
    assert_eq!(message, "codes: expected shape [n, 3], found [2, 4]");
    let message = memory
        .write_weighted(normal(1, 2, 3), &[1.0, 0.0])
        .unwrap_err()
        .to_string();
    assert_eq!(message, "weights: must be finite and above 0, found 0");
    let message = memory
        .write_weighted(normal(1, 2, 3), &[1.0])
        .unwrap_err()
        .to_string();
    assert_eq!(message, "weights: expected 2 rows, found 1");
    assert!(memory.decay(1.5).is_err() && memory.decay(0.0).is_err());
    assert!(memory.is_empty() && memory.superposed().iter().all(|&sum| sum == 0.0));
    memory.store(normal(1, 2, 3)).unwrap();
    let message = memory.energy(normal(1, 2, 4)).unwrap_err().to_string();
    assert_eq!(message, "states: expected shape [n, 3], found [2, 4]");
    assert!(memory.stored().is_none());
}

/// Every setting that is part of T is named where it differs.
#[test]
fn different_specifications_do_not_mix() {
    let base = config(FeatureKind::SinCos, 64, 5.0);
    let codes = binary(1, 2, 4, true);
    let with = |change: &dyn Fn(&mut RandomFeaturesConfig)| {
        let mut config = base.clone();
        change(&mut config);
        config
    };
    let others = [
        ("beta 5", "beta 6", with(&|c| c.beta = 6.0)),
        ("seed 0", "seed 1", with(&|c| c.seed = 1)),
        (
            "features SinCos",
            "features Cos",
            with(&|c| c.features = FeatureKind::Cos),
        ),
        ("count 64", "count 65", with(&|c| c.count = 65)),
        (
            "directions Gaussian",
            "directions Orthogonal",
            with(&|c| c.directions = DirectionKind::Orthogonal),
        ),
        ("centre []", "centre [0.5]", with(&|c| c.centre = vec![0.5])),
    ];
    for (ours, theirs, other) in others {
        let other = written(&other, &codes, 4);
        let expected = Error::Mismatch {
            what: "RandomFeatures::merge",
            expected: ours.into(),
            part: "the other memory",
            found: theirs.into(),
        };
        assert_eq!(
            written(&base, &codes, 4).merge(other.clone()).unwrap_err(),
            expected
        );
        assert!(written(&base, &codes, 4).subtract(&other).is_err());
    }
    // What is not part of T may differ.
    let floor = with(&|c| c.floor = 1e-3);
    assert_eq!(
        written(&base, &codes, 4)
            .merge(written(&floor, &codes, 4))
            .unwrap()
            .len(),
        4
    );
    // Given directions are told from drawn ones, and from each other.
    let given = |seed| {
        RandomFeatures::with_directions(base.clone(), normal(seed, 64, 4), Vec::new(), &device())
            .unwrap()
    };
    assert!(given(1).merge(written(&base, &codes, 4)).is_err());
    assert!(given(1).merge(given(2)).is_err());
    assert!(given(1).merge(given(1)).is_ok());
}

#[test]
fn wrong_configurations_are_errors() {
    let message = |config: RandomFeaturesConfig| config.init(4, &device()).unwrap_err().to_string();
    let base = config(FeatureKind::SinCos, 64, 5.0);
    let wrong = message(RandomFeaturesConfig {
        beta: 0.0,
        ..base.clone()
    });
    assert_eq!(
        wrong,
        "RandomFeaturesConfig.beta: must be finite and greater than 0, found 0"
    );
    assert!(
        message(RandomFeaturesConfig {
            count: 0,
            ..base.clone()
        })
        .starts_with("RandomFeaturesConfig.count")
    );
    assert!(
        message(RandomFeaturesConfig {
            floor: 0.0,
            ..base.clone()
        })
        .starts_with("RandomFeaturesConfig.floor")
    );
    let wrong = message(RandomFeaturesConfig {
        centre: vec![0.0; 3],
        ..base.clone()
    });
    assert!(wrong.contains("4 entries and the centre 3"), "{wrong}");
    let directions = normal(1, 63, 4);
    let error =
        RandomFeatures::with_directions(base, directions, Vec::new(), &device()).unwrap_err();
    assert_eq!(error.to_string(), "directions: expected 64 rows, found 63");
    let cos = config(FeatureKind::Cos, 64, 5.0);
    let error =
        RandomFeatures::with_directions(cos, normal(1, 64, 4), Vec::new(), &device()).unwrap_err();
    assert_eq!(error.to_string(), "phases: expected 64 rows, found 0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn sums_are_sums(seed in 0u64..1000, which in 0usize..5, cut in 1usize..8) {
        let dim = 7;
        let config = RandomFeaturesConfig { seed, ..config(KINDS[which], 700, 6.0) };
        let codes = binary(seed, 9, dim, true);
        let all = written(&config, &codes, dim);

        // Any cut, merged either way round; any order; one by one.
        let (head, tail) = codes.split_at(cut * dim);
        let (a, b) = (written(&config, head, dim), written(&config, tail, dim));
        assert_same(&a.clone().merge(b.clone()).unwrap(), &all, 1e-5, "merge");
        assert_same(&b.clone().merge(a.clone()).unwrap(), &all, 1e-5, "merge the other way");
        let mut one_by_one = memory(&config, dim);
        for k in rng::permutation(&mut rng::stream(seed, "order"), 9) {
            one_by_one.store(tensor(&codes[k * dim..(k + 1) * dim], dim)).unwrap();
        }
        assert_same(&one_by_one, &all, 1e-5, "another order");

        // What was written last can be taken away, by itself or as a memory.
        let mut forgot = all.clone();
        forgot.forget(tensor(tail, dim)).unwrap();
        assert_same(&forgot, &a, 1e-5, "forget");
        let mut less = all.clone();
        less.subtract(&b).unwrap();
        assert_same(&less, &a, 1e-5, "subtract");

        // A weight of 2 is a pattern written twice.
        let mut twice = a.clone();
        twice.store(tensor(head, dim)).unwrap();
        let mut heavy = memory(&config, dim);
        heavy.write_weighted(tensor(head, dim), &vec![2.0; cut]).unwrap();
        let (heavy, twice) = (linear(&heavy), linear(&twice));
        for (a, b) in heavy.iter().zip(&twice) {
            prop_assert!((a - b).abs() < 1e-5 * norm(&twice));
        }
    }

    /// Energies shift by -log(factor) / beta, gradients stay, older patterns weigh less.
    #[test]
    fn decay_shifts_the_energy(seed in 0u64..1000, which in 0usize..5) {
        let config = RandomFeaturesConfig { seed, floor: 1e-9, ..config(KINDS[which], 2000, 6.0) };
        let codes = binary(seed, 4, 6, true);
        let fresh = written(&config, &codes, 6);
        let mut faded = fresh.clone();
        faded.decay(0.25).unwrap();
        let states = near(&codes, 6, 0.05, seed);
        let (a, b) = (host(fresh.energy(states.clone()).unwrap()), host(faded.energy(states.clone()).unwrap()));
        let shift = -(0.25f32.ln()) / 6.0;
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((b - a - shift).abs() < 1e-5, "{} {} {}", a, b, shift);
        }
        let gradients = [fresh, faded].map(|memory| host(memory.gradient(states.clone()).unwrap()));
        prop_assert!(relative(&gradients[1], &gradients[0]) < 1e-4);
    }
}
