use attractor_core::{AssociativeMemory, Complete, Error, Forget, Outcome, Recognise};
use attractor_testing::{device, host, normal_vec, tensor};

use super::*;
use crate::ensembles::{self, Ensemble};
use crate::linalg::col;

const N: usize = 30;

/// Patterns of three subspaces, one after the other.
fn patterns(count: usize) -> Vec<f32> {
    let each = (0..3 * count).flat_map(|i| {
        let own = ensembles::subspace(Ensemble::Gaussian, N, 4, (i % 3) as u64).unwrap();
        let drawn = normal_vec(1, &format!("pattern {i}"), 4);
        let coordinates: Vec<f64> = drawn.into_iter().map(f64::from).collect();
        let point = own.points(&[coordinates]).unwrap();
        col(&point, 0).iter().map(|x| *x as f32).collect::<Vec<_>>()
    });
    each.collect()
}

fn memory(values: &[f32]) -> SubspaceUnion {
    let config = SubspaceUnionConfig {
        subspaces: 3,
        ..SubspaceUnionConfig::new(N)
    };
    let mut memory = config.init(&device()).unwrap();
    memory.write(tensor(values, N)).unwrap();
    memory
}

fn far(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .fold(0.0, |most, (a, b)| (a - b).abs().max(most))
}

/// The split is the planted one, and errors are corrected that one subspace of all of them could not.
#[test]
fn subspaces_are_told_apart() {
    let values = patterns(20);
    let memory = memory(&values);
    let split = memory.split().unwrap();
    assert_eq!(split.subspaces.len(), 3);
    assert!(split.cost < 1e-8, "{}", split.cost);
    for i in 3..60 {
        assert_eq!(split.members[i], split.members[i % 3]);
    }
    let mut cues = values[..N * 9].to_vec();
    cues.chunks_exact_mut(N)
        .for_each(|cue| (0..10).for_each(|k| cue[3 * k + 1] -= 3.0));
    let recall = memory.read(tensor(&cues, N)).unwrap();
    assert!(far(&host(recall.data()), &values[..N * 9]) < 1e-4);
    assert!(
        recall
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );
    let mut one = crate::SparseRecoveryConfig::new(N).init(&device()).unwrap();
    one.write(tensor(&values, N)).unwrap();
    let answers = host(one.read(tensor(&cues, N)).unwrap().data());
    assert!(far(&answers, &values[..N * 9]) > 0.1);
    let scores = host(memory.familiarity(tensor(&cues, N)).unwrap());
    assert!(scores.iter().all(|score| *score < 0.99));
}

#[test]
fn known_entries_must_single_out_a_subspace() {
    let values = patterns(20);
    let memory = memory(&values);
    let mut known = vec![0.0f32; N * 2];
    // Eight entries say which subspace; four fit all three.
    known[..8].fill(1.0);
    known[N..N + 4].fill(1.0);
    let recall = memory
        .complete(tensor(&values[..2 * N], N), tensor(&known, N))
        .unwrap();
    let answers = host(recall.data());
    assert!(far(&answers[..N], &values[..N]) < 1e-3);
    assert_ne!(recall.outcomes[1], Outcome::Converged);
}

/// A pattern removed is as one never written.
#[test]
fn patterns_are_forgotten_one_by_one() {
    let values = patterns(6);
    let mut whole = memory(&values);
    whole.remove(4).unwrap();
    let mut rest = values.clone();
    rest.drain(4 * N..5 * N);
    let other = memory(&rest);
    assert_eq!(host(whole.stored_states().unwrap()), rest);
    let cue = tensor(&values[..N], N);
    assert_eq!(
        host(whole.read(cue.clone()).unwrap().data()),
        host(other.read(cue).unwrap().data())
    );
    assert!(matches!(
        whole.remove(17),
        Err(Error::Index { len: 17, .. })
    ));
    whole.clear();
    assert!(matches!(whole.stored_states(), Err(Error::EmptyMemory)));
}

#[test]
fn mistakes_are_named() {
    let message = |config: SubspaceUnionConfig| config.init(&device()).unwrap_err().to_string();
    let usual = SubspaceUnionConfig::new(4);
    assert!(
        message(SubspaceUnionConfig { rank: 0, ..usual }).starts_with("SubspaceUnionConfig.rank")
    );
    let mut memory = usual.init(&device()).unwrap();
    assert_eq!(
        memory.read(tensor(&[0.0; 4], 4)).unwrap_err(),
        Error::EmptyMemory
    );
    assert!(memory.write(tensor(&[0.0; 3], 3)).is_err());
    assert!(memory.is_empty());
    // Nothing but zeros is one point.
    memory.write(tensor(&[0.0; 8], 4)).unwrap();
    let recall = memory.read(tensor(&[1.0, 0.0, 0.0, 0.0], 4)).unwrap();
    assert_eq!(recall.outcomes.len(), 1);
}
