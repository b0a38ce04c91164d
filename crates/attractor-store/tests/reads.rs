//! Reads out of core against the same reads in memory.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use attractor_core::burn::tensor::{Device, Tensor};
use attractor_core::kernel::{self, PatternStore, Score};
use attractor_core::{Backend, Error as CoreError, check, rng};
use attractor_store::{Annotations, Error, Precision, ReadOptions, Snapshot, Store, StoreConfig};

const DIM: usize = 12;
const SCORES: [Score; 3] = [
    Score::Dot { beta: 0.7 },
    Score::SquaredDistance { variance: 0.05 },
    Score::SquaredDistance { variance: 40.0 },
];

fn device() -> Device {
    Backend::Flex.open().unwrap()
}

fn normal(name: &'static str, rows: usize) -> Vec<f32> {
    let tensor = rng::normal::<2>(&mut rng::stream(3, name), [rows, DIM], &device());
    check::to_host(tensor).unwrap()
}

fn tensor(values: Vec<f32>) -> Tensor<2> {
    check::from_host("rows", values, DIM, &device()).unwrap()
}

/// Four segments with holes, one of them gone, one that was compacted, ids with gaps; and the same in memory.
fn both(precision: Precision) -> (tempfile::TempDir, Store, PatternStore, Vec<u64>) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store");
    let mut store = Store::create(path, StoreConfig::new(DIM, precision)).unwrap();
    let values = normal("patterns", 2000);
    let mut ids = Vec::new();
    for (rows, part) in [
        (0..700, false),
        (700..705, true),
        (705..1500, true),
        (1500..2000, false),
    ] {
        let mut beside = Annotations::default();
        if part {
            let first = store.next_id();
            let gaps = (0..rows.len() as u64).map(|at| first + 2 * at + u64::from(at > 60));
            beside = beside.with_ids(gaps.collect::<Vec<_>>());
        }
        let part = &values[rows.start * DIM..rows.end * DIM];
        ids.extend(store.append_rows(part, &beside).unwrap());
        if rows.end == 705 {
            let dead: Vec<u64> = (10..300).filter(|id| id % 3 != 1).collect();
            store.delete(&dead).unwrap();
            store.compact().unwrap();
        }
    }
    let mut dead: Vec<u64> = ids[720..1300]
        .iter()
        .copied()
        .filter(|id| id % 5 < 2)
        .collect();
    dead.extend([ids[1500], ids[1501], ids[1999]]);
    store.delete(&dead).unwrap();
    let ids: Vec<u64> = ids
        .into_iter()
        .filter(|&id| store.snapshot().contains(id).unwrap())
        .collect();
    let living = store.snapshot().patterns(&ids).unwrap();
    let mut memory = PatternStore::new(DIM, &device()).unwrap();
    memory.push(tensor(living)).unwrap();
    assert_eq!(store.len(), ids.len() as u64);
    assert!(store.snapshot().is_raw());
    (place, store, memory, ids)
}

fn close(found: Tensor<2>, expected: Tensor<2>, at: &str) {
    let (found, expected) = (
        check::to_host(found).unwrap(),
        check::to_host(expected).unwrap(),
    );
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert!(
            (found - expected).abs() < 1e-5,
            "{at}: {found}, in memory {expected}"
        );
    }
}

/// Cues near patterns, and one far from all.
fn cues() -> Tensor<2> {
    let mut cues = normal("patterns", 2000)[60 * DIM..64 * DIM].to_vec();
    cues.iter_mut().for_each(|value| *value += 0.03);
    cues.extend([3.0; DIM]);
    tensor(cues)
}

fn ways() -> [ReadOptions<'static>; 4] {
    [
        ReadOptions::new(),
        ReadOptions::new().chunk_bytes(1).readers(3),
        ReadOptions::new().chunk_bytes(97 * DIM * 4).readers(1),
        ReadOptions::new().chunk_bytes(64 * DIM * 4).readers(9),
    ]
}

#[test]
fn the_read_is_that_of_memory() {
    for precision in [Precision::F32, Precision::F16, Precision::Bf16] {
        let (_place, store, memory, ids) = both(precision);
        for score in SCORES {
            let expected = kernel::read(&memory, cues(), score).unwrap();
            for options in ways() {
                let at = format!("{precision}, {score:?}, {options:?}");
                let found = store.read(cues(), score, &options).unwrap();
                close(found.mean().unwrap(), expected.mean().unwrap(), &at);
                let evidence = |tensor: Tensor<1>| tensor.unsqueeze_dim(1);
                let relative = |tensor: Tensor<1>| evidence(tensor) / 10.0;
                close(
                    relative(found.log_evidence().unwrap()),
                    relative(expected.log_sum_exp().unwrap()),
                    &at,
                );
                let best = expected.best_indices().unwrap();
                assert_eq!(found.partial.best_indices().unwrap(), best, "{at}");
                assert!(
                    found.best.iter().eq(best.iter().map(|&index| &ids[index])),
                    "{at}"
                );
                assert_eq!(found.partial.count, ids.len());
            }
        }
    }
}

#[test]
fn the_best_are_those_of_memory() {
    for precision in [Precision::F32, Precision::F16, Precision::Bf16] {
        let (_place, store, memory, ids) = both(precision);
        for (score, k) in SCORES.into_iter().zip([1, 7, 5000]) {
            let expected = kernel::top(&memory, cues(), score, k).unwrap();
            for options in ways() {
                let found = store.top(cues(), score, k, &options).unwrap();
                let rows = expected.rows().zip(expected.log_evidence());
                for (found, (expected, evidence)) in found.iter().zip(rows) {
                    assert!((found.log_evidence - evidence).abs() < 1e-4);
                    assert_eq!(found.candidates.len(), expected.len());
                    for (found, expected) in found.candidates.iter().zip(&expected) {
                        assert_eq!(found.index, expected.index as u64);
                        assert_eq!(found.id, ids[expected.index]);
                        assert_eq!(found.score, expected.score);
                        assert!((found.probability - expected.probability).abs() < 1e-4);
                    }
                }
            }
        }
    }
}

/// In memory: patterns of which the unknown entries are 0, for each cue by itself.
fn completed(memory: &PatternStore, cue: &[f32], known: &[f32], score: Score) -> Tensor<2> {
    let mut keys = memory.to_host().unwrap();
    for row in keys.chunks_exact_mut(DIM) {
        row.iter_mut()
            .zip(known)
            .for_each(|(key, known)| *key *= known);
    }
    let keys = PatternStore::adopt(keys, DIM, &device()).unwrap();
    let cue = cue
        .iter()
        .zip(known)
        .map(|(cue, known)| cue * known)
        .collect();
    let read = kernel::read_with_values(&keys, memory, tensor(cue), score);
    read.unwrap().mean().unwrap()
}

#[test]
fn completion_compares_known_entries_alone() {
    let (_place, store, memory, _) = both(Precision::F32);
    let cues = check::to_host(cues()).unwrap();
    let rows = cues.len() / DIM;
    // Two alike, one with all, one with none, one with every other.
    let known = |row: usize, column: usize| match row {
        0 | 3 => column < 5,
        1 => true,
        2 => false,
        _ => column.is_multiple_of(2),
    };
    let known: Vec<f32> = (0..rows * DIM)
        .map(|at| f32::from(known(at / DIM, at % DIM)))
        .collect();
    for score in SCORES {
        for options in ways() {
            let found =
                store.complete(tensor(cues.clone()), tensor(known.clone()), score, &options);
            let found = found.unwrap();
            let mean = found.mean().unwrap();
            for row in 0..rows {
                let entries = row * DIM..(row + 1) * DIM;
                let expected = completed(&memory, &cues[entries.clone()], &known[entries], score);
                close(
                    mean.clone().narrow(0, row, 1),
                    expected,
                    &format!("{score:?}, row {row}"),
                );
            }
        }
    }
    // What is unknown does not matter.
    let mut other = cues.clone();
    other
        .iter_mut()
        .zip(&known)
        .for_each(|(cue, known)| *cue += (1.0 - known) * 9.0);
    let read = |cues| store.complete(tensor(cues), tensor(known.clone()), SCORES[1], &ways()[0]);
    close(
        read(other).unwrap().mean().unwrap(),
        read(cues.clone()).unwrap().mean().unwrap(),
        "",
    );
    let half = tensor(vec![0.5; cues.len()]);
    let error = store
        .complete(tensor(cues), half, SCORES[0], &ways()[0])
        .unwrap_err();
    assert!(error.to_string().contains("must hold 0 or 1"), "{error}");
}

#[test]
fn a_read_says_how_far_it_is_and_stops_when_told() {
    let (_place, store, _, _) = both(Precision::F32);
    let (calls, last) = (Cell::new(0), Cell::new(0));
    let stop = AtomicBool::new(false);
    let progress = |progress: attractor_store::Progress| {
        calls.set(calls.get() + 1);
        assert!(progress.patterns > last.get() && progress.of == store.len());
        last.set(progress.patterns);
        stop.store(calls.get() == 4, Ordering::Relaxed);
    };
    let options = ReadOptions::new()
        .chunk_bytes(50 * DIM * 4)
        .progress(&progress);
    store.read(cues(), SCORES[0], &options).unwrap();
    assert!(calls.get() > 10 && last.get() == store.len());
    calls.set(0);
    last.set(0);
    let error = store
        .top(cues(), SCORES[0], 3, &options.stop(&stop))
        .unwrap_err();
    match error {
        Error::Stopped { patterns, of } => assert_eq!((patterns, of), (last.get(), store.len())),
        other => panic!("{other}"),
    }
    assert_eq!(calls.get(), 4);
}

#[test]
fn bad_cues_are_refused() {
    let (_place, store, _, _) = both(Precision::F32);
    let options = ReadOptions::new();
    let nothing = Tensor::<2>::zeros([0, DIM], &device());
    let narrow = Tensor::<2>::zeros([1, DIM - 1], &device());
    let nan = tensor(vec![f32::NAN; DIM]);
    for cues in [nothing, narrow, nan] {
        assert!(matches!(
            store.read(cues.clone(), SCORES[0], &options).unwrap_err(),
            Error::Core(_)
        ));
        assert!(matches!(
            store.top(cues, SCORES[0], 1, &options).unwrap_err(),
            Error::Core(_)
        ));
    }
    let error = store.top(cues(), SCORES[0], 0, &options).unwrap_err();
    assert!(error.to_string().starts_with("k: "), "{error}");
    let cold = Score::Dot { beta: 0.0 };
    assert!(store.read(cues(), cold, &options).is_err());
    let empty = tempfile::tempdir().unwrap();
    let empty = Store::create(empty.path(), StoreConfig::new(DIM, Precision::F32)).unwrap();
    let error = empty.read(cues(), SCORES[0], &options).unwrap_err();
    assert!(matches!(error, Error::Core(CoreError::EmptyMemory)));
}

/// The ids of the best, for comparing.
fn best(snapshot: &Snapshot) -> Vec<u64> {
    snapshot
        .read(cues(), SCORES[1], &ReadOptions::new())
        .unwrap()
        .best
}

#[test]
fn snapshots_outlive_compactions() {
    let (_place, mut store, _, _) = both(Precision::F32);
    let before = store.snapshot().clone();
    let found = best(&before);
    store
        .delete(&found.iter().copied().take(2).collect::<Vec<_>>())
        .unwrap();
    store.compact().unwrap();
    assert_eq!(best(&before), found);
    assert_ne!(best(store.snapshot()), found);
    assert!(before.generation() < store.snapshot().generation());
}
