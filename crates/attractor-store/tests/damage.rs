//! Files that are cut, changed or missing.

use std::fs;
use std::path::{Path, PathBuf};

use attractor_store::{
    Annotations, Column, Error, Kind, Precision, ReadOptions, Store, StoreConfig,
};
use sha2::{Digest, Sha256};

const DIM: usize = 4;

fn made(folder: &Path) -> Store {
    let config = StoreConfig::new(DIM, Precision::F32).with_field("n", Kind::Whole);
    let mut store = Store::create(folder, config).unwrap();
    for part in 0..2 {
        let values: Vec<f32> = (0..50 * DIM)
            .map(|at| (at * 7 % 23 + part) as f32)
            .collect();
        let beside = Annotations::labels((0..50).map(|row| format!("row {row}")))
            .with_column("n", Column::Whole((0..50).map(Some).collect()));
        store.append_rows(&values, &beside).unwrap();
    }
    store.delete(&[3, 70]).unwrap();
    store
}

fn file(folder: &Path, prefix: &str) -> PathBuf {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut named: Vec<PathBuf> = entries
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(prefix)
        })
        .collect();
    named.sort();
    named.remove(0)
}

/// Opens and verifies; the error names the file.
fn fails(folder: &Path, damaged: &Path) -> Error {
    let error = match Store::open(folder) {
        Ok(store) => store.verify().unwrap_err(),
        Err(error) => error,
    };
    let name = damaged.file_name().unwrap().to_str().unwrap();
    assert!(error.to_string().contains(name), "{error}");
    error
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let place = tempfile::tempdir().unwrap();
    made(place.path()).verify().unwrap();
    for prefix in ["segment", "deleted"] {
        let path = file(place.path(), prefix);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            let error = fails(place.path(), &path);
            assert!(matches!(error, Error::Damaged { .. }), "byte {at}: {error}");
        }
        fs::write(&path, &whole).unwrap();
    }
    Store::open(place.path()).unwrap().verify().unwrap();
}

#[test]
fn reads_of_changed_pages_do_not_panic() {
    // Without `verify`, what is damaged between pages is found late or not at all; nothing may break.
    let place = tempfile::tempdir().unwrap();
    made(place.path());
    let path = file(place.path(), "segment");
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] = !bytes[at];
        fs::write(&path, &bytes).unwrap();
        let Ok(store) = Store::open(place.path()) else {
            continue;
        };
        let snapshot = store.snapshot();
        let ids: Vec<u64> = (10..20).collect();
        let _ = snapshot.records(&ids);
        let _ = snapshot.patterns(&ids);
        for chunk in snapshot.chunks(1 << 20) {
            let _ = chunk;
        }
    }
}

#[test]
fn a_cut_file_is_found_when_opened() {
    let place = tempfile::tempdir().unwrap();
    made(place.path());
    for prefix in ["segment", "deleted", "manifest"] {
        let path = file(place.path(), prefix);
        let whole = fs::read(&path).unwrap();
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = Store::open(place.path()).unwrap_err();
            assert!(
                matches!(error, Error::Damaged { .. }),
                "{prefix} {length}: {error}"
            );
        }
        let longer: Vec<u8> = whole.iter().copied().chain([0]).collect();
        fs::write(&path, longer).unwrap();
        assert!(Store::open(place.path()).is_err(), "{prefix}");
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_missing_file_is_named() {
    for prefix in ["segment", "deleted"] {
        let place = tempfile::tempdir().unwrap();
        made(place.path());
        let path = file(place.path(), prefix);
        fs::remove_file(&path).unwrap();
        let error = fails(place.path(), &path);
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }
    let place = tempfile::tempdir().unwrap();
    made(place.path());
    fs::remove_file(place.path().join("manifest.json")).unwrap();
    assert!(matches!(
        Store::open(place.path()),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn segments_of_another_store_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let (ours, other) = (place.path().join("ours"), place.path().join("other"));
    made(&ours);
    // Of the same width in bytes: f16 with twice as many numbers.
    let config = StoreConfig::new(2 * DIM, Precision::F16).with_field("n", Kind::Whole);
    let mut store = Store::create(&other, config).unwrap();
    store
        .append_rows(&[1.0; 50 * 2 * DIM], &Annotations::default())
        .unwrap();
    let (path, foreign) = (file(&ours, "segment"), file(&other, "segment"));
    let text = fs::read_to_string(ours.join("manifest.json")).unwrap();
    fs::copy(&foreign, &path).unwrap();
    // As if somebody had put it into the manifest.
    let theirs = fs::read_to_string(other.join("manifest.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
    manifest["segments"][0] = theirs["segments"][0].clone();
    write_manifest(&ours, manifest);
    let error = Store::open(&ours).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("a segment of a store of") && text.contains("f16"),
        "{text}"
    );
}

#[test]
fn a_stored_number_that_is_none_is_found_by_a_read() {
    let place = tempfile::tempdir().unwrap();
    let mut store = made(place.path());
    store.compact().unwrap();
    let path = file(place.path(), "segment");
    let mut bytes = fs::read(&path).unwrap();
    // The pattern of row 30: found by its numbers, in the pages that only `verify` hashes.
    let wanted = store.snapshot().patterns(&[31]).unwrap();
    let wanted: Vec<u8> = wanted
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let at = bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
        .unwrap();
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let store = Store::open(place.path()).unwrap();
    let device = attractor_core::Backend::Flex.open().unwrap();
    let cue = attractor_core::burn::tensor::Tensor::<2>::ones([1, DIM], &device);
    let score = attractor_core::kernel::Score::Dot { beta: 1.0 };
    let error = store
        .read(cue, score, &ReadOptions::new())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("found NaN in column 0 of pattern"),
        "{error}"
    );
    assert!(error.contains("segment-"), "{error}");
}

/// Writes a manifest with its hash: that of its own text with zeros in the place of the hash.
fn write_manifest(folder: &Path, mut manifest: serde_json::Value) {
    let zeros = "0".repeat(64);
    manifest["sha256"] = zeros.clone().into();
    let text = serde_json::to_string(&manifest).unwrap();
    let hash = Sha256::digest(text.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text.matches(&zeros).count(), 1);
    fs::write(folder.join("manifest.json"), text.replace(&zeros, &hash)).unwrap();
}
