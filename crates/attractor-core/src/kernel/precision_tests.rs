//! Stores in half precision answer what the rounded patterns do in single precision, bit by bit.

use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use crate::backend::Backend;
use crate::{check, rng};

const HALVES: [Precision; 2] = [Precision::F16, Precision::Bf16];

fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

fn tensor(values: &[f32], dim: usize) -> Tensor<2> {
    let shape = [values.len() / dim, dim];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device())
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    check::to_host(tensor).unwrap()
}

/// Normal patterns in half precision, and the same, rounded, in single precision.
fn pair(n: usize, dim: usize, precision: Precision) -> [PatternStore; 2] {
    let mut patterns = rng::normal_vec(&mut rng::stream(5, "halves"), n * dim);
    let empty = || {
        PatternStore::new(dim, &device())
            .unwrap()
            .with_block_rows(29)
            .unwrap()
    };
    let mut half = empty().with_precision(precision).unwrap();
    // In two parts, so that a block is filled up.
    half.push(tensor(&patterns[..dim * 11], dim)).unwrap();
    half.push(tensor(&patterns[dim * 11..], dim)).unwrap();
    precision.round_all(&mut patterns, dim).unwrap();
    let mut single = empty();
    single.push(tensor(&patterns, dim)).unwrap();
    [half, single]
}

#[test]
fn answers_are_those_of_the_rounded_patterns() {
    let scores = [
        Score::Dot { beta: 0.2 },
        Score::SquaredDistance { variance: 0.7 },
        Score::SquaredDistance { variance: 1e-4 },
    ];
    for precision in HALVES {
        for (n, dim) in [(64, 5), (300, 48), (90, 320)] {
            let [half, single] = pair(n, dim, precision);
            assert_eq!((half.len(), half.precision()), (n, precision));
            assert_eq!(half.squared_norms(), single.squared_norms());
            for (count, score) in [1, 5, 40].into_iter().flat_map(|b| scores.map(|s| (b, s))) {
                let cues = rng::normal(&mut rng::stream(6, "cues"), [count, dim], &device());
                let ours = read(&half, cues.clone(), score).unwrap();
                let plain = read(&single, cues.clone(), score).unwrap();
                assert_eq!(
                    numbers(ours.mean().unwrap()),
                    numbers(plain.mean().unwrap())
                );
                assert_eq!(
                    check::to_host(ours.log_sum_exp().unwrap()).unwrap(),
                    check::to_host(plain.log_sum_exp().unwrap()).unwrap()
                );
                let [ours, plain] =
                    [&half, &single].map(|store| top(store, cues.clone(), score, 4).unwrap());
                assert_eq!(format!("{ours:?}"), format!("{plain:?}"));
            }
        }
    }
}

/// Rows that single precision does not hold are read in `f64`.
#[test]
fn huge_rows_are_read_as_well() {
    let dim = 6;
    let [half, single] = pair(80, dim, Precision::Bf16);
    let cues = rng::normal::<2>(&mut rng::stream(6, "cues"), [3, dim], &device()) * 3e20;
    let score = Score::SquaredDistance { variance: 1.0 };
    let [ours, plain] = [&half, &single].map(|store| read(store, cues.clone(), score).unwrap());
    assert_eq!(
        numbers(ours.mean().unwrap()),
        numbers(plain.mean().unwrap())
    );
}

#[test]
fn patterns_come_and_go() {
    for precision in HALVES {
        let [mut half, mut single] = pair(70, 4, precision);
        for index in [0, 28, 41, 66] {
            half.remove(index).unwrap();
            single.remove(index).unwrap();
        }
        assert_eq!(half.to_host().unwrap(), single.to_host().unwrap());
        let some = [3, 60, 29];
        assert_eq!(
            numbers(half.select(&some).unwrap()),
            numbers(single.select(&some).unwrap())
        );
        assert_eq!(
            numbers(half.to_tensor().unwrap()),
            numbers(single.to_tensor().unwrap())
        );
        // To single precision and back nothing is lost.
        let again = half.clone().with_precision(Precision::F32).unwrap();
        let again = again.with_precision(precision).unwrap();
        assert_eq!(again.to_host().unwrap(), half.to_host().unwrap());
        half.clear();
        assert!(half.is_empty() && half.precision() == precision);
        half.push(tensor(&[1.0; 4], 4)).unwrap();
        assert_eq!(half.to_host().unwrap(), [1.0; 4]);
    }
}

#[test]
fn what_the_range_does_not_hold_is_refused() {
    let store = PatternStore::new(2, &device()).unwrap();
    let mut half = store.clone().with_precision(Precision::F16).unwrap();
    let error = half.push(tensor(&[1.0, 2.0, 3.0, -1e6], 2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "PatternStore.precision: needs numbers in its range, in f16 up to 65504 either way, found -1e6 for f16 in row \
         1, entry 1"
    );
    assert!(half.is_empty());
    let mut wide = store.clone().with_precision(Precision::Bf16).unwrap();
    wide.push(tensor(&[1.0, 2.0, 3.0, -1e6], 2)).unwrap();
    assert!(wide.with_precision(Precision::F16).is_err());
}

#[test]
fn cues_have_the_gradients_of_the_rounded_patterns() {
    let score = Score::SquaredDistance { variance: 0.5 };
    let [half, single] = pair(60, 7, Precision::F16);
    let gradient = |store: &PatternStore| {
        let cues = rng::normal::<2>(&mut rng::stream(6, "cues"), [4, 7], &device());
        let cues = cues.autodiff().require_grad();
        let answer = read(store, cues.clone(), score).unwrap().mean().unwrap();
        numbers(cues.grad(&answer.square().sum().backward()).unwrap())
    };
    assert_eq!(gradient(&half), gradient(&single));
    // Rounding has no gradient: nothing is made up.
    let mut half = half;
    let tracked = tensor(&[0.5; 7], 7).autodiff().require_grad();
    assert!(half.push_tracked(tracked.clone()).is_err());
    let mut graph = PatternStore::new(7, &device()).unwrap();
    graph.push_tracked(tracked).unwrap();
    assert!(graph.with_precision(Precision::F16).is_err());
}
