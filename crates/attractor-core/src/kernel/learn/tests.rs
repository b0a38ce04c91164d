//! Gradients of reads against those of the plain form with the array of all scores, and finite differences.

use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::backend::Backend;
use crate::kernel::*;
use crate::{check, rng};

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    check::to_host(tensor.without_autodiff()).unwrap()
}

/// Everything that may be learned, as leaves of a graph.
struct Leaves {
    cues: Tensor<2>,
    keys: Tensor<2>,
    values: Tensor<2>,
    parameter: Tensor<1>,
}

const DIM: usize = 6;
const WIDTH: usize = 4;

impl Leaves {
    fn new(seed: u64, (n, b): (usize, usize), parameter: f32, device: &Device) -> Self {
        let mut rng = rng::stream(seed, "learn");
        let mut rows = |rows: usize, dim: usize| {
            let values = rng::normal_vec(&mut rng, rows * dim);
            let tensor = Tensor::<2>::from_data(TensorData::new(values, [rows, dim]), device);
            tensor.autodiff().require_grad()
        };
        Self {
            cues: rows(b, DIM),
            keys: rows(n, DIM),
            values: rows(n, WIDTH),
            parameter: Tensor::<1>::from_data([parameter], device)
                .autodiff()
                .require_grad(),
        }
    }

    fn stores(&self, block: usize) -> (PatternStore, PatternStore) {
        let store = |rows: &Tensor<2>| {
            let store = PatternStore::new(rows.dims()[1], &rows.device()).unwrap();
            let mut store = store.with_block_rows(block).unwrap();
            store.push_tracked(rows.clone()).unwrap();
            store
        };
        (store(&self.keys), store(&self.values))
    }

    /// By the kernel: the answer `[b, v]` and log Z `[b]`.
    fn streamed(&self, kind: Kind, own: bool) -> (Tensor<2>, Tensor<1>) {
        let (keys, values) = self.stores(17);
        let score = match kind {
            Kind::Dot => LearnedScore::Dot {
                beta: self.parameter.clone(),
            },
            Kind::Distance => LearnedScore::SquaredDistance {
                variance: self.parameter.clone(),
            },
        };
        let values = if own { &values } else { &keys };
        let partial = read_learned(&keys, values, self.cues.clone(), score).unwrap();
        (partial.mean().unwrap(), partial.log_sum_exp().unwrap())
    }

    /// As written.
    fn plain(&self, kind: Kind, own: bool) -> (Tensor<2>, Tensor<1>) {
        let parameter = self.parameter.clone().unsqueeze_dim::<2>(0);
        let scores = match kind {
            Kind::Dot => self.cues.clone().matmul(self.keys.clone().transpose()) * parameter,
            Kind::Distance => {
                let differences = self.cues.clone().unsqueeze_dim::<3>(1)
                    - self.keys.clone().unsqueeze_dim::<3>(0);
                let squares = differences.square().sum_dim(2).squeeze_dim::<2>(2);
                squares / (parameter * -2.0)
            }
        };
        let values = if own {
            self.values.clone()
        } else {
            self.keys.clone()
        };
        let mean = activation::softmax(scores.clone(), 1).matmul(values);
        let max = scores.clone().detach().max_dim(1);
        let log = (scores - max.clone()).exp().sum_dim(1).log() + max;
        (mean, log.squeeze_dim(1))
    }

    fn gradients(&self, (mean, log): (Tensor<2>, Tensor<1>)) -> Vec<Option<Vec<f32>>> {
        // Any function of both.
        let weights = mean.clone().detach().sin() + 0.3;
        let loss = (mean * weights).sum() + (log.clone() * log.detach().cos()).sum() * 0.1;
        let gradients = loss.backward();
        let of = |tensor: &Tensor<2>| tensor.grad(&gradients).map(host);
        let parameter = self.parameter.grad(&gradients).map(host);
        vec![of(&self.cues), of(&self.keys), of(&self.values), parameter]
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Dot,
    Distance,
}

fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    let size = expected.iter().fold(1e-3f32, |size, x| size.max(x.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance * size,
            "{what}[{at}]: {found} {expected}"
        );
    }
}

const NAMES: [&str; 4] = ["cues", "keys", "values", "parameter"];

#[test]
fn gradients_are_those_of_the_plain_form() {
    for backend in Backend::available() {
        let device = backend.open().unwrap();
        for (seed, shape) in [(0, (1, 1)), (1, (50, 7)), (2, (130, 33))] {
            for (kind, parameter) in [
                (Kind::Dot, 0.4),
                (Kind::Dot, 3.0),
                (Kind::Distance, 1.5),
                (Kind::Distance, 0.2),
            ] {
                for own in [false, true] {
                    let leaves = Leaves::new(seed, shape, parameter, &device);
                    let found = leaves.gradients(leaves.streamed(kind, own));
                    let expected = leaves.gradients(leaves.plain(kind, own));
                    for ((found, expected), name) in found.into_iter().zip(expected).zip(NAMES) {
                        let what =
                            format!("{backend:?} {shape:?} {kind:?} {parameter} {own} {name}");
                        match (found, expected) {
                            (Some(found), Some(expected)) => {
                                assert_close(&found, &expected, 2e-4, &what);
                            }
                            // Nothing reaches the values where the patterns are what is mixed.
                            (None, None) => assert!(name == "values" && !own, "{what}"),
                            other => panic!("{what}: {other:?}"),
                        }
                    }
                }
            }
        }
    }
}

/// Central differences of the kernel's own answers.
#[test]
fn gradients_are_those_of_differences() {
    for backend in Backend::available() {
        let device = backend.open().unwrap();
        let leaves = Leaves::new(5, (12, 3), 0.8, &device);
        for kind in [Kind::Dot, Kind::Distance] {
            let loss = |cues: &[f32], keys: &[f32], parameter: f32| -> f64 {
                let tensor = |values: &[f32]| {
                    let shape = [values.len() / DIM, DIM];
                    Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device)
                };
                let mut store = PatternStore::new(DIM, &device).unwrap();
                store.push(tensor(keys)).unwrap();
                let score = match kind {
                    Kind::Dot => Score::Dot { beta: parameter },
                    Kind::Distance => Score::SquaredDistance {
                        variance: parameter,
                    },
                };
                let partial = read(&store, tensor(cues), score).unwrap();
                let mean: f64 = host(partial.mean().unwrap())
                    .into_iter()
                    .map(f64::from)
                    .sum();
                let log = host(partial.log_sum_exp().unwrap())
                    .into_iter()
                    .map(f64::from);
                mean + log.sum::<f64>()
            };
            let (mean, log) = leaves.streamed(kind, false);
            let gradients = (mean.sum() + log.sum()).backward();
            let (cues, keys) = (host(leaves.cues.clone()), host(leaves.keys.clone()));
            let step = 2e-2f32;
            let slope = |up: f64, down: f64| ((up - down) / f64::from(2.0 * step)) as f32;
            let moved = |values: &[f32], at: usize, by: f32| {
                let mut values = values.to_vec();
                values[at] += by;
                values
            };
            let of_cues: Vec<f32> = (0..cues.len())
                .map(|at| {
                    let at = |by| loss(&moved(&cues, at, by), &keys, 0.8);
                    slope(at(step), at(-step))
                })
                .collect();
            let of_keys: Vec<f32> = (0..keys.len())
                .map(|at| {
                    let at = |by| loss(&cues, &moved(&keys, at, by), 0.8);
                    slope(at(step), at(-step))
                })
                .collect();
            let of_parameter = slope(
                loss(&cues, &keys, 0.8 + step),
                loss(&cues, &keys, 0.8 - step),
            );
            let found = |tensor: &Tensor<2>| host(tensor.grad(&gradients).unwrap());
            assert_close(&found(&leaves.cues), &of_cues, 3e-3, "cues");
            assert_close(&found(&leaves.keys), &of_keys, 3e-3, "keys");
            let parameter = host(leaves.parameter.grad(&gradients).unwrap());
            assert_close(&parameter, &[of_parameter], 3e-3, "parameter");
        }
    }
}

/// Rows that leave single precision, beside one that does not.
#[test]
fn sharp_and_distant_rows_have_gradients() {
    let device = Backend::available()[0].open().unwrap();
    // Two patterns as near as each other to the second cue, far from both.
    let keys = [0.0f32, 0.0, 1.0, 0.0];
    let cues = [0.25f32, 0.5, 0.5, 3000.0];
    let tensor = |values: &[f32]| {
        let shape = [values.len() / 2, 2];
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device)
    };
    let leaf = tensor(&cues).autodiff().require_grad();
    let stored = tensor(&keys).autodiff().require_grad();
    let mut store = PatternStore::new(2, &device).unwrap();
    store.push_tracked(stored.clone()).unwrap();
    let variance = 0.5f64;
    let score = Score::SquaredDistance {
        variance: variance as f32,
    };
    let partial = read(&store, leaf.clone(), score).unwrap();
    let mean = host(partial.mean().unwrap());
    // Of (s_2 - s_1) = (2 x - 1) / (2 variance): a logistic function of x alone.
    let share = |x: f64| 1.0 / (1.0 + (-(2.0 * x - 1.0) / (2.0 * variance)).exp());
    let gradients = partial.mean().unwrap().narrow(1, 0, 1).sum().backward();
    let slopes = host(leaf.grad(&gradients).unwrap());
    let mut of_second = 0.0;
    for (row, x) in [0.25, 0.5].into_iter().enumerate() {
        let p = share(x);
        assert!((f64::from(mean[2 * row]) - p).abs() < 1e-6, "{mean:?}");
        let slope = p * (1.0 - p) / variance;
        assert!(
            (f64::from(slopes[2 * row]) - slope).abs() < 1e-5,
            "{slopes:?} {slope}"
        );
        assert!(slopes[2 * row + 1].abs() < 1e-3, "{slopes:?}");
        // The answer moves with the pattern, and its share with the distance.
        of_second += p + p * (1.0 - p) * (x - 1.0) / variance;
    }
    let stored = host(stored.grad(&gradients).unwrap());
    assert!(
        (f64::from(stored[2]) - of_second).abs() < 1e-5,
        "{stored:?} {of_second}"
    );
}

#[test]
fn stores_keep_a_graph_only_where_they_are_asked_to() {
    let device = Backend::available()[0].open().unwrap();
    let leaf = Tensor::<2>::from_data([[1.0f32, 2.0], [3.0, -1.0]], &device);
    let leaf = leaf.autodiff().require_grad();
    let cue = Tensor::<2>::from_data([[0.5f32, 0.5]], &device);
    let score = Score::Dot { beta: 0.3 };
    let mut plain = PatternStore::new(2, &device).unwrap();
    plain.push(leaf.clone()).unwrap();
    assert!(
        !read(&plain, cue.clone(), score)
            .unwrap()
            .mean()
            .unwrap()
            .is_autodiff()
    );
    let mut store = PatternStore::new(2, &device).unwrap();
    store.push(cue.clone()).unwrap();
    store.push_tracked(leaf.clone()).unwrap();
    store.push(cue.clone()).unwrap();
    let gradient = |store: &PatternStore| {
        let answer = read(store, cue.clone(), score).unwrap().mean().unwrap();
        host(leaf.grad(&answer.sum().backward()).unwrap())
    };
    let all = gradient(&store);
    assert!(all.iter().all(|&x| x != 0.0), "{all:?}");
    // What is removed has none.
    store.remove(1).unwrap();
    let left = gradient(&store);
    assert_eq!(left[..2], [0.0, 0.0]);
    assert!(left[2..].iter().all(|&x| x != 0.0), "{left:?}");
    store.clear();
    store.push(cue.clone()).unwrap();
    assert!(
        !read(&store, cue, score)
            .unwrap()
            .mean()
            .unwrap()
            .is_autodiff()
    );
}

#[test]
fn parameters_are_one_number_above_0() {
    let device = Backend::available()[0].open().unwrap();
    let store = |rows: Tensor<2>| {
        let mut store = PatternStore::new(2, &device).unwrap();
        store.push(rows).unwrap();
        store
    };
    let rows = Tensor::<2>::from_data([[1.0f32, 2.0]], &device);
    let store = store(rows.clone());
    let message = |beta: Tensor<1>| {
        let score = LearnedScore::Dot { beta };
        read_learned(&store, &store, rows.clone(), score)
            .unwrap_err()
            .to_string()
    };
    let number = |values: &[f32]| Tensor::<1>::from_floats(values, &device);
    assert_eq!(
        message(number(&[-1.0])),
        "LearnedScore::Dot.beta: must be finite and greater than 0, found -1"
    );
    assert_eq!(
        message(number(&[1.0, 2.0])),
        "LearnedScore::Dot.beta: expected shape [n, 1], found [1, 2]"
    );
}
