use attractor_core::{AssociativeMemory, Complete, Error, Forget, Outcome, Recognise};
use proptest::prelude::*;

use super::{Distance, Nearest, NearestConfig};
use crate::testing::*;

const ALL: [Distance; 3] = [Distance::Euclidean, Distance::Manhattan, Distance::Cosine];

fn memory(distance: Distance, patterns: &[f32], dim: usize) -> Nearest {
    let mut memory = NearestConfig { dim, distance }.init(&device()).unwrap();
    memory.write(tensor(patterns, dim)).unwrap();
    memory
}

/// Distance over the known entries, from the formulas.
fn oracle(distance: Distance, cue: &[f32], pattern: &[f32], known: &[f32]) -> f64 {
    let pairs: Vec<(f64, f64)> = cue
        .iter()
        .zip(pattern)
        .zip(known)
        .filter(|(_, known)| **known == 1.0)
        .map(|((&x, &m), _)| (x.into(), m.into()))
        .collect();
    let sum = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    match distance {
        Distance::Euclidean => sum(|(x, m)| (x - m).powi(2)).sqrt(),
        Distance::Manhattan => sum(|(x, m)| (x - m).abs()),
        Distance::Cosine => {
            let norms = (sum(|(x, _)| x * x) * sum(|(_, m)| m * m)).sqrt();
            if norms == 0.0 {
                1.0
            } else {
                1.0 - sum(|(x, m)| x * m) / norms
            }
        }
    }
}

/// Index and distance of the nearest row.
fn best(distance: Distance, cue: &[f32], patterns: &[f32], known: &[f32]) -> (usize, f64) {
    patterns
        .chunks_exact(cue.len())
        .map(|pattern| oracle(distance, cue, pattern, known))
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

#[test]
fn contract() {
    for distance in ALL {
        check_contract(|| NearestConfig { dim: 4, distance }.init(&device()).unwrap());
        let memory = memory(distance, &normal_vec(1, "patterns", 28), 4);
        check_single_pass(&memory, normal(1, "cues", 3, 4));
    }
}

#[test]
fn distances_disagree_as_they_should() {
    // The first pattern has the right angle, the second one large error, the third many small ones.
    let patterns = [
        3.0,
        3.0,
        3.0,
        3.0,
        1.0,
        1.0,
        1.0,
        2.5,
        1.5,
        1.5,
        1.5,
        1.5 + 1e-3,
    ];
    let cue = [1.0; 4];
    for (distance, expected) in [
        (Distance::Cosine, 0),
        (Distance::Manhattan, 1),
        (Distance::Euclidean, 2),
    ] {
        let found = memory(distance, &patterns, 4)
            .nearest(tensor(&cue, 4))
            .unwrap();
        assert_eq!(found[0].index, expected, "{distance:?}");
        let (_, expected) = best(distance, &cue, &patterns, &cue);
        assert!(
            (found[0].distance - expected).abs() < 1e-5,
            "{distance:?}: {found:?}"
        );
    }
}

#[test]
fn stores_of_many_blocks_and_tasks() {
    // 700 rows of 20,000 numbers are 56 MB: two blocks of the store, one row for each task.
    let dim = 20_000;
    let base = normal_vec(2, "base", 700 + dim);
    let patterns: Vec<f32> = (0..700).flat_map(|k| base[k..k + dim].to_vec()).collect();
    let rows = [699, 0, 417, 3, 420, 417];
    let cues: Vec<f32> = rows
        .iter()
        .flat_map(|&k| patterns[k * dim..][..dim].to_vec())
        .collect();
    for distance in ALL {
        let memory = memory(distance, &patterns, dim);
        let found = memory.nearest(tensor(&cues, dim)).unwrap();
        assert_eq!(
            found.iter().map(|n| n.index).collect::<Vec<_>>(),
            rows,
            "{distance:?}"
        );
        assert_eq!(state(&memory, tensor(&cues, dim)), cues, "{distance:?}");
    }
}

#[test]
fn duplicates_ties_and_one_pattern() {
    for distance in ALL {
        let one = memory(distance, &[1.0, 2.0], 2);
        assert_eq!(
            state(&one, tensor(&[-7.0, 0.0, 0.0, 0.0], 2)),
            [1.0, 2.0, 1.0, 2.0]
        );
        let twice = memory(distance, &[1.0, 2.0, 1.0, 2.0, 5.0, 5.0], 2);
        let found = twice.nearest(tensor(&[1.0, 2.0], 2)).unwrap()[0];
        assert_eq!(found.index, 0, "{distance:?}: the first of equal patterns");
        assert!(found.distance.abs() < 1e-7, "{found:?}");
    }
}

#[test]
fn entries_whose_squares_overflow_are_still_compared() {
    let patterns = [2e30, 0.0, 1e30, 0.0, -3e38, 3e38];
    let cues = [1.2e30, 0.0, -3e38, 2e38];
    for distance in [Distance::Euclidean, Distance::Manhattan] {
        let found = memory(distance, &patterns, 2)
            .nearest(tensor(&cues, 2))
            .unwrap();
        assert_eq!((found[0].index, found[1].index), (1, 2), "{distance:?}");
        assert!((found[0].distance / 2e29 - 1.0).abs() < 1e-5, "{found:?}");
    }
}

#[test]
fn angles_of_tiny_and_huge_rows_are_still_compared() {
    for scale in [1e-30, 1.0, 1e30] {
        let patterns = [3.0 * scale, 0.0, scale, scale, 0.0, -2.0 * scale];
        let memory = memory(Distance::Cosine, &patterns, 2);
        let found = memory
            .nearest(tensor(&[2.0 * scale, 2.5 * scale], 2))
            .unwrap()[0];
        assert_eq!(found.index, 1);
        assert!(
            (found.distance - (1.0 - 4.5 / 20.5f64.sqrt())).abs() < 1e-6,
            "{found:?}"
        );
    }
}

#[test]
fn familiarity_is_highest_for_stored_patterns() {
    let patterns = normal_vec(3, "patterns", 40 * 6);
    for distance in ALL {
        let memory = memory(distance, &patterns, 6);
        let stored = host(memory.familiarity(tensor(&patterns, 6)).unwrap());
        let novel = host(memory.familiarity(normal(3, "novel", 40, 6)).unwrap());
        let lowest = stored.iter().copied().fold(f32::MAX, f32::min);
        let highest = novel.iter().copied().fold(f32::MIN, f32::max);
        assert!(
            lowest > -1e-5 && lowest > highest,
            "{distance:?}: {lowest} {highest}"
        );
    }
}

#[test]
fn completion_reads_the_known_entries_alone() {
    let patterns = [0.0, 0.0, 0.0, 0.0, 9.0, 9.0, 1.0, 1.0];
    // All entries are nearer to the first pattern, the known half is the second one's.
    let (cue, known) = ([1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]);
    for distance in [Distance::Euclidean, Distance::Manhattan] {
        let memory = memory(distance, &patterns, 4);
        assert_eq!(state(&memory, tensor(&cue, 4)), patterns[..4]);
        let cues = tensor(&cue.repeat(2), 4);
        let masks = tensor(&[known, [0.0; 4]].concat(), 4);
        let recall = memory.complete(cues, masks).unwrap();
        assert_eq!(recall.outcomes, [Outcome::SinglePass, Outcome::Rejected]);
        assert_eq!(
            host(recall.state),
            [&patterns[4..], &patterns[..4]].concat()
        );
    }
}

#[test]
fn misuse_is_an_error() {
    let config: NearestConfig = toml::from_str("dim = 3\ndistance = \"manhattan\"").unwrap();
    assert_eq!(
        config,
        NearestConfig {
            dim: 3,
            distance: Distance::Manhattan
        }
    );
    assert!(toml::from_str::<NearestConfig>("dim = 3\nk = 5").is_err());
    assert!(toml::from_str::<NearestConfig>("dim = 3\ndistance = \"hamming\"").is_err());
    assert_eq!(
        NearestConfig::new(0)
            .init(&device())
            .unwrap_err()
            .to_string(),
        "NearestConfig.dim: must be at least 1, found 0"
    );
    let mut memory = memory(Distance::Euclidean, &[0.0, 1.0, 2.0, 3.0], 2);
    let (two, one) = (tensor(&[1.0, 0.0, 0.0, 1.0], 2), tensor(&[1.0, 1.0], 2));
    assert_eq!(
        memory.complete(two.clone(), one).unwrap_err(),
        Error::Rows {
            what: "known",
            expected: 2,
            found: 1
        }
    );
    assert_eq!(
        memory
            .complete(two.clone(), two.mul_scalar(0.5))
            .unwrap_err()
            .to_string(),
        "known: must hold 0 or 1, found 0.5"
    );
    assert_eq!(
        memory.remove(2).unwrap_err(),
        Error::Index {
            what: "pattern",
            len: 2,
            index: 2
        }
    );
    memory.remove(0).unwrap();
    assert_eq!(state(&memory, tensor(&[0.0, 1.0], 2)), [2.0, 3.0]);
    memory.clear();
    assert_eq!(
        memory.read(tensor(&[0.0, 1.0], 2)).unwrap_err(),
        Error::EmptyMemory
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The nearest pattern by the formulas, with and without a mask; order and batch play no part.
    #[test]
    fn agrees_with_the_formulas(
        seed in 0u64..1000,
        n in 1usize..80,
        b in 1usize..12,
        dim in 1usize..40,
        which in 0usize..3,
    ) {
        let distance = ALL[which];
        let patterns = normal_vec(seed, "patterns", n * dim);
        let cues = normal_vec(seed, "cues", b * dim);
        let known: Vec<f32> = normal_vec(seed, "known", b * dim)
            .iter()
            .map(|&v| if v > -0.5 { 1.0 } else { 0.0 })
            .collect();
        let mut memory = memory(distance, &patterns, dim);
        let found = memory.nearest(tensor(&cues, dim)).unwrap();
        let completed = host(memory.complete(tensor(&cues, dim), tensor(&known, dim)).unwrap().state);
        let all = vec![1.0; dim];
        for (row, cue) in cues.chunks_exact(dim).enumerate() {
            let (_, expected) = best(distance, cue, &patterns, &all);
            prop_assert!((found[row].distance - expected).abs() < 1e-4 * (1.0 + expected));
            // In one dimension all cosines are 1 or -1: compare distances, not indices.
            let ours = &patterns[found[row].index * dim..][..dim];
            prop_assert!(oracle(distance, cue, ours, &all) <= expected + 1e-5 * (1.0 + expected));
            let mask = &known[row * dim..(row + 1) * dim];
            let (_, expected) = best(distance, cue, &patterns, mask);
            let ours = oracle(distance, cue, &completed[row * dim..(row + 1) * dim], mask);
            prop_assert!(ours <= expected + 1e-5 * (1.0 + expected));
        }
        if distance != Distance::Cosine {
            let states = state(&memory, tensor(&cues, dim));
            let row = seed as usize % b;
            let one = state(&memory, tensor(&cues[row * dim..(row + 1) * dim], dim));
            prop_assert_eq!(&one[..], &states[row * dim..(row + 1) * dim]);
            memory.clear();
            memory.write(tensor(&permuted(&patterns, dim, seed), dim)).unwrap();
            prop_assert_eq!(state(&memory, tensor(&cues, dim)), states);
        }
    }
}

#[test]
fn distances_from_black_do_not_depend_on_the_batch() {
    let black = memory(Distance::Euclidean, &[0.0; 4], 4);
    for (grey, expected) in [
        (0.5f32, 1.0),
        (0.9, 1.8),
        (2.0, 4.0),
        (1e-25, 2e-25),
        (1e30, 2e30),
    ] {
        let found = black.nearest(tensor(&[grey; 4], 4)).unwrap()[0].distance;
        assert!((found / expected - 1.0).abs() < 1e-6, "{grey}: {found}");
    }
    let mut batch = [0.0; 12];
    (batch[0], batch[4], batch[8]) = (10.0, 1.0, 100.0);
    let found = black.nearest(tensor(&batch, 4)).unwrap();
    let found: Vec<f64> = found.iter().map(|neighbour| neighbour.distance).collect();
    assert_eq!(found, [10.0, 1.0, 100.0]);
    let scores = host(black.familiarity(tensor(&batch, 4)).unwrap());
    assert_eq!(scores, [-10.0, -1.0, -100.0]);
}

#[test]
fn every_magnitude_has_its_distance() {
    let dim = 20;
    for distance in ALL {
        for scale in [1e-35, 1e-25, 1e-15, 1.0, 1e15, 1e25, 1e35] {
            let scaled = |mut values: Vec<f32>| {
                values.iter_mut().for_each(|value| *value *= scale);
                values
            };
            let patterns = scaled(normal_vec(1, "patterns", 6 * dim));
            let cues = scaled(normal_vec(2, "cues", 3 * dim));
            let memory = memory(distance, &patterns, dim);
            let found = memory.nearest(tensor(&cues, dim)).unwrap();
            for (found, cue) in found.iter().zip(cues.chunks_exact(dim)) {
                let (index, expected) = best(distance, cue, &patterns, &[1.0; 20]);
                assert_eq!(found.index, index, "{distance:?} {scale:e}");
                let error = (found.distance / expected - 1.0).abs();
                assert!(error < 1e-5, "{distance:?} {scale:e}: {}", found.distance);
            }
        }
    }
}
