use attractor_core::rng;
use faer::{Mat, Side};
use proptest::prelude::*;

use super::*;

/// Any patterns at all: activities of each its own.
fn any_patterns(seed: u64, dim: usize, count: usize) -> Patterns {
    let rows = (0..count as u64).flat_map(|k| {
        let share = 0.1 + 0.8 * ((seed + 3 * k) % 7) as f64 / 7.0;
        sets::bernoulli(1, dim, share, seed * 31 + k).unwrap()
    });
    bits(&rows.collect::<Vec<_>>(), dim)
}

fn eigenvalues(matrix: &[f64], dim: usize) -> Vec<f64> {
    let matrix = Mat::from_fn(dim, dim, |i, j| matrix[i * dim + j]);
    matrix.self_adjoint_eigenvalues(Side::Lower).unwrap()
}

/// The largest eigenvalue of `-1 + D^1/2 W D^1/2`, dense.
fn dense_abscissa(network: &Network, index: usize) -> f64 {
    let patterns = network.synapses.patterns();
    let dim = patterns.dim();
    let root = |i| match patterns.is_active(index, i) {
        true => network.levels.high_slope.sqrt(),
        false => network.levels.low_slope.sqrt(),
    };
    let weights = network.synapses.weights();
    let scaled: Vec<f64> = (0..dim * dim)
        .map(|at| root(at / dim) * weights[at] * root(at % dim))
        .collect();
    eigenvalues(&scaled, dim).last().unwrap() - 1.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Factored against the formula of the paper written out, symmetric, of rank P + 1 at most.
    #[test]
    fn factored_products_are_dense_ones(seed in 0u64..500, dim in 8usize..90, count in 1usize..6) {
        let patterns = any_patterns(seed, dim, count);
        let Ok(statistics) = Statistics::of(&patterns) else { return Ok(()) };
        prop_assume!(statistics.overlap < 0.95);
        for design in DESIGNS {
            let (network, gains) = network(&patterns, design);
            let naive = naive_weights(&patterns, &gains);
            let weights = network.synapses.weights();
            prop_assert!(farthest(&naive, &weights) < 1e-12 * gains.alpha.max(1.0));
            for i in 0..dim {
                for j in 0..i {
                    prop_assert_eq!(weights[i * dim + j], weights[j * dim + i]);
                }
            }
            let x = uniform(seed, dim);
            let ours = network.synapses.currents(&x);
            prop_assert!(farthest(&ours, &times(&naive, &x)) < 1e-10);
            let mut values = eigenvalues(&naive, dim);
            values.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
            let rest = values.iter().skip(count + 1);
            prop_assert!(rest.fold(0.0f64, |most, v| most.max(v.abs())) < 1e-10);
        }
    }

    /// The reduced eigenproblem against the dense one.
    #[test]
    fn reduced_abscissae_are_dense_ones(seed in 0u64..500, dim in 12usize..160, count in 1usize..7) {
        let patterns = any_patterns(seed, dim, count);
        prop_assume!(Statistics::of(&patterns).unwrap().overlap < 0.95);
        for design in DESIGNS {
            let (network, _) = network(&patterns, design);
            let index = (seed as usize) % count;
            let ours = network.synapses.abscissa(&network.levels, index).unwrap();
            let dense = dense_abscissa(&network, index);
            prop_assert!((ours - dense).abs() < 1e-9, "{} {}", ours, dense);
            let largest = network.synapses.eigenvalues().unwrap()[0];
            let weights = network.synapses.weights();
            let dense = *eigenvalues(&weights, dim).last().unwrap();
            prop_assert!((largest.max(0.0) - dense.max(0.0)).abs() < 1e-9);
        }
    }

    /// In whatever order memories are stored and units are numbered, the network is the same.
    #[test]
    fn orders_do_not_matter(seed in 0u64..500) {
        let (dim, count) = (60, 5);
        let patterns = any_patterns(seed, dim, count);
        prop_assume!(Statistics::of(&patterns).unwrap().overlap < 0.95);
        let rows = patterns.singles(0.0, 1.0);
        let turned = bits(&attractor_testing::permuted(&rows, dim, seed), dim);
        let design = DESIGNS[seed as usize % 4];
        let (first, _) = network(&patterns, design);
        let (second, _) = network(&turned, design);
        let (a, b) = (first.synapses.weights(), second.synapses.weights());
        prop_assert!(farthest(&a, &b) < 1e-12);
        // Units: permuted patterns and cue give permuted trajectories.
        let order = rng::permutation(&mut rng::stream(seed, "units"), dim);
        let permute = |row: &[f64]| order.iter().map(|&i| row[i]).collect::<Vec<f64>>();
        let moved: Vec<f32> = rows
            .chunks_exact(dim)
            .flat_map(|row| order.iter().map(|&i| row[i]))
            .collect();
        let (moved, _) = network(&bits(&moved, dim), design);
        let cue = uniform(seed, dim);
        let run = |network: &Network, cue: &[f64]| {
            let how = (crate::Integrator::Euler, 0.1);
            network.trajectory(cue, None, how, &[20.0]).unwrap().states.remove(0)
        };
        prop_assert!(farthest(&permute(&run(&first, &cue)), &run(&moved, &permute(&cue))) < 1e-6);
    }

    /// Exact storage: memories are equilibria for any overlaps, W is symmetric and of rank P.
    #[test]
    fn exact_storage_is_exact(seed in 0u64..500, count in 1usize..9) {
        let dim = 60;
        let rows = sets::fixed_count(count, dim, 0.2, seed).unwrap();
        let patterns = bits(&rows, dim);
        for (shape, low) in DESIGNS {
            let (phi, currents) = (activation(shape), currents(low));
            let levels = Levels::new(&phi, &currents).unwrap();
            let Ok(synapses) = Synapses::exact(patterns.clone(), &levels, &currents) else {
                // Two of the patterns are the same.
                prop_assert!((0..count).any(|a| (0..a).any(|b| patterns.overlap(a, b) == 12)));
                continue;
            };
            let weights = synapses.weights();
            let network = Network { activation: phi, synapses, levels };
            for index in 0..count {
                let rates = network.memory(index);
                let target: Vec<f64> =
                    (0..dim).map(|i| currents.at(patterns.is_active(index, i))).collect();
                prop_assert!(farthest(&network.synapses.currents(&rates), &target) < 1e-10);
                prop_assert!(farthest(&times(&weights, &rates), &target) < 1e-10);
                prop_assert!(network.residual(&rates, None) < 1e-10);
            }
            let mut values = eigenvalues(&weights, dim);
            values.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
            prop_assert!(values[count..].iter().all(|value| value.abs() < 1e-9));
        }
    }
}

#[test]
fn the_ideal_set_has_the_spectrum_of_theory() {
    for dim in [50, 100] {
        let patterns = ideal(dim);
        for design in DESIGNS {
            let (network, gains) = network(&patterns, design);
            let mut expected = vec![gains.normalised; patterns.len()];
            expected.push(gains.gamma);
            expected.sort_by(|a, b| b.total_cmp(a));
            let ours = network.synapses.eigenvalues().unwrap();
            assert!(farthest(&ours, &expected) < 1e-10, "{ours:?} {expected:?}");
        }
    }
}

#[test]
fn rows_sum_to_the_homogeneous_gain() {
    let rows = sets::fixed_count(7, 100, 0.2, 3).unwrap();
    for design in DESIGNS {
        let (network, gains) = network_for(&bits(&rows, 100), design, (0.2, 0.2));
        let sums = network.synapses.currents(&vec![1.0; 100]);
        assert!(sums.iter().all(|sum| (sum - gains.gamma).abs() < 1e-12));
    }
}
