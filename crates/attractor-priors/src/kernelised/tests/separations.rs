//! Softmax and alpha-entmax as the memory uses them.

use attractor_core::Stopping;
use attractor_core::burn::tensor::activation;

use super::*;
use crate::kernelised::metastable;
use crate::sparse_hopfield::entmax;

/// (P10) A lead of `1 / (alpha - 1)` gives one weight, to the last bit; a little less does not.
#[test]
fn a_lead_is_recalled_exactly() {
    let codes = tensor(
        &[
            1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0,
        ],
        4,
    );
    for alpha in [1.25f32, 1.5, 2.0] {
        for (share, exact) in [(1.001, true), (0.97, false)] {
            let lead = share / (alpha - 1.0);
            let memory = holding(&codes, FeatureScale::Raw, (alpha, 4.0), None);
            let query = tensor(&[0.0, lead / 4.0, 0.0, 0.0], 4);
            let weights = host(memory.weights(query.clone()).unwrap());
            assert_eq!(
                weights == [0.0, 1.0, 0.0, 0.0],
                exact,
                "alpha {alpha}: {weights:?}"
            );
            let answer = host(memory.retrieve(query, Stopping::after(1)).unwrap().state);
            assert_eq!(
                answer == [0.0, 1.0, 0.0, 0.0],
                exact,
                "alpha {alpha}: {answer:?}"
            );
        }
    }
}

/// (P13) Weights follow a permutation of the codes, retrieval stays.
#[test]
fn weights_follow_the_codes() {
    let (count, dim) = (14, 6);
    let codes = host(normal(1, count, dim));
    let order = rng::permutation(&mut rng::stream(2, "order"), count);
    let shuffled = order
        .iter()
        .flat_map(|&k| codes[k * dim..(k + 1) * dim].to_vec());
    let shuffled = tensor(&shuffled.collect::<Vec<_>>(), dim);
    let queries = normal(3, 5, dim);
    for alpha in [1.0, 1.5, 2.0] {
        let map = random_map(4, 5, dim, 5);
        let plain = holding(
            &tensor(&codes, dim),
            FeatureScale::Unit,
            (alpha, 6.0),
            Some(map.clone()),
        );
        let other = holding(&shuffled, FeatureScale::Unit, (alpha, 6.0), Some(map));
        let stopping = Stopping::after(3);
        let read =
            |memory: &Kernelised| host(memory.retrieve(queries.clone(), stopping).unwrap().state);
        assert_close(&read(&other), &read(&plain), 1e-5, "retrieval");
        let weights = |memory: &Kernelised| {
            host(memory.retrieval_weights(queries.clone(), stopping).unwrap())
        };
        let (a, b) = (weights(&plain), weights(&other));
        for row in 0..5 {
            for (k, &from) in order.iter().enumerate() {
                assert!((a[row * count + from] - b[row * count + k]).abs() < 1e-5);
            }
        }
        let (a, b) = (plain.separation().unwrap(), other.separation().unwrap());
        assert!((a.delta_min - b.delta_min).abs() < 1e-6);
    }
}

/// (P15) The effective number of codes lies between 1 and n and falls with beta; the count above a
/// threshold can be 0, and says nothing then.
#[test]
fn mixtures_shrink_with_beta() {
    let codes = unit_rows(normal(5, 40, 8));
    let queries = normal(6, 20, 8);
    for alpha in [1.0, 1.5, 2.0] {
        let mut last = vec![f64::MAX; 20];
        for beta in [0.01, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0] {
            let memory = holding(&codes, FeatureScale::Unit, (alpha, beta), None);
            let sizes = metastable(memory.weights(queries.clone()).unwrap(), 0.0).unwrap();
            for (size, last) in sizes.iter().zip(&mut last) {
                assert!(size.effective >= 1.0 - 1e-6 && size.effective <= 40.0 + 1e-3);
                assert!(
                    size.effective <= *last + 1e-4,
                    "{} above {last}",
                    size.effective
                );
                *last = size.effective;
            }
        }
    }
    let many = holding(&normal(7, 150, 8), FeatureScale::Unit, (1.0, 1e-3), None);
    let sizes = metastable(many.weights(queries).unwrap(), 0.01).unwrap();
    assert!(
        sizes
            .iter()
            .all(|size| size.count == 0 && size.effective > 149.0)
    );
}

/// (P16)
#[test]
fn entmax_of_extreme_scores() {
    let wild = normal(8, 10, 30).mul_scalar(400.0).clamp(-1000.0, 1000.0);
    let mild = normal(9, 10, 30);
    for scores in [wild, mild.clone()] {
        let mut support = vec![30; 10];
        for alpha in [1.1, 1.25, 1.5, 1.75, 2.0] {
            let p = host(entmax(scores.clone(), alpha));
            let shifted = host(entmax(scores.clone().add_scalar(3.0), alpha));
            assert_close(&shifted, &p, 1e-4, "shifted");
            for (row, support) in p.chunks_exact(30).zip(&mut support) {
                assert!(row.iter().all(|p| p.is_finite() && *p >= 0.0));
                assert!((row.iter().sum::<f32>() - 1.0).abs() <= 1e-6);
                let count = row.iter().filter(|p| **p > 0.0).count();
                assert!(count <= *support, "{count} above {support}");
                *support = count;
            }
        }
    }
    let soft = activation::softmax(mild.clone(), 1);
    let distance = |alpha| {
        let p = entmax(mild.clone(), alpha);
        host((p - soft.clone()).abs().max())[0]
    };
    // Half the distance of alpha to 1, half the difference.
    for (near, far) in [(1.02, 1.04), (1.04, 1.08)] {
        assert!(
            distance(near) < 0.6 * distance(far),
            "{} {}",
            distance(near),
            distance(far)
        );
    }
    let one = holding(&normal(1, 5, 4), FeatureScale::Raw, (1.0, 1.0), None);
    let huge = host(one.weights(normal(2, 3, 4).mul_scalar(1000.0)).unwrap());
    assert!(huge.iter().all(|p| p.is_finite()));
}
