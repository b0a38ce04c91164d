use std::ops::ControlFlow;

use attractor_core::{Result, check};
use burn::tensor::{Device, Tensor};

use super::*;
use crate::monet::{MonetObjective, TINY};
use crate::testing::smooth_images;
use crate::train::{AdamConfig, Decay, EpochReport, FromFn, Optimiser, RmsPropConfig, Schedule};

const ADAM: Optimiser = Optimiser::Adam(AdamConfig {
    learning_rate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
});

fn config(optimiser: Optimiser) -> MonetTrainerConfig {
    MonetTrainerConfig {
        optimiser,
        batch_size: 4,
        ..MonetTrainerConfig::default()
    }
}

fn trainer(config: MonetTrainerConfig) -> MonetTrainer {
    MonetTrainer::new(TINY.init(1, &Device::default()).unwrap(), config).unwrap()
}

fn rows(images: &[f32], indices: &[usize]) -> Result<Batch> {
    let values = indices
        .iter()
        .flat_map(|&i| images[i * DATA_DIM..][..DATA_DIM].iter().copied())
        .collect();
    Ok(check::from_host("rows", values, DATA_DIM, &Device::default())?.into())
}

fn epoch(trainer: &mut MonetTrainer, images: &[f32]) -> EpochReport<MonetLoss> {
    let mut data = FromFn::new(images.len() / DATA_DIM, |_, indices: &[usize]| {
        rows(images, indices)
    });
    trainer
        .run_epoch(&mut data, &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn training_lowers_every_sum_and_follows_the_seed() {
    let images = smooth_images(1, 10, [3, 64, 64]);
    for optimiser in [ADAM, Optimiser::RmsProp(RmsPropConfig::default())] {
        let run = |seed| {
            let mut trainer = trainer(MonetTrainerConfig {
                seed,
                ..config(optimiser)
            });
            let first = epoch(&mut trainer, &images);
            assert_eq!((first.steps, first.images, first.finished), (3, 10, true));
            let mut last = first;
            for _ in 0..5 {
                last = epoch(&mut trainer, &images);
            }
            (first.loss, last.loss)
        };
        let (first, last) = run(1);
        assert!(last.total < first.total, "{first:?} {last:?}");
        let MonetObjective { beta, gamma, .. } = MonetObjective::default();
        let sum = last.reconstruction + beta * last.codes + gamma * last.masks;
        assert!((last.total - sum).abs() < 1e-6 * sum.abs());
        assert_eq!(run(1), (first, last));
        assert_ne!(run(2).1, last);
    }
}

#[test]
fn a_resumed_run_continues_exactly() {
    let images = smooth_images(1, 10, [3, 64, 64]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trainer.safetensors");
    let moving = MonetTrainerConfig {
        schedule: Schedule {
            warm_up: 2,
            decay: Decay::Cosine {
                steps: 5,
                last: 0.1,
            },
        },
        averaging: Some(0.9),
        ..config(ADAM)
    };
    let rms_prop = config(Optimiser::RmsProp(RmsPropConfig::default()));
    for config in [config(ADAM), rms_prop, moving] {
        let mut whole = trainer(config);
        // Before the first step there are no averages yet.
        whole.save(&path).unwrap();
        let model = TINY.init(7, &Device::default()).unwrap();
        whole = MonetTrainer::load(&path, model, config).unwrap();
        epoch(&mut whole, &images);
        whole.save(&path).unwrap();
        let expected = epoch(&mut whole, &images);
        let model = TINY.init(7, &Device::default()).unwrap();
        let mut resumed = MonetTrainer::load(&path, model, config).unwrap();
        assert_eq!((resumed.epoch(), resumed.steps()), (1, 3));
        assert_eq!(epoch(&mut resumed, &images), expected);
        let weights = |trainer: &MonetTrainer| {
            trainer
                .model(&Device::default())
                .unwrap()
                .to_weights()
                .unwrap()
        };
        assert_eq!(weights(&resumed), weights(&whole));
        // A checkpoint is a model file too.
        resumed.save(&path).unwrap();
        let read = Monet::read(&path, TINY.slots, &Device::default()).unwrap();
        assert_eq!(read.to_weights().unwrap(), weights(&resumed));
    }
}

#[test]
fn the_schedule_moves_the_rate() {
    let images = smooth_images(1, 4, [3, 64, 64]);
    let weights = |config| {
        let mut trainer = trainer(config);
        let history: Vec<_> = (0..3)
            .map(|_| {
                trainer.step(rows(&images, &[0, 1, 2, 3]).unwrap()).unwrap();
                let model = trainer.model(&Device::default()).unwrap();
                model.to_weights().unwrap()
            })
            .collect();
        history
    };
    let scheduled = |schedule| MonetTrainerConfig {
        schedule,
        ..config(ADAM)
    };
    let halved = Optimiser::Adam(AdamConfig {
        learning_rate: 5e-4,
        ..AdamConfig::default()
    });
    // Step 1 of a rise over two steps has half the rate.
    let rising = weights(scheduled(Schedule {
        warm_up: 2,
        decay: Decay::Constant,
    }));
    assert_eq!(rising[0], weights(config(halved))[0]);
    assert_ne!(rising[0], weights(config(ADAM))[0]);
    // The full rate, half of it, none.
    let steps = Decay::Cosine {
        steps: 2,
        last: 0.0,
    };
    let falling = weights(scheduled(Schedule {
        warm_up: 0,
        decay: steps,
    }));
    assert_eq!(falling[0], weights(config(ADAM))[0]);
    assert_ne!(falling[1], falling[0]);
    assert_eq!(falling[2], falling[1]);
}

#[test]
fn averages_are_those_of_the_plain_run() {
    let images = smooth_images(1, 4, [3, 64, 64]);
    let decay = 0.3;
    let averaged = MonetTrainerConfig {
        averaging: Some(decay),
        ..config(ADAM)
    };
    let [mut plain, mut averaged] = [config(ADAM), averaged].map(trainer);
    let weights = |trainer: &MonetTrainer| {
        let model = trainer.model(&Device::default()).unwrap();
        model.to_weights().unwrap()
    };
    let name = "netCVAE.decoder.2.weight";
    let mut expected: Vec<f64> = Vec::new();
    for step in 1..=5 {
        let losses = [&mut plain, &mut averaged]
            .map(|trainer| trainer.step(rows(&images, &[0, 1]).unwrap()).unwrap());
        assert_eq!(losses[0], losses[1]);
        let values = weights(&plain);
        let values = values.values(name).unwrap().iter().copied().map(f64::from);
        let decay = f64::min(decay, f64::from(1 + step) / f64::from(10 + step));
        expected = match step {
            1 => values.collect(),
            _ => values
                .zip(&expected)
                .map(|(value, mean)| decay * mean + (1.0 - decay) * value)
                .collect(),
        };
    }
    let found = weights(&averaged);
    let [mut off, mut moved] = [0.0_f64; 2];
    for ((found, expected), last) in found
        .values(name)
        .unwrap()
        .iter()
        .zip(&expected)
        .zip(weights(&plain).values(name).unwrap())
    {
        off = off.max((f64::from(*found) - expected).abs());
        moved = moved.max((f64::from(*found) - f64::from(*last)).abs());
    }
    assert!(off < 1e-6 && moved > 1e-4, "{off} {moved}");
}

#[test]
fn checkpoints_that_do_not_fit_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trainer.safetensors");
    let device = Device::default();
    trainer(config(ADAM)).save(&path).unwrap();
    let load = |size: MonetConfig, config| {
        MonetTrainer::load(&path, size.init(0, &device).unwrap(), config)
            .unwrap_err()
            .to_string()
    };
    let other = MonetTrainerConfig {
        batch_size: 5,
        ..config(ADAM)
    };
    assert!(load(TINY, other).contains("`trainer`: expected"));
    let wide = MonetConfig { code: 8, ..TINY };
    assert!(load(wide, config(ADAM)).contains("`model`: expected"));
    let plain = TINY.init(0, &device).unwrap();
    plain.write(&path).unwrap();
    assert!(load(TINY, config(ADAM)).contains("expected a training checkpoint"));
}

#[test]
fn wrong_input_is_an_error_and_changes_nothing() {
    let device = Device::default();
    let mut trainer = trainer(config(ADAM));
    let before = trainer.model(&device).unwrap().to_weights().unwrap();
    let message =
        |trainer: &mut MonetTrainer, rows: Tensor<2>| trainer.step(rows).unwrap_err().to_string();
    assert_eq!(
        message(&mut trainer, Tensor::zeros([2, 5], &device)),
        "training input: expected shape [n, 12288], found [2, 5]"
    );
    let bad = Tensor::full([1, DATA_DIM], f32::INFINITY, &device);
    assert!(message(&mut trainer, bad).contains("expected finite numbers, found inf"));
    // Finite rows whose loss overflows.
    let huge = Tensor::full([2, DATA_DIM], 1e30, &device);
    assert!(message(&mut trainer, huge).contains("loss of an image"));
    let target = Batch {
        input: Tensor::zeros([1, DATA_DIM], &device),
        target: Some(Tensor::zeros([1, DATA_DIM], &device)),
    };
    assert!(
        trainer
            .step(target)
            .unwrap_err()
            .to_string()
            .contains("denoising")
    );
    let mut none = FromFn::new(0, |_, indices: &[usize]| rows(&[], indices));
    let error = trainer.run_epoch(&mut none, &mut |_| ControlFlow::Continue(()));
    assert!(error.unwrap_err().to_string().contains("training data"));
    assert_eq!(trainer.steps(), 0);
    assert_eq!(
        trainer.model(&device).unwrap().to_weights().unwrap(),
        before
    );

    let refuse = |config: MonetTrainerConfig| config.validate().unwrap_err().to_string();
    let objective = MonetObjective {
        foreground_deviation: 0.0,
        ..MonetObjective::default()
    };
    let wrong = MonetTrainerConfig {
        objective,
        ..config(ADAM)
    };
    assert!(refuse(wrong).contains("MonetObjective.foreground_deviation"));
    let decay = Optimiser::RmsProp(RmsPropConfig {
        decay: 1.0,
        ..RmsPropConfig::default()
    });
    assert!(refuse(config(decay)).contains("RmsPropConfig.decay"));
    assert!(
        refuse(MonetTrainerConfig {
            averaging: Some(1.0),
            ..config(ADAM)
        })
        .contains("averaging")
    );
    assert!(
        refuse(MonetTrainerConfig {
            batch_size: 0,
            ..config(ADAM)
        })
        .contains("batch_size")
    );
}

#[test]
fn the_callback_hears_every_step_and_can_break_off() {
    let images = smooth_images(1, 10, [3, 64, 64]);
    let mut trainer = trainer(config(ADAM));
    let mut data = FromFn::new(10, |_, indices: &[usize]| rows(&images, indices));
    let mut heard = Vec::new();
    let report = trainer
        .run_epoch(&mut data, &mut |progress| {
            heard.push((progress.epoch, progress.step, progress.steps));
            match progress.step {
                2 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap();
    assert_eq!(heard, [(0, 1, 3), (0, 2, 3)]);
    assert_eq!(
        (report.finished, report.steps, report.images),
        (false, 2, 8)
    );
    assert_eq!(trainer.epoch(), 0);
}
