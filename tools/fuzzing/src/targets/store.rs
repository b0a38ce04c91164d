//! A store on disk of which one file is foreign: opening, verifying, reading, changing.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use attractor::core::Backend;
use attractor::core::burn::tensor::Device;
use attractor::core::check;
use attractor::core::kernel::Score;
use attractor_store::{
    Annotations, Column, Error, Kind, Precision, ReadOptions, Store, StoreConfig,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{bit, each, head};
use crate::scratch;

const DIM: usize = 3;
const MANIFEST: &str = "manifest.json";
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Names and bytes of the files of a sound store, the manifest first.
static SOUND: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = scratch::path("sound-store");
    let _ = std::fs::remove_dir_all(&folder);
    made(&folder).expect("a small store can be made");
    let entries = std::fs::read_dir(&folder).expect("a folder of this thread");
    let paths = entries.map(|entry| entry.expect("a file of this thread").path());
    let mut files: Vec<(String, Vec<u8>)> = paths
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let bytes = std::fs::read(&path).expect("a file of this thread");
            (name.into_owned(), bytes)
        })
        .collect();
    files.retain(|(name, _)| name == MANIFEST || name.ends_with(".parquet"));
    files.sort_by_key(|(name, _)| (name != MANIFEST, name.clone()));
    files
});

fn made(folder: &Path) -> Result<(), Error> {
    let config = StoreConfig::new(DIM, Precision::F16).with_field("n", Kind::Whole);
    let mut store = Store::create(folder, config)?;
    for part in 0..2 {
        let values: Vec<f32> = (0..12 * DIM)
            .map(|at| ((at * 7 + part) % 23) as f32)
            .collect();
        let beside = Annotations::labels((0..12).map(|row| format!("row {row}")))
            .with_column("n", Column::Whole((0..12).map(Some).collect()));
        store.append_rows(&values, &beside)?;
    }
    store.delete(&[3, 17])
}

fn sha256(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The manifest with right sizes and hashes of a file that was changed, and of itself.
fn repaired(manifest: &[u8], name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut manifest: Value = serde_json::from_slice(manifest).ok()?;
    for list in ["segments", "deletions"] {
        for entry in manifest.get_mut(list)?.as_array_mut()? {
            if entry.get("file").and_then(Value::as_str) != Some(name) {
                continue;
            }
            let tail = entry.get("tail_bytes").and_then(Value::as_u64);
            if let Some(tail) = tail {
                let from = bytes.len().saturating_sub(tail as usize);
                entry["tail_sha256"] = sha256(&bytes[from..]).into();
            }
            entry["bytes"] = bytes.len().into();
            entry["sha256"] = sha256(bytes).into();
        }
    }
    signed(manifest)
}

/// The text of a manifest with its own hash.
fn signed(mut manifest: Value) -> Option<Vec<u8>> {
    *manifest.get_mut("sha256")? = NO_HASH.into();
    let text = serde_json::to_string_pretty(&manifest).ok()?;
    let hash = sha256(text.as_bytes());
    Some(text.replacen(NO_HASH, &hash, 1).into_bytes())
}

fn device() -> Device {
    Backend::Flex.open().expect("the CPU is there")
}

/// Everything that a store is asked; errors are answers.
fn use_it(folder: &Path) {
    let Ok(mut store) = Store::open(folder) else {
        return;
    };
    let _ = store.verify();
    let snapshot = store.snapshot();
    let dim = snapshot.dim();
    let _ = snapshot.records(&[0, 3, 5, 20]);
    let _ = (snapshot.patterns(&[1, 23]), snapshot.contains(17));
    let options = ReadOptions::new().chunk_bytes(64);
    let score = Score::SquaredDistance { variance: 1.0 };
    if dim <= 64
        && let Ok(cues) = check::from_host("cues", vec![0.5; 2 * dim], dim, &device())
    {
        let _ = snapshot.read(cues.clone(), score, &options);
        let _ = snapshot.top(cues.clone(), score, 3, &options);
        let known = cues.ones_like();
        let _ = snapshot.complete(cues, known, score, &options);
    }
    let before = store.len();
    // A change that is said to be made is there afterwards.
    if dim <= 64
        && let Ok(ids) = store.append_rows(&vec![0.25; dim], &Annotations::default())
    {
        let again = Store::open(folder).expect("a store that was just changed");
        assert_eq!(again.len(), before + 1);
        let found = again.snapshot().patterns(&ids);
        assert_eq!(found.expect("what was just appended"), vec![0.25; dim]);
        if store.delete(&ids).is_ok() {
            let again = Store::open(folder).expect("a store that was just changed");
            assert_eq!(again.len(), before);
        }
    }
    let living = store.len();
    if store.compact().is_ok() {
        let again = Store::open(folder).expect("a store that was just compacted");
        assert_eq!(again.len(), living);
    }
}

/// Which file and whether sizes and hashes fit it, then its bytes.
pub(super) fn run(data: &[u8]) {
    let ([which, flags], bytes) = head::<2>(data);
    let folder: PathBuf = scratch::empty("store");
    let at = usize::from(which) % SOUND.len();
    for (name, sound) in SOUND.iter() {
        std::fs::write(folder.join(name), sound).expect("a temporary file can be written");
    }
    let (name, manifest) = (&SOUND[at].0, &SOUND[0].1);
    std::fs::write(folder.join(name), bytes).expect("a temporary file can be written");
    let fitting = match at {
        0 => serde_json::from_slice(bytes).ok().and_then(signed),
        _ => repaired(manifest, name, bytes),
    };
    if let Some(fitting) = fitting.filter(|_| !bit(flags, 0)) {
        std::fs::write(folder.join(MANIFEST), fitting).expect("a temporary file can be written");
    }
    use_it(&folder);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let files = SOUND.iter().enumerate();
    let seeds = files.flat_map(|(at, (_, bytes))| {
        each(
            &[&[at as u8, 0], &[at as u8, 1]],
            std::slice::from_ref(bytes),
        )
    });
    seeds.collect()
}
