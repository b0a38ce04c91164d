use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, HeteroAssociative, Merge, Outcome, Persist,
    Recognise, Restore,
};
use attractor_testing::{device, host, normal_vec, tensor};

use super::*;
use crate::ensembles::{self, Ensemble};
use crate::expander::Rule;
use crate::linalg::col;
use crate::recovery::Solver;
use crate::subspace::RankRule;

/// Patterns of a random subspace, as rows of single precision.
fn patterns(n: usize, r: usize, count: usize, seed: u64) -> Vec<f32> {
    let own = ensembles::subspace(Ensemble::Gaussian, n, r, seed).unwrap();
    let point = |i: usize| {
        let drawn = normal_vec(seed, &format!("pattern {i}"), r);
        let coordinates: Vec<f64> = drawn.into_iter().map(f64::from).collect();
        col(&own.points(&[coordinates]).unwrap(), 0)
            .iter()
            .map(|x| *x as f32)
            .collect::<Vec<_>>()
    };
    (0..count).flat_map(point).collect()
}

fn stored(config: SparseRecoveryConfig, values: &[f32]) -> SparseRecovery {
    let mut memory = config.init(&device()).unwrap();
    memory.write(tensor(values, config.dim)).unwrap();
    memory
}

fn far(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .fold(0.0, |most, (a, b)| (a - b).abs().max(most))
}

#[test]
fn wrong_entries_are_corrected() {
    let values = patterns(60, 15, 40, 1);
    let memory = stored(SparseRecoveryConfig::new(60), &values);
    assert_eq!((memory.len(), memory.subspace().unwrap().rank()), (40, 15));
    let mut cues = values[..60 * 5].to_vec();
    for (row, cue) in cues.chunks_exact_mut(60).enumerate() {
        for k in 0..row * 3 {
            cue[(7 * k + row) % 60] += 100.0 * (k as f32 + 1.0);
        }
    }
    let recall = memory.read(tensor(&cues, 60)).unwrap();
    let answers = host(recall.data());
    assert!(far(&answers, &values[..300]) < 1e-4);
    assert_eq!(recall.outcomes[0], Outcome::SinglePass);
    assert!(
        recall.outcomes[1..]
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );
    // Without errors bit for bit, and so are entries that are not in error.
    assert_eq!(answers[..60], values[..60]);
    assert_eq!(answers[60 + 10], cues[60 + 10]);
    let told = memory.recognise(&tensor(&cues, 60)).unwrap();
    assert_eq!(told[0], Recognition::Stored);
    assert_eq!(told[4], Recognition::Corrupted { errors: 12 });
    let noise = memory
        .recognise(&attractor_testing::normal(5, 3, 60))
        .unwrap();
    assert!(
        noise.iter().all(|own| *own == Recognition::Unknown),
        "{noise:?}"
    );
    let scores = host(memory.familiarity(tensor(&cues, 60)).unwrap());
    assert!(scores[0] > 0.999_99 && scores[1] < 0.9, "{scores:?}");
}

/// Which pattern, and how many were shown, does not matter once they span the subspace.
#[test]
fn capacity_does_not_count_patterns() {
    let values = patterns(40, 8, 60, 2);
    let few = stored(SparseRecoveryConfig::new(40), &values[..40 * 8]);
    let many = stored(SparseRecoveryConfig::new(40), &values);
    let mut cues = values.clone();
    cues.chunks_exact_mut(40)
        .enumerate()
        .for_each(|(i, cue)| cue[i % 40] = 9.0);
    for memory in [&few, &many] {
        let answers = host(memory.read(tensor(&cues, 40)).unwrap().data());
        assert!(far(&answers, &values) < 1e-4);
    }
    assert!(few.expected_capacity().unwrap() > 15.0);
    // Fewer patterns than dimensions: their span is held.
    let fewer = stored(SparseRecoveryConfig::new(40), &values[..40 * 5]);
    assert_eq!(fewer.subspace().unwrap().rank(), 5);
    let answers = host(fewer.read(tensor(&cues[..200], 40)).unwrap().data());
    assert!(far(&answers, &values[..200]) < 1e-4);
}

#[test]
fn writing_at_once_one_by_one_and_merging_agree() {
    let values = patterns(30, 9, 12, 3);
    let config = SparseRecoveryConfig {
        centred: true,
        ..SparseRecoveryConfig::new(30)
    };
    let whole = stored(config, &values);
    let mut single = config.init(&device()).unwrap();
    for row in values.chunks_exact(30) {
        single.write(tensor(row, 30)).unwrap();
    }
    let merged = stored(config, &values[..150])
        .merge(stored(config, &values[150..]))
        .unwrap();
    for other in [&single, &merged] {
        assert_eq!(other.len(), 12);
        let angle = whole
            .subspace()
            .unwrap()
            .sine_of_angle(other.subspace().unwrap());
        assert!(angle.unwrap() < 1e-6);
    }
    let other = SparseRecoveryConfig::new(30).init(&device()).unwrap();
    let refused = whole.merge(other).unwrap_err();
    assert!(matches!(refused, Error::Mismatch { what: "merge", .. }));
}

#[test]
fn known_entries_decide_or_it_is_said() {
    let values = patterns(40, 10, 30, 4);
    let memory = stored(SparseRecoveryConfig::new(40), &values);
    let mut cues = values[..160].to_vec();
    let mut known = vec![1.0f32; 160];
    // 15 known, one of them wrong; 10 known; 9 known; none known.
    known[15..40].fill(0.0);
    cues[3] += 5.0;
    known[50..80].fill(0.0);
    known[89..120].fill(0.0);
    known[120..160].fill(0.0);
    let recall = memory
        .complete(tensor(&cues, 40), tensor(&known, 40))
        .unwrap();
    let answers = host(recall.data());
    assert!(far(&answers[..80], &values[..80]) < 1e-3);
    assert_eq!(
        recall.outcomes,
        [
            Outcome::Converged,
            Outcome::SinglePass,
            Outcome::Underdetermined,
            Outcome::Underdetermined
        ]
    );
    assert_eq!(answers[80..89], cues[80..89]);
    assert!(answers[89..].iter().all(|x| *x == 0.0));
    let half = memory
        .complete(tensor(&cues, 40), tensor(&[0.5; 160], 40))
        .unwrap_err();
    assert_eq!(half.to_string(), "known: must hold 0 or 1, found 0.5");
}

#[test]
fn pairs_recall_each_other() {
    let config = SparseRecoveryConfig {
        keys: 25,
        ..SparseRecoveryConfig::new(40)
    };
    let values = patterns(40, 10, 20, 5);
    let side = |range: std::ops::Range<usize>| -> Vec<f32> {
        values
            .chunks_exact(40)
            .flat_map(|row| row[range.clone()].to_vec())
            .collect()
    };
    let (keys, others) = (side(0..25), side(25..40));
    let mut memory = config.init(&device()).unwrap();
    memory
        .write_pairs(tensor(&keys, 25), tensor(&others, 15))
        .unwrap();
    let mut wrong = keys.clone();
    wrong.chunks_exact_mut(25).for_each(|key| key[4] = -3.0);
    let recall = memory.recall_values(tensor(&wrong, 25)).unwrap();
    assert_eq!(recall.state.dims(), [20, 15]);
    assert!(far(&host(recall.state), &others) < 1e-3);
    let recall = memory.recall_keys(tensor(&others, 15)).unwrap();
    assert!(far(&host(recall.state), &keys) < 1e-3);
    let refused = memory.write_pairs(tensor(&keys[..25], 25), tensor(&others, 15));
    assert!(matches!(
        refused,
        Err(Error::Rows {
            expected: 1,
            found: 20,
            ..
        })
    ));
    let mut plain = SparseRecoveryConfig::new(4).init(&device()).unwrap();
    assert!(plain.as_hetero_associative().is_none());
    let refused = plain
        .write_pairs(tensor(&[1.0], 1), tensor(&[1.0], 1))
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("SparseRecoveryConfig.keys: must be at least 1")
    );
}

/// Sparse constraints are learned, decoded on, and saved.
#[test]
fn sparse_constraints_serve() {
    let truth = ensembles::bernoulli(8, 70, 0.3, ensembles::Weights::Gaussian, 6).unwrap();
    let hidden = crate::Subspace::null_of(truth.as_ref()).unwrap();
    let point = |i: usize| {
        let drawn = normal_vec(6, &format!("point {i}"), hidden.rank());
        let coordinates: Vec<f64> = drawn.into_iter().map(f64::from).collect();
        col(&hidden.points(&[coordinates]).unwrap(), 0)
            .iter()
            .map(|x| *x as f32)
            .collect::<Vec<_>>()
    };
    let values: Vec<f32> = (0..200).flat_map(point).collect();
    let mut config = SparseRecoveryConfig {
        sparse: true,
        ..SparseRecoveryConfig::new(70)
    };
    // Single precision leaves ratios that agree to no more than about 1e-6.
    config.decoder.rule = Rule::TwoAgree;
    let memory = stored(config, &values);
    let graph = memory.sparse_constraints().expect("a full set of rows");
    assert_eq!(graph.constraint_count(), 8);
    let mut cues = values[..70 * 20].to_vec();
    cues.chunks_exact_mut(70)
        .enumerate()
        .for_each(|(i, cue)| cue[3 * i] += 2.0);
    let recall = memory.read(tensor(&cues, 70)).unwrap();
    let answers = host(recall.data());
    for (row, (answer, value)) in answers
        .chunks_exact(70)
        .zip(values.chunks_exact(70))
        .enumerate()
    {
        let right = far(answer, value) < 1e-3;
        assert!(right || recall.outcomes[row] != Outcome::Converged, "{row}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.safetensors");
    memory.save(&path).unwrap();
    let loaded = SparseRecovery::load(&path, &device()).unwrap();
    assert_eq!(loaded.sparse_constraints(), memory.sparse_constraints());
}

#[test]
fn files_hold_everything() {
    let values = patterns(20, 6, 9, 7);
    let config = SparseRecoveryConfig {
        solver: Solver::HardThresholding(2),
        rank: RankRule::Energy(0.999),
        ..SparseRecoveryConfig::new(20)
    };
    let memory = stored(config, &values);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.safetensors");
    memory.save(&path).unwrap();
    let loaded = SparseRecovery::load(&path, &device()).unwrap();
    assert_eq!((loaded.config(), loaded.len()), (&config, 9));
    let mut cues = values.clone();
    cues[5] = 3.0;
    let answer = |memory: &SparseRecovery| host(memory.read(tensor(&cues, 20)).unwrap().data());
    assert_eq!(answer(&memory), answer(&loaded));
    let empty = config.init(&device()).unwrap();
    empty.save(&path).unwrap();
    assert!(SparseRecovery::load(&path, &device()).unwrap().is_empty());
    std::fs::write(&path, b"none").unwrap();
    let message = SparseRecovery::load(&path, &device())
        .unwrap_err()
        .to_string();
    assert!(message.contains("expected a safetensors file"), "{message}");
}

/// Patterns that span everything leave no constraint, and that is said.
#[test]
fn too_many_patterns_are_said() {
    let memory = stored(SparseRecoveryConfig::new(5), &normal_vec(1, "all", 30));
    let recall = memory.read(attractor_testing::normal(2, 3, 5)).unwrap();
    assert!(
        recall
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Underdetermined)
    );
    let told = memory
        .recognise(&attractor_testing::normal(2, 1, 5))
        .unwrap();
    assert_eq!(told, [Recognition::Undecided]);
}

#[test]
fn bad_input_stores_nothing() {
    let mut memory = SparseRecoveryConfig::new(3).init(&device()).unwrap();
    assert_eq!(
        memory.read(tensor(&[0.0; 3], 3)).unwrap_err(),
        Error::EmptyMemory
    );
    assert_eq!(
        memory.familiarity(tensor(&[0.0; 3], 3)).unwrap_err(),
        Error::EmptyMemory
    );
    let wide = memory.write(tensor(&[0.0; 4], 4)).unwrap_err();
    assert_eq!(
        wide.to_string(),
        "patterns: expected shape [n, 3], found [1, 4]"
    );
    let nan = memory.write(tensor(&[0.0, f32::NAN, 0.0], 3)).unwrap_err();
    assert!(
        nan.to_string()
            .starts_with("patterns: expected finite numbers, found NaN")
    );
    assert!(memory.is_empty());
    memory.write(tensor(&[1.0, 2.0, 3.0], 3)).unwrap();
    assert!(matches!(
        memory.stored_states(),
        Err(Error::Unsupported { .. })
    ));
    assert!(matches!(memory.remove(0), Err(Error::Unsupported { .. })));
    assert!(matches!(
        memory.remove(1),
        Err(Error::Index {
            len: 1,
            index: 1,
            ..
        })
    ));
    // Numbers at the end of single precision come back as numbers.
    let recall = memory.read(tensor(&[3.0e38, -3.0e38, 3.0e38], 3)).unwrap();
    assert!(host(recall.data()).iter().all(|x| x.is_finite()));
    memory.clear();
    assert!(memory.is_empty());
    let message = |config: SparseRecoveryConfig| config.init(&device()).unwrap_err().to_string();
    let usual = SparseRecoveryConfig::new(3);
    assert!(message(SparseRecoveryConfig::new(0)).contains("SparseRecoveryConfig.dim"));
    assert!(message(SparseRecoveryConfig { keys: 3, ..usual }).contains("must leave entries"));
    let noisy = SparseRecoveryConfig {
        noise: 1.0,
        solver: Solver::Irls,
        ..usual
    };
    assert!(message(noisy).contains("must be 0 for every solver but `admm`"));
}

/// An approximate subspace with noise allowed for: answers are as good as the noise.
#[test]
fn noisy_patterns_are_recalled_approximately() {
    let mut values = patterns(50, 8, 300, 8);
    let noise = normal_vec(8, "noise", values.len());
    values
        .iter_mut()
        .zip(&noise)
        .for_each(|(x, e)| *x += 0.01 * e);
    let config = SparseRecoveryConfig {
        rank: RankRule::LargestGap,
        noise: 1.3,
        ..SparseRecoveryConfig::new(50)
    };
    let memory = stored(config, &values);
    assert_eq!(memory.subspace().unwrap().rank(), 8);
    let mut cues = values[..500].to_vec();
    cues.chunks_exact_mut(50)
        .for_each(|cue| (0..5).for_each(|k| cue[9 * k] += 4.0));
    let recall = memory.read(tensor(&cues, 50)).unwrap();
    assert!(
        recall
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );
    assert!(far(&host(recall.data()), &values[..500]) < 0.3);
}
