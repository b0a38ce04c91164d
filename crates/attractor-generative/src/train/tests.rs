use std::ops::ControlFlow;

use attractor_core::{GenerativeModel, Result, check, rng};
use burn::tensor::{Device, Tensor};

use super::{
    AdamConfig, Batch, Decay, Engine, EpochReport, FromFn, Objective, Order, Schedule, Trainer,
    TrainerConfig,
};
use crate::nn::BatchNorm;
use crate::testing::{assert_same, smooth_images};
use crate::vae::Vae;
use crate::{CifarVaeConfig, MnistVaeConfig};

const CIFAR: CifarVaeConfig = CifarVaeConfig {
    features: 4,
    code: 8,
};
const MNIST: MnistVaeConfig = MnistVaeConfig {
    features: 4,
    code: 8,
};
const MNIST_IMAGE: [usize; 3] = [1, 28, 28];

fn pick(values: &[f32], width: usize, indices: &[usize]) -> Result<Batch> {
    let rows = indices
        .iter()
        .flat_map(|i| values[i * width..][..width].iter().copied())
        .collect();
    Ok(check::from_host("images", rows, width, &Device::default())?.into())
}

fn epochs<V: Vae>(trainer: &mut Trainer<V>, values: &[f32], count: usize) -> Vec<EpochReport> {
    let width = trainer.model().unwrap().data_dim();
    let mut data = FromFn::new(values.len() / width, |_, indices: &[usize]| {
        pick(values, width, indices)
    });
    (0..count)
        .map(|_| {
            trainer
                .run_epoch(&mut data, 4, &mut |_| ControlFlow::Continue(()))
                .unwrap()
        })
        .collect()
}

fn config(objective: Objective) -> TrainerConfig {
    TrainerConfig {
        objective,
        adam: AdamConfig {
            learning_rate: 3e-3,
            ..AdamConfig::default()
        },
        schedule: Schedule::default(),
        batch_size: 16,
        seed: 11,
        order: Order::Shuffled,
        engine: Engine::Auto,
    }
}

#[test]
fn a_fixed_order_repeats_and_a_shuffled_one_does_not() {
    let device = Device::default();
    let images = smooth_images(1, 48, [3, 32, 32]);
    let seen = |order| {
        let setup = TrainerConfig {
            order,
            ..config(Objective::Reconstruction)
        };
        let mut trainer = Trainer::new(CIFAR.init(1, &device).unwrap(), setup, &device).unwrap();
        let mut visits = vec![Vec::new(); 2];
        let mut data = FromFn::new(48, |epoch: usize, indices: &[usize]| {
            visits[epoch].extend_from_slice(indices);
            pick(&images, 3072, indices)
        });
        for _ in 0..2 {
            trainer
                .run_epoch(&mut data, 4, &mut |_| ControlFlow::Continue(()))
                .unwrap();
        }
        visits
    };
    let [first, second] = &seen(Order::Fixed)[..] else {
        panic!("two epochs")
    };
    assert_eq!(first, second);
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..48).collect::<Vec<_>>());
    assert_ne!(*first, sorted, "the order is random");
    let shuffled = seen(Order::Shuffled);
    assert_ne!(shuffled[0], shuffled[1]);
    assert_eq!(shuffled[0], *first, "the first epochs agree");
}

#[test]
fn training_reduces_the_loss() {
    let device = Device::default();
    let images = smooth_images(1, 96, [3, 32, 32]);
    let model = CIFAR.init(1, &device).unwrap();
    let before = model.freeze().unwrap();
    let objective = Objective::Variational { beta: 0.1 };
    let mut trainer = Trainer::new(model, config(objective), &device).unwrap();
    let reports = epochs(&mut trainer, &images, 20);
    let losses: Vec<f64> = reports.iter().map(|report| report.loss).collect();
    assert!(losses[19] < 0.5 * losses[0], "{losses:?}");
    assert_eq!(
        (reports[5].epoch, reports[5].steps, reports[5].images),
        (5, 6, 96)
    );
    assert!(reports.iter().all(|report| report.finished));

    // The frozen model, which uses the running statistics, has learned as well.
    let after = trainer.model().unwrap().freeze().unwrap();
    let data = pick(&images, 3072, &[0, 1, 2, 3]).unwrap().input;
    let error = |model: &crate::FrozenVae| -> f32 {
        let decoded = model.decode(model.encode(data.clone()).mean);
        (decoded - data.clone()).square().mean().into_scalar()
    };
    assert!(
        error(&after) < 0.6 * error(&before),
        "{} {}",
        error(&after),
        error(&before)
    );
}

#[test]
fn denoising_autoencoder_learns_to_remove_noise() {
    let device = Device::default();
    let images = smooth_images(2, 128, MNIST_IMAGE);
    let model = MNIST.init(1, &device).unwrap();
    let mut trainer = Trainer::new(model, config(Objective::Reconstruction), &device).unwrap();
    let corrupt = |epoch: usize, indices: &[usize]| -> Result<Batch> {
        let clean = pick(&images, 784, indices)?.input;
        let mut rng = rng::indexed_stream(epoch as u64, "noise", indices[0] as u64);
        let noise = rng::normal::<2>(&mut rng, clean.dims(), &device).mul_scalar(0.3);
        Ok(Batch {
            input: (clean.clone() + noise).clamp(0.0, 1.0),
            target: Some(clean),
        })
    };
    let mut data = FromFn::new(128, corrupt);
    for _ in 0..25 {
        trainer
            .run_epoch(&mut data, 8, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }
    let frozen = trainer.model().unwrap().freeze().unwrap();
    let batch = corrupt(1000, &(0..32).collect::<Vec<_>>()).unwrap();
    let clean = batch.target.unwrap();
    let recalled = frozen.decode(frozen.encode(batch.input.clone()).mean);
    let mse = |x: Tensor<2>| -> f32 { (x - clean.clone()).square().mean().into_scalar() };
    let (noisy, denoised) = (mse(batch.input), mse(recalled));
    assert!(denoised < 0.7 * noisy, "noisy {noisy}, denoised {denoised}");
}

#[test]
fn same_seed_same_weights_and_a_checkpoint_continues_exactly() {
    let device = Device::default();
    let images = smooth_images(3, 40, [3, 32, 32]);
    let setup = config(Objective::Variational { beta: 0.1 });
    let start = || Trainer::new(CIFAR.init(1, &device).unwrap(), setup, &device).unwrap();

    let mut through = start();
    let straight = epochs(&mut through, &images, 2);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trainer.safetensors");
    let mut first = start();
    assert_eq!(epochs(&mut first, &images, 1)[0], straight[0]);
    first.save(&path).unwrap();
    let other = CIFAR.init(2, &device).unwrap();
    let mut resumed = Trainer::load(&path, other, setup, &device).unwrap();
    assert_eq!((resumed.epoch(), resumed.steps()), (1, 3));
    assert_same(&resumed.model().unwrap(), &first.model().unwrap());
    assert_eq!(epochs(&mut resumed, &images, 1)[0], straight[1]);
    assert_same(&resumed.model().unwrap(), &through.model().unwrap());

    // Another seed goes elsewhere.
    let mut elsewhere = Trainer::new(
        CIFAR.init(1, &device).unwrap(),
        TrainerConfig { seed: 12, ..setup },
        &device,
    )
    .unwrap();
    assert_ne!(epochs(&mut elsewhere, &images, 1)[0].loss, straight[0].loss);

    // What does not belong to the checkpoint is refused.
    let load = |setup| {
        let model = CIFAR.init(2, &device).unwrap();
        Trainer::load(&path, model, setup, &device)
            .unwrap_err()
            .to_string()
    };
    let message = load(TrainerConfig {
        batch_size: 8,
        ..setup
    });
    assert!(message.contains("`trainer`: expected") && message.contains("\"batch_size\":16"));
    let error = Trainer::load(&path, MNIST.init(1, &device).unwrap(), setup, &device).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected mnist-vae, found cifar-vae"),
        "{error}"
    );
    let wide = CifarVaeConfig {
        features: 5,
        code: 8,
    }
    .init(1, &device)
    .unwrap();
    let error = Trainer::load(&path, wide, setup, &device)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected shape [5, 3, 3, 3], found [4, 3, 3, 3]"),
        "{error}"
    );
    first.model().unwrap().write(&path).unwrap();
    assert!(load(setup).contains("expected a training checkpoint"));
}

#[test]
fn callback_hears_the_loss_and_can_break_off() {
    let device = Device::default();
    let images = smooth_images(3, 80, MNIST_IMAGE);
    let setup = config(Objective::Variational { beta: 0.1 });
    let mut trainer = Trainer::new(MNIST.init(1, &device).unwrap(), setup, &device).unwrap();
    let mut data = FromFn::new(80, |_, indices: &[usize]| pick(&images, 784, indices));
    let mut heard = Vec::new();
    let report = trainer
        .run_epoch(&mut data, 2, &mut |progress| {
            heard.push((progress.step, progress.steps, progress.loss));
            if progress.step >= 4 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(
        heard.iter().map(|(step, ..)| *step).collect::<Vec<_>>(),
        [2, 4]
    );
    assert!(
        heard
            .iter()
            .all(|(_, steps, loss)| *steps == 5 && *loss > 1.0),
        "{heard:?}"
    );
    assert_eq!(
        (report.finished, report.steps, report.images),
        (false, 4, 64)
    );
    assert_eq!(trainer.epoch(), 0);
}

#[test]
fn wrong_input_is_an_error() {
    let device = Device::default();
    let setup = config(Objective::Reconstruction);
    let mut trainer = Trainer::new(MNIST.init(1, &device).unwrap(), setup, &device).unwrap();
    let zeros = |rows, width| Tensor::<2>::zeros([rows, width], &device);
    let error = trainer.step(zeros(2, 783)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "training input: expected shape [n, 784], found [2, 783]"
    );
    let unpaired = Batch {
        input: zeros(2, 784),
        target: Some(zeros(3, 784)),
    };
    let error = trainer.step(unpaired).unwrap_err();
    assert_eq!(
        error.to_string(),
        "training target: expected 2 rows, found 3"
    );
    let mut none = FromFn::new(0, |_, indices: &[usize]| pick(&[], 784, indices));
    let flow = &mut |_: super::Progress| ControlFlow::Continue(());
    assert!(trainer.run_epoch(&mut none, 1, flow).is_err());

    let model = || MNIST.init(1, &device).unwrap();
    let refuse = |setup| {
        Trainer::new(model(), setup, &device)
            .unwrap_err()
            .to_string()
    };
    assert!(
        refuse(TrainerConfig {
            batch_size: 0,
            ..setup
        })
        .contains("batch_size")
    );
    let objective = Objective::Variational { beta: f64::NAN };
    assert!(refuse(TrainerConfig { objective, ..setup }).contains("Objective.beta"));
    let adam = AdamConfig {
        beta2: 1.0,
        ..AdamConfig::default()
    };
    assert!(refuse(TrainerConfig { adam, ..setup }).contains("AdamConfig.beta2"));
}

#[test]
fn batch_norm_keeps_unbiased_running_variance() {
    // Two values 1 and 5 per channel: mean 3, biased variance 4, unbiased 8.
    let device = Device::default();
    let mut norm = BatchNorm::new(1, &device);
    let out = norm.forward_train(Tensor::from_floats([[[[1.0]]], [[[5.0]]]], &device));
    let out = check::to_host(out).unwrap();
    assert!(
        (out[0] + 1.0).abs() < 1e-5 && (out[1] - 1.0).abs() < 1e-5,
        "{out:?}"
    );
    let mean: f32 = norm.running_mean.val().into_scalar();
    let variance: f32 = norm.running_var.val().into_scalar();
    assert!(
        (mean - 0.3).abs() < 1e-6 && (variance - (0.9 + 0.8)).abs() < 1e-6,
        "{mean} {variance}"
    );
}

#[test]
fn a_checkpoint_moves_between_engines() {
    let device = Device::default();
    let images = smooth_images(3, 48, MNIST_IMAGE);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trainer.safetensors");
    for objective in [
        Objective::Reconstruction,
        Objective::Variational { beta: 0.1 },
    ] {
        // Three steps in an epoch: the rate rises through both and is cut within the second. The
        // rise is long because two epochs at the full rate end where the loss is flat.
        let schedule = Schedule {
            warm_up: 12,
            decay: Decay::Steps {
                every: 4,
                factor: 0.3,
            },
        };
        let setup = |engine| TrainerConfig {
            engine,
            schedule,
            ..config(objective)
        };
        let model = || MNIST.init(1, &device).unwrap();
        let mut constant = Trainer::new(model(), config(objective), &device).unwrap();
        let constant = epochs(&mut constant, &images, 2)[1].loss;
        let mut losses = Vec::new();
        for engine in [Engine::Tensor, Engine::Host] {
            let mut trainer = Trainer::new(model(), setup(engine), &device).unwrap();
            losses.push(epochs(&mut trainer, &images, 1)[0].loss);
            trainer.save(&path).unwrap();
            for next in [Engine::Tensor, Engine::Host] {
                let mut resumed = Trainer::load(&path, model(), setup(next), &device).unwrap();
                losses.push(epochs(&mut resumed, &images, 1)[0].loss);
            }
        }
        let same = |a: f64, b: f64| (a - b).abs() < 1e-5 * a;
        assert!(same(losses[0], losses[3]), "first epoch: {losses:?}");
        assert!(
            losses[4..].iter().all(|l| same(*l, losses[1])),
            "second epoch: {losses:?}"
        );
        assert!(
            same(losses[1], losses[2]) && !same(losses[0], losses[1]) && !same(constant, losses[1]),
            "{losses:?}, at a constant rate {constant}"
        );
    }
}
