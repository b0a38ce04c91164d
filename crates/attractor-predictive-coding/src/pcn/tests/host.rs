//! Drives with packed weights against those of tensor operations.

use attractor_core::{Activation, check};
use burn::tensor::{DType, FloatDType, Tensor};

use super::support::*;
use crate::pcn::network::Body;
use crate::pcn::{Form, InferenceConfig, PcnConfig, Placement, Precision, TopPrior};
use crate::relaxation::{Descent, HostSteps, Landscape, Motion, relax};

const DIM: usize = 37;
/// Rows of one task and of several, with a rest.
const COUNTS: [usize; 3] = [1, 9, 45];

fn single(tensor: &Tensor<2>) -> Tensor<2> {
    tensor.clone().cast(FloatDType::F32)
}

/// Every network and every kind of clamped data that is served.
#[test]
fn packed_drives_are_those_of_the_stack() {
    let priors = [TopPrior::Mean, TopPrior::None, TopPrior::Recurrent];
    let mut seed = 0;
    for hidden in [vec![20], vec![33, 18], vec![12, 40, 7]] {
        for placement in [Placement::Pre, Placement::Post] {
            for prior in priors {
                for activation in [Activation::Relu, Activation::Identity] {
                    seed += 1;
                    let config = PcnConfig {
                        hidden: hidden.clone(),
                        placement,
                        prior,
                        activation,
                        // Rectifiers that start at 0 for ever are refused.
                        bias: seed % 2 == 0 || prior == TopPrior::None,
                        ..PcnConfig::new(DIM)
                    };
                    compare(config, seed);
                }
            }
        }
    }
}

fn compare(config: PcnConfig, seed: u64) {
    let memory = with_weights(config.clone(), seed, 1.0);
    let network = memory.network();
    let rows = COUNTS[seed as usize % COUNTS.len()];
    let data = single(&uniform(seed, rows, DIM));
    let known = single(&uniform(seed + 1, rows, DIM)).greater_elem(0.4);
    let known = known.float();
    assert_eq!(data.dtype(), DType::F32);
    let widths = config.hidden.iter().rev().enumerate();
    let state: Vec<Tensor<2>> = widths
        .map(|(at, &width)| single(&normal(seed * 10 + at as u64, rows, width)))
        .collect();
    let gram = InferenceConfig {
        form: Form::Gram,
        ..InferenceConfig::default()
    };
    let bodies = || {
        let whole = network.fresh(&data, &gram);
        [
            network.clamped(data.clone(), None, None),
            network.clamped(data.clone(), Some(known.clone()), None),
            network.clamped(data.clone(), None, whole),
        ]
    };
    for (plain, packed) in bodies().into_iter().zip(bodies()) {
        let packed = packed.prepared(100).unwrap();
        assert!(packed.host.is_some(), "{config:?}");
        let expected = plain.drives(&state).unwrap();
        let found = drives(&packed, &state);
        // Twice, as spare arrays are used again.
        let again = drives(&packed, &state);
        for ((expected, found), again) in expected.iter().zip(&found).zip(&again) {
            let size = 1.0 + expected.clone().abs().max().into_scalar::<f64>();
            assert!(gap(expected, found) < 1e-5 * size, "{config:?}");
            assert_eq!(values(found), values(again));
        }
        for momentum in [false, true] {
            let options = Descent {
                // Far below the bound of stability of weights of norm 3 or so.
                rate: 0.02,
                max_steps: 31,
                tolerance: 0.0,
                stall: 0.0,
                check_every: 10,
                halve: true,
                momentum,
            };
            let expected = relax(&plain, state.clone(), options).unwrap();
            let found = relax(&packed, state.clone(), options).unwrap();
            assert_eq!(found.steps, expected.steps);
            for (expected, found) in expected.state.iter().zip(&found.state) {
                let size = 1.0 + expected.clone().abs().max().into_scalar::<f64>();
                assert!(gap(expected, found) < 1e-4 * size, "{momentum} {config:?}");
            }
        }
    }
}

/// Minus the gradient as the packed form finds it: a step of length 0.
fn drives(body: &Body, state: &[Tensor<2>]) -> Vec<Tensor<2>> {
    let host = |block: &Tensor<2>| check::to_host(block.clone()).unwrap();
    let mut kept: Vec<Vec<f32>> = state.iter().map(host).collect();
    let mut drives: Vec<Vec<f32>> = kept.iter().map(|block| vec![0.0; block.len()]).collect();
    let motion = Motion {
        state: &mut kept,
        rates: &vec![0.0; state[0].dims()[0]],
        momentum: None,
        drives: &mut drives,
    };
    body.host.as_ref().unwrap().run(motion, 1).unwrap();
    let drives = drives.into_iter().zip(state);
    drives
        .map(|(drive, block)| {
            check::from_host("drives", drive, block.dims()[1], &block.device()).unwrap()
        })
        .collect()
}

/// Values that are not numbers are not rectified away.
#[test]
fn what_is_not_a_number_stays_so() {
    let memory = with_weights(rectified(DIM, 20), 1, 1.0);
    let network = memory.network();
    let data = single(&uniform(1, 2, DIM));
    let body = network.clamped(data, None, None).prepared(100).unwrap();
    let mut state = [normal(1, 2, 20), normal(2, 2, 20)].map(|block| single(&block));
    state[0] = state[0].clone().slice_fill([1..2, 3..4], f32::NAN);
    let drives = drives(&body, &state);
    let broken = values(&drives[0]);
    assert!(broken[..20].iter().all(|drive| drive.is_finite()));
    assert!(broken[23].is_nan());
}

/// Other numbers, other activations and few steps are left to tensor operations.
#[test]
fn what_is_not_served_is_left_alone() {
    let host = |config: PcnConfig, steps| {
        let memory = with_weights(config, 1, 1.0);
        let dtype = memory.config().precision.float();
        let data = uniform(1, 3, DIM).cast(dtype);
        let body = memory.network().clamped(data, None, None);
        body.prepared(steps).unwrap().host.is_some()
    };
    let config = || rectified(DIM, 20);
    assert!(host(config(), 20));
    assert!(!host(config(), 2));
    assert!(!host(
        PcnConfig {
            activation: Activation::Tanh,
            ..config()
        },
        20
    ));
    assert!(!host(
        PcnConfig {
            precision: Precision::F64,
            ..config()
        },
        20
    ));
}
