use std::path::PathBuf;

use attractor_core::weights::Weights;
use attractor_core::{GenerativeModel, check, rng};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

use super::{FrozenMonet, Monet, MonetConfig};
use crate::layers::to_rows;
use crate::testing::{check_derivative, gap, rows, smooth_images};

/// The smallest network that has every part.
pub(crate) const TINY: MonetConfig = MonetConfig {
    attention_width: 8,
    blocks: 3,
    decoder_channels: 8,
    slots: 3,
    code: 4,
};

fn tiny() -> Monet {
    TINY.init(3, &Device::default()).unwrap()
}

fn images(n: usize) -> Tensor<2> {
    let values = smooth_images(1, n, [3, 64, 64]);
    check::from_host("images", values, 3 * 64 * 64, &Device::default()).unwrap()
}

/// The authors' network on random weights: 3 MB, which are not kept with the code.
#[test]
fn golden_forward() {
    let Some(folder) = std::env::var_os("ATTRACTOR_GOLDEN").map(PathBuf::from) else {
        eprintln!("SKIPPED: ATTRACTOR_GOLDEN is not set");
        return;
    };
    let file = |name: &str| Weights::read(&folder.join(name)).unwrap();
    let weights = file("monet_small_weights.safetensors");
    let model = Monet::from_weights(&weights, 4, &Device::default()).unwrap();
    let expected = MonetConfig {
        attention_width: 8,
        ..MonetConfig::paper()
    };
    assert_eq!(model.config(), expected);
    assert!(model.to_weights().unwrap().names().eq(weights.names()));
    let frozen = model.freeze().unwrap();
    let golden = file("monet_forward.safetensors");
    // Theirs lie in [-1, 1].
    let ours = |name| rows(&golden, name).add_scalar(1.0).div_scalar(2.0);
    let posterior = frozen.encode(ours("x"));
    let gaps = [
        gap(posterior.mean, rows(&golden, "z_mu")),
        gap(posterior.log_variance, rows(&golden, "z_logvar")),
        2.0 * gap(frozen.decode(rows(&golden, "z_mu")), ours("decoded")),
    ];
    eprintln!("largest differences: means, log-variances, decoded {gaps:?}");
    assert!(gaps.iter().all(|gap| *gap < 1e-5), "{gaps:?}");
}

#[test]
fn masks_share_out_every_pixel() {
    let frozen = tiny().freeze().unwrap();
    let attention = frozen.attention_masks(images(2)).unwrap();
    assert_eq!(attention.dims(), [2, 3, 64, 64]);
    let codes = frozen.encode(images(2)).mean;
    let slots = frozen.decode_slots(codes.clone()).unwrap();
    assert_eq!(slots.images.dims(), [2, 3, 3, 64, 64]);
    for masks in [attention.clone(), slots.masks.clone()] {
        let sum = masks.clone().sum_dim(1);
        assert!(gap(to_rows(sum.clone()), to_rows(sum.ones_like())) < 1e-5);
        let lowest: f32 = masks.min().into_scalar();
        assert!(lowest > 0.0);
    }
    let masks = slots.masks.reshape([2, 3, 1, 64, 64]);
    let mixed: Tensor<4> = (slots.images * masks).sum_dim(1).squeeze_dim(1);
    assert!(gap(to_rows(mixed), frozen.decode(codes.clone())) < 1e-5);
    assert_eq!(frozen.slot_codes(codes).dims(), [6, 4]);
}

#[test]
fn the_chain_decodes_as_the_module() {
    let model = tiny();
    let frozen = model.freeze().unwrap();
    let codes = rng::normal(&mut rng::stream(2, "codes"), [6, 4], &Device::default());
    let planes = model.component.decode(codes.clone());
    assert_eq!(planes.dims(), [6, 4, 64, 64]);
    let slots = frozen.decode_slots(codes.reshape([2, 12])).unwrap();
    let colours = planes.narrow(1, 0, 3).add_scalar(1.0).div_scalar(2.0);
    let found = slots.images.reshape([6, 3, 64, 64]);
    assert!(gap(to_rows(found), to_rows(colours)) < 1e-5);
}

#[test]
fn host_memory_and_tensor_operations_agree() {
    for config in [
        TINY,
        MonetConfig {
            slots: 4,
            blocks: 5,
            decoder_channels: 16,
            code: 16,
            ..TINY
        },
    ] {
        let model = config.init(3, &Device::default()).unwrap();
        let host = model.freeze().unwrap();
        let device = FrozenMonet::on_device(&model).unwrap();
        // More than one buffer's worth.
        let data = images(5);
        let same = |a: Tensor<2>, b: Tensor<2>| {
            let size: f32 = b.clone().abs().max().into_scalar();
            let gap = gap(a, b);
            assert!(gap < 1e-5 * size.max(1.0), "{gap} of {size}");
        };
        let [a, b] = [&host, &device].map(|model| model.encode(data.clone()));
        same(a.mean.clone(), b.mean);
        same(a.log_variance, b.log_variance);
        let masks = |model: &FrozenMonet| to_rows(model.attention_masks(data.clone()).unwrap());
        same(masks(&host), masks(&device));
        same(host.decode(a.mean.clone()), device.decode(a.mean.clone()));
        let weight = rng::normal::<2>(
            &mut rng::stream(6, "weight"),
            [5, 3 * 64 * 64],
            &Device::default(),
        );
        let [a, b] = [&host, &device]
            .map(|model| model.pull_back(a.mean.clone(), &mut |data| data * weight.clone()));
        same(a.0, b.0);
        same(a.1, b.1);
    }
}

#[test]
fn pull_back_is_the_derivative() {
    let model = tiny();
    let frozen = model.freeze().unwrap();
    check_derivative(&frozen, 1e-3);

    // By automatic differentiation through the module.
    let device = Device::default();
    let mut stream = rng::stream(6, "pull back");
    let codes = rng::normal(&mut stream, [2, 12], &device);
    let weight = rng::normal::<2>(&mut stream, [2, 3 * 64 * 64], &device);
    let (data, gradient) = frozen.pull_back(codes.clone(), &mut |_| weight.clone());
    assert!(gap(data, frozen.decode(codes.clone())) < 1e-6);
    let tracked = codes.autodiff().require_grad();
    let planes = model.component.decode(tracked.clone().reshape([6, 4]));
    let planes = planes.reshape([2, 3, 4, 64 * 64]);
    let masks = softmax(planes.clone().narrow(2, 3, 1), 1);
    let mixed = (planes.narrow(2, 0, 3) * masks)
        .sum_dim(1)
        .reshape([2, 3 * 64 * 64]);
    let value = (mixed.add_scalar(1.0).div_scalar(2.0) * weight).sum();
    let automatic = tracked.grad(&value.backward()).unwrap();
    let size: f32 = automatic.clone().abs().max().into_scalar();
    assert!(gap(gradient, automatic) < 1e-4 * size);
}

#[test]
fn file_round_trip_keeps_every_value_and_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    let model = tiny();
    model.write(&path).unwrap();
    let back = Monet::read(&path, TINY.slots, &Device::default()).unwrap();
    assert_eq!(back.config(), TINY);
    let (a, b) = (model.to_weights().unwrap(), back.to_weights().unwrap());
    assert!(a.names().eq(b.names()));
    for name in a.names() {
        assert_eq!(a.values(name).unwrap(), b.values(name).unwrap(), "{name}");
    }
    assert!(a.contains("netAttn.upblock4.norm.bias") && a.contains("netCVAE.encoder.11.weight"));
}

#[test]
fn files_and_sizes_that_do_not_fit_are_errors() {
    let device = Device::default();
    let message = |weights: &Weights, slots| {
        Monet::from_weights(weights, slots, &device)
            .unwrap_err()
            .to_string()
    };
    let mut weights = tiny().to_weights().unwrap();
    assert!(message(&weights, 1).contains("MonetConfig.slots: must be at least 2, found 1"));
    weights.insert("netAttn.mlp.2.bias", &[4], vec![0.0; 4]);
    let found = message(&weights, 3);
    assert!(
        found.contains("`netAttn.mlp.2.bias`: expected shape [128], found [4]"),
        "{found}"
    );
    assert!(message(&Weights::new(), 3).contains("netAttn.downblock1.conv.weight"));
    for (config, text) in [
        (
            MonetConfig {
                attention_width: 12,
                ..TINY
            },
            "attention_width: must be a multiple of 8",
        ),
        (
            MonetConfig {
                decoder_channels: 0,
                ..TINY
            },
            "decoder_channels: must be at least 1",
        ),
        (
            MonetConfig { blocks: 7, ..TINY },
            "blocks: must be from 2 to 6",
        ),
        (
            MonetConfig { code: 5, ..TINY },
            "code: must be a multiple of 4",
        ),
    ] {
        let found = config.init(0, &device).unwrap_err().to_string();
        assert!(found.contains(text), "{found}");
    }
}

#[test]
fn wrong_input_is_an_error() {
    let frozen: FrozenMonet = tiny().freeze().unwrap();
    let device = Device::default();
    let error = frozen
        .decode_slots(Tensor::zeros([1, 13], &device))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "codes: expected shape [n, 12], found [1, 13]"
    );
    let error = frozen
        .attention_masks(Tensor::full([1, 12288], f32::NAN, &device))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected finite numbers, found NaN")
    );
}
