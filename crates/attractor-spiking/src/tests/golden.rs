//! The exact oracle's numbers; `cargo xtask verify` makes the same comparisons with files of other sizes.

use attractor_core::weights::Weights;
use attractor_testing::golden;

use crate::algebra::Matrix;
use crate::cube::{CubeNetwork, CubeRun};
use crate::network::Network;
use crate::network::clock::{ClockConfig, ClockRule, ClockRun};
use crate::network::engine::{Engine, Spike};
use crate::network::event::EventRun;
use crate::network::faces::{Face, faces};
use crate::rules::{Gradient, Learner, LearningRule, Perceptron, Projector};

struct File(Weights);

impl File {
    fn open() -> Self {
        Self(golden("spiking"))
    }

    fn values(&self, key: &str) -> Vec<f64> {
        self.0.numbers(key).unwrap().1
    }

    fn matrix(&self, key: &str) -> Matrix {
        let shape = self.0.numbers(key).unwrap().0.try_into().unwrap();
        Matrix::new("golden", shape, self.values(key)).unwrap()
    }

    fn integers(&self, key: &str) -> Vec<i64> {
        self.values(key).iter().map(|&value| value as i64).collect()
    }

    fn signs(&self, key: &str) -> Vec<i8> {
        self.values(key).iter().map(|&sign| sign as i8).collect()
    }
}

#[track_caller]
fn close(ours: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (i, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let difference = (ours - expected).abs();
        let allowed = tolerance * expected.abs().max(1.0);
        assert!(
            difference <= allowed,
            "{what}[{i}]: ours {ours}, expected {expected}"
        );
    }
}

fn neurons(spikes: &[Spike]) -> Vec<i64> {
    spikes.iter().map(|spike| spike.neuron as i64).collect()
}

fn times(spikes: &[Spike]) -> Vec<f64> {
    spikes.iter().map(|spike| spike.time).collect()
}

#[test]
fn two_neurons_share_or_fight() {
    let file = File::open();
    let weights = file.values("two_neurons/W");
    let counts = file.integers("two_neurons/spike_counts");
    for (case, weights) in weights.chunks_exact(4).enumerate() {
        let weights = Matrix::new("W", [2, 2], weights.to_vec()).unwrap();
        let network = Network::dense(&weights, vec![5.0; 2]).unwrap();
        let mut run = EventRun::new(&network, &[0.1, 0.05]).unwrap();
        let spikes = run.run(60.0);
        let first = &spikes[..file
            .integers(&format!("two_neurons/spike_neurons_{case}"))
            .len()];
        let key = format!("two_neurons/spike_neurons_{case}");
        assert_eq!(neurons(first), file.integers(&key), "{key}");
        let key = format!("two_neurons/spike_times_{case}");
        close(&times(first), &file.values(&key), 1e-9, &key);
        for neuron in 0..2 {
            let count = spikes.iter().filter(|spike| spike.neuron == neuron).count();
            assert_eq!(count as i64, counts[2 * case + neuron]);
        }
    }
}

fn lowrank(file: &File) -> Network {
    let matrix = |name: &str| file.matrix(&format!("lowrank/{name}"));
    let drive = matrix("F").times(&file.values("lowrank/x"));
    let thresholds = file.values("lowrank/T");
    let drive: Vec<f64> = drive.iter().zip(thresholds).map(|(a, b)| a - b).collect();
    close(&drive, &file.values("lowrank/h"), 1e-10, "h");
    let mu = file.values("lowrank/mu")[0];
    Network::low_rank(matrix("E"), &matrix("D"), mu, drive).unwrap()
}

#[test]
fn low_rank_network() {
    let file = File::open();
    let network = lowrank(&file);
    let expected = file.values("lowrank/W");
    close(network.weights().values(), &expected, 1e-10, "W");
    assert!(network.is_inhibitory());
    let all = faces(&network).unwrap();
    let expected = file.values("lowrank/faces_c1_c2_c3");
    assert_eq!(all.len(), expected.len() / 3);
    for (face, expected) in all.iter().zip(expected.chunks_exact(3)) {
        let mut ours = [
            face.smallest_rate,
            face.largest_outside,
            face.smallest_eigenvalue,
        ];
        let mut expected = [expected[0], expected[1], expected[2]];
        if expected[1] == f64::NEG_INFINITY {
            assert_eq!(ours[1], expected[1]);
            (ours[1], expected[1]) = (0.0, 0.0);
        }
        close(&ours, &expected, 1e-10, &format!("face {:?}", face.active));
    }
    let bits = |face: &&Face| face.active.iter().map(|i| 1i64 << i).sum::<i64>();
    let equilibria: Vec<i64> = all
        .iter()
        .filter(|face| face.is_equilibrium())
        .map(|f| bits(&f))
        .collect();
    assert_eq!(equilibria, file.integers("lowrank/equilibrium_sets"));
    let stable: Vec<&Face> = all.iter().filter(|face| face.is_stable()).collect();
    let sets: Vec<i64> = stable.iter().map(bits).collect();
    assert_eq!(sets, file.integers("lowrank/stable_sets"));
    let rates: Vec<f64> = stable.iter().flat_map(|face| face.rates.clone()).collect();
    close(&rates, &file.values("lowrank/stable_r"), 1e-10, "stable r");
    let latent: Vec<f64> = stable
        .iter()
        .flat_map(|face| network.latent(&face.rates))
        .collect();
    close(&latent, &file.values("lowrank/stable_y"), 1e-10, "stable y");

    // The factors and the matrix written out run alike.
    let dense = Network::dense(&network.weights(), network.drive().to_vec()).unwrap();
    for (index, start) in file
        .values("lowrank/r0")
        .chunks_exact(network.len())
        .enumerate()
    {
        for network in [&network, &dense] {
            let mut run = EventRun::new(network, start).unwrap();
            let (mut spikes, mut rates, mut latent) = (Vec::new(), Vec::new(), Vec::new());
            for time in file.values("lowrank/snapshot_times") {
                spikes.extend(run.run(time));
                rates.extend(run.rates());
                latent.extend(lowrank(&file).latent(&run.rates()));
            }
            let key = |name: &str| format!("lowrank/run{index}/{name}");
            assert_eq!(neurons(&spikes), file.integers(&key("spike_neurons")));
            close(
                &times(&spikes),
                &file.values(&key("spike_times")),
                1e-9,
                "times",
            );
            close(&rates, &file.values(&key("r")), 1e-9, "r");
            close(&latent, &file.values(&key("y")), 1e-9, "y");
        }
    }
}

/// The published rules: 1e-4 s steps, leak 100/s, pulses of 1 ms, refractory 2 ms.
#[test]
fn published_simulators() {
    let file = File::open();
    let network = lowrank(&file);
    let start = &file.values("lowrank/r0")[..network.len()];
    let slow = ClockRule::Slow {
        pulse: 10,
        refractory: 20,
    };
    for (name, rule) in [
        ("clamped", ClockRule::Delayed { clamp: true }),
        ("unclamped", ClockRule::Delayed { clamp: false }),
        ("slow_synapses", slow),
    ] {
        let mut run = ClockRun::new(&network, ClockConfig::new(0.01, rule), start).unwrap();
        let (mut spikes, mut voltages) = (Vec::new(), Vec::new());
        let expected = file.matrix(&format!("framework/{name}/V"));
        // Rows are 40 steps apart; the first is the start.
        for step in 0..expected.shape()[0] * 40 - 1 {
            if step % 40 == 0 {
                voltages.extend(run.potentials().iter().map(|u| u + 1.0));
            }
            let fired = run.step(&[]).unwrap();
            spikes.extend(
                fired
                    .into_iter()
                    .flat_map(|neuron| [step as i64 + 1, neuron as i64]),
            );
        }
        let key = format!("framework/{name}/spike_steps_neurons");
        let expected_spikes = file.integers(&key);
        assert_eq!(spikes, expected_spikes, "{name}");
        close(&voltages, expected.values(), 1e-9, name);
    }
}

fn cube(file: &File, case: &str) -> CubeNetwork {
    let key = |name: &str| format!("cube/{case}/{name}");
    let mut coupling = file.matrix(&key("J"));
    // What stands on the diagonal is in the inhibitions.
    (0..coupling.shape()[0]).for_each(|k| coupling.set(k, k, 0.0));
    let [same, opposing, c_h] = ["a_same", "a_opposing", "c_h"].map(|name| file.values(&key(name)));
    CubeNetwork::new(coupling, &same, &opposing, c_h[0], c_h[1]).unwrap()
}

#[test]
fn every_vertex_of_a_cube() {
    let file = File::open();
    let vertices: Vec<i8> = file
        .integers("cube/vertices")
        .iter()
        .map(|&x| x as i8)
        .collect();
    for case in [
        "hebb",
        "pinv_zero",
        "pinv_kept",
        "pinv_low_a",
        "pinv_unpooled",
        "pinv_large_as",
    ] {
        let network = cube(&file, case);
        let units = network.units();
        let key = |name: &str| format!("cube/{case}/{name}");
        let certificates = network.certify(&vertices).unwrap();
        let ours: Vec<f64> = certificates
            .iter()
            .flat_map(|c| [c.smallest_rate, c.smallest_slack, c.smallest_eigenvalue])
            .collect();
        close(&ours, &file.values(&key("V1_V2_V3")), 1e-10, case);
        let stable = certificates
            .iter()
            .map(|c| i64::from(c.failure(1e-9).is_none()));
        assert_eq!(
            stable.collect::<Vec<_>>(),
            file.integers(&key("stable")),
            "{case}"
        );
        let coupling = file.matrix(&key("J"));
        let fixed = vertices.chunks_exact(units).map(|x| {
            let x = crate::rules::doubles(x);
            let field = coupling.times(&x);
            let alone = |k: usize| x[k] * (field[k] - coupling.at(k, k) * x[k]) > 1e-9;
            i64::from((0..units).all(alone))
        });
        assert_eq!(
            fixed.collect::<Vec<_>>(),
            file.integers(&key("hopfield_fixed")),
            "{case}"
        );
        if file.0.contains(&key("W")) {
            let weights = network.weights(1);
            close(weights.values(), &file.values(&key("W")), 1e-10, &key("W"));
        }
        if file.0.contains(&key("E")) {
            let decoders = file.matrix(&key("D"));
            let theirs = Network::low_rank(
                file.matrix(&key("E")),
                &decoders,
                0.0,
                network.dense().unwrap().drive().to_vec(),
            )
            .unwrap();
            for factored in [&theirs, &network.low_rank().unwrap()] {
                close(
                    factored.weights().values(),
                    network.weights(1).values(),
                    1e-10,
                    "E D",
                );
            }
            let rank = network.weights(1).rank().unwrap() as i64;
            assert_eq!(vec![rank], file.integers(&key("rank")));
            let patterns = file.signs("cube/patterns");
            let certificates = network.certify(&patterns).unwrap();
            let mut rates = Vec::new();
            for (pattern, certificate) in patterns.chunks_exact(units).zip(&certificates) {
                let pairs = pattern.iter().zip(&certificate.rates);
                rates.extend(
                    pairs.flat_map(|(&sign, &r)| if sign > 0 { [r, 0.0] } else { [0.0, r] }),
                );
            }
            close(&rates, &file.values(&key("memory_r")), 1e-10, "memory r");
            let latent: Vec<f64> = rates
                .chunks_exact(2 * units)
                .flat_map(|r| theirs.latent(r))
                .collect();
            close(&latent, &file.values(&key("memory_y")), 1e-10, "memory y");
        }
    }
}

/// Section 7, test 5.
#[test]
fn one_pattern_in_closed_form() {
    let file = File::open();
    let pattern = file.signs("one_pattern/xi");
    let mut learner = Learner::new(LearningRule::Hebb, pattern.len());
    learner.add(&pattern, 0, pattern.len()).unwrap();
    let coupling = learner.coupling();
    close(coupling.values(), &file.values("one_pattern/J"), 1e-10, "J");
    let settings = file.values("one_pattern/a_c_h_kappa_rbar");
    let [a, c, h, kappa, rate] = settings.try_into().unwrap();
    let network = CubeNetwork::pooled(coupling, a, c, rate, kappa).unwrap();
    close(&[network.drive()], &[h], 1e-10, "h");
    close(
        network.weights(1).values(),
        &file.values("one_pattern/W"),
        1e-10,
        "W",
    );
    let certificate = network.certify(&pattern).unwrap().remove(0);
    close(&certificate.rates, &file.values("one_pattern/r"), 1e-9, "r");
    let least = file.values("one_pattern/min_eigenvalue");
    close(
        &[certificate.smallest_eigenvalue],
        &least,
        1e-9,
        "eigenvalue",
    );
    let rates: Vec<f64> = pattern
        .iter()
        .zip(&certificate.rates)
        .flat_map(|(&sign, &rate)| if sign > 0 { [rate, 0.0] } else { [0.0, rate] })
        .collect();
    let run = CubeRun::new(&network, &rates).unwrap();
    close(&run.potentials(), &file.values("one_pattern/U"), 1e-9, "U");
}

const RULES: [(&str, LearningRule); 5] = [
    ("hebb", LearningRule::Hebb),
    (
        "pinv_zero",
        LearningRule::PseudoInverse {
            keep_diagonal: false,
        },
    ),
    (
        "pinv_kept",
        LearningRule::PseudoInverse {
            keep_diagonal: true,
        },
    ),
    ("perceptron", LearningRule::PERCEPTRON),
    ("gradient", LearningRule::GRADIENT),
];

/// J and the network that our memory makes of the first patterns.
fn learned(file: &File, name: &str, rule: LearningRule) -> (Vec<i8>, Matrix, CubeNetwork) {
    let units = file.matrix("memory/patterns").shape()[1];
    let count = file.integers(&format!("memory/{name}/pattern_count"))[0] as usize;
    let patterns = file.signs("memory/patterns")[..count * units].to_vec();
    let config = crate::SpikingMemoryConfig::with_rule(units, rule);
    let mut memory = config.init(&attractor_testing::device()).unwrap();
    let values: Vec<f32> = patterns.iter().map(|&sign| sign.into()).collect();
    use attractor_core::AssociativeMemory;
    memory
        .write(attractor_testing::tensor(&values, units))
        .unwrap();
    (
        patterns,
        memory.coupling(),
        memory.network().unwrap().clone(),
    )
}

#[test]
fn four_rules_learn_and_report() {
    let file = File::open();
    for (name, rule) in RULES {
        let (patterns, coupling, network) = learned(&file, name, rule);
        let key = |part: &str| format!("memory/{name}/{part}");
        close(coupling.values(), &file.values(&key("J")), 1e-10, name);
        let lambda = crate::algebra::largest_eigenvalue(&coupling).unwrap();
        let units = network.units();
        let mut margins = Vec::new();
        for pattern in patterns.chunks_exact(units).map(crate::rules::doubles) {
            let fields = coupling.times(&pattern);
            margins.extend(fields.iter().zip(&pattern).map(|(g, x)| g * x));
        }
        close(&margins, &file.values(&key("margins")), 1e-10, name);
        let kappa = margins.iter().sum::<f64>() / margins.len() as f64;
        let a = network.pooled_inhibition()[0];
        let ours = [lambda, network.inhibition(), a, kappa, network.drive()];
        close(&ours, &file.values(&key("lambda_c_a_kappa_h")), 1e-10, name);
        let certificates = network.certify(&patterns).unwrap();
        let rates: Vec<f64> = certificates.iter().flat_map(|c| c.rates.clone()).collect();
        close(&rates, &file.values(&key("report_r")), 1e-10, name);
        let report: Vec<f64> = certificates
            .iter()
            .flat_map(|c| [c.smallest_rate, c.smallest_slack, c.smallest_eigenvalue])
            .collect();
        close(&report, &file.values(&key("report_V1_V2_V3")), 1e-10, name);
        match rule {
            LearningRule::Perceptron {
                margin,
                rate,
                max_sweeps,
            } => {
                let mut perceptron = Perceptron::new(units, margin, rate, max_sweeps);
                let sweeps = perceptron.learn(&patterns).unwrap() as i64;
                assert_eq!(vec![sweeps], file.integers(&key("sweeps")));
            }
            LearningRule::Gradient { margin, ridge } => {
                let mut gradient = Gradient::new(units, margin, ridge);
                gradient.learn(&patterns).unwrap();
                let objective = gradient.objective(&patterns);
                close(&[objective], &file.values(&key("objective")), 1e-10, name);
            }
            _ => {}
        }
    }
}

#[test]
fn four_rules_recall() {
    let file = File::open();
    for (name, rule) in RULES {
        let (patterns, _, network) = learned(&file, name, rule);
        let units = network.units();
        let key = |part: &str| format!("memory/{name}/{part}");
        let starts = file.values(&key("r0"));
        let targets = file.integers(&key("cue_pattern"));
        let (mut means, mut overlaps) = (Vec::new(), Vec::new());
        for (start, target) in starts.chunks_exact(2 * units).zip(targets) {
            let mut run = CubeRun::new(&network, start).unwrap();
            run.run(10.0);
            let before = run.signed();
            let mut net = vec![0.0; units];
            for spike in run.run(15.0) {
                net[spike.neuron / 2] += if spike.neuron % 2 == 0 { 1.0 } else { -1.0 };
            }
            let after = run.signed();
            let mean: Vec<f64> = (0..units)
                .map(|k| (before[k] - after[k] + net[k]) / 5.0)
                .collect();
            let target = target as usize * units;
            let signs = patterns[target..target + units].iter().zip(&mean);
            let overlap = signs.map(|(&x, m)| f64::from(x) * m.signum()).sum::<f64>();
            overlaps.push(overlap / units as f64);
            means.extend(mean);
        }
        close(&means, &file.values(&key("mean_m_10_15")), 1e-9, name);
        assert_eq!(overlaps, file.values(&key("overlaps")), "{name}");
        for index in 0..2 {
            let start = &starts[index * 2 * units..(index + 1) * 2 * units];
            let key = |part: &str| format!("memory/{name}/run{index}/{part}");
            let mut run = CubeRun::new(&network, start).unwrap();
            let (mut spikes, mut signed, mut totals) = (Vec::new(), Vec::new(), Vec::new());
            let mut energies = Vec::new();
            for time in file.values("memory/snapshot_times") {
                let (mut energy, from) = (0.0, run.time());
                spikes.extend(std::iter::from_fn(|| {
                    run.step_with_energy(time, &mut energy)
                }));
                signed.extend(run.signed());
                totals.push(run.total());
                energies.push(energy / (time - from));
            }
            close(&signed, &file.values(&key("m")), 1e-9, &key("m"));
            close(&totals, &file.values(&key("R")), 1e-9, &key("R"));
            let expected = file.values(&key("energy_window_mean"));
            close(&energies, &expected, 1e-9, &key("energy"));
            if index == 1 {
                assert_eq!(
                    neurons(&spikes),
                    file.integers(&key("spike_neurons")),
                    "{name}"
                );
                close(
                    &times(&spikes),
                    &file.values(&key("spike_times")),
                    1e-9,
                    name,
                );
            }
        }
    }
}

#[test]
fn clocks() {
    let file = File::open();
    let (name, rule) = RULES[1];
    let (_, _, network) = learned(&file, name, rule);
    let units = network.units();
    let dense = network.dense().unwrap();
    let start = &file.values("memory/pinv_zero/r0")[2 * units..4 * units];
    for (clock, rule) in [
        ("clock_one", ClockRule::One),
        ("clock_drain", ClockRule::Drain),
    ] {
        let key = |part: &str| format!("memory/pinv_zero/{clock}/{part}");
        let dt = file.values(&key("dt"))[0];
        let mut run = ClockRun::new(&dense, ClockConfig::new(dt, rule), start).unwrap();
        let (mut spikes, mut potentials, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        let steps = (4.0 / dt).round() as usize;
        for step in 0..steps {
            let fired = run.step(&[]).unwrap();
            spikes.extend(
                fired
                    .into_iter()
                    .flat_map(|neuron| [step as i64, neuron as i64]),
            );
            if (step + 1) % (steps / 4) == 0 {
                potentials.extend_from_slice(run.potentials());
                rates.extend_from_slice(run.rates());
            }
        }
        assert_eq!(
            spikes,
            file.integers(&key("spike_steps_neurons")),
            "{clock}"
        );
        close(&potentials, &file.values(&key("U")), 1e-9, clock);
        close(&rates, &file.values(&key("r")), 1e-9, clock);
    }
    let key = |part: &str| format!("memory/pinv_zero/current_cue/{part}");
    let [gain, dt, steps, cued] = file
        .values(&key("gain_dt_steps_cue_steps"))
        .try_into()
        .unwrap();
    let cue = &file.integers("memory/pinv_zero/cues")[units..2 * units];
    let current = gain * network.drive();
    let extra: Vec<f64> = cue
        .iter()
        .flat_map(|sign| {
            [
                f64::from(*sign > 0) * current,
                f64::from(*sign < 0) * current,
            ]
        })
        .collect();
    let config = ClockConfig::new(dt, ClockRule::Drain);
    let mut run = ClockRun::new(&dense, config, &file.values(&key("r0"))).unwrap();
    let (mut spikes, mut counts) = (Vec::new(), vec![0; 2 * units]);
    for step in 0..steps as usize {
        let extra = if step < cued as usize {
            extra.as_slice()
        } else {
            &[]
        };
        for neuron in run.step(extra).unwrap() {
            spikes.extend([step as i64, neuron as i64]);
            if step as f64 * dt >= steps * dt - 5.0 - 1e-9 {
                counts[neuron] += 1;
            }
        }
    }
    assert_eq!(spikes[..400], file.integers(&key("spikes_first_200")));
    assert_eq!(counts, file.integers(&key("spike_counts_last_5tau")));
    close(run.rates(), &file.values(&key("r_final")), 1e-6, "r");
}

#[test]
fn projector_pattern_by_pattern() {
    let file = File::open();
    let [count, units] = file.matrix("incremental/patterns").shape();
    let patterns = file.signs("incremental/patterns");
    let expected = file.values("incremental/J_after_each");
    let mut projector = Projector::new(units);
    let mut skipped = Vec::new();
    for index in 0..count {
        let added = projector.add(index, &patterns[index * units..(index + 1) * units]);
        skipped.push(i64::from(!added));
        let size = units * units;
        let expected = &expected[index * size..(index + 1) * size];
        close(projector.matrix().values(), expected, 1e-10, "J");
    }
    assert_eq!(skipped, file.integers("incremental/skipped"));
}
