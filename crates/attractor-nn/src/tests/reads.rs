//! The loops of host memory against tensor operations, energies, stopping.

use attractor_core::Outcome;
use burn::tensor::Tensor;
use proptest::prelude::*;

use super::{assert_near, device, exact, host, leaf, normal, single, trained, two_heads};
use crate::{Grad, HopfieldConfig, Masks, Options, PerHead, Separation, Stop};

/// Output and all gradients of a call, those that nobody reads included; `record` chooses tensor operations.
fn run(config: &HopfieldConfig, masks: &Masks, record: bool) -> (Vec<f64>, Vec<Vec<f64>>) {
    let layer = burn::module::Module::train(exact(config));
    let sizes = layer.sizes().clone();
    let inputs = [
        leaf(normal(1, [2, 4, sizes.state])),
        leaf(normal(2, [2, 6, sizes.stored])),
        leaf(normal(3, [2, 6, sizes.projection])),
    ];
    let [state, stored, projection] = inputs.clone();
    let options = Options {
        masks: masks.clone(),
        dropout_seed: Some(9),
        record,
    };
    let answer = layer
        .forward_with(stored, state, projection, &options)
        .unwrap();
    let output = answer.output;
    let loss = (output.clone() * normal(4, output.dims())).sum();
    let gradients = loss.backward();
    let own = attractor_core::weights::modules::export_gradients(&layer, &gradients).unwrap();
    let all = crate::Layer::state_dict(&layer).unwrap();
    let zeros = |name| vec![0.0; all.shape(name).unwrap().iter().product()];
    let mut found: Vec<Vec<f64>> = (all.names())
        .map(|name| {
            own.numbers(name)
                .map_or_else(|_| zeros(name), |(_, values)| values)
        })
        .collect();
    for input in &inputs {
        let zeros = || vec![0.0; input.dims().iter().product()];
        found.push(input.grad(&gradients).map_or_else(zeros, host));
    }
    (host(output), found)
}

fn separation() -> impl Strategy<Value = Separation> {
    prop_oneof![
        Just(Separation::Softmax),
        Just(Separation::Sparsemax),
        Just(Separation::Entmax15)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn loops_equal_tensor_operations(
        separation in separation(),
        gradient in prop_oneof![Just(Grad::Unrolled), Just(Grad::LastStep), Just(Grad::Implicit)],
        steps in prop_oneof![Just(Some(0)), Just(Some(1)), Just(Some(3)), Just(None)],
        flags in any::<[bool; 5]>(),
        masked in any::<bool>(),
    ) {
        let [bias, zero, space, static_state, dropout] = flags;
        let mut config = two_heads()
            .with_stored_pattern_size(Some(4))
            .with_separation(separation)
            .with_gradient(Some(gradient))
            .with_update_steps_max(PerHead::Each(vec![steps, Some(2)]))
            .with_update_steps_eps(1e-9.into())
            .with_concat_bias_pattern(bias)
            .with_add_zero_association(zero)
            .with_normalize_hopfield_space(space)
            .with_dropout(if dropout { 0.3 } else { 0.0 });
        if static_state {
            config.input_size = 3;
            config = config.with_pattern_projection_size(Some(5)).with_state_pattern_as_static(true);
        }
        let masks = match masked {
            true => Masks::none().lengths(&[6, 3]).bias(normal(8, [4, 6])),
            false => Masks::none(),
        };
        let ours = run(&config, &masks, false);
        let plain = run(&config, &masks, true);
        assert_near(&ours.0, &plain.0, 1e-11, "output");
        for (i, (ours, plain)) in ours.1.iter().zip(&plain.1).enumerate() {
            assert_near(ours, plain, 1e-9, &format!("gradient {i}"));
        }
    }

    #[test]
    fn energy_never_rises(seed in 0u64..1000, separation in separation(), beta in 0.2f64..8.0) {
        let config = HopfieldConfig::retrieval(6, beta)
            .with_separation(separation)
            .with_update_steps_max(Some(12).into())
            .with_add_zero_association(seed % 2 == 0);
        let layer = config.init(&device()).unwrap();
        let stored = single(normal(seed, [2, 9, 6]));
        let state = single(normal(seed + 1, [2, 3, 6])) * 2.0;
        let masks = Masks::none().lengths(&[9, 4]).bias(normal(seed + 2, [3, 9]));
        let options = Options { record: true, ..Options::from(masks) };
        let report = layer.forward_with(stored.clone(), state, stored, &options).unwrap().report;
        for pair in report.energies.windows(2) {
            for (before, after) in pair[0].iter().zip(&pair[1]) {
                prop_assert!(*after <= before + 1e-5 * before.abs().max(1.0), "{before} {after}");
            }
        }
        prop_assert_eq!(&report.energies[0], &report.energy_first);
        prop_assert_eq!(report.energies.last().unwrap(), &report.energy_last);
    }
}

/// `-ln(sum exp(beta k.x)) / beta + |x|^2 / 2`, written out.
#[test]
fn energies_are_exact() {
    let layer = HopfieldConfig::retrieval(4, 1.7).init(&device()).unwrap();
    let (stored, state) = (normal(1, [1, 5, 4]), normal(2, [1, 2, 4]));
    let report = layer
        .forward_with(
            stored.clone(),
            state.clone(),
            stored.clone(),
            &Options::default(),
        )
        .unwrap()
        .report;
    let (k, x) = (host(stored), host(state));
    for (row, x) in x.chunks(4).enumerate() {
        let dot = |k: &[f64]| k.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
        let sum: f64 = k.chunks(4).map(|k| (1.7 * dot(k)).exp()).sum();
        let energy = -sum.ln() / 1.7 + x.iter().map(|x| x * x).sum::<f64>() / 2.0;
        assert!((report.energy_first[row] - energy).abs() < 1e-12);
    }
}

#[test]
fn a_row_stops_by_itself() {
    let config = HopfieldConfig::retrieval(8, 4.0);
    let layer = config.init(&device()).unwrap();
    let stored = single(normal(1, [1, 10, 8])) * 2.0;
    let state = single(normal(2, [1, 6, 8]));
    let all = layer
        .forward_with(
            stored.clone(),
            state.clone(),
            stored.clone(),
            &Options::default(),
        )
        .unwrap();
    assert!(
        all.report
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );
    let together = host(all.output);
    for row in 0..6 {
        let alone = layer
            .forward_with(
                stored.clone(),
                state.clone().narrow(1, row, 1),
                stored.clone(),
                &Options::default(),
            )
            .unwrap();
        assert_eq!(alone.report.steps[0], all.report.steps[row]);
        assert_near(
            &host(alone.output),
            &together[row * 8..][..8],
            1e-6,
            "alone",
        );
    }
}

/// Both rules on the same work: as many updates where these are given.
#[test]
fn both_rules_agree_on_a_number_of_updates() {
    let config = two_heads()
        .with_update_steps_max(Some(3).into())
        .with_update_steps_eps(1e-12.into());
    let per_row = run(&config, &Masks::none(), false);
    let per_head = run(&config.with_stop(Stop::PerHead), &Masks::none(), false);
    assert_near(&per_row.0, &per_head.0, 1e-12, "output");
}

#[test]
fn dropout_is_of_mean_one_and_repeats() {
    let config = HopfieldConfig::new(4)
        .with_dropout(0.5)
        .with_disable_out_projection(true);
    let layer = trained(config.init(&device()).unwrap(), 3);
    let x = single(normal(1, [1, 3, 4]));
    let with = |seed: Option<u64>| {
        let options = Options {
            dropout_seed: seed,
            ..Options::default()
        };
        let x = || x.clone();
        host(layer.forward_with(x(), x(), x(), &options).unwrap().output)
    };
    let plain = with(None);
    assert_eq!(with(Some(1)), with(Some(1)));
    assert_ne!(with(Some(1)), with(Some(2)));
    const SEEDS: u64 = 2000;
    let (mut sum, mut squares) = (vec![0.0; plain.len()], vec![0.0; plain.len()]);
    for seed in 0..SEEDS {
        for (i, value) in with(Some(seed)).into_iter().enumerate() {
            sum[i] += value;
            squares[i] += value * value;
        }
    }
    let count = SEEDS as f64;
    // 3.9 standard errors: one of 12 entries beyond them by chance in a thousand tests.
    for ((sum, squares), plain) in sum.into_iter().zip(squares).zip(plain) {
        let mean = sum / count;
        let error = ((squares / count - mean * mean) / count).sqrt();
        assert!(
            (mean - plain).abs() < 3.9 * error + 1e-9,
            "{mean} {plain} {error}"
        );
    }
}

#[test]
fn a_lookup_reads_alike_in_any_grouping() {
    let config = crate::LookupConfig::new(two_heads().with_update_steps_max(Some(2).into()), 7);
    let layer = trained(config.init(&device()).unwrap(), 1);
    let states = single(normal(1, [3, 2, 5]));
    let answer = layer
        .forward_with(states.clone(), &Options::default())
        .unwrap();
    assert_eq!(answer.report.shape, [3, 2, 2]);
    // With a mask that closes nothing, sets are read one by one.
    let open: Tensor<2> = Tensor::zeros([2, 7], &device());
    let apart = layer
        .forward_with(states, &Masks::none().bias(open).into())
        .unwrap();
    assert_near(&host(answer.output), &host(apart.output), 1e-5, "output");
    assert_eq!(answer.report.steps, apart.report.steps);
    assert_near(
        &answer.report.energy_last,
        &apart.report.energy_last,
        1e-5,
        "energy",
    );
}
