//! A change that ends between any two of its operations on files leaves the store before it or after it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::disk::Disk;
use crate::disk::fault::{After, Fault};
use crate::{Annotations, Column, Kind, Precision, Store, StoreConfig};

const DIM: usize = 3;

/// Everything that a store holds.
#[derive(Debug, Clone, PartialEq)]
struct Content(Vec<(u64, Option<String>, Vec<f32>, String)>);

fn content(store: &Store) -> Content {
    let chunks = store.snapshot().chunks(100).map(Result::unwrap);
    let mut all = Vec::new();
    for chunk in chunks {
        let records = store.snapshot().records(&chunk.ids).unwrap();
        for (row, record) in records.into_iter().enumerate() {
            assert_eq!(record.label, chunk.labels[row]);
            all.push((
                record.id,
                record.label,
                chunk.patterns[row * DIM..(row + 1) * DIM].to_vec(),
                format!("{:?}", record.payload),
            ));
        }
    }
    Content(all)
}

fn config() -> StoreConfig {
    StoreConfig::new(DIM, Precision::F16)
        .with_field("year", Kind::Whole)
        .with_specification("variance = 0.5")
}

fn batch(store: &mut Store, rows: usize, seed: usize) -> crate::Result<Vec<u64>> {
    let values: Vec<f32> = (0..rows * DIM)
        .map(|at| ((at + seed) % 17) as f32)
        .collect();
    let labels = (0..rows).map(|row| (row % 2 == 0).then(|| format!("{seed}/{row}")));
    let years = (0..rows).map(|row| (row % 3 != 0).then_some(row as i64));
    let beside = Annotations::default()
        .with_labels(labels)
        .with_column("year", Column::Whole(years.collect()));
    store.append_rows(&values, &beside)
}

/// A store of several segments with holes.
fn start(folder: &Path) {
    let mut store = Store::create(folder, config()).unwrap();
    for seed in 0..3 {
        batch(&mut store, 7, seed).unwrap();
    }
    store.delete(&[1, 8, 9, 20]).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Ends the change after none, one, two, ... of its operations, until it comes to its own end. `states` are those that
/// may be left. Says how many operations it has.
fn after_every_operation(
    after: After,
    change: impl Fn(&mut Store) -> crate::Result<()>,
    is_state: impl Fn(&Content, &Content, &Content) -> bool,
) -> u64 {
    let place = tempfile::tempdir().unwrap();
    let before_folder = place.path().join("before");
    start(&before_folder);
    let before = content(&Store::open(&before_folder).unwrap());
    let after_folder = place.path().join("after");
    copy(&before_folder, &after_folder);
    let mut store = Store::open(&after_folder).unwrap();
    change(&mut store).unwrap();
    let end = content(&store);
    let mut seen_after = false;
    for operations in 0.. {
        let folder = place.path().join(format!("{operations}"));
        copy(&before_folder, &folder);
        let fault = Arc::new(Fault::after(operations, after));
        let disk = Disk {
            fault: Some(fault.clone()),
        };
        let mut store = Store::open_on(&folder, disk).unwrap();
        let result = change(&mut store);
        if !fault.struck() {
            result.unwrap();
            assert!(seen_after && operations > 8, "{operations}");
            return operations;
        }
        // The handle itself shows a whole state, too: it may lag behind, and does not make one up.
        assert!(is_state(&content(&store), &before, &end));
        if after == After::PowerCut {
            drop(store);
            fault.cut_power();
        }
        let mut again = Store::open(&folder).unwrap();
        again.verify().unwrap();
        let found = content(&again);
        assert!(is_state(&found, &before, &end), "{operations}: {found:?}");
        // What was acknowledged is there.
        if result.is_ok() {
            assert_eq!(found, end, "{operations}");
        }
        seen_after |= found == end;
        // Nobody is hindered by what is left, and nothing of it stays.
        let next = again.next_id();
        assert_eq!(batch(&mut again, 2, 50).unwrap(), [next, next + 1]);
        let named = again.manifest.segments.len() + again.manifest.deletions.len();
        let files = fs::read_dir(&folder).unwrap().count();
        assert_eq!(files, named + 2, "manifest, lock and what is named");
        if after == After::OneFailure {
            // The first handle goes on as well.
            let mut store = Store::open(&folder).unwrap();
            change(&mut store).ok();
            store.verify().unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
    }
    unreachable!("operations are counted up")
}

fn old_or_new(found: &Content, before: &Content, end: &Content) -> bool {
    found == before || found == end
}

const ALL: [After; 3] = [After::Nothing, After::PowerCut, After::OneFailure];

#[test]
fn an_append_that_ends_anywhere_is_whole_or_was_never() {
    for after in ALL {
        let change = |store: &mut Store| batch(store, 5, 9).map(|_| ());
        after_every_operation(after, change, old_or_new);
    }
}

#[test]
fn a_deletion_that_ends_anywhere_is_whole_or_was_never() {
    for after in ALL {
        let change = |store: &mut Store| store.delete(&[0, 2, 19]);
        after_every_operation(after, change, old_or_new);
    }
}

#[test]
fn a_compaction_that_ends_anywhere_changes_nothing_that_is_stored() {
    for after in ALL {
        // Two segments together, then the third: three changes of the manifest.
        let change = |store: &mut Store| store.compact_to(12 * 2 * DIM as u64).map(|_| ());
        let same = |found: &Content, before: &Content, end: &Content| {
            assert_eq!(before, end);
            found == before
        };
        after_every_operation(after, change, same);
    }
}

#[test]
fn a_store_that_is_not_quite_made_can_be_made() {
    let place = tempfile::tempdir().unwrap();
    for operations in 0.. {
        let folder = place.path().join(format!("{operations}"));
        let fault = Arc::new(Fault::after(operations, After::PowerCut));
        let disk = Disk {
            fault: Some(fault.clone()),
        };
        let made = Store::create_on(&folder, config(), disk);
        if !fault.struck() {
            made.unwrap();
            assert!(operations > 4);
            return;
        }
        fault.cut_power();
        match Store::open(&folder) {
            Ok(store) => assert!(store.is_empty()),
            Err(crate::Error::Missing { .. }) => {
                Store::create(&folder, config()).unwrap();
            }
            Err(other) => panic!("{operations}: {other}"),
        }
    }
}

#[test]
fn a_failure_after_the_manifest_is_replaced_keeps_the_new_files() {
    // The folder cannot be synchronised once, right after the rename: the change is there all the same.
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("store");
    start(&folder);
    for operations in 0.. {
        let fault = Arc::new(Fault::after(operations, After::OneFailure));
        let disk = Disk {
            fault: Some(fault.clone()),
        };
        let mut store = Store::open_on(&folder, disk).unwrap();
        let before = store.len();
        let result = batch(&mut store, 4, 3);
        if !fault.struck() {
            break;
        }
        // The same handle, after its failure, finds what became of it and goes on.
        let added = batch(&mut store, 1, 4).unwrap();
        let kept = store.len() - before - 1;
        assert!(kept == 4 || (kept == 0 && result.is_err()), "{kept}");
        assert!(store.snapshot().contains(added[0]).unwrap());
        Store::open(&folder).unwrap().verify().unwrap();
    }
}
