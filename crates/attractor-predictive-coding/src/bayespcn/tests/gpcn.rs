//! The network with point weights that the paper compares with.

use attractor_core::{AssociativeMemory, Complete};

use super::support::small;
use crate::bayespcn::GpcnConfig;
use crate::testing::{device, host, normal, tensor};

const DIM: usize = 20;

fn gpcn(epochs: usize, batch: usize) -> GpcnConfig {
    GpcnConfig {
        network: small(DIM),
        rate: 0.01,
        epochs,
        batch,
    }
}

#[test]
fn training_lowers_the_error_of_recall() {
    let patterns = normal(1, 4, DIM).mul_scalar(0.5);
    let error = |epochs| {
        let mut network = gpcn(epochs, 0).init(&device()).unwrap();
        network.write(patterns.clone()).unwrap();
        let recall = network.read(patterns.clone()).unwrap();
        host((recall.state - patterns.clone()).square().mean())[0]
    };
    let (few, many) = (error(1), error(200));
    assert!(many < 0.01 && many < 0.1 * few, "{few} {many}");
}

#[test]
fn learning_online_overwrites_what_came_before() {
    let patterns = normal(2, 10, DIM).mul_scalar(0.5);
    let mut network = gpcn(1, 1).init(&device()).unwrap();
    network.write(patterns.clone()).unwrap();
    assert_eq!(network.len(), 10);
    let known: Vec<f32> = (0..10 * DIM)
        .map(|at| f32::from(u8::from(at % 2 == 0)))
        .collect();
    let recall = network
        .complete(patterns.clone(), tensor(&known, DIM))
        .unwrap();
    let errors = host((recall.state - patterns).square().mean_dim(1));
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    assert!(mean(&errors[..3]) > mean(&errors[7..]), "{errors:?}");
}

#[test]
fn too_large_a_rate_is_an_error_and_changes_nothing() {
    let config = GpcnConfig {
        rate: 1e12,
        ..gpcn(200, 0)
    };
    let mut network = config.init(&device()).unwrap();
    let error = network.write(normal(3, 3, DIM)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("GpcnConfig.rate: must be small"),
        "{error}"
    );
    assert!(network.is_empty());
    assert!(
        GpcnConfig {
            epochs: 0,
            ..config
        }
        .init(&device())
        .is_err()
    );
}
