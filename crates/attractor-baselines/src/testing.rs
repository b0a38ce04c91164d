//! Shared by the tests of all baselines.

use attractor_core::burn::tensor::{Device, Tensor, TensorData};
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Backend, Error, Outcome, rng};

pub(crate) fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

pub(crate) fn golden() -> Weights {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/golden/memory_networks.safetensors"
    );
    Weights::read(path.as_ref()).unwrap()
}

pub(crate) fn tensor(values: &[f32], dim: usize) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), [values.len() / dim, dim]),
        &device(),
    )
}

pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

pub(crate) fn normal_vec(seed: u64, purpose: &str, len: usize) -> Vec<f32> {
    rng::normal_vec(&mut rng::stream(seed, purpose), len)
}

pub(crate) fn normal(seed: u64, purpose: &str, rows: usize, dim: usize) -> Tensor<2> {
    tensor(&normal_vec(seed, purpose, rows * dim), dim)
}

pub(crate) fn assert_close(ours: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= tolerance,
            "{what}[{i}]: ours {a}, expected {b}"
        );
    }
}

pub(crate) fn state(memory: &impl AssociativeMemory, cues: Tensor<2>) -> Vec<f32> {
    let recall = memory.read(cues).unwrap();
    let state = host(recall.state);
    assert!(state.iter().all(|value| value.is_finite()), "{state:?}");
    state
}

/// Rows of `values` in another order.
pub(crate) fn permuted(values: &[f32], dim: usize, seed: u64) -> Vec<f32> {
    rng::permutation(&mut rng::stream(seed, "permutation"), values.len() / dim)
        .into_iter()
        .flat_map(|row| values[row * dim..(row + 1) * dim].to_vec())
        .collect()
}

/// The errors and invariants every memory shares. `fresh` makes an empty memory of 4 columns.
pub(crate) fn check_contract<M: AssociativeMemory>(fresh: impl Fn() -> M) {
    let mut memory = fresh();
    let cue = tensor(&[0.5, -0.25, 1.0, 0.0], 4);
    assert_eq!(
        (memory.len(), memory.dim(), memory.is_empty()),
        (0, 4, true)
    );
    assert_eq!(memory.read(cue.clone()).unwrap_err(), Error::EmptyMemory);
    assert_eq!(memory.stored_states().unwrap_err(), Error::EmptyMemory);
    let wrong = tensor(&[1.0, 2.0, 3.0], 3);
    let nan = tensor(&[0.0, 0.0, 0.0, 0.0, 1.0, f32::NAN, 0.0, 0.0], 4);
    let none = tensor(&[], 4);
    assert_eq!(
        memory.write(wrong.clone()).unwrap_err().to_string(),
        "patterns: expected shape [n, 4], found [1, 3]"
    );
    assert_eq!(
        memory.write(nan.clone()).unwrap_err().to_string(),
        "patterns: expected finite numbers, found NaN at row 1, column 1"
    );
    assert_eq!(
        memory.write(none.clone()).unwrap_err(),
        Error::EmptyBatch {
            what: "patterns",
            width: 4
        }
    );
    assert!(memory.is_empty(), "a refused write must store nothing");

    let patterns = normal_vec(9, "contract", 12);
    memory.write(tensor(&patterns, 4)).unwrap();
    assert_eq!(
        memory.read(wrong).unwrap_err().to_string(),
        "cues: expected shape [n, 4], found [1, 3]"
    );
    assert_eq!(
        memory.read(nan).unwrap_err().to_string(),
        "cues: expected finite numbers, found NaN at row 1, column 1"
    );
    assert_eq!(
        memory.read(none).unwrap_err(),
        Error::EmptyBatch {
            what: "cues",
            width: 4
        }
    );
    assert_eq!(memory.len(), 3);
    assert_eq!(host(memory.stored_states().unwrap()), patterns);
    // Zero and huge but finite cues never give NaN, nor do gradients ride along.
    let extremes = tensor(
        &[
            0.0, 0.0, 0.0, 0.0, 1e30, -1e30, 3e38, 1.0, 1e-40, 0.0, 0.0, 0.0,
        ],
        4,
    );
    let recall = memory.read(extremes.clone().autodiff()).unwrap();
    assert!(!recall.state.is_autodiff());
    assert_eq!(recall.len(), 3);
    assert!(host(recall.state).iter().all(|value| value.is_finite()));
    // Nor do they change the answer to a modest cue beside them.
    let alone = host(memory.read(cue.clone()).unwrap().state);
    let beside = memory.read(Tensor::cat(vec![cue, extremes], 0)).unwrap();
    assert_close(
        &host(beside.state)[..4],
        &alone,
        1e-6,
        "beside extreme cues",
    );
}

/// One pass, a state per row and no decoded data: recall without iteration.
pub(crate) fn check_single_pass(memory: &impl AssociativeMemory, cues: Tensor<2>) {
    let [rows, dim] = cues.dims();
    let recall = memory.read(cues).unwrap();
    assert_eq!(recall.outcomes, vec![Outcome::SinglePass; rows]);
    assert_eq!(recall.state.dims(), [rows, dim]);
    assert!(recall.decoded.is_none());
}
