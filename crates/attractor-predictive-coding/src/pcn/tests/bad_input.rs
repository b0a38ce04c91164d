//! Nothing is stored and nothing is lost when input is bad; every error says what it found.

use attractor_core::{AssociativeMemory, Complete, Energy, Error, Forget, Recognise, Result};
use burn::tensor::Tensor;

use super::support::*;
use crate::pcn::{
    Completion, Denoising, InferenceConfig, Optimiser, Pcn, PcnConfig, PcnParameters, Ridge,
    StepSize, WriteConfig,
};
use crate::testing::device;

const DIM: usize = 6;

fn memory() -> Pcn {
    let write = WriteConfig {
        epochs: 3,
        ..WriteConfig::default()
    };
    let config = PcnConfig {
        write,
        ..rectified(DIM, 8)
    };
    let mut memory = config.init(&device()).unwrap();
    memory.write(uniform(1, 3, DIM)).unwrap();
    memory
}

fn bad() -> Vec<(Tensor<2>, &'static str)> {
    let with = |value: f64| {
        let mut values = vec![0.5; 2 * DIM];
        values[DIM + 2] = value;
        rows(&values, DIM)
    };
    vec![
        (
            uniform(1, 2, DIM + 1),
            "expected shape [n, 6], found [2, 7]",
        ),
        (rows(&[], DIM), "expected at least one row"),
        (with(f64::NAN), "found NaN at row 1, column 2"),
        (with(f64::INFINITY), "found inf at row 1, column 2"),
        (with(f64::NEG_INFINITY), "found -inf at row 1, column 2"),
        // Not a number that single precision has.
        (with(1e300), "found inf at row 1, column 2"),
    ]
}

#[test]
fn bad_batches_are_errors_everywhere() {
    let mut memory = memory();
    let before = bytes(&memory);
    for (batch, text) in bad() {
        let check = |result: Result<()>| {
            let message = result.unwrap_err().to_string();
            assert!(message.contains(text), "{message}");
        };
        check(memory.write(batch.clone()));
        check(
            memory
                .write_ridge(batch.clone(), &Ridge::default())
                .map(drop),
        );
        check(memory.read(batch.clone()).map(drop));
        let inference = InferenceConfig::default();
        check(memory.recall_free(batch.clone(), &inference).map(drop));
        check(memory.infer(batch.clone(), None, &inference).map(drop));
        check(memory.complete(batch.clone(), batch.ones_like()).map(drop));
        check(memory.energy(batch.clone()).map(drop));
        check(memory.gradient(batch.clone()).map(drop));
        check(memory.familiarity(batch.clone()).map(drop));
    }
    assert_eq!(bytes(&memory), before);
}

#[test]
fn bad_masks_and_starts_are_errors() {
    let memory = memory();
    let cues = uniform(2, 2, DIM);
    let message = |known: Tensor<2>| {
        memory
            .complete(cues.clone(), known)
            .unwrap_err()
            .to_string()
    };
    assert!(message(uniform(3, 2, DIM)).contains("must hold 0 or 1"));
    assert!(message(rows(&[f64::NAN; 2 * DIM], DIM)).contains("must hold 0 or 1"));
    assert!(message(uniform(3, 2, DIM + 1)).starts_with("known: expected shape"));
    assert!(message(cues.clone().narrow(0, 0, 1)).starts_with("known: expected 2 rows, found 1"));
    let inference = InferenceConfig::default();
    let start = vec![uniform(1, 2, 8), uniform(1, 2, 7)];
    let message = memory.infer(cues.clone(), Some(start), &inference);
    assert!(
        message
            .unwrap_err()
            .to_string()
            .contains("a start of shapes [[2, 8], [2, 8]]")
    );
    let start = vec![rows(&[f64::NAN; 16], 8), uniform(1, 2, 8)];
    let message = memory.infer(cues, Some(start), &inference);
    assert!(
        message
            .unwrap_err()
            .to_string()
            .starts_with("start: expected finite")
    );
    let message = memory.generate(uniform(1, 2, 7)).unwrap_err().to_string();
    assert!(
        message.starts_with("memory: expected shape [n, 8]"),
        "{message}"
    );
}

#[test]
fn an_empty_memory_says_so() {
    let mut memory = rectified(DIM, 8).init(&device()).unwrap();
    let cues = uniform(1, 2, DIM);
    assert_eq!(memory.read(cues.clone()).unwrap_err(), Error::EmptyMemory);
    let complete = memory.complete(cues.clone(), cues.ones_like());
    assert_eq!(complete.unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.energy(cues.clone()).unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.familiarity(cues).unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.stored_states().unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.remove(0).unwrap_err(), Error::EmptyMemory);
    let config = memory.config().write;
    let trained = memory.train_with(&config, &mut go_on);
    assert_eq!(trained.unwrap_err(), Error::EmptyMemory);
    let mut memory = self::memory();
    assert!(matches!(
        memory.remove(3),
        Err(Error::Index {
            index: 3,
            len: 3,
            ..
        })
    ));
}

#[test]
fn bad_configurations_name_the_field() {
    let good = PcnConfig::new(DIM);
    let write = |write: WriteConfig| PcnConfig {
        write,
        ..good.clone()
    };
    let inference = |inference: InferenceConfig| PcnConfig {
        inference,
        ..good.clone()
    };
    let default = InferenceConfig::default();
    let ridge = Ridge {
        lambda: 0.0,
        ..Ridge::default()
    };
    let mut stop = WriteConfig::default();
    stop.stop.plateau = -1.0;
    let rounds = crate::pcn::Reading::Replace(Denoising {
        rounds: 0,
        ..Denoising::default()
    });
    for (config, field) in [
        (
            PcnConfig {
                dim: 0,
                ..good.clone()
            },
            "PcnConfig.dim",
        ),
        (
            PcnConfig {
                hidden: vec![],
                ..good.clone()
            },
            "PcnConfig.hidden",
        ),
        (
            PcnConfig {
                hidden: vec![3, 0],
                ..good.clone()
            },
            "PcnConfig.hidden",
        ),
        (
            PcnConfig {
                keys: DIM,
                ..good.clone()
            },
            "PcnConfig.keys",
        ),
        (
            PcnConfig {
                prior_std: -1.0,
                ..good.clone()
            },
            "PcnConfig.prior_std",
        ),
        (
            PcnConfig {
                read: rounds,
                ..good.clone()
            },
            "Denoising.rounds",
        ),
        (
            write(WriteConfig {
                epochs: 0,
                ..WriteConfig::default()
            }),
            "WriteConfig.epochs",
        ),
        (
            write(WriteConfig {
                optimiser: Optimiser::Sgd { rate: f64::NAN },
                ..WriteConfig::default()
            }),
            "Optimiser.rate",
        ),
        (
            write(WriteConfig {
                ridge: Some(ridge),
                ..WriteConfig::default()
            }),
            "Ridge.lambda",
        ),
        (write(stop), "StopRule.plateau"),
        (
            inference(InferenceConfig {
                max_steps: 0,
                ..default
            }),
            "InferenceConfig.max_steps",
        ),
        (
            inference(InferenceConfig {
                check_every: 0,
                ..default
            }),
            "InferenceConfig.check_every",
        ),
        (
            inference(InferenceConfig {
                tolerance: -1.0,
                ..default
            }),
            "InferenceConfig.tolerance",
        ),
        (
            inference(InferenceConfig {
                step: StepSize::Fixed(0.0),
                ..default
            }),
            "InferenceConfig.step",
        ),
    ] {
        let message = config.init(&device()).unwrap_err().to_string();
        assert!(message.starts_with(field), "{field}: {message}");
    }
    let parameters = PcnParameters::drawn(&good, &device());
    let other = PcnConfig { bias: true, ..good };
    let message = Pcn::with_parameters(other, parameters, &device()).unwrap_err();
    assert!(
        message
            .to_string()
            .starts_with("PcnConfig expects parameters of shapes")
    );
}

/// A learning rate without measure: the write fails, and the memory is what it was.
#[test]
fn a_write_that_diverges_changes_nothing() {
    let mut memory = memory();
    let before = bytes(&memory);
    let config = WriteConfig {
        optimiser: Optimiser::Sgd { rate: 1e30 },
        epochs: 20,
        ..WriteConfig::default()
    };
    let error = memory.write_with(uniform(2, 2, DIM), &config, &mut go_on);
    let message = error.unwrap_err().to_string();
    assert!(message.contains("must keep energies finite"), "{message}");
    assert_eq!(bytes(&memory), before);
    assert_eq!(memory.len(), 3);
    // A read whose energy overflows ends with a word and a finite answer.
    let far = rows(&[3e38; DIM], DIM);
    let inference = InferenceConfig::default();
    let known = far.ones_like().narrow(1, 0, DIM);
    let read = memory
        .recall_noisy(far.clone(), &Denoising::default())
        .unwrap();
    assert_eq!(read.outcomes, [attractor_core::Outcome::Diverged]);
    assert!(values(&read.state).iter().all(|value| value.is_finite()));
    let part = memory
        .recall_partial(
            far,
            known.clone().narrow(1, 0, DIM),
            Completion::Joint,
            &inference,
        )
        .unwrap();
    assert!(values(&part.state).iter().all(|value| value.is_finite()));
}
