//! Drives, local rules and writes in parts.

use attractor_core::coding::End;
use attractor_core::{Activation, AssociativeMemory};

use super::support::*;
use crate::covariance::field::{Field, Noisy};
use crate::covariance::{CovarianceForm, CovariancePcnConfig, Learning};
use crate::relaxation::Landscape;
use crate::testing::device;

#[test]
fn drives_are_gradients() {
    let patterns = mixed(4, 30);
    let variants = [
        (CovarianceForm::Explicit, Activation::Identity),
        (CovarianceForm::Implicit, Activation::Identity),
        (CovarianceForm::Implicit, Activation::Tanh),
        (CovarianceForm::Implicit, Activation::Gelu),
    ];
    for (form, activation) in variants {
        let config = CovariancePcnConfig {
            activation,
            ..config(form, 1e-2)
        };
        let memory = written(config, &patterns);
        for noisy in [false, true] {
            let field = Field {
                recurrent: memory.prepared().unwrap().recurrent.clone(),
                noisy: noisy.then(|| Noisy {
                    cue: normal(5, 2),
                    weight: 3.0,
                }),
                free: None,
            };
            let state = normal(6, 2);
            let drives = values(&field.drives(std::slice::from_ref(&state)).unwrap()[0]);
            let energy = |at: usize, by: f64| -> f64 {
                let mut moved = values(&state);
                moved[at] += by;
                let point = field.evaluate(&[rows(&moved)]).unwrap();
                point.energy.iter().sum()
            };
            for (at, drive) in drives.into_iter().enumerate() {
                let slope = (energy(at, 1e-5) - energy(at, -1e-5)) / 2e-5;
                assert!(
                    (drive + slope).abs() < 1e-6,
                    "{form:?} {activation:?}: {drive} {slope}"
                );
            }
        }
    }
    // The dendritic form keeps the first term alone.
    let memory = written(config(CovarianceForm::Dendritic, 1e-2), &patterns);
    let recurrent = &memory.prepared().unwrap().recurrent;
    let state = normal(7, 2);
    let drive = recurrent.pull(&state).unwrap().drive;
    assert_eq!(values(&drive.neg()), values(&recurrent.error(&state)));
}

#[test]
fn the_local_rules_end_at_the_closed_forms() {
    // Well conditioned: the rates that are stable for the smallest variance must do for the largest.
    let mixing = normal(99, DIM).mul_scalar(0.4 / (DIM as f64).sqrt());
    let drawn = normal(12, 200);
    let patterns = drawn.clone() + drawn.matmul(mixing);
    let tiny = 1e-12;
    for (form, rate, epochs, tolerance) in [
        (CovarianceForm::Implicit, 0.3, 20_000, 1e-4),
        (CovarianceForm::Explicit, 0.03, 20_000, 1e-4),
    ] {
        let closed = written(config(form, tiny), &patterns);
        let gradient = CovariancePcnConfig {
            learning: Learning::Gradient { rate, epochs },
            ..config(form, tiny)
        };
        let learned = written(gradient, &patterns);
        let gap = gap(learned.matrix(), closed.matrix()).max(gap(learned.mean(), closed.mean()));
        assert!(gap < tolerance, "{form:?}: {gap}");
        // Few steps have not got there.
        let early = CovariancePcnConfig {
            learning: Learning::Gradient { rate, epochs: 5 },
            ..gradient
        };
        let early = written(early, &patterns);
        assert!(self::gap(early.matrix(), closed.matrix()) > 10.0 * tolerance);
    }
    let wild = CovariancePcnConfig {
        learning: Learning::Gradient {
            rate: 1e6,
            epochs: 500,
        },
        ..config(CovarianceForm::Implicit, tiny)
    };
    let mut memory = wild.init(&device()).unwrap();
    let message = memory.write(patterns).unwrap_err().to_string();
    assert!(message.starts_with("Learning.rate: "), "{message}");
    assert!(memory.is_empty());
}

#[test]
fn writes_in_parts_are_one_write() {
    let patterns = mixed(13, 9);
    for activation in [Activation::Identity, Activation::Tanh] {
        let config = CovariancePcnConfig {
            activation,
            ..config(CovarianceForm::Implicit, 1e-2)
        };
        let whole = written(config, &patterns);
        let mut parts = config.init(&device()).unwrap();
        for (start, count) in [(0, 1), (1, 5), (6, 3)] {
            parts
                .write(patterns.clone().narrow(0, start, count))
                .unwrap();
        }
        assert_eq!((parts.len(), whole.len()), (9, 9));
        assert!(gap(parts.matrix(), whole.matrix()) < 1e-9);
        assert!(gap(parts.mean(), whole.mean()) < 1e-9);
    }
}
