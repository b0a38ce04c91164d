//! Closed forms, and what the layer becomes at its limits.

use burn::tensor::{Tensor, activation};

use super::{assert_near, device, exact, host, normal, single, two_heads};
use crate::{HopfieldConfig, LookupConfig, Masks, Options, PoolingConfig, Separation};

/// Ordinary attention of several heads, written out with tensor operations.
#[test]
fn without_updates_and_norms_it_is_attention() {
    let config = two_heads()
        .with_scaling_as_trainable(false)
        .with_normalize_state_pattern(false)
        .with_normalize_stored_pattern(false)
        .with_normalize_pattern_projection(false);
    let layer = exact(&config);
    let x = normal(1, [2, 4, 5]);
    let core = &layer.association_core;
    let weight = core.in_proj_weight.as_ref().unwrap().val();
    let bias = core.in_proj_bias.as_ref().unwrap().val();
    let all = x.clone().matmul(weight.transpose().unsqueeze()) + bias.unsqueeze();
    let part = |first: usize| -> Tensor<4> {
        let part = all.clone().narrow(2, first * 6, 6);
        part.reshape([2, 4, 2, 3]).swap_dims(1, 2)
    };
    let scores = part(0).matmul(part(1).swap_dims(2, 3)) * 0.7;
    let read = activation::softmax(scores, 3).matmul(part(2));
    let read: Tensor<3> = read.swap_dims(1, 2).reshape([2, 4, 6]);
    let out = core.out_proj.as_ref().unwrap();
    let expected = read.matmul(out.weight.val().transpose().unsqueeze())
        + out.bias.as_ref().unwrap().val().unsqueeze();
    let ours = layer.forward_self(x, &Masks::none()).unwrap();
    assert_near(&host(ours), &host(expected), 1e-12, "attention");
}

#[test]
fn cold_layers_return_the_pattern_and_hot_ones_the_mean() {
    let stored = single(normal(3, [1, 7, 16]));
    let cold = HopfieldConfig::retrieval(16, 50.0).init(&device()).unwrap();
    let recalled = cold
        .forward(
            stored.clone(),
            stored.clone(),
            stored.clone(),
            &Masks::none(),
        )
        .unwrap();
    assert_near(&host(recalled), &host(stored.clone()), 1e-5, "patterns");
    let hot = HopfieldConfig::retrieval(16, 1e-12)
        .init(&device())
        .unwrap();
    let masks = Masks::none().lengths(&[5]);
    let mean = hot
        .forward(stored.clone(), stored.clone(), stored.clone(), &masks)
        .unwrap();
    let expected: Tensor<3> = stored.narrow(1, 0, 5).mean_dim(1).expand([1, 7, 16]);
    assert_near(&host(mean), &host(expected), 1e-5, "mean of what is open");
}

#[test]
fn initial_parameters_are_those_of_the_published_layers() {
    let config = HopfieldConfig::new(64);
    let layer = PoolingConfig::new(config.clone()).init(&device()).unwrap();
    let core = &layer.hopfield.association_core;
    let numbers = host(core.in_proj_weight.as_ref().unwrap().val());
    let count = numbers.len() as f64;
    let deviation = (numbers.iter().map(|x| x * x).sum::<f64>() / count).sqrt();
    assert!((deviation / 0.02 - 1.0).abs() < 0.03, "{deviation}");
    assert!(
        host(core.in_proj_bias.as_ref().unwrap().val())
            .iter()
            .all(|&x| x == 0.0)
    );
    // The association is uniform: its entropy is that of 100 equal parts.
    let association = layer
        .association(single(normal(1, [2, 100, 64])), &Masks::none())
        .unwrap();
    for row in host(association).chunks(100) {
        let entropy: f64 = row.iter().map(|p| -p * p.ln()).sum();
        assert!(entropy > 0.999 * 100f64.ln());
    }
}

#[test]
fn sparse_rows_sum_to_one_and_have_zeros() {
    let x = single(normal(1, [1, 12, 6])) * 3.0;
    for separation in [Separation::Sparsemax, Separation::Entmax15] {
        let config = HopfieldConfig::retrieval(6, 1.0)
            .with_separation(separation)
            .with_update_steps_max(Some(0).into());
        let layer = config.init(&device()).unwrap();
        let association = host(
            layer
                .association(x.clone(), x.clone(), &Masks::none())
                .unwrap(),
        );
        for row in association.chunks(12) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-5);
            assert!(row.contains(&0.0), "{separation:?}: {row:?}");
        }
    }
}

#[test]
fn rules_are_stated() {
    let message = |config: HopfieldConfig| config.init(&device()).unwrap_err().to_string();
    for (config, text) in [
        (
            HopfieldConfig::new(5).with_num_heads(2),
            "num_heads does not divide",
        ),
        (
            HopfieldConfig::new(4)
                .with_hidden_size(Some(3))
                .with_state_pattern_as_static(true),
            "as wide as hidden_size",
        ),
        (
            HopfieldConfig::new(4).with_scaling(Some((-1.0).into())),
            "greater than 0",
        ),
        (
            HopfieldConfig::new(4).with_scaling(Some(crate::PerHead::Each(vec![1.0, 2.0]))),
            "one for each head",
        ),
        (HopfieldConfig::new(4).with_dropout(1.0), "less than 1"),
        (
            HopfieldConfig::new(4).with_update_steps_max(Some(500).into()),
            "update_steps_cap",
        ),
    ] {
        let found = message(config);
        assert!(found.contains(text), "{found}");
    }
    let lookup = LookupConfig::new(
        HopfieldConfig::new(4).with_pattern_projection_size(Some(3)),
        5,
    );
    let found = lookup.init(&device()).unwrap_err().to_string();
    assert!(found.contains("lookup_weights_as_separated"), "{found}");
}

#[test]
fn shapes_are_refused() {
    let layer = two_heads().init(&device()).unwrap();
    let x = |shape| single(normal(1, shape));
    let call = |stored, state, projection| {
        let options = Options::default();
        layer
            .forward_with(stored, state, projection, &options)
            .unwrap_err()
            .to_string()
    };
    let found = call(x([2, 3, 5]), x([2, 3, 4]), x([2, 3, 5]));
    assert!(found.contains("state: expected shape [n, 5]"), "{found}");
    let found = call(x([2, 3, 5]), x([2, 3, 5]), x([2, 4, 5]));
    assert!(found.contains("as many values"), "{found}");
    let found = call(x([2, 3, 5]), x([3, 3, 5]), x([2, 3, 5]));
    assert!(found.contains("either n may be 1"), "{found}");
}
