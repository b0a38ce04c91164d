//! Files of vectors of the program: `.npy`, safetensors, comma- and tab-separated values.

#[expect(
    dead_code,
    reason = "the program's own reader, of which only reading is called here"
)]
#[path = "../../../../crates/attractor-cli/src/vectors/mod.rs"]
mod program;

use attractor::core::weights::Weights;

use self::program::{Description, Table, read, write_npy};
use super::{bit, each, head};
use crate::scratch;

const NAMES: [&str; 4] = ["a.npy", "a.safetensors", "a.csv", "a.tsv"];

/// Flags (1 and 2: which format, 4: with labels, 8: with ids, 16 and 32: the first line names columns, or not), then the file;
/// with labels or ids, those come after a byte of 255.
pub(super) fn run(data: &[u8]) {
    let ([flags], rest) = head::<1>(data);
    let name = NAMES[usize::from(flags & 3)];
    let mut given = Description {
        header: bit(flags, 4).then(|| bit(flags, 5)),
        ..Description::default()
    };
    let mut bytes = rest;
    if flags & 12 != 0 {
        let at = rest
            .iter()
            .rposition(|&byte| byte == 0xff)
            .unwrap_or(rest.len());
        bytes = &rest[..at];
        let beside = rest.get(at + 1..).unwrap_or_default();
        let path = scratch::file("beside.txt", beside, ToOwned::to_owned);
        given.labels = bit(flags, 2).then(|| path.clone());
        given.ids = bit(flags, 3).then_some(path);
    }
    match scratch::file(name, bytes, |path| read(path, &given)) {
        Ok(table) => sound(&table),
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(name) || text.contains("beside.txt"), "{text}");
        }
    }
}

/// What a table promises, and that it comes back from a file.
fn sound(table: &Table) {
    assert!(table.dim > 0 && table.len() > 0);
    assert_eq!(table.values.len(), table.len() * table.dim);
    assert!(table.values.iter().all(|value| value.is_finite()));
    for found in [
        table.labels.as_ref().map(Vec::len),
        table.ids.as_ref().map(Vec::len),
    ] {
        assert!(found.is_none_or(|found| found == table.len()));
    }
    let written = write_npy(&table.values, table.dim);
    let again = scratch::file("again.npy", &written, |path| {
        read(path, &Description::default())
    });
    let again = again.expect("what was written can be read");
    assert_eq!((again.dim, again.len()), (table.dim, table.len()));
    let bits = |table: &Table| {
        table
            .values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&again), bits(table));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let single = write_npy(&[1.0, -2.5, 3.0, 4.0, 5.5, 1e30], 3);
    let header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n";
    let mut double = b"\x93NUMPY\x02\0".to_vec();
    double.extend((header.len() as u32).to_le_bytes());
    double.extend_from_slice(header);
    double.extend([1.0_f64, 2.0].iter().flat_map(|value| value.to_le_bytes()));
    let mut weights = Weights::new();
    weights.insert("vectors", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
    let path = scratch::path("seed.safetensors");
    weights
        .write(&path)
        .expect("a temporary file can be written");
    let tensors = std::fs::read(path).expect("a temporary file can be read");
    let csv = b"label,id,a,b\nx,3,1.5,2\n\"y,z\",4,-1e3,0.25\n".to_vec();
    let plain = b"1,2,3\n4,5,6\n".to_vec();
    let tsv = b"\xef\xbb\xbf1\t2\n3\t4\n".to_vec();
    let beside = |content: &[u8], beside: &[u8]| [content, &[0xff], beside].concat();
    let mut seeds = each(&[&[0]], &[single.clone(), double]);
    seeds.extend(each(&[&[1]], &[tensors]));
    seeds.extend(each(&[&[2], &[18], &[50]], &[csv, plain.clone()]));
    seeds.extend(each(&[&[3]], &[tsv]));
    seeds.extend(each(&[&[4]], &[beside(&single, b"one\ntwo\n")]));
    seeds.extend(each(
        &[&[10]],
        &[beside(&plain, b"7\n18446744073709551615\n")],
    ));
    seeds
}
