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

#[test]
fn weights_that_are_no_numbers_are_errors_that_name_file_and_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.safetensors");
    let read = |weights: &Weights| {
        weights.write(&path).unwrap();
        let error = MnistVae::read(&path, &Device::default()).unwrap_err();
        error.to_string()
    };
    let shape = |name: &str| {
        golden("mnist_vae_random_weights")
            .shape(name)
            .unwrap()
            .to_vec()
    };
    for (name, value) in [
        ("decoder.linear.bias", f32::NAN),
        ("encoder.c2.weight", f32::INFINITY),
    ] {
        let mut weights = golden("mnist_vae_random_weights");
        let mut values = weights.values(name).unwrap().to_vec();
        values[3] = value;
        weights.insert(name, &shape(name), values);
        let message = read(&weights);
        let expected =
            format!("nan.safetensors: `{name}`: expected finite numbers, found {value} at index 3");
        assert!(message.ends_with(&expected), "{message}");
    }
    // Several missing, one of them misspelt.
    let original = golden("mnist_vae_random_weights");
    let pairs: Vec<(String, String)> = original
        .names()
        .filter(|name| *name != "encoder.mean_head.bias")
        .map(|name| {
            (
                name.to_owned(),
                name.replace("decoder.tc1.bias", "decoder.tc1.biass"),
            )
        })
        .collect();
    let message = read(&original.renamed(&pairs).unwrap());
    assert!(
        message.ends_with(
            "expected tensors `decoder.tc1.bias`, `encoder.mean_head.bias`, which are missing; \
             not asked for: `decoder.tc1.biass`"
        ) || message.ends_with(
            "expected tensors `encoder.mean_head.bias`, `decoder.tc1.bias`, which are missing; \
             not asked for: `decoder.tc1.biass`"
        ),
        "{message}"
    );
}

#[test]
fn weights_of_double_precision_are_read_as_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("double.safetensors");
    let original = golden("mnist_vae_random_weights");
    let mut doubles = Weights::new();
    for name in original.names() {
        let values = original.values(name).unwrap().iter().copied();
        let shape = original.shape(name).unwrap();
        doubles.insert_doubles(name, shape, values.map(f64::from).collect());
    }
    doubles.write(&path).unwrap();
    let device = Device::default();
    let expected = MnistVae::from_weights(&original, &device).unwrap();
    assert_same(&expected, &MnistVae::read(&path, &device).unwrap());
    let shape = original.shape("decoder.tc1.bias").unwrap().to_vec();
    doubles.insert_doubles(
        "decoder.tc1.bias",
        &shape,
        vec![1e39; shape.iter().product()],
    );
    let error = MnistVae::from_weights(&doubles, &device)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`decoder.tc1.bias`: expected numbers that F32 holds, found 1e39"),
        "{error}"
    );
}
