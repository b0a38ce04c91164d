use std::sync::Arc;

use attractor_core::model::Identity;
use attractor_core::observation::{Gaussian, Laplace, StudentT, Truncated};
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Inference, MemoryPrior, ObservationModel, Outcome,
    Recognise, Stopping,
};
use attractor_inference::{Amortised, GradientConfig, Rule};
use attractor_priors::{HopfieldConfig, LearnedPrecisionConfig};

use super::VariationalMemory;
use crate::testing::*;

const DIM: usize = 12;

#[test]
fn recalls_from_noise() {
    let mut memory = plain(DIM);
    let patterns = normal(1, 20, DIM);
    memory.write(patterns.clone()).unwrap();
    let cues = patterns.clone() + normal(2, 20, DIM).mul_scalar(0.3);
    let recall = memory.read(cues).unwrap();
    let error = host((recall.data() - patterns).abs().max());
    assert!(error[0] < 1e-3, "{error:?}");
    assert!(
        recall
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );
}

#[test]
fn every_part_can_be_exchanged() {
    let observations: Vec<fn() -> Box<dyn ObservationModel>> = vec![
        || Box::new(Gaussian::new(0.5).unwrap()),
        || Box::new(Laplace::new(0.5).unwrap()),
        || Box::new(StudentT::new(2.0, 0.3).unwrap()),
        || Box::new(Truncated::new(0.3, 0.5).unwrap()),
    ];
    let priors: Vec<fn() -> Box<dyn MemoryPrior>> = vec![
        || mixture(DIM),
        || Box::new(HopfieldConfig { beta: 5.0 }.init(DIM, &device()).unwrap()),
        || {
            Box::new(
                LearnedPrecisionConfig::default()
                    .init(DIM, &device())
                    .unwrap(),
            )
        },
    ];
    let inferences: Vec<fn() -> Box<dyn Inference>> =
        vec![|| Box::new(Amortised), fixed_point, || {
            let config = GradientConfig {
                rule: Rule::LineSearch { rate: 0.1 },
                stopping: Stopping::after(5),
                ..GradientConfig::default()
            };
            Box::new(config.init().unwrap())
        }];
    let patterns = normal(1, 9, DIM);
    for observation in &observations {
        for prior in &priors {
            for inference in &inferences {
                let mut memory = VariationalMemory::new(
                    Arc::new(Identity::new(DIM).unwrap()),
                    observation(),
                    prior(),
                    inference(),
                )
                .unwrap();
                memory.write(patterns.clone()).unwrap();
                let recall = memory.read(normal(2, 4, DIM)).unwrap();
                assert!(host(recall.data()).iter().all(|value| value.is_finite()));
                for (last, first) in recall.energy_last.iter().zip(&recall.energy_first) {
                    assert!(last <= &(first + 1e-4 * first.abs().max(1.0)), "{memory:?}");
                }
            }
        }
    }
}

#[test]
fn completes_from_known_entries() {
    let mut memory = VariationalMemory::new(
        Arc::new(Identity::new(DIM).unwrap()),
        Box::new(Gaussian::new(0.05).unwrap()),
        mixture(DIM),
        Box::new(
            GradientConfig {
                rule: Rule::adam(0.1),
                ..GradientConfig::default()
            }
            .init()
            .unwrap(),
        ),
    )
    .unwrap();
    let patterns = normal(1, 10, DIM);
    memory.write(patterns.clone()).unwrap();
    let known: Vec<f32> = (0..10 * DIM)
        .map(|at| f32::from(u8::from(at % DIM < 9)))
        .collect();
    let known = tensor(&known, DIM);
    // The unknown entries hold the mean of all patterns, which a plain read takes at its word.
    let cues = patterns.clone() * known.clone();
    let mean_error = |recall: attractor_core::Recall| {
        host((recall.data() - patterns.clone()).square().mean())[0]
    };
    let completed = mean_error(memory.complete(cues.clone(), known).unwrap());
    let read = mean_error(memory.read(cues).unwrap());
    assert!(
        completed < 0.01 && completed < 0.2 * read,
        "completed {completed}, read {read}"
    );
}

#[test]
fn bad_input_is_an_error() {
    let mut memory = plain(3);
    let cue = tensor(&[0.0, 1.0, 2.0], 3);
    assert_eq!(memory.read(cue.clone()).unwrap_err(), Error::EmptyMemory);
    assert_eq!(
        memory
            .write(tensor(&[1.0, 2.0], 2))
            .unwrap_err()
            .to_string(),
        "patterns: expected shape [n, 3], found [1, 2]"
    );
    memory.write(cue.clone()).unwrap();
    assert_eq!(
        memory
            .read(tensor(&[0.0, f32::NAN, 0.0], 3))
            .unwrap_err()
            .to_string(),
        "cues: expected finite numbers, found NaN at row 0, column 1"
    );
    assert_eq!(
        memory
            .read(tensor(&[0.0, f32::INFINITY, 0.0], 3))
            .unwrap_err()
            .to_string(),
        "cues: expected finite numbers, found inf at row 0, column 1"
    );
    assert_eq!(
        memory.read(tensor(&[0.0; 4], 4)).unwrap_err().to_string(),
        "cues: expected shape [n, 3], found [1, 4]"
    );
    assert_eq!(
        memory
            .complete(cue.clone(), tensor(&[1.0; 6], 3))
            .unwrap_err()
            .to_string(),
        "known: expected 1 rows, found 2"
    );
    assert_eq!(
        memory.remove(1).unwrap_err().to_string(),
        "pattern: expected an index below 1, found 1"
    );
    let misfit = VariationalMemory::new(
        Arc::new(Identity::new(4).unwrap()),
        Box::new(Gaussian::new(1.0).unwrap()),
        mixture(3),
        fixed_point(),
    );
    assert_eq!(
        misfit.unwrap_err().to_string(),
        "the generative model expects codes of 4 entries, but the prior has 3"
    );
}

#[test]
fn forgetting_equals_never_writing() {
    let patterns = normal(1, 6, DIM);
    let mut with = plain(DIM);
    with.write(patterns.clone()).unwrap();
    with.remove(2).unwrap();
    let mut without = plain(DIM);
    without.write(patterns.clone().narrow(0, 0, 2)).unwrap();
    without.write(patterns.narrow(0, 3, 3)).unwrap();
    let cues = normal(3, 4, DIM);
    let (a, b) = (
        with.read(cues.clone()).unwrap(),
        without.read(cues).unwrap(),
    );
    assert_eq!(host(a.state), host(b.state));
    with.clear();
    assert!(with.is_empty());
}

#[test]
fn stored_patterns_are_more_familiar() {
    let mut memory = plain(DIM);
    let patterns = normal(1, 8, DIM);
    memory.write(patterns.clone()).unwrap();
    let stored = host(memory.familiarity(patterns).unwrap());
    let novel = host(memory.familiarity(normal(2, 8, DIM)).unwrap());
    let lowest = stored.iter().copied().fold(f32::MAX, f32::min);
    assert!(
        novel.iter().all(|&novel| novel < lowest),
        "{stored:?} {novel:?}"
    );
}

#[test]
fn codes_survive_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("codes.safetensors");
    let mut memory = plain(DIM);
    memory.write(normal(1, 5, DIM)).unwrap();
    memory.save_codes(&path).unwrap();
    let mut again = plain(DIM);
    again.load_codes(&path, &device()).unwrap();
    assert_eq!(
        host(again.stored_states().unwrap()),
        host(memory.stored_states().unwrap())
    );
    let message = plain(DIM + 1)
        .load_codes(&path, &device())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("expected shape [n, 13], found [5, 12]"),
        "{message}"
    );
    std::fs::write(&path, b"not a file").unwrap();
    let message = again.load_codes(&path, &device()).unwrap_err().to_string();
    assert!(message.contains("expected a safetensors file"), "{message}");
    assert_eq!(again.len(), 5);
}
