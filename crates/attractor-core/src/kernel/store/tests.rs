//! Blocks of a store.

use super::*;
use crate::backend::Backend;
use crate::kernel::Tags;

const DIM: usize = 2;

fn store() -> PatternStore {
    let device = Backend::available()[0].open().unwrap();
    let store = PatternStore::new(DIM, &device).unwrap();
    store.with_block_rows(3).unwrap()
}

fn rows(rows: std::ops::Range<usize>) -> Vec<f32> {
    (rows.start * DIM..rows.end * DIM)
        .map(|v| v as f32)
        .collect()
}

/// A store whose blocks are tensors, as on devices.
fn of_tensors(count: usize) -> PatternStore {
    let mut store = store();
    store.squared_norms = vec![0.0; count];
    store.ids.push(count, &Tags::default()).unwrap();
    for part in [0..count / 2, count / 2..count] {
        store.append_device(&rows(part));
    }
    store
}

#[test]
fn blocks_do_not_depend_on_how_rows_are_pushed() {
    for count in 1..14 {
        for first in 0..=count {
            let mut pieces = store();
            for part in [0..first, first..count] {
                if !part.is_empty() {
                    let part = upload(&rows(part), DIM, &pieces.device);
                    pieces.push(part).unwrap();
                }
            }
            let blocks = pieces.host_rows().unwrap();
            let expected = rows(0..count);
            let expected: Vec<Rows<'_>> = expected.chunks(3 * DIM).map(Rows::Single).collect();
            assert_eq!(blocks, expected, "{first} of {count}");
            assert_eq!(pieces.len(), count);
            let tensors = of_tensors(count).blocks;
            let sizes: Vec<usize> = tensors.iter().map(|block| block.rows(DIM)).collect();
            let expected: Vec<usize> = expected.iter().map(|block| block.numbers() / DIM).collect();
            assert_eq!(sizes, expected);
        }
    }
}

#[test]
fn select_gathers_runs_across_tensors() {
    let store = of_tensors(11);
    for indices in [
        &[4][..],
        &[2, 3],
        &[0, 1, 2, 3, 4, 5, 6, 7],
        &[10, 9, 3, 4, 4, 0],
    ] {
        let found = check::to_host(store.select(indices).unwrap()).unwrap();
        let expected: Vec<f32> = indices.iter().flat_map(|&i| rows(i..i + 1)).collect();
        assert_eq!(found, expected, "{indices:?}");
    }
}

/// What is removed does not stay behind in memory that the store goes on using, nor in its file.
#[test]
fn removed_numbers_are_gone() {
    const MARK: f32 = 12_345.678;
    for at in [0, 1, 2, 4] {
        let mut store = store();
        let mut values = rows(0..5);
        values[at * DIM..(at + 1) * DIM].fill(MARK);
        let tensor = upload(&values, DIM, &store.device);
        let labels = (0..5).map(|row| format!("label {row}"));
        store.push_as(tensor, &Tags::labels(labels)).unwrap();
        let marked = store.squared_norms[at];
        store.remove_id(at as u64).unwrap();
        let capacity = |values: &Vec<f32>| -> Vec<f32> {
            let from = values.as_ptr();
            // Safety: rows were pushed and removed, none more than there is room for, so that everything up to the
            // length before the removal has been written.
            let written = values.capacity().min(values.len() + DIM);
            unsafe { std::slice::from_raw_parts(from, written) }.to_vec()
        };
        for block in &store.blocks {
            let Block::Host(block) = block else {
                panic!("a block of a device");
            };
            assert!(!capacity(block).contains(&MARK), "{at}");
        }
        assert!(!store.squared_norms.contains(&marked));
        let mut weights = crate::weights::Weights::new();
        weights.insert_store("codes", &store).unwrap();
        let path = tempfile::NamedTempFile::new().unwrap();
        weights.write(path.path()).unwrap();
        let bytes = std::fs::read(path.path()).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(&MARK.to_le_bytes()));
        assert!(!holds(format!("label {at}").as_bytes()));
        assert!(holds(b"label 3"));
        let weights = crate::weights::Weights::read(path.path()).unwrap();
        let back = weights.store("codes", DIM, &store.device).unwrap();
        assert_eq!(back.to_host().unwrap(), store.to_host().unwrap());
        assert_eq!(back.ids, store.ids);
    }
}

#[test]
fn of_two_equal_patterns_one_stays() {
    let mut store = store();
    let tensor = upload(&[1.0, 2.0, 1.0, 2.0], DIM, &store.device);
    store.push_as(tensor, &Tags::ids([9, 4])).unwrap();
    store.remove_id(9).unwrap();
    assert_eq!(store.ids().as_slice(), [4]);
    assert_eq!(store.to_host().unwrap(), [1.0, 2.0]);
    assert_eq!(store.remove_id(9), Err(Error::UnknownId { id: 9 }));
}

#[test]
fn a_clone_is_left_alone() {
    let mut store = store();
    store.push(upload(&rows(0..5), DIM, &store.device)).unwrap();
    let kept = store.clone();
    store.remove(1).unwrap();
    store.clear();
    assert_eq!(kept.to_host().unwrap(), rows(0..5));
    assert_eq!(kept.len(), 5);
}
