//! Blocks of a store.

use super::*;
use crate::backend::Backend;

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
            let blocks = pieces.host_blocks().unwrap();
            let expected = rows(0..count);
            let expected: Vec<&[f32]> = expected.chunks(3 * DIM).collect();
            assert_eq!(blocks, expected, "{first} of {count}");
            assert_eq!(pieces.len(), count);
            let tensors = of_tensors(count).blocks;
            let sizes: Vec<usize> = tensors.iter().map(|block| block.rows(DIM)).collect();
            let expected: Vec<usize> = expected.iter().map(|block| block.len() / DIM).collect();
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
