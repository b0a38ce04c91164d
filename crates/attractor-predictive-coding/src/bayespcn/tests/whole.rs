//! Particles, batches, removal and samples of a whole memory.

use attractor_core::{AssociativeMemory, Error, Forget};

use super::support::{largest_difference, small};
use crate::bayespcn::{BayesPcn, BayesPcnConfig, PriorMean, Writing};
use crate::testing::{device, host, normal};

const DIM: usize = 12;

fn state_difference(a: &BayesPcn, b: &BayesPcn) -> f64 {
    let mut worst = largest_difference(a.log_weights(), b.log_weights());
    for k in 0..a.config().particles {
        for (a, b) in a.posterior(k).unwrap().iter().zip(b.posterior(k).unwrap()) {
            worst = worst.max(largest_difference(a.mean(), b.mean()));
            worst = worst.max(largest_difference(&a.covariance(), &b.covariance()));
        }
    }
    worst
}

fn with(config: BayesPcnConfig, rows: usize) -> BayesPcn {
    let mut memory = config.init(&device()).unwrap();
    memory.write(normal(1, rows, DIM)).unwrap();
    memory
}

#[test]
fn identical_particles_are_one_particle() {
    let several = BayesPcnConfig {
        particles: 3,
        prior_mean: PriorMean::Zero,
        ..small(DIM)
    };
    let one = BayesPcnConfig {
        particles: 1,
        ..several
    };
    let (several, one) = (with(several, 4), with(one, 4));
    let total: f64 = several.log_weights().iter().map(|w| w.exp()).sum();
    assert!((total - 1.0).abs() < 1e-12);
    assert!((several.effective_particles() - 3.0).abs() < 1e-9);
    let cues = normal(2, 3, DIM);
    let (a, b) = (several.read(cues.clone()).unwrap(), one.read(cues).unwrap());
    for (a, b) in host(a.state).iter().zip(host(b.state)) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn weights_follow_the_evidence() {
    let config = BayesPcnConfig {
        particles: 4,
        ..small(DIM)
    };
    let mut memory = config.init(&device()).unwrap();
    let mut expected = [-(4f64.ln()); 4];
    for row in 0..3 {
        let scores = memory.write_scored(normal(row, 1, DIM)).unwrap();
        for (expected, score) in expected.iter_mut().zip(&scores[0]) {
            *expected += score;
        }
    }
    let differences: Vec<f64> = expected.iter().map(|w| w - expected[0]).collect();
    let weights: Vec<f64> = memory
        .log_weights()
        .iter()
        .map(|w| w - memory.log_weights()[0])
        .collect();
    assert!(largest_difference(&differences, &weights) < 1e-9);
    assert!(largest_difference(&differences, &[0.0; 4]) > 1e-3);
}

#[test]
fn resampling_restores_equal_weights() {
    let config = BayesPcnConfig {
        particles: 4,
        sigma_data: 0.02,
        resample_below: 0.5,
        keep_patterns: true,
        ..small(DIM)
    };
    let memory = with(config, 6);
    assert!(memory.state.generation > 0);
    assert!((memory.effective_particles() / 4.0) >= 0.5);
    let never = with(
        BayesPcnConfig {
            resample_below: 0.0,
            ..config
        },
        6,
    );
    assert_eq!(never.state.generation, 0);
    // Pattern 0 was written before: it leaves the posteriors, not the weights.
    let mut removed = memory;
    let weights = removed.log_weights().to_vec();
    removed.remove(0).unwrap();
    assert!(largest_difference(&weights, removed.log_weights()) < 1e-12);
    assert_eq!(removed.len(), 5);
}

#[test]
fn a_joint_write_of_one_row_is_a_streamed_one() {
    let streamed = small(DIM);
    let joint = BayesPcnConfig {
        writing: Writing::Batch,
        ..streamed
    };
    assert_eq!(
        with(streamed, 1).state.particles,
        with(joint, 1).state.particles
    );
    // A joint write stores all rows, in one update.
    let mut memory = joint.init(&device()).unwrap();
    let patterns = normal(3, 4, DIM);
    assert_eq!(memory.write_scored(patterns.clone()).unwrap().len(), 1);
    assert_eq!(memory.len(), 4);
    let error = host(
        (memory.read(patterns.clone()).unwrap().state - patterns)
            .square()
            .mean(),
    )[0];
    assert!(error < 0.02, "{error}");
}

#[test]
fn removing_undoes_writing() {
    for writing in [Writing::Streaming, Writing::Batch] {
        let config = BayesPcnConfig {
            particles: 2,
            keep_patterns: true,
            writing,
            ..small(DIM)
        };
        let before = with(config, 3);
        let mut memory = with(config, 3);
        memory.write(normal(9, 2, DIM)).unwrap();
        assert!(state_difference(&memory, &before) > 0.1);
        memory.remove(3).unwrap();
        memory.remove(3).unwrap();
        let difference = state_difference(&memory, &before);
        assert!(difference < 1e-9, "{difference}");
        assert_eq!(memory.len(), 3);
        let kept = host(memory.stored_states().unwrap());
        assert_eq!(kept, host(normal(1, 3, DIM)));
        // All of them, in another order than written.
        for index in [1, 0, 0] {
            memory.remove(index).unwrap();
        }
        let empty = config.init(&device()).unwrap();
        let difference = state_difference(&memory, &empty);
        assert!(difference < 1e-9, "{difference}");
        assert!(memory.is_empty());
    }
}

#[test]
fn after_forgetting_later_patterns_are_undone_in_place() {
    let config = BayesPcnConfig {
        particles: 2,
        keep_patterns: true,
        ..small(DIM)
    };
    let faded = || {
        let mut memory = with(config, 3);
        memory.forget(0.2).unwrap();
        memory
    };
    let (before, mut memory) = (faded(), faded());
    memory.write(normal(9, 1, DIM)).unwrap();
    assert!(state_difference(&memory, &before) > 0.1);
    memory.remove(3).unwrap();
    let difference = state_difference(&memory, &before);
    assert!(difference < 1e-9, "{difference}");
}

#[test]
fn removal_is_exact_where_noise_is_small() {
    let config = BayesPcnConfig {
        sigma_obs: 0.01,
        sigma_data: 0.01,
        keep_patterns: true,
        ..small(DIM)
    };
    let (before, mut memory) = (with(config, 6), with(config, 6));
    memory.write(normal(9, 2, DIM)).unwrap();
    memory.remove(7).unwrap();
    memory.remove(6).unwrap();
    let difference = state_difference(&memory, &before);
    assert!(difference < 1e-9, "{difference}");
}

#[test]
fn what_cannot_be_removed_says_why() {
    let mut plain = with(small(DIM), 2);
    let message = plain.remove(0).unwrap_err().to_string();
    assert!(
        message.contains("a memory without `keep_patterns`"),
        "{message}"
    );
    assert!(plain.stored_states().is_err());
    let config = BayesPcnConfig {
        keep_patterns: true,
        ..small(DIM)
    };
    let mut memory = with(config, 2);
    memory.forget(0.0).unwrap();
    assert!(matches!(
        memory.remove(2),
        Err(Error::Index {
            index: 2,
            len: 2,
            ..
        })
    ));
    memory.forget(0.1).unwrap();
    let message = memory.remove(0).unwrap_err().to_string();
    assert!(
        message.contains("written before the last `forget`"),
        "{message}"
    );
    memory.write(normal(4, 1, DIM)).unwrap();
    memory.remove(2).unwrap();
    memory.clear();
    assert_eq!(memory.state, config.init(&device()).unwrap().state);
}

#[test]
fn samples_have_the_moments_of_the_prior() {
    // One layer: N(m, (s^2 + u) I).
    let config = BayesPcnConfig {
        layers: 1,
        sigma_data: 0.6,
        sigma_prior: 0.8,
        ..small(DIM)
    };
    let memory = config.init(&device()).unwrap();
    let samples = host(memory.sample(4000, 5).unwrap());
    let mean = memory.posterior(0).unwrap()[0].mean().to_vec();
    for at in 0..DIM {
        let column: Vec<f64> = (0..4000)
            .map(|row| f64::from(samples[row * DIM + at]))
            .collect();
        let centre = column.iter().sum::<f64>() / 4000.0;
        let variance = column.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / 4000.0;
        // Five standard errors.
        assert!((centre - mean[at]).abs() < 5.0 / 4000f64.sqrt());
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / 4000f64).sqrt());
    }
    assert_eq!(samples, host(memory.sample(4000, 5).unwrap()));
    assert_ne!(samples, host(memory.sample(4000, 6).unwrap()));
    // After writing one pattern many times, deep samples come near it.
    let mut deep = small(DIM).init(&device()).unwrap();
    let pattern = normal(8, 1, DIM);
    let distance = |memory: &BayesPcn| {
        let samples = memory.sample(200, 1).unwrap();
        host((samples - pattern.clone()).square().mean())[0]
    };
    let before = distance(&deep);
    for _ in 0..5 {
        deep.write(pattern.clone()).unwrap();
    }
    assert!(
        distance(&deep) < 0.5 * before,
        "{} {before}",
        distance(&deep)
    );
}
