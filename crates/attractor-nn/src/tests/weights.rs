//! Weights in and out.

use std::path::Path;

use attractor_core::weights::Weights;
use burn::tensor::Tensor;

use super::{assert_near, device, host, normal, single, trained, two_heads};
use crate::{Hopfield, HopfieldConfig, Layer, Lookup, LookupConfig, Masks, Pooling, PoolingConfig};

fn output(layer: &Hopfield) -> Vec<f64> {
    let x: Tensor<3> = single(normal(1, [2, 3, 5]));
    host(layer.forward_self(x, &Masks::none()).unwrap())
}

#[test]
fn checkpoints_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.safetensors");
    let config = two_heads()
        .with_update_steps_max(None.into())
        .with_concat_bias_pattern(true)
        .with_normalize_hopfield_space(true)
        .with_normalize_hopfield_space_affine(true);
    let layer = trained(config.init(&device()).unwrap(), 1);
    layer.save(&path).unwrap();
    let loaded = Hopfield::load(&path, &device()).unwrap();
    assert_eq!(loaded.config(), layer.config());
    assert_eq!(output(&loaded), output(&layer));
    let message = Pooling::load(&path, &device()).unwrap_err().to_string();
    assert!(
        message.contains("expected the layer \"pooling\", found \"hopfield\""),
        "{message}"
    );
    let config = PoolingConfig::new(two_heads())
        .with_quantity(3)
        .with_trainable(false);
    let pooling = trained(config.init(&device()).unwrap(), 2);
    pooling.save(&path).unwrap();
    let again = Pooling::load(&path, &device()).unwrap();
    assert_eq!(
        host(again.pooling_weights.val()),
        host(pooling.pooling_weights.val())
    );
    let config = LookupConfig::new(two_heads(), 4).with_lookup_weights_as_separated(true);
    let lookup = trained(config.init(&device()).unwrap(), 3);
    lookup.save(&path).unwrap();
    let again = Lookup::load(&path, &device()).unwrap();
    assert_eq!(again.config(), lookup.config());
}

/// The file with its description changed.
fn tampered(path: &Path, from: &str, to: &str) -> String {
    let mut file = Weights::read(path).unwrap();
    let text = file.metadata("attractor_nn").unwrap().replace(from, to);
    file.set_metadata("attractor_nn", text);
    file.write(path).unwrap();
    Hopfield::load(path, &device()).unwrap_err().to_string()
}

#[test]
fn other_checkpoints_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.safetensors");
    for (from, to, expected) in [
        (
            "\"num_heads\":2",
            "\"num_heads\":2,\"surprise\":1",
            "unknown key `surprise`",
        ),
        ("\"num_heads\":2", "\"num_heads\":0", "num_heads"),
        (
            "\"num_heads\":2",
            "\"num_heads\":4",
            "expected shape [36] (num_heads * hidden_size",
        ),
        (
            "\"version\":1",
            "\"version\":2",
            "expected version 1, found 2",
        ),
    ] {
        two_heads().init(&device()).unwrap().save(&path).unwrap();
        let found = tampered(&path, from, to);
        assert!(found.contains(expected), "{found}");
    }
    let plain = two_heads().init(&device()).unwrap().state_dict().unwrap();
    plain.write(&path).unwrap();
    let found = Hopfield::load(&path, &device()).unwrap_err().to_string();
    assert!(found.contains("expected a checkpoint"), "{found}");
}

#[test]
fn packed_and_split_projections_are_the_same() {
    // The same sizes; naming the width of values is what splits the projections.
    let packed = trained(two_heads().init(&device()).unwrap(), 1);
    let config: HopfieldConfig = two_heads().with_pattern_size(Some(3));
    let split = trained(config.init(&device()).unwrap(), 2);
    let (a, b) = (packed.state_dict().unwrap(), split.state_dict().unwrap());
    assert!(a.contains("association_core.in_proj_weight"));
    assert!(b.contains("association_core.v_proj_weight"));
    let into_split = split.clone().load_state_dict(&a, &device()).unwrap();
    assert_near(
        &output(&into_split),
        &output(&packed),
        1e-6,
        "packed weights, split layer",
    );
    let into_packed = packed.load_state_dict(&b, &device()).unwrap();
    assert_near(
        &output(&into_packed),
        &output(&split),
        1e-6,
        "split weights, packed layer",
    );
}

#[test]
fn state_dicts_that_do_not_fit_are_refused() {
    let layer = two_heads().init(&device()).unwrap();
    let refused = |weights: &Weights| {
        let layer = layer.clone();
        layer
            .load_state_dict(weights, &device())
            .unwrap_err()
            .to_string()
    };
    let mut weights = layer.state_dict().unwrap();
    weights.insert("association_core.out_proj.bias", &[4], vec![0.0; 4]);
    let found = refused(&weights);
    assert!(
        found.contains("expected shape [5] ([output_size]), found [4]"),
        "{found}"
    );
    let mut weights = layer.state_dict().unwrap();
    weights.insert("pooling_weights", &[1, 1, 5], vec![0.0; 5]);
    assert!(refused(&weights).contains("`pooling_weights` that the layer does not have"));
    assert!(refused(&Weights::new()).contains("missing"));
}

/// Trained temperatures are not in files of the published layers.
#[test]
fn temperatures_stay_where_a_file_has_none() {
    let plain = two_heads()
        .with_scaling_as_trainable(false)
        .init(&device())
        .unwrap();
    let weights = plain.state_dict().unwrap();
    assert!(!weights.names().any(|name| name.contains("beta")));
    let layer = two_heads()
        .init(&device())
        .unwrap()
        .load_state_dict(&weights, &device());
    assert_near(&host(layer.unwrap().beta()), &[0.7, 0.7], 1e-6, "beta");
}
