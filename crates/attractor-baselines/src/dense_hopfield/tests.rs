use attractor_core::{AssociativeMemory, Outcome};
use proptest::prelude::*;

use super::{BinarySeparation, DenseHopfield, DenseHopfieldConfig, UpdateRule};
use crate::ClassicalHopfieldConfig;
use crate::binary::testing::*;
use crate::binary::{Dynamics, Schedule, Update};
use crate::testing::{device, host, tensor};

fn rectified(dim: usize, power: u32) -> DenseHopfieldConfig {
    DenseHopfieldConfig {
        separation: BinarySeparation::Polynomial {
            power,
            rectified: true,
        },
        ..DenseHopfieldConfig::exponential(dim)
    }
}

fn configs(dim: usize) -> Vec<DenseHopfieldConfig> {
    let mut all: Vec<_> = [2, 3, 4, 30]
        .map(|power| DenseHopfieldConfig::polynomial(dim, power))
        .into();
    all.extend([2, 3, 20].map(|power| rectified(dim, power)));
    all.push(DenseHopfieldConfig::exponential(dim));
    all
}

fn filled(config: DenseHopfieldConfig, patterns: &[f32]) -> DenseHopfield {
    let mut memory = config.init(&device()).unwrap();
    memory.write(tensor(patterns, config.dim)).unwrap();
    memory
}

fn signs(values: &[f32]) -> Vec<i8> {
    values.iter().map(|&sign| sign as i8).collect()
}

/// F by its definition, unscaled.
fn separation(config: &DenseHopfieldConfig, z: f64) -> f64 {
    match config.separation {
        BinarySeparation::Polynomial {
            rectified: true, ..
        } if z < 0.0 => 0.0,
        BinarySeparation::Polynomial { power, .. } => z.powi(power as i32),
        BinarySeparation::Exponential => z.exp(),
    }
}

/// The difference of the energies of both values of unit i, by the definition.
fn difference(config: &DenseHopfieldConfig, patterns: &[f32], state: &[i8], i: usize) -> f64 {
    let sum = |value: f64| -> f64 {
        let overlap = |pattern: &[f32]| -> f64 {
            (0..config.dim)
                .map(|j| f64::from(pattern[j]) * if i == j { value } else { f64::from(state[j]) })
                .sum()
        };
        patterns
            .chunks_exact(config.dim)
            .map(|pattern| separation(config, overlap(pattern)))
            .sum()
    };
    sum(1.0) - sum(-1.0)
}

#[test]
fn contract() {
    for config in configs(12) {
        check_contract(|| config.init(&device()).unwrap());
    }
}

#[test]
fn a_negative_is_stable_only_for_even_powers() {
    let patterns = random(1, 5, 60);
    let negative: Vec<f32> = patterns.iter().map(|sign| -sign).collect();
    let share = |config| {
        let recall = filled(config, &patterns)
            .read(tensor(&negative, 60))
            .unwrap();
        exact(&host(recall.state), &negative, 60)
    };
    assert_eq!(share(DenseHopfieldConfig::polynomial(60, 4)), 1.0);
    for config in [
        rectified(60, 4),
        rectified(60, 3),
        DenseHopfieldConfig::exponential(60),
        DenseHopfieldConfig::polynomial(60, 3),
    ] {
        assert_eq!(share(config), 0.0, "{config:?}");
    }
}

/// Twice as many patterns as units: far above what powers of 2 hold, easy for the others.
#[test]
fn higher_powers_hold_more() {
    let (n, dim) = (128, 64);
    let patterns = random(2, n, dim);
    let cues = tensor(&flip(&patterns, dim, 3, 3), dim);
    let recalled = |config| {
        exact(
            &host(filled(config, &patterns).read(cues.clone()).unwrap().state),
            &patterns,
            dim,
        )
    };
    assert!(recalled(DenseHopfieldConfig::polynomial(dim, 2)) < 0.05);
    assert!(recalled(DenseHopfieldConfig::polynomial(dim, 4)) > 0.95);
    assert!(recalled(rectified(dim, 8)) > 0.95);
    assert_eq!(recalled(DenseHopfieldConfig::exponential(dim)), 1.0);
}

/// a = I(1 - 2 rho) / 2 = 0.18 for a tenth of flipped entries: e^(a D) is above 100,000 here.
#[test]
fn one_synchronous_sweep_repairs_a_tenth_of_the_entries() {
    let (n, dim) = (1000, 64);
    let patterns = random(4, n, dim);
    let schedule = Schedule {
        update: Update::Synchronous,
        max_sweeps: 1,
        ..Schedule::default()
    };
    let config = DenseHopfieldConfig {
        schedule,
        ..DenseHopfieldConfig::exponential(dim)
    };
    let recall = filled(config, &patterns)
        .read(tensor(&flip(&patterns, dim, 6, 5), dim))
        .unwrap();
    let share = exact(&host(recall.state), &patterns, dim);
    assert!(share >= 0.99, "{share}");
    assert!(
        recall.outcomes.contains(&Outcome::MaxSteps),
        "one sweep cannot see that it was enough"
    );
}

#[test]
fn huge_powers_and_widths_stay_finite() {
    let patterns = random(6, 3, 3000);
    for config in [DenseHopfieldConfig::exponential(3000), rectified(3000, 400)] {
        let recall = filled(config, &patterns)
            .read(tensor(&flip(&patterns, 3000, 300, 7), 3000))
            .unwrap();
        assert!(recall.energy_last.iter().all(|energy| energy.is_finite()));
        assert_eq!(host(recall.state), patterns, "{config:?}");
    }
}

#[test]
fn wrong_powers_are_errors() {
    let error = DenseHopfieldConfig::polynomial(4, 1)
        .init(&device())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "BinarySeparation::Polynomial.power: must be at least 2, found 1"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The trajectory of n = 2 is that of the classical network, ties included.
    #[test]
    fn power_two_is_the_classical_network(seed in 0u64..1000, n in 1usize..9) {
        let dim = 22;
        let patterns = random(seed, n, dim);
        for shuffled in [false, true] {
            let schedule = Schedule { shuffled, seed, ..Schedule::default() };
            let dense = DenseHopfieldConfig { schedule, ..DenseHopfieldConfig::polynomial(dim, 2) };
            let mut classical = ClassicalHopfieldConfig { schedule, ..ClassicalHopfieldConfig::new(dim) }.init(&device()).unwrap();
            classical.write(tensor(&patterns, dim)).unwrap();
            let cues = tensor(&random(seed + 1, 10, dim), dim);
            let ours = filled(dense, &patterns).read(cues.clone()).unwrap();
            let theirs = classical.read(cues).unwrap();
            prop_assert_eq!(host(ours.state), host(theirs.state));
            prop_assert_eq!(ours.steps, theirs.steps);
            // Same energies up to scale and constant: the same drops in every sweep.
            let scale = 2.0 * dim as f32 / 32.0f32.powi(2);
            for (a, b) in ours.trace.terms[0].values.windows(2).zip(theirs.trace.terms[0].values.windows(2)) {
                for row in 0..10 {
                    let (ours, theirs) = (a[1][row] - a[0][row], scale * (b[1][row] - b[0][row]));
                    prop_assert!((ours - theirs).abs() < 1e-4, "{} {}", ours, theirs);
                }
            }
        }
    }

    #[test]
    fn flips_lower_the_energy(seed in 0u64..1000) {
        for config in configs(40) {
            check_descent(&filled(config, &random(seed, 30, 40)), 40, seed + 1);
        }
    }

    /// Tables and softmax votes against the energies themselves.
    #[test]
    fn preferences_are_energy_differences(seed in 0u64..1000) {
        let dim = 18;
        let patterns = random(seed, 7, dim);
        let state = signs(&random(seed + 1, 1, dim));
        for config in configs(dim) {
            let memory = filled(config, &patterns);
            let fields = memory.fields(&state);
            for i in 0..dim {
                let exact = difference(&config, &patterns, &state, i);
                let ours = memory.preference(&fields, &state, i);
                let tie = exact.abs() < 1e-12 * separation(&config, dim as f64);
                prop_assert!(tie || ours * exact > 0.0, "{:?}: {} {}", config, ours, exact);
            }
        }
    }

    /// The shortcut is exact for the exponential and for n = 2, and close for high overlaps.
    #[test]
    fn the_gradient_shortcut(seed in 0u64..1000) {
        let patterns = random(seed, 7, 30);
        let cues = tensor(&flip(&patterns, 30, 3, seed), 30);
        for config in [DenseHopfieldConfig::exponential(30), DenseHopfieldConfig::polynomial(30, 2)] {
            let gradient = DenseHopfieldConfig { rule: UpdateRule::Gradient, ..config };
            let a = filled(config, &patterns).read(cues.clone()).unwrap();
            let b = filled(gradient, &patterns).read(cues.clone()).unwrap();
            prop_assert_eq!(host(a.state), host(b.state));
        }
    }
}
