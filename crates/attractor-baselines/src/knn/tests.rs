use attractor_core::{AssociativeMemory, Complete, Error, Forget};
use proptest::prelude::*;

use super::{Knn, KnnConfig};
use crate::nearest::{Distance, NearestConfig};
use crate::testing::{device, host, tensor};

fn knn(neighbours: usize, distance: Distance, dim: usize) -> Knn {
    let config = KnnConfig {
        neighbours,
        distance,
        ..KnnConfig::new(dim)
    };
    config.init(&device()).unwrap()
}

/// Four points on a line and one aside.
const POINTS: [f32; 10] = [0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 4.0, 0.0, 0.0, 9.0];

#[test]
fn the_mean_of_the_nearest() {
    let mut memory = knn(3, Distance::Euclidean, 2);
    memory.write(tensor(&POINTS, 2)).unwrap();
    let answer = |cue: &[f32]| host(memory.read(tensor(cue, 2)).unwrap().state);
    assert_eq!(answer(&[0.9, 0.0]), [1.0, 0.0]);
    let mean = answer(&[9.0, 0.0]);
    assert!(
        (mean[0] - 7.0 / 3.0).abs() < 1e-6 && mean[1] == 0.0,
        "{mean:?}"
    );
    // Only the second entry is known: the pattern aside is the nearest, then those written first.
    let known = tensor(&[0.0, 1.0], 2);
    let completed = memory.complete(tensor(&[9.0, 9.0], 2), known).unwrap();
    let completed = host(completed.state);
    assert!(
        (completed[0] - 1.0 / 3.0).abs() < 1e-6 && completed[1] == 3.0,
        "{completed:?}"
    );
}

#[test]
fn fewer_patterns_than_neighbours_are_all_averaged() {
    let mut memory = knn(10, Distance::Manhattan, 2);
    assert_eq!(
        memory.read(tensor(&[0.0, 0.0], 2)).unwrap_err(),
        Error::EmptyMemory
    );
    memory.write(tensor(&POINTS, 2)).unwrap();
    let all = host(memory.read(tensor(&[5.0, 5.0], 2)).unwrap().state);
    assert!(
        (all[0] - 1.4).abs() < 1e-6 && (all[1] - 1.8).abs() < 1e-6,
        "{all:?}"
    );
    memory.remove(4).unwrap();
    let rest = host(memory.read(tensor(&[5.0, 5.0], 2)).unwrap().state);
    assert_eq!(rest, [1.75, 0.0]);
}

#[test]
fn mistakes_are_named() {
    let message = |config: KnnConfig| config.init(&device()).unwrap_err().to_string();
    let none = KnnConfig {
        neighbours: 0,
        ..KnnConfig::new(2)
    };
    assert!(message(none).starts_with("KnnConfig.neighbours: must be at least 1"));
    let mut memory = knn(1, Distance::Euclidean, 2);
    memory.write(tensor(&POINTS, 2)).unwrap();
    let half = tensor(&[0.5, 1.0], 2);
    let refused = memory.complete(tensor(&[0.0, 0.0], 2), half).unwrap_err();
    assert_eq!(refused.to_string(), "known: must hold 0 or 1, found 0.5");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// One neighbour is the nearest pattern.
    #[test]
    fn one_neighbour_is_the_nearest(seed in 0u64..500, which in 0usize..3) {
        let distance = [Distance::Euclidean, Distance::Manhattan, Distance::Cosine][which];
        let patterns = crate::testing::normal(seed, "patterns", 20, 5);
        let cues = crate::testing::normal(seed, "cues", 7, 5);
        let mut ours = knn(1, distance, 5);
        let config = NearestConfig { distance, ..NearestConfig::new(5) };
        let mut nearest = config.init(&device()).unwrap();
        ours.write(patterns.clone()).unwrap();
        nearest.write(patterns).unwrap();
        prop_assert_eq!(
            host(ours.read(cues.clone()).unwrap().state),
            host(nearest.read(cues).unwrap().state)
        );
    }
}
