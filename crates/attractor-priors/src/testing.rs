//! Shared by the tests of all priors.

use attractor_core::burn::tensor::Tensor;
use attractor_core::{MemoryPrior, rng};
pub(crate) use attractor_testing::{
    assert_relatively_close as assert_close, device, golden, host, normal, tensor,
};

/// Golden iterations: `{name}_iter1` and `{name}_iter10` from the golden cue.
pub(crate) fn check_golden_iterations(prior: &mut dyn MemoryPrior, name: &str) {
    let golden = golden("priors");
    prior
        .store(golden.tensor("memory", [16, 8], &device()).unwrap())
        .unwrap();
    let mut state = golden.tensor("cue", [5, 8], &device()).unwrap();
    for step in 1..=10 {
        state = prior.attract(state).unwrap();
        if step == 1 || step == 10 {
            let key = format!("{name}_iter{step}");
            assert_close(
                &host(state.clone()),
                golden.values(&key).unwrap(),
                1e-5,
                &key,
            );
        }
    }
}

/// The gradient by hand, by finite differences of the energy, and the shared passes.
pub(crate) fn check_gradient(prior: &dyn MemoryPrior, states: Tensor<2>, tolerance: f32) {
    let [rows, dim] = states.dims();
    let gradient = host(prior.gradient(states.clone()).unwrap());
    let (again, energy) = prior.gradient_with_energy(states.clone()).unwrap();
    assert_close(&host(again), &gradient, 1e-5, "gradient_with_energy");
    assert_close(
        &host(energy),
        &host(prior.energy(states.clone()).unwrap()),
        1e-6,
        "energy of gradient_with_energy",
    );
    let values = host(states);
    let h = 5e-3f32;
    for p in 0..dim {
        let shifted = |by: f32| {
            let mut values = values.clone();
            values
                .iter_mut()
                .skip(p)
                .step_by(dim)
                .for_each(|value| *value += by);
            host(prior.energy(tensor(&values, dim)).unwrap())
        };
        let (up, down) = (shifted(h), shifted(-h));
        for row in 0..rows {
            let slope = (up[row] - down[row]) / (2.0 * h);
            let ours = gradient[row * dim + p];
            assert!(
                (slope - ours).abs() <= tolerance * slope.abs().max(1.0),
                "row {row} entry {p}: gradient {ours}, finite difference {slope}"
            );
        }
    }
}

/// `attract` never increases the energy and stays in the box spanned by the codes.
pub(crate) fn check_descent(prior: &dyn MemoryPrior, start: Tensor<2>) {
    let dim = prior.dim();
    let codes = host(prior.codes_for("the test").unwrap());
    let (mut low, mut high) = (vec![f32::MAX; dim], vec![f32::MIN; dim]);
    for code in codes.chunks_exact(dim) {
        for p in 0..dim {
            low[p] = low[p].min(code[p]);
            high[p] = high[p].max(code[p]);
        }
    }
    let mut state = start;
    let mut before = host(prior.energy(state.clone()).unwrap());
    for _ in 0..8 {
        let (next, energy) = prior.attract_with_energy(state.clone()).unwrap();
        assert_close(
            &host(energy),
            &before,
            1e-5,
            "energy of attract_with_energy",
        );
        state = next;
        let after = host(prior.energy(state.clone()).unwrap());
        for (after, before) in after.iter().zip(&before) {
            assert!(
                *after <= before + 1e-5 * before.abs().max(1.0),
                "{after} above {before}"
            );
        }
        before = after;
        for row in host(state.clone()).chunks_exact(dim) {
            for p in 0..dim {
                assert!(row[p] >= low[p] - 1e-5 && row[p] <= high[p] + 1e-5);
            }
        }
    }
}

/// Permuting the codes changes nothing; writing them twice leaves the fixed points in place.
pub(crate) fn check_order_and_repetition(make: &dyn Fn() -> Box<dyn MemoryPrior>, seed: u64) {
    let (n, dim) = (23, make().dim());
    let codes = host(normal(seed, n, dim));
    let states = normal(seed + 1, 6, dim);
    let mut plain = make();
    plain.store(tensor(&codes, dim)).unwrap();
    let mut shuffled = make();
    for k in rng::permutation(&mut rng::stream(seed, "order"), n) {
        shuffled
            .store(tensor(&codes[k * dim..(k + 1) * dim], dim))
            .unwrap();
    }
    let mut twice = make();
    twice.store(tensor(&codes, dim)).unwrap();
    twice.store(tensor(&codes, dim)).unwrap();
    let expected = host(plain.attract(states.clone()).unwrap());
    assert_close(
        &host(shuffled.attract(states.clone()).unwrap()),
        &expected,
        1e-5,
        "permuted",
    );
    assert_close(
        &host(twice.attract(states).unwrap()),
        &expected,
        1e-5,
        "written twice",
    );
}

/// Empty, one code, wrong width.
pub(crate) fn check_edges(mut prior: Box<dyn MemoryPrior>) {
    use attractor_core::Error;
    let dim = prior.dim();
    let cue = normal(9, 3, dim);
    assert_eq!(prior.attract(cue.clone()).unwrap_err(), Error::EmptyMemory);
    assert_eq!(prior.energy(cue.clone()).unwrap_err(), Error::EmptyMemory);
    assert_eq!(prior.codes_for("the test").unwrap_err(), Error::EmptyMemory);
    let one = normal(10, 1, dim);
    prior.store(one.clone()).unwrap();
    let answer = host(prior.attract(cue).unwrap());
    for row in answer.chunks_exact(dim) {
        assert_eq!(row, host(one.clone()));
    }
    let wide = normal(11, 2, dim + 1);
    let expected = Error::Width {
        what: "states",
        expected: dim,
        rows: 2,
        found: dim + 1,
    };
    let found = prior.attract(wide.clone()).unwrap_err();
    assert_eq!(
        found.to_string().split_once(": ").unwrap().1,
        expected.to_string().split_once(": ").unwrap().1
    );
    assert!(prior.store(wide).is_err());
    assert_eq!(prior.len(), 1);
    prior.stored_mut().unwrap().remove(0).unwrap();
    assert_eq!(
        prior.attract(normal(12, 1, dim)).unwrap_err(),
        Error::EmptyMemory
    );
}
