use attractor_core::weights::Weights;
use attractor_core::{Activation, GenerativeModel};
use burn::tensor::Device;

use super::{MnistVae, MnistVaeConfig};
use crate::testing::{assert_same, check_pull_back, gap, golden, golden_path, rows};
use crate::vae::Vae;

fn small() -> MnistVae {
    MnistVae::read(&golden_path("mnist_vae_random_weights"), &Device::default()).unwrap()
}

#[test]
fn golden_forward() {
    let model = small();
    assert_eq!(
        model.config(),
        MnistVaeConfig {
            features: 4,
            code: 6
        }
    );
    let frozen = model.freeze().unwrap();
    let file = golden("pc_gmm");
    let posterior = frozen.encode(rows(&file, "x"));
    assert!(gap(posterior.mean.clone(), rows(&file, "mu")) < 1e-4);
    assert!(gap(posterior.log_variance, rows(&file, "logvar")) < 1e-4);
    assert!(gap(frozen.decode(posterior.mean), rows(&file, "decoded")) < 1e-4);
}

#[test]
fn decoder_chain_has_the_published_layers() {
    let frozen = small().freeze().unwrap();
    let layers = frozen.layer_chain().unwrap().layers();
    let found: Vec<_> = layers
        .iter()
        .map(|l| (l.output_dim(), l.activation()))
        .collect();
    assert_eq!(
        found,
        [
            (16 * 4, Activation::Relu),
            (8 * 36, Activation::Relu),
            (4 * 169, Activation::Relu),
            (784, Activation::Sigmoid),
        ]
    );
}

#[test]
fn pull_back_is_the_derivative() {
    check_pull_back(&small().freeze().unwrap());
}

#[test]
fn file_round_trip_keeps_every_value_and_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    let model = small();
    model.write(&path).unwrap();
    assert_same(&model, &MnistVae::read(&path, &Device::default()).unwrap());
    let original = golden("mnist_vae_random_weights");
    assert!(Weights::read(&path).unwrap().names().eq(original.names()));
}

#[test]
fn files_that_do_not_fit_are_errors() {
    let device = Device::default();
    let mut weights = golden("mnist_vae_random_weights");
    weights.insert("decoder.tc2.weight", &[8, 4, 4, 4], vec![0.0; 512]);
    let error = MnistVae::from_weights(&weights, &device)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected shape [8, 4, 3, 3], found [8, 4, 4, 4]"),
        "{error}"
    );
    let error = MnistVae::from_weights(&golden("cifar_vae_small_weights"), &device).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected a tensor `encoder.c1.weight`"),
        "{error}"
    );
}

#[test]
fn transposed_convolutions_start_with_pytorch_bounds() {
    let model = MnistVaeConfig {
        features: 4,
        code: 6,
    }
    .init(3, &Device::default())
    .unwrap();
    let weights = model.to_weights().unwrap();
    // Output channels times kernel area.
    for (name, fan_in) in [("decoder.tc3.weight", 128.0), ("decoder.tc1.weight", 16.0)] {
        let bound = 1.0 / f32::sqrt(fan_in);
        let values = weights.values(name).unwrap();
        let largest = values.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(
            largest <= bound && largest > 0.95 * bound,
            "{name}: {largest} of {bound}"
        );
    }
}
