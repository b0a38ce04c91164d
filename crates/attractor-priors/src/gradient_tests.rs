//! Gradients through priors to states, stored codes and temperatures, against the plain form.

use attractor_core::{Backend, MemoryPrior, check, rng};
use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::{GaussianMixtureConfig, HopfieldConfig};

const DIM: usize = 5;

struct Leaves {
    states: Tensor<2>,
    codes: Tensor<2>,
    temperature: Tensor<1>,
}

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    check::to_host(tensor.without_autodiff()).unwrap()
}

impl Leaves {
    fn new(temperature: f32, device: &Device) -> Self {
        let rows = |seed, rows| {
            let values = rng::normal_vec(&mut rng::stream(seed, "gradients"), rows * DIM);
            let tensor = Tensor::<2>::from_data(TensorData::new(values, [rows, DIM]), device);
            tensor.autodiff().require_grad()
        };
        Self {
            states: rows(1, 6),
            codes: rows(2, 40),
            temperature: Tensor::<1>::from_data([temperature], device)
                .autodiff()
                .require_grad(),
        }
    }

    /// Of a step and its energies, and of the gradient of the energy, which is a function of the codes too.
    fn of_prior(&self, prior: &mut dyn MemoryPrior) -> Vec<Vec<f32>> {
        prior.store(self.codes.clone()).unwrap();
        let (next, energy) = prior.attract_with_energy(self.states.clone()).unwrap();
        let slope = prior.gradient(self.states.clone()).unwrap();
        self.gradients(next, energy, slope)
    }

    fn gradients(&self, next: Tensor<2>, energy: Tensor<1>, slope: Tensor<2>) -> Vec<Vec<f32>> {
        let loss = next.square().sum() + energy.sum() * 0.3 + slope.square().sum() * 0.1;
        let gradients = loss.backward();
        vec![
            host(self.states.grad(&gradients).unwrap()),
            host(self.codes.grad(&gradients).unwrap()),
            host(self.temperature.grad(&gradients).unwrap()),
        ]
    }

    fn log_sum_exp(scores: Tensor<2>) -> Tensor<1> {
        let max = scores.clone().detach().max_dim(1);
        let log = (scores - max.clone()).exp().sum_dim(1).log() + max;
        log.squeeze_dim(1)
    }

    fn plain_mixture(&self) -> Vec<Vec<f32>> {
        let variance = self.temperature.clone().square().unsqueeze_dim::<2>(0);
        let differences =
            self.states.clone().unsqueeze_dim::<3>(1) - self.codes.clone().unsqueeze_dim::<3>(0);
        let squares = differences.square().sum_dim(2).squeeze_dim::<2>(2);
        let scores = squares / (variance.clone() * -2.0);
        let next = activation::softmax(scores.clone(), 1).matmul(self.codes.clone());
        let slope = (self.states.clone() - next.clone()) / variance;
        self.gradients(next, Self::log_sum_exp(scores).neg(), slope)
    }

    fn plain_hopfield(&self) -> Vec<Vec<f32>> {
        let beta = self.temperature.clone();
        let products = self.states.clone().matmul(self.codes.clone().transpose());
        let scores = products * beta.clone().unsqueeze_dim::<2>(0);
        let next = activation::softmax(scores.clone(), 1).matmul(self.codes.clone());
        let norms = self.states.clone().square().sum_dim(1).squeeze_dim::<1>(1) * 0.5;
        let energy = norms - Self::log_sum_exp(scores) / beta;
        let slope = self.states.clone() - next.clone();
        self.gradients(next, energy, slope)
    }
}

fn assert_close(found: &[Vec<f32>], expected: &[Vec<f32>]) {
    for ((found, expected), name) in
        found
            .iter()
            .zip(expected)
            .zip(["states", "codes", "temperature"])
    {
        let size = expected.iter().fold(1e-3f32, |size, x| size.max(x.abs()));
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= 3e-4 * size,
                "{name}: {found} {expected}"
            );
        }
    }
}

#[test]
fn mixtures_have_gradients_to_states_codes_and_sigma() {
    for backend in Backend::available() {
        let device = backend.open().unwrap();
        for sigma in [0.6, 2.0] {
            let leaves = Leaves::new(sigma, &device);
            let prior = GaussianMixtureConfig { sigma: 9.0 }
                .init(DIM, &device)
                .unwrap();
            let mut prior = prior
                .with_tracked_sigma(leaves.temperature.clone())
                .unwrap();
            assert_eq!(prior.config().sigma, sigma);
            assert_close(&leaves.of_prior(&mut prior), &leaves.plain_mixture());
        }
    }
}

#[test]
fn hopfield_networks_have_gradients_to_states_codes_and_beta() {
    for backend in Backend::available() {
        let device = backend.open().unwrap();
        for beta in [0.5, 3.0] {
            let leaves = Leaves::new(beta, &device);
            let prior = HopfieldConfig { beta: 9.0 }.init(DIM, &device).unwrap();
            let mut prior = prior.with_tracked_beta(leaves.temperature.clone()).unwrap();
            assert_eq!(prior.config().beta, beta);
            assert_close(&leaves.of_prior(&mut prior), &leaves.plain_hopfield());
        }
    }
}

#[test]
fn temperatures_are_one_number_above_0() {
    let device = Backend::available()[0].open().unwrap();
    let number = |values: &[f32]| Tensor::<1>::from_floats(values, &device);
    for bad in [&[0.0f32][..], &[f32::NAN], &[1.0, 2.0]] {
        let mixture = GaussianMixtureConfig { sigma: 1.0 }
            .init(2, &device)
            .unwrap();
        assert!(mixture.with_tracked_sigma(number(bad)).is_err(), "{bad:?}");
        let hopfield = HopfieldConfig { beta: 1.0 }.init(2, &device).unwrap();
        assert!(hopfield.with_tracked_beta(number(bad)).is_err(), "{bad:?}");
    }
}
