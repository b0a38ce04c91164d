use attractor_core::{Activation, Layer, check, rng};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;

use super::{
    BroadcastConv2d, Conv2d, Linear, UpsampleConv2d, coordinates, double, to_images, to_rows,
};

fn normal<const D: usize>(seed: u64, purpose: &str, shape: [usize; D]) -> Tensor<D> {
    rng::normal(&mut rng::stream(seed, purpose), shape, &Device::default())
}

/// `<A x, y> - <x, A^T y>` relative to the size of the terms; the bias is removed by differencing.
fn adjoint_gap(layer: &dyn Layer, seed: u64) -> f64 {
    let x = normal(seed, "x", [2, layer.input_dim()]);
    let y = normal(seed, "y", [2, layer.output_dim()]);
    let ax = layer.affine(x.clone()) - layer.affine(x.zeros_like());
    let ay = layer.adjoint(y.clone());
    assert_eq!(ay.dims(), x.dims());
    let dot = |a: Tensor<2>, b: Tensor<2>| -> (f64, f64) {
        check::to_host(a * b)
            .unwrap()
            .into_iter()
            .fold((0.0, 0.0), |(sum, size), v| {
                (sum + f64::from(v), size + f64::from(v).abs())
            })
    };
    let (left, size) = dot(ax, y);
    let (right, _) = dot(x, ay);
    (left - right).abs() / (1.0 + size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn convolution_and_its_adjoint(
        channels in 1usize..4, out in 1usize..4, h in 1usize..9, w in 1usize..9,
        kh in 1usize..5, kw in 1usize..5, stride in 1usize..4, padding in 0usize..3, seed: u64,
    ) {
        prop_assume!(h + 2 * padding >= kh && w + 2 * padding >= kw);
        let weight = normal(seed, "w", [out, channels, kh, kw]);
        let bias = normal(seed, "b", [out]);
        let layer =
            Conv2d::new(weight, Some(bias), [channels, h, w], stride, padding, Activation::Relu)
                .unwrap();
        prop_assert!(adjoint_gap(&layer, seed) < 1e-5);
    }

    #[test]
    fn transposed_convolution_and_its_adjoint(
        channels in 1usize..4, out in 1usize..4, h in 1usize..7, w in 1usize..7,
        k in 1usize..5, stride in 1usize..4, padding in 0usize..2, extra in 0usize..3, seed: u64,
    ) {
        let output_padding = extra % stride;
        let geometry = (padding, output_padding);
        let weight = normal(seed, "w", [channels, out, k, k]);
        let layer = Conv2d::transposed(
            weight, None, [channels, h, w], stride, geometry, Activation::Identity,
        );
        let smallest = (h.min(w) - 1) * stride + k + output_padding;
        prop_assert_eq!(layer.is_ok(), smallest > 2 * padding);
        if let Ok(layer) = layer {
            prop_assert!(adjoint_gap(&layer, seed) < 1e-5);
        }
    }

    #[test]
    fn upsampling_convolution_and_its_adjoint(
        channels in 1usize..4, out in 1usize..4, h in 1usize..6, w in 1usize..6, seed: u64,
    ) {
        let weight = normal(seed, "w", [out, channels, 3, 3]);
        let bias = normal(seed, "b", [out]);
        let layer =
            UpsampleConv2d::new(weight.clone(), Some(bias.clone()), [channels, h, w], Activation::Sigmoid).unwrap();
        prop_assert!(adjoint_gap(&layer, seed) < 1e-5);

        // The same by doubling the image and convolving it.
        let plain = Conv2d::new(
            weight, Some(bias), [channels, 2 * h, 2 * w], 1, 1, Activation::Sigmoid,
        )
        .unwrap();
        let x = normal(seed, "x", [2, channels * h * w]);
        let doubled = to_rows(double(to_images(x.clone(), [channels, h, w])));
        let gap: f32 = (layer.forward(x) - plain.forward(doubled)).abs().max().into_scalar();
        prop_assert!(gap < 1e-5);
    }

    #[test]
    fn linear_and_its_adjoint(inputs in 1usize..20, outputs in 1usize..20, seed: u64) {
        let layer = Linear::new(
            normal(seed, "w", [outputs, inputs]), normal(seed, "b", [outputs]), Activation::Tanh,
        )
        .unwrap();
        prop_assert!(adjoint_gap(&layer, seed) < 1e-5);
    }
}

#[test]
fn upsampling_convolution_is_doubling_then_convolving() {
    // By hand: one pixel of value 2 becomes a 2x2 block of twos; with a kernel of ones and padding
    // 1, every output pixel sees all four of them. The bias adds 1.
    let device = Device::default();
    let layer = UpsampleConv2d::new(
        Tensor::ones([1, 1, 3, 3], &device),
        Some(Tensor::ones([1], &device)),
        [1, 1, 1],
        Activation::Identity,
    )
    .unwrap();
    let out = layer.forward(Tensor::full([1, 1], 2.0, &device));
    assert_eq!(check::to_host(out).unwrap(), [9.0; 4]);
}

#[test]
fn geometry_that_cannot_work_is_an_error() {
    let device = Device::default();
    let weight = Tensor::<4>::zeros([2, 3, 5, 5], &device);
    let make = |input, stride, bias: usize| {
        let bias = Some(Tensor::zeros([bias], &device));
        Conv2d::new(weight.clone(), bias, input, stride, 0, Activation::Relu)
            .map(|layer| layer.output_shape())
            .map_err(|error| error.to_string())
    };
    assert_eq!(make([3, 7, 9], 2, 2), Ok([2, 2, 3]));
    assert!(
        make([3, 4, 9], 2, 2)
            .unwrap_err()
            .contains("no larger than 4x9")
    );
    assert!(
        make([4, 7, 9], 2, 2)
            .unwrap_err()
            .contains("expects 4 input channels")
    );
    assert!(
        make([3, 7, 9], 2, 3)
            .unwrap_err()
            .contains("expects 2 biases")
    );
    assert!(make([3, 7, 9], 0, 2).unwrap_err().contains("stride"));
    let error = UpsampleConv2d::new(weight, None, [3, 4, 4], Activation::Relu).unwrap_err();
    assert!(
        error.to_string().contains("expects a 3x3 kernel"),
        "{error}"
    );
    let error = Linear::new(
        Tensor::zeros([4, 2], &device),
        Tensor::zeros([3], &device),
        Activation::Identity,
    )
    .unwrap_err();
    assert!(error.to_string().contains("expects 4 biases"), "{error}");
}

#[test]
fn broadcast_and_convolution_in_one() {
    let (code, out, side, n) = (3, 4, 9, 2);
    let weight = normal(1, "w", [out, code + 2, 3, 3]);
    let bias = normal(1, "b", [out]);
    let layer =
        BroadcastConv2d::new(weight.clone(), bias.clone(), side, Activation::Identity).unwrap();
    assert_eq!(
        (layer.input_dim(), layer.output_shape()),
        (code, [out, 7, 7])
    );
    assert!(adjoint_gap(&layer, 3) < 1e-5);

    // The planes written out, through the ordinary convolution.
    let codes = normal(2, "z", [n, code]);
    let device = Device::default();
    let plane = coordinates(side, &device);
    let corner: f32 = plane.clone().slice([0..1, 0..1, 0..1, 8..9]).into_scalar();
    assert_eq!(corner, 1.0, "the first plane varies along columns");
    let input = Tensor::cat(
        vec![
            codes
                .clone()
                .reshape([n, code, 1, 1])
                .expand([n, code, side, side]),
            plane.expand([n, 2, side, side]),
        ],
        1,
    );
    let shape = [code + 2, side, side];
    let plain = Conv2d::new(
        weight.clone(),
        Some(bias),
        shape,
        1,
        0,
        Activation::Identity,
    )
    .unwrap();
    let gap: f32 = (plain.affine(to_rows(input)) - layer.affine(codes))
        .abs()
        .max()
        .into_scalar();
    assert!(gap < 1e-5, "{gap}");

    let refuse = |weight, biases, side| {
        BroadcastConv2d::new(
            weight,
            Tensor::zeros([biases], &device),
            side,
            Activation::Relu,
        )
        .unwrap_err()
        .to_string()
    };
    assert!(refuse(weight.clone(), 5, 9).contains("expects 4 biases"));
    assert!(refuse(weight.clone(), 4, 2).contains("no larger than 2x2"));
    assert!(refuse(weight.narrow(1, 0, 2), 4, 9).contains("a code and two coordinates"));
}

/// The same numbers, bit by bit.
#[test]
fn every_layer_comes_back_from_a_file() {
    let (w, b) = (|shape| normal::<4>(1, "w", shape), normal::<1>(2, "b", [3]));
    let linear = Linear::new(normal(3, "w", [3, 5]), b.clone(), Activation::Gelu).unwrap();
    let plain = Conv2d::new(w([3, 2, 3, 2]), None, [2, 5, 6], 2, 1, Activation::Relu).unwrap();
    let transposed = Conv2d::transposed(
        w([2, 3, 3, 3]),
        Some(b.clone()),
        [2, 4, 5],
        2,
        (1, 1),
        Activation::Tanh,
    );
    let upsample = UpsampleConv2d::new(
        w([3, 2, 3, 3]),
        Some(b.clone()),
        [2, 4, 3],
        Activation::Sigmoid,
    );
    let broadcast = BroadcastConv2d::new(w([3, 6, 3, 3]), b, 5, Activation::Identity);
    let layers: [Box<dyn Layer>; 5] = [
        Box::new(linear),
        Box::new(plain),
        Box::new(transposed.unwrap()),
        Box::new(upsample.unwrap()),
        Box::new(broadcast.unwrap()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    let mut loaders = attractor_core::file::Loaders::new();
    crate::add_loaders(&mut loaders);
    let device = Device::default();
    let loading = attractor_core::file::Loading::new(&loaders, &device);
    for layer in layers {
        layer.as_persist().unwrap().save(&path).unwrap();
        let back = loading
            .layer(&attractor_core::file::open(&path).unwrap())
            .unwrap();
        let through = |layer: &dyn Layer| {
            let x = normal(4, "x", [2, layer.input_dim()]);
            let y = normal(5, "y", [2, layer.output_dim()]);
            let (value, adjoint) = (layer.forward(x), layer.adjoint(y));
            (
                check::to_host(value).unwrap(),
                check::to_host(adjoint).unwrap(),
            )
        };
        assert_eq!(through(&*layer), through(&*back), "{layer:?}");
    }
}
