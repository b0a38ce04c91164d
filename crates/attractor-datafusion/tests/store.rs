//! A store on disk as a table. The one in `tests/store` was made by `attractor-store`: 60 patterns of 6 entries in half
//! precision, with labels and a payload column, in two files, and then three of them deleted.

mod common;

use std::path::{Path, PathBuf};

use attractor_core::kernel::Score;
use attractor_datafusion::{Error, StoreTable, register, register_store};
use common::{Memory, answers, literal};
use datafusion::common::DataFusionError;
use datafusion::prelude::SessionContext;

const DELETED: [u64; 3] = [3, 21, 45];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store")
}

/// What was written: entries that half precision holds, ids from 0, labels by turns.
fn written() -> Memory {
    let entry = |row: usize, column: usize| {
        ((row * 7 + column * column * 3 + row * column) % 11) as f32 / 2.0
    };
    let rows = 0..60usize;
    Memory {
        dim: 6,
        values: rows
            .clone()
            .flat_map(|row| (0..6).map(move |at| entry(row, at) - 2.5))
            .collect(),
        ids: (0..60).collect(),
        labels: rows
            .map(|row| (row % 3 > 0).then(|| format!("label {}", row % 3)))
            .collect(),
    }
}

#[tokio::test]
async fn what_is_deleted_is_not_read() {
    let context = SessionContext::new();
    register(&context);
    let table = register_store(&context, "memory", folder()).await.unwrap();
    assert_eq!((table.dim, table.format.as_str()), (6, "f16"));
    let score = Score::SquaredDistance { variance: 3.0 };
    let cue = [0.5, -1.0, 2.0, 0.0, 1.5, -2.0];
    let cues = literal(&cue, 6);
    let both = format!(
        "attractor_read(pattern, {cues}, 'squared_distance', 3, 'f16') AS r,
         attractor_top_k(id, pattern, {cues}, 60, 'squared_distance', 3, 'f16') AS t"
    );
    let all = written();
    for (condition, label) in [
        ("true", None),
        ("label = 'label 2' AND page >= 0", Some("label 2")),
    ] {
        let sql = format!("SELECT {both} FROM memory WHERE {condition}");
        let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
        let found = answers(batches[0].column(0), batches[0].column(1), 0, false);
        let living = all.only(|row| {
            let named = label.is_none() || all.labels[row].as_deref() == label;
            named && !DELETED.contains(&all.ids[row])
        });
        found[0].is(&living.asked(&cue, score, 60)[0]);
    }
}

/// A copy of the store in a folder whose name an engine could take for a pattern.
fn copy(dir: &Path) -> PathBuf {
    let to = dir.join("a [b]* c");
    std::fs::create_dir(&to).unwrap();
    for file in std::fs::read_dir(folder()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    to
}

async fn opened(folder: &Path) -> Result<StoreTable, String> {
    let table = register_store(&SessionContext::new(), "memory", folder).await;
    table.map_err(|error| match error {
        DataFusionError::External(cause) if cause.is::<Error>() => cause.to_string(),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn a_store_with_a_file_missing_or_cut_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = copy(dir.path());
    opened(&store).await.unwrap();
    let name = |prefix: &str| {
        let mut files = std::fs::read_dir(&store)
            .unwrap()
            .map(|file| file.unwrap().path());
        let ours = |path: &PathBuf| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(prefix)
        };
        files.find(ours).unwrap()
    };
    for prefix in ["segment-", "deleted-"] {
        let path = name(prefix);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[1..]).unwrap();
        let error = opened(&store).await.unwrap_err();
        let expected = format!(
            "expected {} bytes, as the manifest says, found {}",
            bytes.len(),
            bytes.len() - 1
        );
        assert!(error.ends_with(&expected), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = opened(&store).await.unwrap_err();
        assert!(
            error.contains("expected a file of the store, found "),
            "{error}"
        );
        std::fs::write(&path, bytes).unwrap();
    }
    let manifest = store.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(
        &manifest,
        text.replacen("\"format\": 1", "\"format\": 2", 1),
    )
    .unwrap();
    let error = opened(&store).await.unwrap_err();
    assert!(
        error.ends_with("expected format 1, found format 2"),
        "{error}"
    );
    let error = opened(dir.path()).await.unwrap_err();
    assert!(
        error.contains("expected the manifest of a store, found "),
        "{error}"
    );
}
