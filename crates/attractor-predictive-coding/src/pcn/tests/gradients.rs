//! Value nodes and weights move along minus the gradient of the energy.

use attractor_core::Activation;
use burn::tensor::Tensor;

use super::support::*;
use crate::pcn::network::Body;
use crate::pcn::network::Network;
use crate::pcn::write::ascent;
use crate::pcn::{Pcn, PcnConfig, PcnParameters, Placement, TopPrior};
use crate::relaxation::Landscape;

const DIM: usize = 6;
const ROWS: usize = 2;
const STEP: f64 = 1e-5;
const TOLERANCE: f64 = 1e-7;

/// Both conventions, every smooth activation, every prior, with and without biases.
fn networks() -> Vec<Pcn> {
    let mut all = Vec::new();
    for placement in [Placement::Pre, Placement::Post] {
        for (activation, prior, bias) in [
            (Activation::Tanh, TopPrior::Mean, false),
            (Activation::Tanh, TopPrior::Recurrent, true),
            (Activation::Gelu, TopPrior::None, true),
            (Activation::Identity, TopPrior::Recurrent, false),
            (Activation::Sigmoid, TopPrior::Mean, true),
        ] {
            let config = PcnConfig {
                placement,
                activation,
                prior,
                bias,
                ..smooth(DIM, &[5, 4, 3])
            };
            all.push(with_weights(config, 7, 1.5));
        }
    }
    all
}

fn state(seed: u64) -> Vec<Tensor<2>> {
    let widths = [3, 4, 5].into_iter().zip(seed..);
    widths
        .map(|(width, seed)| normal(seed, ROWS, width))
        .collect()
}

fn mask() -> Tensor<2> {
    normal(77, ROWS, DIM).sign().add_scalar(1.0).mul_scalar(0.5)
}

fn total(body: &Body, state: &[Tensor<2>]) -> f64 {
    body.evaluate(state).unwrap().energy.iter().sum()
}

/// One entry of a tensor changed.
fn nudged(tensor: &Tensor<2>, at: usize, by: f64) -> Tensor<2> {
    let mut changed = values(tensor);
    changed[at] += by;
    rows(&changed, tensor.dims()[1])
}

fn slope(energy: impl Fn(f64) -> f64) -> f64 {
    (energy(STEP) - energy(-STEP)) / (2.0 * STEP)
}

#[test]
fn values_move_along_the_gradient() {
    for memory in networks() {
        let network = memory.network();
        let data = normal(3, ROWS, DIM);
        let mut open = state(10);
        open.push(normal(4, ROWS, DIM));
        let cases = [
            (network.clamped(data.clone(), None, None), state(20), None),
            (
                network.clamped(data.clone(), Some(mask()), None),
                state(30),
                None,
            ),
            (network.open(None), open.clone(), None),
            (network.open(Some(mask())), open, Some(values(&mask()))),
        ];
        for (body, state, free) in cases {
            let drives = body.drives(&state).unwrap();
            assert_eq!(drives.len(), state.len());
            for (block, drive) in drives.iter().enumerate() {
                for (at, drive) in values(drive).into_iter().enumerate() {
                    let expected = -slope(|by| {
                        let mut moved = state.clone();
                        moved[block] = nudged(&moved[block], at, by);
                        total(&body, &moved)
                    });
                    // Entries that are held do not move.
                    let held = block == 3 && free.as_ref().is_some_and(|free| free[at] == 0.0);
                    let expected = if held { 0.0 } else { expected };
                    let config = memory.config();
                    assert!(
                        (drive - expected).abs() < TOLERANCE,
                        "{config:?} block {block}: {drive} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn weights_move_along_the_gradient() {
    for memory in networks() {
        let config = memory.config();
        let (data, state) = (normal(5, ROWS, DIM), state(40));
        let errors = |parameters: &PcnParameters| {
            let network = Network { config, parameters };
            let body = network.clamped(data.clone(), None, None);
            body.evaluate(&state).unwrap()
        };
        let found = ascent(
            memory.network(),
            &state,
            &errors(memory.parameters()).errors,
        );
        assert_eq!(found.len(), memory.parameters().list().len());
        for (index, ascent) in found.iter().enumerate() {
            let width = ascent.dims()[1];
            let recurrent = config.prior == TopPrior::Recurrent && index + 1 == found.len();
            for (at, ascent) in values(ascent).into_iter().enumerate() {
                let expected = -slope(|by| {
                    let mut parameters = memory.parameters().clone();
                    let mut list = parameters.list_mut();
                    *list[index] = nudged(list[index], at, by);
                    errors(&parameters).energy.iter().sum()
                });
                // Units do not predict themselves.
                let diagonal = recurrent && at / width == at % width;
                let expected = if diagonal { 0.0 } else { expected };
                assert!(
                    (ascent - expected).abs() < TOLERANCE,
                    "{config:?} parameter {index}: {ascent} {expected}"
                );
            }
        }
    }
}

#[test]
fn the_gram_form_is_the_direct_form() {
    for memory in networks() {
        let network = memory.network();
        let data = normal(6, ROWS, DIM);
        let gram = network.projected(data.clone(), memory.gram());
        let fast = network.clamped(data.clone(), None, Some(gram));
        let direct = network.clamped(data, None, None);
        let state = state(50);
        let pairs = fast.drives(&state).unwrap();
        let pairs = pairs.iter().zip(direct.drives(&state).unwrap());
        for (fast, direct) in pairs {
            assert!(gap(fast, &direct) < 1e-10);
        }
    }
}
