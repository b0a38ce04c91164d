//! Shared by the tests of all baselines.

use attractor_core::burn::tensor::Tensor;
use attractor_core::kernel::Tags;
use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Error, Outcome, Train};
pub(crate) use attractor_testing::{
    assert_close, device, host, normal_of as normal, normal_vec, permuted, tensor,
};

pub(crate) fn golden() -> Weights {
    attractor_testing::golden("memory_networks")
}

pub(crate) fn state(memory: &impl AssociativeMemory, cues: Tensor<2>) -> Vec<f32> {
    let recall = memory.read(cues).unwrap();
    let state = host(recall.state);
    assert!(state.iter().all(|value| value.is_finite()), "{state:?}");
    state
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
    check_names(&mut memory);
}

/// Three stored patterns of 4 columns have ids, are all ranked, and go by their ids.
fn check_names(memory: &mut dyn AssociativeMemory) {
    let cue = tensor(&[0.5, -0.25, 1.0, 0.0], 4);
    let Some(identify) = memory.as_identify() else {
        return;
    };
    let ids = identify.pattern_ids().unwrap().as_slice().to_vec();
    let found = &identify.nearest(cue.clone(), 9).unwrap()[0].candidates;
    let mut ranked: Vec<u64> = found.iter().map(|found| found.id).collect();
    assert!(found.is_sorted_by(|a, b| a.score >= b.score), "{found:?}");
    ranked.sort_unstable();
    assert_eq!((ranked, ids.len()), (ids.clone(), 3));
    let total: f64 = found.iter().filter_map(|found| found.probability).sum();
    assert!(total == 0.0 || (total - 1.0).abs() < 1e-6, "{total}");
    assert!(identify.nearest(cue.clone(), 0).is_err());
    let forget = memory.as_forget().unwrap();
    forget.remove_id(ids[1]).unwrap();
    assert_eq!(
        forget.remove_id(ids[1]),
        Err(Error::UnknownId { id: ids[1] })
    );
    let patterns = memory.stored_states().unwrap().narrow(0, 0, 1);
    let tags = Tags::labels(["again"]);
    let identify = memory.as_identify_mut().unwrap();
    identify.write_as(patterns, &tags).unwrap();
    let all = identify.pattern_ids().unwrap();
    assert_eq!(all.as_slice(), [ids[0], ids[2], ids[2] + 1]);
    assert_eq!(all.label(ids[2] + 1), Some("again"));
}

/// One pass, a state per row and no decoded data: recall without iteration.
pub(crate) fn check_single_pass(memory: &impl AssociativeMemory, cues: Tensor<2>) {
    let [rows, dim] = cues.dims();
    let recall = memory.read(cues).unwrap();
    assert_eq!(recall.outcomes, vec![Outcome::SinglePass; rows]);
    assert_eq!(recall.state.dims(), [rows, dim]);
    assert!(recall.decoded.is_none());
}

/// Losses of training on 20 patterns of 8 entries; each step reads them from freshly corrupted cues.
pub(crate) fn train(memory: &mut dyn Train, steps: u64, learning_rate: f64) -> Vec<f32> {
    let (n, dim) = (20, 8);
    let patterns = normal(4, "patterns", n, dim);
    let step = |step| {
        let cues = patterns.clone() + normal(step, "noise", n, dim).mul_scalar(0.1);
        let (stored, targets) = (patterns.clone(), patterns.clone());
        memory
            .train_step(stored, cues, targets, learning_rate)
            .unwrap()
    };
    (0..steps).map(step).collect()
}
