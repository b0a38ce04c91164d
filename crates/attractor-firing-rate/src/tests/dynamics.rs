//! The dynamics in double precision.

use attractor_core::rng;
use proptest::prelude::*;

use super::*;
use crate::Integrator;

fn euler(network: &Network, start: &[f64], step: f64, times: &[f64]) -> Vec<Vec<f64>> {
    let how = (Integrator::Euler, step);
    network.trajectory(start, None, how, times).unwrap().states
}

fn cue(patterns: &Patterns, index: usize, keep: f64, seed: u64) -> Vec<f64> {
    let rows = patterns.singles(0.0, 1.0);
    let cues = sets::silenced(&rows, patterns.dim(), keep, seed).unwrap();
    let dim = patterns.dim();
    cues[index * dim..(index + 1) * dim]
        .iter()
        .copied()
        .map(f64::from)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Along Euler trajectories from anywhere, under any constant input, energy never rises and rates stay
    /// in [0, 1]; the rate of the energy is its derivative.
    #[test]
    fn energy_falls_and_rates_stay_in_range(seed in 0u64..1000, step in 0usize..4, driven in any::<bool>()) {
        let dim = 60;
        let step = [0.01, 0.1, 0.5, 1.0][step];
        let rows = sets::bernoulli(4, dim, 0.2, seed).unwrap();
        for design in DESIGNS {
            let (network, _) = network_for(&bits(&rows, dim), design, (0.2, 0.2));
            let mut input = rng::stream(seed, "input");
            let input = rng::uniform_vec(&mut input, dim, -0.5, 0.5);
            let input: Vec<f64> = input.into_iter().map(f64::from).collect();
            let input = driven.then_some(input.as_slice());
            let mut state = uniform(seed, dim);
            let mut energy = network.energy(&state, input);
            for _ in 0..60 {
                if step == 0.01 {
                    let slope = network.energy_rate(&state, input);
                    let mut next = state.clone();
                    network.advance(&mut next, input, Integrator::Euler, 1e-7);
                    let difference = (network.energy(&next, input) - energy) / 1e-7;
                    prop_assert!(slope <= 0.0);
                    prop_assert!((slope - difference).abs() < 1e-4 * slope.abs().max(0.1));
                }
                network.advance(&mut state, input, Integrator::Euler, step);
                let next = network.energy(&state, input);
                prop_assert!(next <= energy + 1e-10 * energy.abs().max(1.0), "{} {}", next, energy);
                prop_assert!(state.iter().all(|rate| (0.0..=1.0).contains(rate)));
                energy = next;
            }
        }
    }

    /// In the regime of one equilibrium, all starts end there.
    #[test]
    fn a_contraction_forgets_its_start(seed in 0u64..1000, tanh in any::<bool>()) {
        let dim = 80;
        let rows = sets::bernoulli(5, dim, 0.2, seed).unwrap();
        let shape = if tanh { Shape::RectifiedTanh } else { Shape::Sigmoid };
        let phi = Activation::new(shape, 0.2, 2.0);
        let network_of = |scale: f64| Network {
            activation: phi,
            levels: Levels::unchecked(&phi, &currents(-0.3)),
            synapses: Synapses::hebbian(bits(&rows, dim), &Gains {
                alpha: 7.0 * scale,
                beta: 0.2,
                gamma: 0.5 * scale,
                normalised: 7.0 * 0.16 * scale,
            }),
        };
        // So weak that rho times the largest eigenvalue is 0.9.
        let largest = network_of(1.0).synapses.eigenvalues().unwrap()[0];
        let network = network_of(0.9 / (2.0 * largest));
        let ends: Vec<Vec<f64>> = (0..20)
            .map(|start| euler(&network, &uniform(seed + start, dim), 0.5, &[300.0]).remove(0))
            .collect();
        for end in &ends {
            prop_assert!(farthest(end, &ends[0]) < 1e-6);
        }
    }
}

/// From a little beside a stable memory the state returns at nine tenths of the rate that the abscissa
/// promises, or faster.
#[test]
fn disturbed_memories_return() {
    for (patterns, designs) in [
        (ideal(100), DESIGNS.to_vec()),
        // The excitatory sigmoid is no stable design for correlated memories.
        (correlated(100, 5), vec![DESIGNS[0], DESIGNS[2], DESIGNS[3]]),
    ] {
        for design in designs {
            let (network, _) = network(&patterns, design);
            for index in 0..patterns.len() {
                let abscissa = network.synapses.abscissa(&network.levels, index).unwrap();
                assert!(abscissa < 0.0);
                let memory = network.memory(index);
                let mut rng = rng::stream(index as u64, "disturbance");
                let noise = rng::normal_vec(&mut rng, memory.len());
                let pairs = memory.iter().zip(noise);
                let start: Vec<f64> = pairs
                    .map(|(x, n)| (x + 1e-3 * f64::from(n)).clamp(0.0, 1.0))
                    .collect();
                let span = 6.0;
                let end = euler(&network, &start, 0.01, &[span]).remove(0);
                let norm = |x: &[f64]| {
                    let squares = x.iter().zip(&memory).map(|(x, m)| (x - m).powi(2));
                    squares.sum::<f64>().sqrt()
                };
                let rate = (norm(&start) / norm(&end)).ln() / span;
                assert!(
                    rate >= 0.9 * abscissa.abs(),
                    "{design:?}: {rate} {abscissa}"
                );
            }
        }
    }
}

/// An unstable memory is left, though it is an equilibrium.
#[test]
fn the_excitatory_sigmoid_leaves_correlated_memories() {
    let patterns = correlated(100, 5);
    let (network, _) = network(&patterns, DESIGNS[1]);
    let memory = network.memory(0);
    assert!(network.residual(&memory, None) < 1e-10);
    let start: Vec<f64> = memory.iter().map(|rate| (rate + 1e-3).min(1.0)).collect();
    let end = euler(&network, &start, 0.1, &[200.0]).remove(0);
    let bits = |x: &[f64]| network.bits(x).iter().filter(|bit| **bit).count();
    assert!(
        bits(&end) > 2 * bits(&memory),
        "{} {}",
        bits(&end),
        bits(&memory)
    );
}

#[test]
fn bits_do_not_depend_on_the_step() {
    let rows = sets::bernoulli(7, 500, 0.2, 11).unwrap();
    let patterns = bits(&rows, 500);
    for design in [DESIGNS[0], DESIGNS[2]] {
        let (network, _) = network_for(&patterns, design, (0.2, 0.2));
        for index in 0..7 {
            let start = cue(&patterns, index, 0.6, 3);
            let ended = |step| network.bits(&euler(&network, &start, step, &[10.0])[0]);
            let fine = ended(0.01);
            assert_eq!(fine, network.bits(&network.memory(index)));
            assert_eq!((ended(0.05), ended(0.1)), (fine.clone(), fine));
        }
    }
}

/// Both integrators go where the differential equation goes, with the powers of the step that they are
/// known for.
#[test]
fn integrators_have_their_order() {
    let patterns = bits(&sets::bernoulli(4, 80, 0.2, 2).unwrap(), 80);
    let (network, _) = network_for(&patterns, DESIGNS[0], (0.2, 0.2));
    let start = cue(&patterns, 0, 0.7, 5);
    let run = |integrator, step| {
        let how = (integrator, step);
        network
            .trajectory(&start, None, how, &[2.0])
            .unwrap()
            .states
            .remove(0)
    };
    let truth = run(Integrator::RungeKutta, 0.001);
    let order = |integrator| {
        let coarse = farthest(&run(integrator, 0.1), &truth);
        let fine = farthest(&run(integrator, 0.05), &truth);
        (coarse / fine).log2()
    };
    assert!((order(Integrator::Euler) - 1.0).abs() < 0.2);
    assert!((order(Integrator::RungeKutta) - 4.0).abs() < 0.6);
}

#[test]
fn overlaps_and_contents_are_what_they_say() {
    let patterns = ideal(100);
    let (network, _) = network(&patterns, DESIGNS[0]);
    let memory = network.memory(2);
    let contents = network.contents(&memory);
    for (index, content) in contents.iter().enumerate() {
        // The overlap of the ideal set is that of independent patterns: no covariance.
        let expected = if index == 2 { 1.0 } else { 0.0 };
        assert!((content - expected).abs() < 1e-12, "{content}");
    }
    let flat = network.contents(&[0.7; 100]);
    assert!(flat.iter().all(|content| content.abs() < 1e-12));
    let overlaps = network.overlaps(&memory);
    let other = 0.2 * network.levels.high + 0.8 * network.levels.low;
    assert!((overlaps[2] - network.levels.high).abs() < 1e-12);
    assert!((overlaps[0] - other).abs() < 1e-12);
}
