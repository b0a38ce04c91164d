//! What vertices are: certificates, Hopfield fixed points, energy.

use attractor_core::Outcome;

use super::*;
use crate::cube::CubeRun;
use crate::network::clock::{ClockConfig, ClockRule, ClockRun};
use crate::network::engine::Engine;

/// Section 7, test 6: time averages are the rates of the certificate, and the other sides are silent.
#[test]
fn rates_are_those_of_the_certificate() {
    let patterns = random(1, 10, 100);
    let schedule = Schedule {
        rate: 20.0,
        duration: 20.0,
        readout: 10.0,
        ..Schedule::default()
    };
    let config = SpikingMemoryConfig {
        schedule,
        ..SpikingMemoryConfig::with_rule(100, PINV)
    };
    let memory = memory(config, &patterns);
    let network = memory.network().unwrap();
    for (pattern, certificate) in patterns
        .chunks_exact(100)
        .zip(network.certify(&patterns).unwrap())
        .take(4)
    {
        assert!(certificate.holds());
        let recall = network.recall(pattern, None, &schedule).unwrap();
        assert!(recall.is_vertex && recall.settled);
        for (pair, (&sign, expected)) in recall
            .rates
            .chunks_exact(2)
            .zip(pattern.iter().zip(&certificate.rates))
        {
            let (active, silent) = if sign > 0 {
                (pair[0], pair[1])
            } else {
                (pair[1], pair[0])
            };
            assert!(
                (active / expected - 1.0).abs() < 0.03,
                "{active} {expected}"
            );
            assert!(silent < 1e-7);
        }
    }
}

/// Section 7, test 7.
#[test]
fn certificates_predict() {
    let long = Schedule {
        duration: 50.0,
        ..Schedule::default()
    };
    let (mut held, mut left) = (0, 0);
    for (rule, count) in [
        (PINV, 20),
        (LearningRule::Hebb, 5),
        (LearningRule::Hebb, 80),
    ] {
        let patterns = random(2, count, 100);
        let network = network(rule, &patterns, 100);
        for (pattern, certificate) in patterns
            .chunks_exact(100)
            .zip(network.certify(&patterns).unwrap())
        {
            let signed: Vec<f64> = pattern
                .iter()
                .zip(&certificate.rates)
                .map(|(&x, r)| f64::from(x) * r)
                .collect();
            let fields = network.coupling().times(&signed);
            let against = fields
                .iter()
                .zip(pattern)
                .filter(|&(g, &x)| g * f64::from(x) < 0.0);
            let against = against.count();
            if certificate.failure(0.1).is_none() {
                let recall = network.recall(pattern, None, &long).unwrap();
                assert_eq!(overlap(&recall.signs, pattern), 1.0, "{rule:?}");
                assert_eq!(recall.outcome(), Outcome::Converged);
                held += 1;
            } else if against > 10 {
                let recall = network.recall(pattern, None, &long).unwrap();
                assert!(overlap(&recall.signs, pattern) < 1.0, "{rule:?}");
                left += 1;
            }
        }
    }
    assert!(held >= 20 && left >= 5, "{held} {left}");
}

/// Section 7, test 8: with much pooled inhibition a vertex is fixed where the Hopfield network is.
#[test]
fn fixed_vertices_are_hopfield_fixed_points() {
    let (mut same, mut units, mut fixed) = (0, 0, 0);
    for seed in 0..20 {
        let patterns = random(100 + seed, 5, 100);
        let config = SpikingMemoryConfig {
            inhibition_ratio: 32.0,
            ..SpikingMemoryConfig::with_rule(100, LearningRule::Hebb)
        };
        let memory = memory(config, &patterns);
        let network = memory.network().unwrap();
        let certificates = network.certify(&patterns).unwrap();
        for (pattern, certificate) in patterns.chunks_exact(100).zip(certificates) {
            let recall = network.recall(pattern, None, &Schedule::default()).unwrap();
            let expected = hopfield(network, pattern);
            let is_fixed = expected == pattern;
            assert_eq!(certificate.holds(), is_fixed);
            assert_eq!(recall.signs == pattern, is_fixed);
            fixed += usize::from(is_fixed);
            same += recall
                .signs
                .iter()
                .zip(&expected)
                .filter(|(a, b)| a == b)
                .count();
            units += 100;
        }
    }
    assert!(same as f64 / units as f64 > 0.99, "{same} of {units}");
    assert!(fixed > 90, "{fixed}");
}

/// Section 7, test 10.
#[test]
fn negatives_are_stored_too() {
    for rule in [
        LearningRule::Hebb,
        PINV,
        LearningRule::PERCEPTRON,
        LearningRule::GRADIENT,
    ] {
        let patterns = random(3, 6, 60);
        let negatives: Vec<i8> = patterns.iter().map(|x| -x).collect();
        let network = network(rule, &patterns, 60);
        let [a, b] = [&patterns, &negatives].map(|x| network.certify(x).unwrap());
        for (a, b) in a.iter().zip(&b) {
            assert!((a.smallest_slack - b.smallest_slack).abs() < 1e-9);
            assert_eq!(a.holds(), b.holds());
        }
        let schedule = Schedule::default();
        let [a, b] = [&patterns, &negatives].map(|x| overlaps(&network, x, 0, &schedule));
        assert_eq!(a, b, "{rule:?}");
    }
}

/// Section 7, test 13.
#[test]
fn global_inhibition_makes_no_difference() {
    let patterns = random(4, 18, 60);
    let answers = [1.0, 5.0, 20.0].map(|global_ratio| {
        let config = SpikingMemoryConfig {
            global_ratio,
            ..SpikingMemoryConfig::new(60)
        };
        let memory = memory(config, &patterns);
        overlaps(
            memory.network().unwrap(),
            &patterns,
            6,
            &Schedule::default(),
        )
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    assert!(share(&answers[0], |overlap| overlap == 1.0) > 0.9);
}

/// Section 7, test 15.
#[test]
fn clock_and_events_decode_alike() {
    let patterns = random(5, 10, 50);
    let network = network(PINV, &patterns, 50);
    let dense = network.dense().unwrap();
    let (mut same, mut cues) = (0, 0);
    for (row, pattern) in patterns.chunks_exact(50).enumerate() {
        for seed in 0..3 {
            let cue = flipped(pattern, 5, 10 * row as u64 + seed);
            let start = Schedule::default().start(&cue);
            let exact = network.recall(&cue, None, &Schedule::default()).unwrap();
            let config = ClockConfig::new(0.002, ClockRule::Drain);
            let mut run = ClockRun::new(&dense, config, &start).unwrap();
            let mut signed = [0.0; 50];
            while run.steps() < 12_500 {
                run.step(&[]).unwrap();
                if run.steps() > 10_000 {
                    let pairs = run.rates().chunks_exact(2);
                    signed
                        .iter_mut()
                        .zip(pairs)
                        .for_each(|(m, pair)| *m += pair[0] - pair[1]);
                }
            }
            let agrees = signed
                .iter()
                .zip(&exact.signs)
                .all(|(m, &x)| m * f64::from(x) > 0.0);
            same += usize::from(agrees);
            cues += 1;
        }
    }
    assert!(same * 100 >= 99 * cues, "{same} of {cues}");
}

/// Section 7, test 18: averaged over a tau, F falls.
#[test]
fn energy_falls() {
    for (rule, count) in [(PINV, 10), (LearningRule::Hebb, 5)] {
        let patterns = random(6, count, 50);
        let schedule = Schedule {
            rate: 4.0,
            ..Schedule::default()
        };
        let config = SpikingMemoryConfig {
            schedule,
            ..SpikingMemoryConfig::with_rule(50, rule)
        };
        let memory = memory(config, &patterns);
        let network = memory.network().unwrap();
        for (row, pattern) in patterns.chunks_exact(50).enumerate() {
            let cue = flipped(pattern, 10, row as u64);
            let recall = network.recall(&cue, None, &schedule).unwrap();
            assert_eq!(recall.energies.len(), 25);
            for pair in recall.energies.windows(2) {
                let rise = (pair[1] - pair[0]) / pair[0].abs();
                assert!(rise < 1e-3, "{rule:?}: {:?}", recall.energies);
            }
        }
    }
}

/// Windows of energy are averages: compared with a sum over small steps.
#[test]
fn energies_are_averages() {
    for rule in [LearningRule::Hebb, LearningRule::PERCEPTRON] {
        let patterns = random(7, 3, 12);
        let network = network(rule, &patterns, 12);
        let start = Schedule::default().start(&patterns[..12]);
        let (mut energy, mut sum) = (0.0, 0.0);
        let mut run = CubeRun::new(&network, &start).unwrap();
        while run.step_with_energy(2.0, &mut energy).is_some() {}
        let mut run = CubeRun::new(&network, &start).unwrap();
        for step in 0..20_000 {
            run.run((f64::from(step) + 0.5) * 1e-4);
            let rates = run.rates();
            let recurrent = network.weights(1).times(&rates);
            let products = recurrent.iter().zip(&rates).map(|(u, r)| u * r);
            let f = -0.5 * products.sum::<f64>() - network.drive() * run.total();
            sum += f * 1e-4;
        }
        assert!(
            (energy - sum).abs() < 2e-4 * sum.abs(),
            "{rule:?}: {energy} {sum}"
        );
    }
}
