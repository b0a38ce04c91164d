use attractor_core::weights::Weights;
use attractor_core::{Activation, GenerativeModel};
use burn::tensor::Device;

use super::{Architecture, CifarVae, CifarVaeConfig, ConvVae, MnistVae, MnistVaeConfig, Vae};
use crate::testing::{assert_same, check_pull_back, gap, golden, golden_path, rows};

const CIFAR: &str = "cifar_vae_small_weights";
const MNIST: &str = "mnist_vae_random_weights";

fn read<A: Architecture>(file: &str) -> ConvVae<A> {
    ConvVae::read(&golden_path(file), &Device::default()).unwrap()
}

/// Published outputs, the decoder's layers, its derivative, and the file written again.
fn check<A: Architecture + PartialEq>(
    weights: &str,
    sizes: A,
    outputs: &str,
    decoder: &[(usize, Activation)],
) {
    let model = read::<A>(weights);
    assert_eq!(model.config(), sizes);
    let frozen = model.freeze().unwrap();
    let file = golden(outputs);
    let posterior = frozen.encode(rows(&file, "x"));
    assert!(gap(posterior.mean.clone(), rows(&file, "mu")) < 1e-4);
    assert!(gap(posterior.log_variance, rows(&file, "logvar")) < 1e-4);
    assert!(gap(frozen.decode(posterior.mean), rows(&file, "decoded")) < 1e-4);

    let layers = frozen.layer_chain().unwrap().layers().iter();
    let found: Vec<_> = layers.map(|l| (l.output_dim(), l.activation())).collect();
    assert_eq!(found, decoder);
    check_pull_back(&frozen);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    model.write(&path).unwrap();
    let again = ConvVae::<A>::read(&path, &Device::default()).unwrap();
    assert_same(&model, &again);
    let original = golden(weights);
    assert!(Weights::read(&path).unwrap().names().eq(original.names()));
}

#[test]
fn published_cifar_network() {
    let sizes = CifarVaeConfig {
        features: 8,
        code: 16,
    };
    let decoder = [
        (32 * 16, Activation::Identity),
        (16 * 64, Activation::Relu),
        (8 * 256, Activation::Relu),
        (3 * 1024, Activation::Sigmoid),
    ];
    check(CIFAR, sizes, "cifar_vae_forward", &decoder);
}

#[test]
fn published_mnist_network() {
    let sizes = MnistVaeConfig {
        features: 4,
        code: 6,
    };
    let decoder = [
        (16 * 4, Activation::Relu),
        (8 * 36, Activation::Relu),
        (4 * 169, Activation::Relu),
        (784, Activation::Sigmoid),
    ];
    check(MNIST, sizes, "pc_gmm", &decoder);
}

#[test]
fn files_that_do_not_fit_are_errors() {
    let device = Device::default();
    let message = |weights: &Weights| {
        CifarVae::from_weights(weights, &device)
            .unwrap_err()
            .to_string()
    };
    let mut weights = golden(CIFAR);
    weights.insert("decoder.bn3.weight", &[4], vec![0.0; 4]);
    assert!(message(&weights).contains("`decoder.bn3.weight`: expected shape [16], found [4]"));
    weights.insert("encoder.conv1.weight", &[8, 27], vec![0.0; 216]);
    assert!(message(&weights).contains("expected 4 axes, found shape [8, 27]"));
    assert!(message(&Weights::new()).contains("expected a tensor `encoder.conv1.weight`"));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("torn.safetensors");
    let bytes = std::fs::read(golden_path(CIFAR)).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = CifarVae::read(&path, &device).unwrap_err().to_string();
    assert!(
        error.contains("torn.safetensors: expected a safetensors file"),
        "{error}"
    );
}

#[test]
fn mnist_files_that_do_not_fit_are_errors() {
    let message = |weights: &Weights| {
        MnistVae::from_weights(weights, &Device::default())
            .unwrap_err()
            .to_string()
    };
    let mut weights = golden(MNIST);
    weights.insert("decoder.tc2.weight", &[8, 4, 4, 4], vec![0.0; 512]);
    assert!(message(&weights).contains("expected shape [8, 4, 3, 3], found [8, 4, 4, 4]"));
    assert!(message(&golden(CIFAR)).contains("expected a tensor `encoder.c1.weight`"));
}

#[test]
fn initial_weights_follow_the_seed_and_pytorch_bounds() {
    let device = Device::default();
    let config = CifarVaeConfig {
        features: 4,
        code: 6,
    };
    let weights = |seed| config.init(seed, &device).unwrap().to_weights().unwrap();
    let (a, b, c) = (weights(1), weights(1), weights(2));
    assert_eq!(a, b);
    assert_ne!(a, c);
    for (name, fan_in) in [
        ("encoder.conv1.weight", 27.0),
        ("encoder.conv3.weight", 72.0),
        ("encoder.linear.bias", 256.0),
        ("decoder.linear.weight", 6.0),
        ("decoder.conv3.conv.bias", 144.0),
    ] {
        let bound = 1.0 / f32::sqrt(fan_in);
        let values = a.values(name).unwrap();
        let largest = values.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(
            largest <= bound && largest > 0.6 * bound,
            "{name}: {largest} of {bound}"
        );
        let mean: f32 = values.iter().sum::<f32>() / values.len() as f32;
        assert!(
            mean.abs() < bound * 3.0 / (3.0 * values.len() as f32).sqrt(),
            "{name}: {mean}"
        );
    }
    assert!(
        a.values("encoder.bn1.running_var")
            .unwrap()
            .iter()
            .all(|v| *v == 1.0)
    );
}

#[test]
fn zero_sizes_are_refused() {
    let error = CifarVaeConfig {
        features: 0,
        code: 4,
    }
    .init(0, &Device::default())
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("CifarVaeConfig.features: must be at least 1"),
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
    let shape = |name: &str| golden(MNIST).shape(name).unwrap().to_vec();
    for (name, value) in [
        ("decoder.linear.bias", f32::NAN),
        ("encoder.c2.weight", f32::INFINITY),
    ] {
        let mut weights = golden(MNIST);
        let mut values = weights.values(name).unwrap().to_vec();
        values[3] = value;
        weights.insert(name, &shape(name), values);
        let message = read(&weights);
        let expected =
            format!("nan.safetensors: `{name}`: expected finite numbers, found {value} at index 3");
        assert!(message.ends_with(&expected), "{message}");
    }
    // Several missing, one of them misspelt.
    let original = golden(MNIST);
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
    let original = golden(MNIST);
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
