//! Numbers that the authors' own functions computed, see fixtures/golden/README.md.

use attractor_core::weights::Weights;

use super::*;
use crate::{Integrator, phase_map};

const SETS: [&str; 3] = ["ideal", "correlated", "random"];

fn file() -> Weights {
    attractor_testing::golden("firing_rate")
}

fn numbers(file: &Weights, name: &str) -> Vec<f64> {
    file.numbers(name).unwrap().1
}

fn assert_near(ours: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (ours, expected) in ours.iter().zip(expected) {
        let allowed = tolerance * expected.abs().max(1.0);
        assert!(
            (ours - expected).abs() <= allowed,
            "{what}: {ours} {expected}"
        );
    }
}

/// Columns of the file are patterns.
fn patterns(file: &Weights, set: &str) -> Patterns {
    let (shape, values) = file.numbers(&format!("{set}/memories")).unwrap();
    let (dim, count) = (shape[0], shape[1]);
    let rows: Vec<f32> = (0..count * dim)
        .map(|at| values[at % dim * count + at / dim] as f32)
        .collect();
    bits(&rows, dim)
}

fn overlap(set: &str) -> f64 {
    if set == "correlated" { 0.4 } else { 0.2 }
}

#[test]
fn activations_are_the_authors() {
    let file = file();
    let (currents, rates) = (numbers(&file, "act/y"), numbers(&file, "act/x"));
    for (name, shape) in [("S", Shape::Sigmoid), ("T", Shape::RectifiedTanh)] {
        let phi = activation(shape);
        let each =
            |f: &dyn Fn(f64) -> f64, at: &[f64]| at.iter().map(|&x| f(x)).collect::<Vec<_>>();
        let value = each(&|y| phi.rate(y), &currents);
        assert_near(&value, &numbers(&file, &format!("act/{name}")), 1e-9, name);
        let slope = each(&|y| phi.derivative(y), &currents);
        assert_near(
            &slope,
            &numbers(&file, &format!("act/{name}_derivative")),
            1e-9,
            name,
        );
        let inverse = each(&|x| phi.inverse(x), &rates);
        assert_near(
            &inverse,
            &numbers(&file, &format!("act/{name}_inverse")),
            1e-9,
            name,
        );
    }
}

#[test]
fn designs_and_their_stability_are_the_authors() {
    let file = file();
    for set in SETS {
        let patterns = patterns(&file, set);
        let (dim, count) = (patterns.dim(), patterns.len());
        let constants = numbers(&file, &format!("{set}/constants"));
        let residuals = numbers(&file, &format!("{set}/residual_current_and_state"));
        let abscissae = numbers(&file, &format!("{set}/abscissa"));
        for (index, &design) in DESIGNS.iter().enumerate() {
            let (network, gains) = network_for(&patterns, design, (0.2, overlap(set)));
            let levels = network.levels;
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
            assert_near(
                &ours,
                &constants[8 * index..8 * index + 8],
                1e-9,
                "constants",
            );
            let errors: Vec<(f64, f64)> = (0..count)
                .map(|k| crate::report::errors(&network, &currents(design.1), k))
                .collect();
            let errors: Vec<f64> = errors
                .iter()
                .map(|e| e.0)
                .chain(errors.iter().map(|e| e.1))
                .collect();
            let place = 2 * count * index;
            assert_near(
                &errors,
                &residuals[place..place + 2 * count],
                1e-9,
                "residuals",
            );
            let ours: Vec<f64> = (0..count)
                .map(|k| network.synapses.abscissa(&levels, k).unwrap())
                .collect();
            assert_near(
                &ours,
                &abscissae[count * index..count * (index + 1)],
                1e-9,
                "abscissae",
            );
            let below = |name: &str| format!("{set}/design{index}/{name}");
            let mut expected = numbers(&file, &below("eigenvalues_W_nonzero"));
            expected.sort_by(|a, b| b.total_cmp(a));
            assert_near(
                &network.synapses.eigenvalues().unwrap(),
                &expected,
                1e-9,
                "eigenvalues",
            );
            let expected = numbers(&file, &below("currents_at_memories"));
            for k in 0..count {
                let ours = network.currents(&network.memory(k), None);
                let column: Vec<f64> = (0..dim).map(|i| expected[i * count + k]).collect();
                assert_near(&ours, &column, 1e-9, "currents");
            }
            if file.contains(&below("W")) {
                assert_near(
                    &network.synapses.weights(),
                    &numbers(&file, &below("W")),
                    1e-9,
                    "W",
                );
            }
        }
    }
    let wrong = network_for(&patterns(&file, "correlated"), DESIGNS[0], (0.2, 0.2)).0;
    let error = (0..4).map(|k| crate::report::errors(&wrong, &currents(-0.3), k).0);
    let expected = numbers(&file, "correlated/wrong_r_equals_q_current_error");
    assert_near(&[error.fold(0.0, f64::max)], &expected, 1e-9, "wrong r");
}

#[test]
fn trajectories_and_energies_are_the_authors() {
    let file = file();
    let times = numbers(&file, "times");
    for set in SETS {
        let patterns = patterns(&file, set);
        let (dim, count) = (patterns.dim(), patterns.len());
        let cues = numbers(&file, &format!("{set}/cues"));
        for (index, &design) in DESIGNS.iter().enumerate() {
            let below = |name: &str| format!("{set}/design{index}/{name}");
            if !file.contains(&below("ode_states")) {
                continue;
            }
            let (network, _) = network_for(&patterns, design, (0.2, overlap(set)));
            let states = numbers(&file, &below("ode_states"));
            let tolerance = if design.0 == Shape::Sigmoid {
                1e-6
            } else {
                3e-5
            };
            for (row, cue) in cues.chunks_exact(dim).enumerate() {
                let states = &states[row * times.len() * dim..(row + 1) * times.len() * dim];
                let run = |integrator| {
                    let path = network.trajectory(cue, None, (integrator, 0.01), &times);
                    path.unwrap().states
                };
                assert_near(
                    &run(Integrator::RungeKutta).concat(),
                    states,
                    tolerance,
                    "ODE",
                );
                let euler = run(Integrator::Euler);
                let of_row = |name: &str, width: usize| {
                    numbers(&file, &below(name))[row * width..(row + 1) * width].to_vec()
                };
                let last = of_row("euler_dt0.01_final", dim);
                assert_near(&euler[times.len() - 1], &last, 1e-10, "Euler");
                if file.contains(&below("euler_dt0.01_states")) {
                    let all = of_row("euler_dt0.01_states", times.len() * dim);
                    assert_near(&euler.concat(), &all, 1e-10, "Euler");
                }
                let energies: Vec<f64> = states
                    .chunks_exact(dim)
                    .map(|x| network.energy(x, None))
                    .collect();
                assert_near(
                    &energies,
                    &of_row("energy_corrected", times.len()),
                    1e-9,
                    "energy",
                );
                let overlaps: Vec<f64> = states
                    .chunks_exact(dim)
                    .flat_map(|x| network.overlaps(x))
                    .enumerate()
                    .map(|(at, mean)| mean * patterns.count(at % count) as f64 / (0.2 * dim as f64))
                    .collect();
                assert_near(
                    &overlaps,
                    &of_row("overlaps", times.len() * count),
                    1e-9,
                    "overlaps",
                );
                let end = &states[(times.len() - 1) * dim..];
                let residual = of_row("final_residual", 1);
                assert_near(&[network.residual(end, None)], &residual, 1e-9, "residual");
                let bits: Vec<f64> = network
                    .bits(end)
                    .into_iter()
                    .map(|bit| f64::from(u8::from(bit)))
                    .collect();
                assert_near(&bits, &of_row("final_bits", dim), 0.0, "bits");
            }
        }
    }
    let (network, _) = network(&patterns(&file, "ideal"), DESIGNS[0]);
    let (input, states) = (
        numbers(&file, "ideal/driven/u"),
        numbers(&file, "ideal/driven/ode_states"),
    );
    let cue = &numbers(&file, "ideal/cues")[..input.len()];
    let how = (Integrator::RungeKutta, 0.01);
    let path = network.trajectory(cue, Some(&input), how, &times).unwrap();
    assert_near(&path.states.concat(), &states, 1e-6, "driven");
    let energies: Vec<f64> = states
        .chunks_exact(input.len())
        .map(|x| network.energy(x, Some(&input)))
        .collect();
    assert_near(
        &energies,
        &numbers(&file, "ideal/driven/energy_corrected"),
        1e-9,
        "driven energy",
    );
}

#[test]
fn phase_maps_are_the_authors() {
    let file = file();
    let (slopes, thresholds) = (numbers(&file, "phase/rho"), numbers(&file, "phase/istar"));
    let patterns = patterns(&file, "ideal");
    let cells: Vec<crate::PhaseCell> = DESIGNS
        .iter()
        .flat_map(|&(shape, low)| {
            phase_map(&patterns, &currents(low), shape, &slopes, &thresholds).unwrap()
        })
        .map(Option::unwrap)
        .collect();
    let check = |name: &str, of: &dyn Fn(&crate::PhaseCell) -> f64| {
        let ours: Vec<f64> = cells.iter().map(of).collect();
        assert_near(&ours, &numbers(&file, &format!("phase/{name}")), 1e-9, name);
    };
    let told = |told: bool| f64::from(u8::from(told));
    check("abscissa", &|cell| cell.abscissa);
    check("condition_i", &|cell| cell.certificates.determinant);
    check("condition_ii_as_published", &|cell| {
        cell.certificates.active_as_published
    });
    check("certified_stable", &|cell| told(cell.certificates.stable()));
    check("certified_unstable_corrected", &|cell| {
        told(cell.certificates.unstable())
    });
    check("certified_unstable_as_published", &|cell| {
        told(cell.certificates.unstable_as_published())
    });
}
