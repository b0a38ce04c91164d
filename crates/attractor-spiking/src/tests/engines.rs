//! What holds of the engines whatever is stored (spec of the reconstruction: sign, identity, box, scaling, parity).

use attractor_core::rng;
use rand::RngExt;

use super::*;
use crate::algebra::{Matrix, dot};
use crate::cube::CubeRun;
use crate::network::Network;
use crate::network::clock::{ClockConfig, ClockRule, ClockRun};
use crate::network::engine::{Engine, Spike};
use crate::network::event::EventRun;
use crate::network::rates::end_state;

const RULES: [LearningRule; 5] = [
    LearningRule::Hebb,
    PINV,
    LearningRule::PseudoInverse {
        keep_diagonal: true,
    },
    LearningRule::PERCEPTRON,
    LearningRule::GRADIENT,
];

/// A network of 24 units that holds 5 patterns, and a start near the first.
fn example(rule: LearningRule, seed: u64) -> (CubeNetwork, Vec<f64>) {
    let patterns = random(seed, 5, 24);
    let schedule = Schedule {
        seed,
        ..Schedule::default()
    };
    let start = schedule.start(&flipped(&patterns[..24], 3, seed));
    (network(rule, &patterns, 24), start)
}

/// U - h - W r, the largest.
fn identity_error(weights: &Matrix, drive: &[f64], run: &impl Engine) -> f64 {
    let rates = run.rates();
    let of = |i: usize| (run.potential(i) - drive[i] - dot(weights.row(i), &rates)).abs();
    (0..drive.len()).map(of).fold(0.0, f64::max)
}

#[test]
fn every_weight_inhibits() {
    for rule in RULES {
        for units in [2, 7, 24] {
            let mut memory = SpikingMemoryConfig::with_rule(units, rule)
                .init(&attractor_testing::device())
                .unwrap();
            for seed in 0..3 {
                // Up to three patterns of two units: one of them is a repetition or a negative.
                if memory.write_signs(&random(10 + seed, 1, units)).is_err() {
                    continue;
                }
                let network = memory.network().unwrap();
                assert!(
                    network.dense().unwrap().is_inhibitory(),
                    "{rule:?}, {units} units"
                );
            }
        }
    }
    let coupling = Matrix::from_fn(2, 2, |k, l| if k == l { 0.0 } else { 0.5 });
    let message = |same: f64, c: f64| {
        let made = CubeNetwork::new(coupling.clone(), &[same; 2], &[1.0; 2], c, 1.0);
        made.unwrap_err().to_string()
    };
    assert!(message(1.0, 0.4).ends_with("found c = 0.4 against 0.5 at units 0, 1"));
    assert!(message(-0.6, 0.5).ends_with("found c = 0.5 against 0.6 at units 0, 0"));
}

/// Section 7, tests 2 and 3, after 10 000 spikes.
#[test]
fn voltages_follow_from_rates_and_stay_in_the_box() {
    for rule in RULES {
        let (network, start) = example(rule, 1);
        let (weights, drive) = (network.weights(1), vec![network.drive(); 48]);
        let mut run = CubeRun::new(&network, &start).unwrap();
        let (mut events, mut highest) = (0, f64::NEG_INFINITY);
        while events < 10_000 {
            let before = run.clone();
            let spike = run.step(f64::INFINITY).unwrap();
            events += 1;
            if spike.time > 0.0 {
                highest = run.potentials().into_iter().fold(highest, f64::max);
                // Half way to the spike nobody is above threshold.
                if spike.time - before.time() > 1e-9 {
                    let mut between = before;
                    assert_eq!(between.step(0.5 * (between.time() + spike.time)), None);
                    highest = between.potentials().into_iter().fold(highest, f64::max);
                }
            }
        }
        assert!(identity_error(&weights, &drive, &run) < 1e-10, "{rule:?}");
        assert!(
            highest <= 1e-12 * network.drive().max(1.0),
            "{rule:?}: {highest}"
        );
        let energy =
            -0.5 * dot(&weights.times(&run.rates()), &run.rates()) - network.drive() * run.total();
        assert!(
            (run.energy() - energy).abs() < 1e-9 * energy.abs(),
            "{rule:?}"
        );
    }
}

fn spikes(run: &mut impl Engine, count: usize) -> Vec<Spike> {
    (0..count)
        .map(|_| run.step(f64::INFINITY).unwrap())
        .collect()
}

fn assert_alike(a: &[Spike], b: &[Spike], what: &str) {
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        assert_eq!(a.neuron, b.neuron, "{what}, spike {at}");
        assert!(
            (a.time - b.time).abs() < 1e-9,
            "{what}, spike {at}: {a:?} {b:?}"
        );
    }
}

/// Section 7, test 14: structured, dense and factored engines over 1000 spikes.
#[test]
fn engines_agree() {
    // With the pseudo-inverse ties come closer than rounding after some 15 tau: fewer spikes there.
    for (rule, count) in RULES.into_iter().zip([1000, 400, 400, 1000, 1000]) {
        let (network, start) = example(rule, 2);
        let mut structured = CubeRun::new(&network, &start).unwrap();
        let expected = spikes(&mut structured, count);
        for (name, other) in [
            ("dense", network.dense().unwrap()),
            ("factored", network.low_rank().unwrap()),
        ] {
            let mut run = EventRun::new(&other, &start).unwrap();
            let found = spikes(&mut run, count);
            assert_alike(&found, &expected, &format!("{rule:?}, {name}"));
            let differences = run.potentials().into_iter().zip(structured.potentials());
            let worst = differences.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-10, "{rule:?}, {name}: {worst}");
            let latent = other.latent(&run.rates());
            let expected = other.latent(&structured.rates());
            assert!(
                latent
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| (a - b).abs() < 1e-10)
            );
        }
    }
}

/// Section 7, test 4, in shares.
#[test]
fn self_inhibition_must_beat_mutual_inhibition() {
    for ((own, cross), expected) in [((2.0, 1.0), 0.5), ((1.0, 2.0), 1.0)] {
        let weights = Matrix::from_fn(2, 2, |i, j| if i == j { -own } else { -cross });
        let network = Network::dense(&weights, vec![5.0; 2]).unwrap();
        let mut run = EventRun::new(&network, &[0.1, 0.05]).unwrap();
        run.run(10.0);
        let found = spikes(&mut run, 400);
        let first = found.iter().filter(|spike| spike.neuron == 0).count() as f64 / 400.0;
        let larger = first.max(1.0 - first);
        assert!((larger - expected).abs() < 0.01, "{own}, {cross}: {larger}");
    }
}

/// Section 7, test 12, and the units of time: W and h times g leave every spike where it was.
#[test]
fn scaling_leaves_spikes() {
    let (network, start) = example(LearningRule::Hebb, 3);
    let weights = network.weights(1);
    let scaled = Matrix::from_fn(48, 48, |i, j| 3.0 * weights.at(i, j));
    let drive = vec![3.0 * network.drive(); 48];
    let scaled = Network::dense(&scaled, drive).unwrap();
    let expected = spikes(&mut CubeRun::new(&network, &start).unwrap(), 500);
    let found = spikes(&mut EventRun::new(&scaled, &start).unwrap(), 500);
    assert_alike(&found, &expected, "scaled");
}

/// Section 7, test 9: turning units round relabels neurons and nothing else.
#[test]
fn gauge_symmetry() {
    let patterns = random(4, 5, 24);
    let gauge = random(5, 1, 24);
    let turned: Vec<i8> = patterns
        .chunks_exact(24)
        .flat_map(|x| x.iter().zip(&gauge).map(|(x, z)| x * z))
        .collect();
    for rule in RULES {
        let [a, b] = [&patterns, &turned].map(|patterns| network(rule, patterns, 24));
        let start = Schedule::default().start(&patterns[..24]);
        let mut other = start.clone();
        for (k, _) in gauge.iter().enumerate().filter(|&(_, &z)| z < 0) {
            other.swap(2 * k, 2 * k + 1);
        }
        let first = spikes(&mut CubeRun::new(&a, &start).unwrap(), 300);
        let second = spikes(&mut CubeRun::new(&b, &other).unwrap(), 300);
        let relabelled: Vec<Spike> = second
            .into_iter()
            .map(|spike| Spike {
                neuron: match gauge[spike.neuron / 2] {
                    1 => spike.neuron,
                    _ => spike.neuron ^ 1,
                },
                ..spike
            })
            .collect();
        assert_alike(&relabelled, &first, &format!("{rule:?}"));
    }
}

/// Section 7, test 11.
#[test]
fn units_have_no_order() {
    let order = rng::permutation(&mut rng::stream(6, "order"), 24);
    // A margin that no field of 24 units equals: the order of a sum would decide there.
    let odd = LearningRule::Perceptron {
        margin: 1.01,
        rate: 1.0,
        max_sweeps: 1000,
    };
    let rules = RULES.map(|rule| {
        if rule == LearningRule::PERCEPTRON {
            odd
        } else {
            rule
        }
    });
    for rule in rules {
        let patterns = random(6, 5, 24);
        let shuffled: Vec<i8> = patterns
            .chunks_exact(24)
            .flat_map(|x| order.iter().map(|&k| x[k]))
            .collect();
        let [a, b] = [&patterns, &shuffled].map(|patterns| network(rule, patterns, 24));
        let start = Schedule::default().start(&patterns[..24]);
        let other: Vec<f64> = order
            .iter()
            .flat_map(|&k| [start[2 * k], start[2 * k + 1]])
            .collect();
        let first = spikes(&mut CubeRun::new(&a, &start).unwrap(), 150);
        let second = spikes(&mut CubeRun::new(&b, &other).unwrap(), 150);
        let back: Vec<Spike> = second
            .into_iter()
            .map(|spike| Spike {
                neuron: 2 * order[spike.neuron / 2] + spike.neuron % 2,
                ..spike
            })
            .collect();
        assert_alike(&back, &first, &format!("{rule:?}"));
    }
}

/// Section 7, test 19.
#[test]
fn without_drive_there_is_silence() {
    let (network, start) = example(PINV, 7);
    let dense = Network::dense(&network.weights(1), vec![0.0; 48]).unwrap();
    let mut run = EventRun::new(&dense, &start).unwrap();
    assert_eq!(run.run(30.0), []);
    for (end, start) in run.rates().iter().zip(&start) {
        assert!((end - start * (-30.0f64).exp()).abs() < 1e-12);
    }
    assert!((run.time() - 30.0).abs() < 1e-12);
    // A neuron above its threshold spikes at once even if its drive lies below.
    let excited = Matrix::from_fn(2, 2, |i, j| if i == j { -2.0 } else { 1.5 });
    let excited = Network::dense(&excited, vec![-1.0; 2]).unwrap();
    let mut run = EventRun::new(&excited, &[1.0, 0.0]).unwrap();
    assert_eq!(
        run.run(1.0),
        [Spike {
            time: 0.0,
            neuron: 1
        }]
    );
}

#[test]
fn clocks_tend_to_the_exact_engine() {
    let (network, start) = example(LearningRule::Hebb, 8);
    let dense = network.dense().unwrap();
    let exact = CubeRun::new(&network, &start).unwrap().run(3.0);
    for rule in [
        ClockRule::One,
        ClockRule::Drain,
        ClockRule::Greedy { refractory: 1 },
        ClockRule::Delayed { clamp: false },
    ] {
        let mut run = ClockRun::new(&dense, ClockConfig::new(1e-5, rule), &start).unwrap();
        let mut found = Vec::new();
        while run.steps() < 300_000 {
            found.extend(run.step(&[]).unwrap());
        }
        // Order may differ where two are due in the same step.
        let count = |neuron| {
            let clock = found.iter().filter(|&&found| found == neuron).count() as i64;
            clock - exact.iter().filter(|spike| spike.neuron == neuron).count() as i64
        };
        assert!((0..48).all(|neuron| count(neuron).abs() <= 1), "{rule:?}");
        assert!(
            found.len().abs_diff(exact.len()) <= 3,
            "{rule:?}: {}",
            found.len()
        );
    }
}

#[test]
fn noise_is_seeded_and_has_its_variance() {
    // A neuron that never spikes: the stationary variance of the discretised noise is sigma^2 / (1 - dt / 2).
    let network = Network::dense(&Matrix::zeros(1, 1), vec![-50.0]).unwrap();
    let config = ClockConfig {
        noise: 0.3,
        ..ClockConfig::new(0.05, ClockRule::Drain)
    };
    let run = |seed: u64| {
        let config = ClockConfig { seed, ..config };
        let mut run = ClockRun::new(&network, config, &[0.0]).unwrap();
        let step = |_| {
            run.step(&[]).unwrap();
            run.potentials()[0] + 50.0
        };
        (0..40_000).map(step).collect::<Vec<f64>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let values = run(3);
    let variance = dot(&values, &values) / values.len() as f64;
    let expected = 0.09 / (1.0 - 0.025);
    assert!((variance / expected - 1.0).abs() < 0.1, "{variance}");
}

/// Coordinate descent ends where the conditions of a fixed point hold, on the rates of the certificate.
#[test]
fn end_states_without_spikes() {
    for rule in RULES {
        let patterns = random(9, 4, 40);
        let network = network(rule, &patterns, 40);
        for (pattern, certificate) in patterns
            .chunks_exact(40)
            .zip(network.certify(&patterns).unwrap())
        {
            if !certificate.holds() {
                continue;
            }
            let start = Schedule::default().start(&flipped(pattern, 2, 1));
            let end = end_state(CubeRun::new(&network, &start).unwrap(), 1e-10, 10_000).unwrap();
            assert!(end.converged, "{rule:?}");
            let run = CubeRun::new(&network, &end.rates).unwrap();
            for (i, rate) in end.rates.iter().enumerate() {
                let u = run.potential(i);
                assert!(u <= 1e-7 && (rate * u).abs() < 1e-7, "{rule:?}");
            }
            for (pair, (&sign, expected)) in end
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
                    (active - expected).abs() < 1e-6 && silent == 0.0,
                    "{rule:?}"
                );
            }
        }
    }
    let excited = Network::dense(&Matrix::zeros(1, 1), vec![1.0]).unwrap();
    let run = EventRun::new(&excited, &[0.0]).unwrap();
    let message = end_state(run, 1e-9, 10).unwrap_err().to_string();
    assert_eq!(
        message,
        "weights: every neuron must inhibit itself, found 0"
    );
}

#[test]
fn mistakes_are_named() {
    let square = Matrix::from_fn(2, 2, |_, _| -1.0);
    let message = |made: attractor_core::Result<Network>| made.unwrap_err().to_string();
    let dense = |drive: Vec<f64>| Network::dense(&square, drive);
    assert_eq!(
        message(dense(vec![1.0; 3])),
        "weights: expected 3 rows, found 2"
    );
    assert!(message(dense(vec![1.0, f64::NAN])).contains("found NaN at row 0, column 1"));
    let factored = Network::low_rank(Matrix::zeros(2, 1), &Matrix::zeros(1, 3), 0.0, vec![1.0; 2]);
    assert_eq!(
        message(factored),
        "decoders: expected shape [n, 2], found [1, 3]"
    );
    let network = dense(vec![1.0; 2]).unwrap();
    let start = |rates: &[f64]| EventRun::new(&network, rates).unwrap_err().to_string();
    assert_eq!(
        start(&[0.0]),
        "starting rates: expected shape [n, 2], found [1, 1]"
    );
    assert_eq!(
        start(&[0.0, -1.0]),
        "starting rates: must be at least 0, found -1"
    );
    let clock = |step: f64, rule| {
        let made = ClockRun::new(&network, ClockConfig::new(step, rule), &[0.0; 2]);
        made.unwrap_err().to_string()
    };
    assert!(clock(1.0, ClockRule::One).contains("must be below 1"));
    let slow = ClockRule::Slow {
        pulse: 0,
        refractory: 1,
    };
    assert!(clock(0.1, slow).contains("Slow.pulse: must be at least 1"));
    let mut random = rng::stream(0, "x");
    let many = Matrix::from_fn(30, 30, |_, _| -1.0);
    let drive = (0..30).map(|_| random.random::<f64>()).collect();
    let many = Network::dense(&many, drive).unwrap();
    let message = crate::network::faces::faces(&many).unwrap_err().to_string();
    assert!(message.ends_with("found 30"), "{message}");
}
