//! What is closed has no part in anything.

use attractor_core::Outcome;
use burn::module::Module;
use burn::tensor::{Bool, Int, Tensor, TensorData};

use super::{assert_near, device, host, leaf, normal, single, trained, two_heads};
use crate::{Hopfield, HopfieldConfig, Masks, Options, PoolingConfig};

fn layer(config: &HopfieldConfig) -> Hopfield {
    trained(config.init(&device()).unwrap(), 2)
}

fn updated() -> HopfieldConfig {
    two_heads().with_update_steps_max(Some(2).into())
}

fn order(of: &[i64]) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(of.to_vec(), [of.len()]), &device())
}

#[test]
fn the_order_of_a_set_has_no_meaning() {
    let layer = layer(&updated());
    let (stored, state) = (single(normal(1, [2, 5, 5])), single(normal(2, [2, 3, 5])));
    let padding = [false, true, false, false, true];
    let places = [3, 0, 4, 1, 2];
    let mask = |order: &[usize]| {
        let row: Vec<bool> = order.iter().map(|&at| padding[at]).collect();
        let both = [row.clone(), row].concat();
        let data = TensorData::new(both, [2, 5]);
        Masks::none().key_padding(Tensor::<2, Bool>::from_data(data, &device()))
    };
    let call = |stored: Tensor<3>, state: Tensor<3>, masks: Masks| {
        let association = layer
            .association(stored.clone(), state.clone(), &masks)
            .unwrap();
        let output = layer
            .forward(stored.clone(), state, stored, &masks)
            .unwrap();
        (output, association)
    };
    let (output, association) = call(stored.clone(), state.clone(), mask(&[0, 1, 2, 3, 4]));
    let shuffled = stored.clone().select(1, order(&[3, 0, 4, 1, 2]));
    let (other, moved) = call(shuffled, state.clone(), mask(&places));
    assert_near(&host(other), &host(output.clone()), 1e-5, "output");
    let expected = association.select(3, order(&[3, 0, 4, 1, 2]));
    assert_near(&host(moved), &host(expected), 1e-5, "association");
    let (turned, _) = call(
        stored,
        state.select(1, order(&[2, 0, 1])),
        mask(&[0, 1, 2, 3, 4]),
    );
    let expected = output.select(1, order(&[2, 0, 1]));
    assert_near(&host(turned), &host(expected), 1e-5, "states");
}

#[test]
fn padding_has_no_influence_and_no_gradient() {
    let layer = layer(&updated()).train();
    let inner = single(normal(1, [2, 4, 5]));
    let state = single(normal(2, [2, 3, 5]));
    let with = |padding: f32| {
        let device = device();
        let rest = Tensor::full([2, 2, 5], padding, &device);
        let stored = leaf(Tensor::cat(vec![inner.clone(), rest], 1));
        let masks = Masks::none().lengths(&[4, 3]);
        let output = layer
            .forward(stored.clone(), state.clone(), stored.clone(), &masks)
            .unwrap();
        let gradients = output.clone().square().sum().backward();
        (host(output), host(stored.grad(&gradients).unwrap()))
    };
    let (plain, gradient) = with(0.0);
    for padding in [1.0, -1e30, f32::NAN] {
        let (output, again) = with(padding);
        assert_eq!(output, plain);
        assert_eq!(again, gradient);
    }
    // Two rows of padding in the first set, three in the second.
    assert!(gradient[4 * 5..6 * 5].iter().all(|&x| x == 0.0));
    assert!(gradient[9 * 5..].iter().all(|&x| x == 0.0));
    assert!(gradient[..4 * 5].iter().any(|&x| x != 0.0));
}

#[test]
fn a_padded_set_is_the_set_alone() {
    let config = PoolingConfig::new(updated().with_update_steps_max(None.into())).with_quantity(2);
    let layer = trained(config.init(&device()).unwrap(), 4);
    let sets = single(normal(1, [3, 6, 5]));
    let lengths = [6, 2, 4];
    let all = host(
        layer
            .forward(sets.clone(), &Masks::none().lengths(&lengths))
            .unwrap(),
    );
    for (at, &length) in lengths.iter().enumerate() {
        let alone = sets.clone().narrow(0, at, 1).narrow(1, 0, length);
        let alone = host(layer.forward(alone, &Masks::none()).unwrap());
        assert_near(&alone, &all[at * 10..][..10], 2e-6, "alone");
    }
}

#[test]
fn an_empty_set_gives_the_bias_and_finite_gradients() {
    for record in [false, true] {
        for zero in [false, true] {
            let config = updated().with_add_zero_association(zero);
            let layer = layer(&config).train();
            let x = leaf(single(normal(1, [2, 3, 5])));
            let options = Options {
                record,
                ..Options::from(Masks::none().lengths(&[0, 3]))
            };
            let answer = layer
                .forward_with(x.clone(), x.clone(), x.clone(), &options)
                .unwrap();
            let output = host(answer.output.clone());
            let bias = layer
                .association_core
                .out_proj
                .as_ref()
                .unwrap()
                .bias
                .as_ref();
            let bias = host(bias.unwrap().val());
            for row in output[..15].chunks(5) {
                assert_near(row, &bias, 1e-6, "the bias alone");
            }
            // With the row of zeros there is always something to associate with.
            let empty = answer.report.outcomes[..6]
                .iter()
                .all(|&own| own == Outcome::Empty);
            assert_eq!(empty, !zero);
            let gradients = answer.output.sum().backward();
            assert!(
                host(x.grad(&gradients).unwrap())
                    .iter()
                    .all(|x| x.is_finite())
            );
            let own = attractor_core::weights::modules::export_gradients(&layer, &gradients);
            let own = own.unwrap();
            for name in own.names() {
                assert!(own.values(name).is_ok(), "{name}");
            }
        }
    }
}

#[test]
fn masks_that_do_not_fit_are_refused() {
    let layer = layer(&updated());
    let x = || single(normal(1, [2, 3, 5]));
    let message = |masks: Masks| {
        layer
            .forward(x(), x(), x(), &masks)
            .unwrap_err()
            .to_string()
    };
    let found = message(Masks::none().lengths(&[1, 4]));
    assert!(
        found.contains("must not exceed") && found.contains("4 of 3"),
        "{found}"
    );
    assert!(message(Masks::none().lengths(&[1])).contains("expected 2 rows, found 1"));
    let wide: Tensor<2> = Tensor::zeros([3, 4], &device());
    let found = message(Masks::none().bias(wide));
    assert!(
        found.contains("[4, 3, 3]") && found.contains("[1, 3, 4]"),
        "{found}"
    );
    let poison = Tensor::<2>::full([3, 3], f32::NAN, &device());
    assert!(message(Masks::none().bias(poison)).contains("NaN"));
}
