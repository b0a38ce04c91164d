use attractor_core::{Energy, MemoryPrior, rng};
use proptest::prelude::*;

use super::{SlotMixture, SlotMixtureConfig};
use crate::GaussianMixtureConfig;
use crate::testing::*;

fn prior(sigma: f32, slots: usize, dim: usize) -> SlotMixture {
    SlotMixtureConfig { sigma, slots }
        .init(dim, &device())
        .unwrap()
}

/// Every row with its slots in another order.
fn shuffled(rows: &[f32], dim: usize, slots: usize, seed: u64) -> Vec<f32> {
    let mut stream = rng::stream(seed, "slots");
    let width = dim / slots;
    rows.chunks_exact(dim)
        .flat_map(|row| {
            rng::permutation(&mut stream, slots)
                .into_iter()
                .flat_map(|slot| row[slot * width..(slot + 1) * width].to_vec())
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn edges() {
    check_edges(Box::new(prior(0.7, 1, 5)));
    check_edges(Box::new(prior(0.7, 3, 6)));
}

#[test]
fn wrong_slots_are_errors() {
    let message = |slots, dim| {
        let config = SlotMixtureConfig { sigma: 0.1, slots };
        config.init(dim, &device()).unwrap_err().to_string()
    };
    assert_eq!(
        message(0, 4),
        "SlotMixtureConfig.slots: must be from 1 to 12, found 0"
    );
    assert_eq!(
        message(3, 16),
        "SlotMixtureConfig.slots: must divide the entries of a code, found 3 slots for 16 entries"
    );
}

#[test]
fn a_reordered_pattern_is_recalled_in_the_order_of_storage() {
    let (n, slots, dim) = (40, 4, 12);
    let codes = host(normal(1, n, dim));
    let mut prior = prior(0.1, slots, dim);
    prior.store(tensor(&codes, dim)).unwrap();
    let cues = shuffled(&codes, dim, slots, 2);
    assert_ne!(cues, codes);
    let (recalled, energy) = prior.attract_with_energy(tensor(&cues, dim)).unwrap();
    assert_close(&host(recalled), &codes, 1e-5, "recalled");
    assert_close(&host(energy), &vec![0.0; n], 1e-3, "energy");
}

#[test]
fn many_codes_pass_in_tiles() {
    let (n, slots, dim) = (3000, 4, 8);
    let codes = host(normal(3, n, dim));
    let states = normal(4, 150, dim);
    let mut whole = prior(0.5, slots, dim);
    whole.store(tensor(&codes, dim)).unwrap();
    let all = host(whole.attract(states.clone()).unwrap());
    for row in [0, 77, 149] {
        let alone = host(whole.attract(states.clone().narrow(0, row, 1)).unwrap());
        assert_close(&alone, &all[row * dim..(row + 1) * dim], 1e-6, "alone");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn properties(seed in 0u64..500, sigma in 0.4f32..2.0) {
        let mut prior = prior(sigma, 3, 6);
        prior.store(normal(seed, 17, 6)).unwrap();
        let start = normal(seed + 1, 8, 6);
        let mut before = host(prior.energy(start.clone()).unwrap());
        let mut state = start;
        for _ in 0..8 {
            state = prior.attract(state).unwrap();
            let after = host(prior.energy(state.clone()).unwrap());
            for (after, before) in after.iter().zip(&before) {
                prop_assert!(*after <= before + 1e-5 * before.abs().max(1.0), "{after} above {before}");
            }
            before = after;
        }
        check_order_and_repetition(&|| Box::new(super::tests::prior(sigma, 3, 6)), seed);
    }

    #[test]
    fn energy_ignores_the_order_of_slots(seed in 0u64..500) {
        let (slots, dim) = (4, 8);
        let (codes, states) = (host(normal(seed, 20, dim)), host(normal(seed + 1, 9, dim)));
        let mut plain = prior(0.6, slots, dim);
        plain.store(tensor(&codes, dim)).unwrap();
        let mut moved = prior(0.6, slots, dim);
        moved.store(tensor(&shuffled(&codes, dim, slots, seed), dim)).unwrap();
        let expected = host(plain.energy(tensor(&states, dim)).unwrap());
        let states = shuffled(&states, dim, slots, seed + 2);
        assert_close(&host(plain.energy(tensor(&states, dim)).unwrap()), &expected, 1e-5, "states");
        assert_close(&host(moved.energy(tensor(&states, dim)).unwrap()), &expected, 1e-5, "codes");
    }

    #[test]
    fn one_slot_is_the_gaussian_mixture(seed in 0u64..500, sigma in 0.3f32..2.0) {
        let (codes, states) = (normal(seed, 30, 5), normal(seed + 1, 7, 5));
        let mut ours = prior(sigma, 1, 5);
        ours.store(codes.clone()).unwrap();
        let mut mixture = GaussianMixtureConfig { sigma }.init(5, &device()).unwrap();
        mixture.store(codes).unwrap();
        let (a, e) = ours.attract_with_energy(states.clone()).unwrap();
        let (b, f) = mixture.attract_with_energy(states.clone()).unwrap();
        assert_close(&host(a), &host(b), 1e-5, "attract");
        assert_close(&host(e), &host(f), 1e-5, "energy");
        let (a, b) = (ours.gradient(states.clone()).unwrap(), mixture.gradient(states).unwrap());
        assert_close(&host(a), &host(b), 1e-4, "gradient");
    }

    #[test]
    fn gradient_is_that_of_the_energy(seed in 0u64..200) {
        let mut prior = prior(0.9, 2, 6);
        prior.store(normal(seed, 9, 6)).unwrap();
        // Where two orders fit equally well the energy has a kink: stay away from it.
        let states = normal(seed + 1, 1, 6);
        let values = host(states.clone());
        let step = |by: f32| {
            let moved: Vec<f32> = values.iter().map(|value| value + by).collect();
            host(prior.gradient(tensor(&moved, 6)).unwrap())
        };
        let jump = step(1e-2).iter().zip(step(-1e-2)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        prop_assume!(jump < 0.1);
        check_gradient(&prior, states, 3e-2);
    }
}
