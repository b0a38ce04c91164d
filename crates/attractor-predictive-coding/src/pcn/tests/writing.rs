//! What training reaches, when it stops, and what happens to earlier patterns.

use std::ops::ControlFlow;

use attractor_core::{AssociativeMemory, Energy, Forget, Recognise};
use burn::tensor::Tensor;

use super::support::*;
use crate::pcn::{
    Denoising, InferenceConfig, Pcn, PcnConfig, Reading, StopRule, Stopped, WriteConfig,
};
use crate::testing::device;

const DIM: usize = 48;

fn trained(dim: usize, width: usize, patterns: &Tensor<2>, seed: u64) -> Pcn {
    let config = PcnConfig {
        seed,
        ..rectified(dim, width)
    };
    let mut memory = config.init(&device()).unwrap();
    write(&mut memory, patterns);
    memory
}

/// Learns until the patterns are attractors, not only points with little error.
fn learner() -> PcnConfig {
    let base = rectified(DIM, 96);
    PcnConfig {
        write: WriteConfig {
            epochs: 2000,
            stop: StopRule {
                error: 1e-7,
                patience: 0,
                ..base.write.stop
            },
            ..base.write
        },
        read: Reading::Replace(rounds(30)),
        ..base
    }
}

fn noisy(patterns: &Tensor<2>, variance: f64, seed: u64) -> Tensor<2> {
    let [count, width] = patterns.dims();
    patterns.clone() + normal(seed, count, width).mul_scalar(variance.sqrt())
}

fn rounds(count: usize) -> Denoising {
    Denoising {
        rounds: count,
        inference: InferenceConfig {
            max_steps: 500,
            ..Denoising::default().inference
        },
        ..Denoising::default()
    }
}

#[test]
fn stored_patterns_become_attractors() {
    let patterns = uniform(1, 5, DIM);
    let mut memory = learner().init(&device()).unwrap();
    let report = write(&mut memory, &patterns);
    let first = report.history[0];
    assert!(report.mean_energy() < 1e-2 * first.energy, "{report:?}");
    assert!(report.worst_error() < 1e-4);
    assert_eq!(report.epochs, report.history.len());
    // Clean.
    let once = |cues: Tensor<2>| memory.recall_noisy(cues, &rounds(1)).unwrap().state;
    let read = memory.read(patterns.clone()).unwrap().state;
    let clean = errors(&read, &patterns);
    assert!(
        clean.iter().all(|error| *error < 1e-4),
        "{clean:?} {:?} {} {:?}",
        report.error,
        report.epochs,
        report.stopped
    );
    // A round leaves a pattern where it is and brings its neighbours closer.
    let image = once(patterns.clone());
    assert!(errors(&image, &patterns).iter().all(|error| *error < 1e-4));
    for seed in 0..4 {
        let away = normal(seed, 5, DIM).mul_scalar(1e-3);
        let moved = once(patterns.clone() + away.clone());
        let after = errors(&moved, &image.clone().cast(burn::tensor::FloatDType::F64));
        let before = errors(&away, &away.zeros_like());
        for (after, before) in after.iter().zip(before) {
            assert!(*after < before, "{after} {before}");
        }
    }
    // From noise, more rounds come closer.
    let cues = noisy(&patterns, 0.2, 3);
    let after = |count| {
        let found = memory.recall_noisy(cues.clone(), &rounds(count)).unwrap();
        mean(&errors(&found.state, &patterns))
    };
    let (cue, one, ten) = (mean(&errors(&cues, &patterns)), after(1), after(10));
    assert!(ten < one && one < cue, "{ten} {one} {cue}");
    // Data that move reach it too.
    let Reading::Replace(denoising) = memory.config().read else {
        panic!("the default replaces")
    };
    let free = memory.recall_free(cues, &denoising.inference).unwrap();
    assert!(mean(&errors(&free.state, &patterns)) < cue / 2.0);
    // Every stored pattern has less energy than every other one.
    let strange = values1(memory.energy(uniform(9, 5, DIM)).unwrap());
    let familiar = values1(memory.energy(patterns.clone()).unwrap());
    let highest = familiar.iter().copied().fold(f32::MIN, f32::max);
    assert!(strange.iter().all(|energy| *energy > highest));
    let scores = values1(memory.familiarity(patterns.clone()).unwrap());
    assert!(
        scores
            .iter()
            .zip(&familiar)
            .all(|(score, energy)| *score == -energy)
    );
    // And the gradient of that energy is its slope.
    let states = noisy(&patterns, 0.01, 4).cast(burn::tensor::FloatDType::F32);
    let gradient = memory.gradient(states.clone()).unwrap();
    let along = gradient.clone().square().sum_dim(1);
    let length = along.clone().sqrt();
    let step = gradient / length.clone();
    let energy = |by: f64| {
        let moved = states.clone() + step.clone().mul_scalar(by);
        memory.energy(moved).unwrap()
    };
    let slopes = (energy(0.05) - energy(-0.05)).div_scalar(0.1);
    let (slopes, lengths) = (values1(slopes), values(&length));
    for (slope, length) in slopes.iter().zip(lengths) {
        assert!(
            (f64::from(*slope) - length).abs() < 0.03 * length,
            "{slope} {length}"
        );
    }
}

fn values1(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

/// Share of cues that come back, over three seeds.
fn recalled(count: usize, width: usize, variances: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; variances.len()];
    for seed in 0..3 {
        let patterns = uniform(50 + seed, count, DIM);
        let memory = trained(DIM, width, &patterns, seed);
        for (share, variance) in shares.iter_mut().zip(variances) {
            let cues = noisy(&patterns, *variance, 60 + seed);
            let found = memory.recall_noisy(cues, &rounds(10)).unwrap();
            let good = errors(&found.state, &patterns)
                .into_iter()
                .filter(|error| *error < 0.01);
            *share += good.count() as f64 / count as f64 / 3.0;
        }
    }
    shares
}

#[test]
fn capacity_falls_with_load_and_noise_and_grows_with_width() {
    const ROOM: f64 = 0.05;
    let few = recalled(4, 32, &[0.02, 0.1, 0.4]);
    assert!(
        few[0] >= few[1] - ROOM && few[1] >= few[2] - ROOM,
        "{few:?}"
    );
    assert!(few[0] > few[2] + ROOM, "{few:?}");
    let many = recalled(24, 32, &[0.1])[0];
    assert!(few[1] > many + ROOM, "{few:?} {many}");
    let narrow = recalled(4, 6, &[0.1])[0];
    assert!(few[1] > narrow + ROOM, "{few:?} {narrow}");
}

#[test]
fn a_later_write_keeps_what_was_written() {
    let (first, second) = (uniform(2, 3, DIM), uniform(3, 2, DIM));
    let all = Tensor::cat(vec![first.clone(), second.clone()], 0);
    let mut memory = learner().init(&device()).unwrap();
    write(&mut memory, &first);
    write(&mut memory, &second);
    assert_eq!(memory.len(), 5);
    let read = memory.read(all.clone()).unwrap().state;
    let clean = errors(&read, &all);
    assert!(clean.iter().all(|error| *error < 1e-3), "{clean:?}");
    assert!(gap(&memory.stored_states().unwrap(), &all) < 1e-7);
    // Without the patterns a write sees its own alone, and the earlier ones fade.
    let config = PcnConfig {
        keep_patterns: false,
        ..learner()
    };
    let mut fading = config.init(&device()).unwrap();
    write(&mut fading, &first);
    write(&mut fading, &second);
    assert_eq!(fading.len(), 5);
    let error = |cues: &Tensor<2>| mean(&errors(&fading.read(cues.clone()).unwrap().state, cues));
    let (late, early) = (error(&second), error(&first));
    assert!(
        late < 1e-3 && early > 10.0 * late.max(1e-3),
        "{late} {early}"
    );
    let message = fading.stored_states().unwrap_err().to_string();
    assert!(message.contains("without `keep_patterns`"), "{message}");
}

#[test]
fn removing_leaves_the_others() {
    let patterns = uniform(4, 3, DIM);
    let mut memory = trained(DIM, 32, &patterns, 0);
    memory.remove(1).unwrap();
    let rest = crate::relaxation::pick(patterns, &[0, 2]);
    // As if the removed one had never been written.
    assert_eq!(bytes(&memory), bytes(&trained(DIM, 32, &rest, 0)));
    memory.remove(0).unwrap();
    memory.remove(0).unwrap();
    assert!(memory.is_empty());
    let fresh = rectified(DIM, 32).init(&device()).unwrap();
    assert_eq!(bytes(&memory), bytes(&fresh));
    write(&mut memory, &rest);
    memory.clear();
    assert_eq!(bytes(&memory), bytes(&fresh));
}

#[test]
fn every_rule_can_stop_a_write() {
    let patterns = uniform(5, 3, DIM);
    let base = WriteConfig {
        epochs: 300,
        stop: StopRule {
            energy: 0.0,
            error: 0.0,
            plateau: 0.0,
            patience: 0,
        },
        ..rectified(DIM, 24).write
    };
    let run = |stop: StopRule, epochs: usize, cancel_at: usize| {
        let mut memory = rectified(DIM, 24).init(&device()).unwrap();
        let config = WriteConfig {
            stop,
            epochs,
            ..base
        };
        let report = memory.write_with(patterns.clone(), &config, &mut |at| match at.epoch
            == cancel_at
        {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        (memory, report.unwrap())
    };
    let (_, report) = run(
        StopRule {
            energy: 0.5,
            ..base.stop
        },
        300,
        0,
    );
    assert_eq!(report.stopped, Stopped::Energy);
    let last = report.history.len() - 1;
    assert!(report.history[last].energy < 0.5 && report.history[last - 1].energy >= 0.5);
    let (_, report) = run(
        StopRule {
            error: 1e-3,
            ..base.stop
        },
        300,
        0,
    );
    assert_eq!(report.stopped, Stopped::Error);
    let last = report.history.len() - 1;
    assert!(report.history[last].error < 1e-3 && report.history[last - 1].error >= 1e-3);
    let flat = StopRule {
        plateau: 0.9,
        patience: 5,
        ..base.stop
    };
    let (_, report) = run(flat, 300, 0);
    assert_eq!(report.stopped, Stopped::Plateau);
    let history = &report.history;
    let best = history[..history.len() - 5].last().unwrap().energy;
    assert!(
        history[history.len() - 5..]
            .iter()
            .all(|at| at.energy >= 0.1 * best)
    );
    let (_, report) = run(base.stop, 7, 0);
    assert_eq!((report.stopped, report.epochs), (Stopped::Epochs, 7));
    let (memory, report) = run(base.stop, 300, 4);
    assert_eq!((report.stopped, report.epochs), (Stopped::Cancelled, 4));
    assert_eq!((memory.len(), memory.epochs()), (3, 4));
    // What was broken off goes on as if it had not been.
    let (mut memory, _) = run(base.stop, 300, 4);
    let more = WriteConfig { epochs: 6, ..base };
    let on = memory.train_with(&more, &mut go_on).unwrap();
    assert_eq!(on.epochs, 6);
    assert_eq!(memory.epochs(), 10);
    assert!(on.mean_energy() < report.mean_energy());
}
