use attractor_core::rng::{self, Rng};
use attractor_core::{AssociativeMemory, Complete, Error, Explain, Forget, Outcome};
use burn::tensor::Tensor;

use super::answer::{best_of, clearance, probabilities};
use super::damage::{Colours, KINDS, cover, noise, recolour, replace};
use super::sites::Sites;
use super::{SelfCalibratingConfig, SelfCalibratingMemory};
use crate::testing::*;

mod options;
mod recognition;

const SIDE: usize = 12;
const DIM: usize = 3 * SIDE * SIDE;

/// Smooth colour pictures: waves of a few directions.
fn pictures(seed: u64, count: usize) -> Vec<Vec<f32>> {
    let picture = |index: usize| {
        let mut rng = rng::indexed_stream(seed, "test pictures", index as u64);
        let waves = rng::uniform_vec(&mut rng, 3 * 5 * 4, -1.0, 1.0);
        let value = |entry: usize| {
            let (channel, site) = (entry / (SIDE * SIDE), entry % (SIDE * SIDE));
            let (y, x) = ((site / SIDE) as f32, (site % SIDE) as f32);
            let wave = |w: &[f32]| w[0] * (1.5 * w[1] * x + 1.5 * w[2] * y + 6.0 * w[3]).sin();
            let own = waves[channel * 20..(channel + 1) * 20].chunks_exact(4);
            (0.5 + 0.3 * own.map(wave).sum::<f32>()).clamp(0.0, 1.0)
        };
        (0..DIM).map(value).collect()
    };
    (0..count).map(picture).collect()
}

fn rows(pictures: &[Vec<f32>]) -> Tensor<2> {
    tensor(&pictures.concat(), pictures[0].len())
}

fn memory(config: SelfCalibratingConfig, stored: &[Vec<f32>]) -> SelfCalibratingMemory {
    let mut memory = config.init(stored[0].len(), &device()).unwrap();
    memory.write(rows(stored)).unwrap();
    memory
}

fn colour() -> SelfCalibratingConfig {
    SelfCalibratingConfig {
        channels: 3,
        ..SelfCalibratingConfig::default()
    }
}

fn strict() -> SelfCalibratingConfig {
    SelfCalibratingConfig {
        false_accept: Some(0.01),
        ..colour()
    }
}

/// As the calibration does it, of middling strength.
fn damaged(pictures: &[Vec<f32>], kind: usize) -> Vec<Vec<f32>> {
    let colours = Colours {
        gain: 0.5,
        middle: 0.5,
        exchanged: true,
        saturation: 1.0,
    };
    let one = |(row, picture): (usize, &Vec<f32>)| {
        let mut cue = picture.clone();
        let rng: &mut Rng = &mut rng::indexed_stream(9, "test damage", row as u64);
        match kind {
            0 => {}
            1 => noise(&mut cue, 0.3, rng),
            2 => cover(&mut cue, 3, 0.5, rng),
            3 => recolour(&mut cue, 3, colours),
            4 => replace(&mut cue, 3, 0.7, rng),
            _ => {
                recolour(&mut cue, 3, colours);
                noise(&mut cue, 0.15, rng);
                cover(&mut cue, 3, 0.25, rng);
            }
        }
        cue
    };
    pictures.iter().enumerate().map(one).collect()
}

#[test]
fn damaged_cues_are_recalled_and_foreign_ones_rejected() {
    let stored = pictures(1, 20);
    let memory = memory(strict(), &stored);
    let foreign = pictures(2, 20);
    for kind in 0..KINDS {
        let recall = memory.read(rows(&damaged(&stored[..8], kind))).unwrap();
        assert_eq!(host(recall.state.clone()), stored[..8].concat(), "{kind}");
        let answered = recall
            .outcomes
            .iter()
            .filter(|o| **o == Outcome::SinglePass);
        assert!(answered.count() >= 7, "{kind}: {:?}", recall.outcomes);
        let recall = memory.read(rows(&damaged(&foreign, kind))).unwrap();
        let rejected = recall.outcomes.iter().filter(|o| **o == Outcome::Rejected);
        assert!(rejected.count() >= 18, "{kind}: {:?}", recall.outcomes);
    }
}

#[test]
fn answers_say_what_happened() {
    let stored = pictures(1, 12);
    let memory = memory(strict(), &stored);
    // Half as bright, and a quarter of the sites covered.
    let mut cue: Vec<f32> = stored[4].iter().map(|value| 0.5 * value + 0.1).collect();
    let sites = SIDE * SIDE;
    for channel in cue.chunks_exact_mut(sites) {
        channel[..sites / 4].fill(0.9);
    }
    let explained = memory.explained(rows(std::slice::from_ref(&cue))).unwrap();
    let answers = memory
        .answers(rows(&[cue, pictures(5, 1).remove(0)]))
        .unwrap();
    let [known, foreign] = &answers[..] else {
        panic!("{answers:?}")
    };
    for answer in &answers {
        let sum: f64 = answer.posterior.iter().sum::<f64>() + answer.none;
        assert!(
            (sum - 1.0).abs() < 1e-9 && answer.posterior.len() == 12,
            "{sum}"
        );
    }
    assert!(
        known.accepted && known.best == 4 && known.posterior[4] > 0.9,
        "{known:?}"
    );
    assert!(!foreign.accepted && foreign.none > 0.5, "{foreign:?}");
    assert_eq!(host(explained), known.evidence.weights);
    let map = known.evidence.map.as_ref().unwrap();
    assert!((map.linear[0] - 0.5).abs() < 0.05 && (map.offset[0] - 0.1).abs() < 0.05);
    assert!((known.evidence.unexplained - 0.25).abs() < 0.06);
    assert!(
        known.evidence.weights[..sites / 4]
            .iter()
            .all(|weight| *weight < 0.5)
    );
}

/// Computed by hand.
#[test]
fn clearances_are_those_of_the_formula() {
    let scores = [20.0, 2.0, 4.0, 6.0, f32::NEG_INFINITY];
    assert_eq!(best_of(&scores, &[]), 0);
    assert_eq!(best_of(&scores, &[0]), 3);
    // The others: mean 4, variance 8/3.
    let found = clearance(&scores, 0, &[], 0.25);
    assert!((found - 0.75 * 14.0 / ((8.0f64 / 3.0).sqrt() + 3.0)).abs() < 1e-6);
    // Without the first: the runner-up is 4, the others have variance 1.
    let found = clearance(&scores, 3, &[0], 0.0);
    assert!((found - 2.0 / 4.0).abs() < 1e-12);
    // Nothing else is stored.
    assert!((clearance(&[6.0], 0, &[], 0.5) - 1.0).abs() < 1e-12);
    let shares = probabilities(&[2.0, 0.0], 2.0, 0.5);
    let first = 0.5 / (1.0 + (-1.0f64).exp());
    assert!((shares[0] - first).abs() < 1e-12 && (shares[0] + shares[1] - 0.5).abs() < 1e-12);
}

#[test]
fn rows_alone_are_rows_of_a_batch() {
    let stored = pictures(1, 10);
    let memory = memory(strict(), &stored);
    let cues = [damaged(&stored[..3], 5), pictures(3, 2)].concat();
    let together = memory.read(rows(&cues)).unwrap();
    for (row, cue) in cues.iter().enumerate() {
        let alone = memory.read(rows(std::slice::from_ref(cue))).unwrap();
        assert_eq!(alone.outcomes[0], together.outcomes[row]);
        assert_eq!(alone.energy_last[0], together.energy_last[row]);
    }
}

#[test]
fn what_is_known_to_be_missing_does_not_count() {
    let stored = pictures(1, 9);
    let memory = memory(colour(), &stored);
    let (mut cue, mut known) = (stored[2].clone(), vec![1.0; DIM]);
    for at in (0..DIM).filter(|at| at % SIDE < 8) {
        (cue[at], known[at]) = (stored[5][at], 0.0);
    }
    let recall = memory
        .complete(rows(&[cue.clone()]), tensor(&known, DIM))
        .unwrap();
    assert_eq!(host(recall.state), stored[2]);
    let recall = memory.read(rows(&[cue])).unwrap();
    assert_eq!(host(recall.state), stored[5]);
}

/// Sites are drawn from equal runs, all channels of each, so that cues and patterns stay alike.
#[test]
fn large_images_are_compared_at_some_sites() {
    let sites = Sites::new(3 * 1000, 3, 64, 1);
    let row: Vec<f32> = (0..3000).map(|entry| entry as f32).collect();
    let thinned = host(sites.of(tensor(&row, 3000)).unwrap());
    assert_eq!(thinned.len(), 3 * 64);
    for (run, value) in thinned[..64].iter().enumerate() {
        let site = *value as usize;
        assert!((run * 1000 / 64..(run + 1) * 1000 / 64).contains(&site));
        assert_eq!(thinned[64 + run], value + 1000.0);
        assert_eq!(thinned[128 + run], value + 2000.0);
    }
    let few = SelfCalibratingConfig {
        most_sites: 48,
        ..colour()
    };
    let stored = pictures(1, 10);
    let memory = memory(few, &stored);
    let recall = memory.read(rows(&damaged(&stored, 3))).unwrap();
    assert_eq!(host(recall.state), stored.concat());
}

#[test]
fn forgetting_equals_never_writing() {
    let stored = pictures(1, 12);
    let mut with = memory(strict(), &stored);
    with.calibration().unwrap();
    with.remove(3).unwrap();
    let left = [&stored[..3], &stored[4..]].concat();
    let without = memory(strict(), &left);
    assert_eq!(with.calibration().unwrap(), without.calibration().unwrap());
    let cue = rows(&stored[3..4]);
    assert_eq!(
        with.read(cue.clone()).unwrap().outcomes,
        [Outcome::Rejected]
    );
    with.clear();
    assert_eq!(with.read(cue).unwrap_err(), Error::EmptyMemory);
}

/// Who stores everything twice is not told that nothing is known.
#[test]
fn near_duplicates_do_not_spoil_the_calibration() {
    let stored = pictures(1, 20);
    let twice: Vec<Vec<f32>> = stored
        .iter()
        .map(|picture| {
            let darker = picture.iter().map(|value| (value - 0.01).max(0.0));
            darker.collect()
        })
        .collect();
    let memory = memory(strict(), &[stored.clone(), twice].concat());
    let recall = memory.read(rows(&damaged(&stored[..8], 2))).unwrap();
    let answered = recall
        .outcomes
        .iter()
        .filter(|o| **o == Outcome::SinglePass);
    assert!(answered.count() >= 7, "{:?}", recall.outcomes);
    let recall = memory.read(rows(&damaged(&pictures(2, 8), 2))).unwrap();
    let rejected = recall.outcomes.iter().filter(|o| **o == Outcome::Rejected);
    assert!(rejected.count() >= 7, "{:?}", recall.outcomes);
}
