//! Gradients against finite differences in double precision, and at fixed points against unrolled updates.

use attractor_core::weights::modules;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use super::{assert_near, device, exact, host, leaf, normal, two_heads};
use crate::{Grad, Hopfield, HopfieldConfig, Masks, Options, Separation};

const STEP: f64 = 1e-5;

fn loss(layer: &Hopfield, inputs: &[Tensor<3>; 3], options: &Options) -> Tensor<1> {
    let [state, stored, projection] = inputs.clone();
    let answer = layer.forward_with(stored, state, projection, options);
    let output = answer.unwrap().output;
    let weights = normal(40, output.dims());
    (output * weights).sum()
}

/// Adds to one entry of the parameter of that name.
struct Nudge<'a> {
    path: attractor_core::weights::ModulePath,
    name: &'a str,
    entry: usize,
    by: f64,
}

impl ModuleMapper for Nudge<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.path.name() != self.name {
            return param;
        }
        param.map(|old| nudged(&old, self.entry, self.by))
    }
}

fn nudged<const D: usize>(x: &Tensor<D>, entry: usize, by: f64) -> Tensor<D> {
    let mut numbers = host(x.clone());
    numbers[entry] += by;
    let free = x.clone().without_autodiff();
    Tensor::from_data(
        TensorData::new(numbers, x.dims()),
        (&free.device(), free.dtype()),
    )
}

/// Every gradient of a layer and its inputs at some entries.
fn check(config: &HopfieldConfig, masks: &Masks, record: bool) {
    let plain = exact(config);
    let sizes = plain.sizes().clone();
    let inputs = [
        normal(1, [2, 3, sizes.state]),
        normal(2, [2, 5, sizes.stored]),
        normal(3, [2, 5, sizes.projection]),
    ];
    let options = Options {
        masks: masks.clone(),
        dropout_seed: Some(3),
        record,
    };
    let layer = plain.clone().train();
    let leaves = inputs.clone().map(leaf);
    let gradients = loss(&layer, &leaves, &options).backward();
    let own = modules::export_gradients(&layer, &gradients).unwrap();
    let slope = |up: f64, down: f64| (up - down) / (2.0 * STEP);
    let value = |layer: &Hopfield, inputs: &[Tensor<3>; 3]| host(loss(layer, inputs, &options))[0];
    for name in own.names() {
        let ours = own.numbers(name).unwrap().1;
        for entry in [0, ours.len() / 2, ours.len() - 1] {
            let at = |by| {
                let nudge = &mut Nudge {
                    path: Default::default(),
                    name,
                    entry,
                    by,
                };
                value(&plain.clone().map(nudge), &inputs)
            };
            let expected = slope(at(STEP), at(-STEP));
            let allowed = 1e-6 * expected.abs().max(1.0);
            assert!(
                (ours[entry] - expected).abs() < allowed,
                "{name}[{entry}]: {} {expected}",
                ours[entry]
            );
        }
    }
    for (index, leaf) in leaves.iter().enumerate() {
        let ours = leaf.grad(&gradients).map(host);
        let ours = ours.unwrap_or_else(|| vec![0.0; inputs[index].dims().iter().product()]);
        for entry in [0, ours.len() / 2, ours.len() - 1] {
            let at = |by| {
                let mut inputs = inputs.clone();
                inputs[index] = nudged(&inputs[index], entry, by);
                value(&plain, &inputs)
            };
            let expected = slope(at(STEP), at(-STEP));
            let allowed = 1e-6 * expected.abs().max(1.0);
            assert!(
                (ours[entry] - expected).abs() < allowed,
                "input {index}[{entry}]: {} {expected}",
                ours[entry]
            );
        }
    }
}

fn unrolled() -> HopfieldConfig {
    two_heads()
        .with_update_steps_max(Some(3).into())
        .with_update_steps_eps(1e-12.into())
}

#[test]
fn unrolled_gradients_are_those_of_finite_differences() {
    let masks = Masks::none().lengths(&[5, 3]).bias(normal(7, [3, 5]));
    for record in [false, true] {
        check(&unrolled(), &masks, record);
        let all = unrolled()
            .with_concat_bias_pattern(true)
            .with_add_zero_association(true)
            .with_normalize_hopfield_space(true)
            .with_normalize_hopfield_space_affine(true)
            .with_dropout(0.4);
        check(&all, &masks, record);
        check(
            &unrolled().with_pattern_projection_as_connected(true),
            &masks,
            record,
        );
    }
}

#[test]
fn sparse_gradients_are_those_of_finite_differences() {
    for separation in [Separation::Sparsemax, Separation::Entmax15] {
        for record in [false, true] {
            check(
                &unrolled().with_separation(separation),
                &Masks::none(),
                record,
            );
        }
    }
}

#[test]
fn implicit_gradients_are_those_of_finite_differences() {
    let config = two_heads()
        .with_scaling(Some(0.3.into()))
        .with_update_steps_max(None.into())
        .with_update_steps_cap(2000)
        .with_update_steps_eps(1e-15.into());
    for record in [false, true] {
        check(&config, &Masks::none().lengths(&[5, 3]), record);
    }
}

/// Gradients of retrieval for stored patterns, values and the logarithm of the temperature.
fn retrieval(steps: Option<usize>, gradient: Grad) -> (Vec<Vec<f64>>, crate::Report) {
    let config = HopfieldConfig::retrieval(4, 0.9)
        .with_scaling_as_trainable(true)
        .with_update_steps_max(steps.into())
        .with_update_steps_cap(1000)
        .with_update_steps_eps(1e-14.into())
        .with_gradient(Some(gradient));
    let layer = exact_start(&config).train();
    let leaves = [
        normal(1, [2, 3, 4]),
        normal(2, [2, 6, 4]),
        normal(3, [2, 6, 4]),
    ]
    .map(leaf);
    let [state, stored, projection] = leaves.clone();
    let answer = layer
        .forward_with(stored, state, projection, &Options::default())
        .unwrap();
    let weights = normal(4, answer.output.dims());
    let gradients = (answer.output * weights).sum().backward();
    let ln_beta = layer.association_core.ln_beta.as_ref().unwrap().val();
    let mut found: Vec<Vec<f64>> = leaves[1..]
        .iter()
        .map(|leaf| host(leaf.grad(&gradients).unwrap()))
        .collect();
    found.push(host(ln_beta.grad(&gradients).unwrap()));
    let start = leaves[0]
        .grad(&gradients)
        .map_or_else(|| vec![0.0; 24], host);
    found.push(start);
    (found, answer.report)
}

fn exact_start(config: &HopfieldConfig) -> Hopfield {
    crate::in_precision(
        config.init(&device()).unwrap(),
        burn::tensor::FloatDType::F64,
    )
    .unwrap()
}

#[test]
fn the_fixed_point_is_many_unrolled_updates() {
    let (implicit, report) = retrieval(None, Grad::Implicit);
    let (unrolled, _) = retrieval(Some(200), Grad::Unrolled);
    for (ours, expected) in implicit.iter().zip(&unrolled) {
        assert_near(ours, expected, 1e-6, "gradient");
    }
    assert!(
        implicit[3].iter().all(|&x| x == 0.0),
        "the start has no part in it"
    );
    let solve = &report.solve;
    assert_eq!((solve.rows(), solve.unsolved(), solve.saddles()), (6, 0, 0));
}

/// With one update, the last is all there is.
#[test]
fn the_last_step_of_one_is_that_one() {
    let (last, _) = retrieval(Some(1), Grad::LastStep);
    let (unrolled, _) = retrieval(Some(1), Grad::Unrolled);
    for (ours, expected) in last.iter().zip(&unrolled) {
        assert_near(ours, expected, 1e-12, "gradient");
    }
}
