//! What the tests of both models share.

use attractor_core::weights::Weights;
use attractor_core::{GenerativeModel, check, rng};
pub(crate) use attractor_testing::{golden, golden_path};
use burn::tensor::{Device, Tensor};

use crate::vae::{FrozenVae, Vae};

/// A golden array as rows.
pub(crate) fn rows(file: &Weights, name: &str) -> Tensor<2> {
    let n = file.shape(name).unwrap()[0];
    let values = file.values(name).unwrap().to_vec();
    let width = values.len() / n;
    check::from_host("golden", values, width, &Device::default()).unwrap()
}

/// Largest absolute difference.
pub(crate) fn gap(a: Tensor<2>, b: Tensor<2>) -> f32 {
    assert_eq!(a.dims(), b.dims());
    (a - b).abs().max().into_scalar()
}

/// Smooth random images in `[0, 1]`: one wave for each image, in another phase for each channel.
pub(crate) fn smooth_images(seed: u64, n: usize, [c, h, w]: [usize; 3]) -> Vec<f32> {
    let mut rng = rng::stream(seed, "images");
    let mut values = Vec::with_capacity(n * c * h * w);
    for _ in 0..n {
        let wave = rng::uniform_vec(&mut rng, 3, -1.0, 1.0);
        for channel in 0..c {
            for y in 0..h {
                for x in 0..w {
                    let (y, x) = (y as f32 / h as f32, x as f32 / w as f32);
                    let angle = 3.0 * (wave[0] * x + wave[1] * y + wave[2]) + channel as f32;
                    values.push(0.5 + 0.5 * angle.cos());
                }
            }
        }
    }
    values
}

/// `pull_back` of a frozen model against central differences and against automatic
/// differentiation of the same chain.
pub(crate) fn check_pull_back(model: &FrozenVae) {
    let device = Device::default();
    let mut rng = rng::stream(5, "pull back");
    let codes = rng::normal(&mut rng, [2, model.latent_dim()], &device);
    let weight = rng::normal(&mut rng, [2, model.data_dim()], &device);
    let (data, gradient) = model.pull_back(codes.clone(), &mut |_| weight.clone());
    assert!(gap(data, model.decode(codes.clone())) < 1e-6);

    // By automatic differentiation through the same chain.
    let tracked = codes.clone().autodiff().require_grad();
    let value = (model.decoder().forward(tracked.clone()) * weight.clone()).sum();
    let automatic = tracked.grad(&value.backward()).unwrap();
    let size: f32 = automatic.clone().abs().max().into_scalar();
    assert!(gap(gradient.clone(), automatic) < 1e-4 * size.max(1.0));

    check_derivative(model, 1e-2);
}

/// `pull_back` of any model along the gradient, by central differences with a `step` short enough to
/// cross few kinks.
pub(crate) fn check_derivative(model: &dyn GenerativeModel, step: f64) {
    let device = Device::default();
    let mut rng = rng::stream(5, "pull back");
    let codes = rng::normal(&mut rng, [2, model.latent_dim()], &device);
    let weight = rng::normal(&mut rng, [2, model.data_dim()], &device);
    let (_, gradient) = model.pull_back(codes.clone(), &mut |_| weight.clone());
    let size: f32 = gradient.clone().square().sum().sqrt().into_scalar();
    let direction = gradient.div_scalar(size);
    let value = |t: f64| {
        let data = model.decode(codes.clone() + direction.clone().mul_scalar(t));
        check::to_host(data * weight.clone())
            .unwrap()
            .into_iter()
            .map(f64::from)
            .sum::<f64>()
    };
    let numeric = (value(step) - value(-step)) / (2.0 * step);
    let error = (numeric - f64::from(size)).abs();
    assert!(
        error < 0.02 * numeric.abs(),
        "length {size}, numeric {numeric}"
    );
}

/// `weights` with every array moved somewhere generic, biases and scales too.
pub(crate) fn scattered(weights: &Weights, stream: &mut rng::Rng) -> Weights {
    let mut moved = weights.clone();
    for name in weights.names() {
        let (shape, values) = (weights.shape(name).unwrap(), weights.values(name).unwrap());
        let shift = rng::uniform_vec(stream, values.len(), -0.1, 0.1);
        let values = values.iter().zip(shift).map(|(a, b)| a + b).collect();
        moved.insert(name, shape, values);
    }
    moved
}

/// Parameters of two models agree exactly.
pub(crate) fn assert_same<V: Vae>(a: &V, b: &V) {
    let [a, b] = [a, b].map(|model| crate::nn::weights::export(model).unwrap());
    assert!(a.names().eq(b.names()));
    for name in a.names() {
        assert_eq!(a.values(name).unwrap(), b.values(name).unwrap(), "{name}");
    }
}
