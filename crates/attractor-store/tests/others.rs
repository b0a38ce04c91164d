//! Other programs read what we write, and we read what they write. Needs a Python with `pyarrow`, `duckdb`, `numpy` and
//! `pandas`, which `ATTRACTOR_PYTHON` names; says so where there is none.

use std::path::Path;
use std::process::Command;

use attractor_core::burn::tensor::Tensor;
use attractor_core::kernel::{self, PatternStore, Score};
use attractor_core::{Backend, check};
use attractor_store::{
    Annotations, Column, Error, Kind, Precision, ReadOptions, Store, StoreConfig,
};

const DIM: usize = 6;
const ROWS: usize = 5000;

fn python() -> Option<Command> {
    let python = std::env::var("ATTRACTOR_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python)
        .args(["-c", "import pyarrow.parquet, duckdb, numpy, pandas"])
        .output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(Command::new(python));
    }
    println!(
        "SKIPPED: {python} has no pyarrow, duckdb, numpy and pandas (ATTRACTOR_PYTHON names one that has)"
    );
    None
}

fn run(mut python: Command, script: &str, folder: &Path) -> String {
    let output = python.arg("-c").arg(script).arg(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Numbers that every precision holds.
fn values() -> Vec<f32> {
    (0..ROWS * DIM)
        .map(|at| ((at * 37) % 251) as f32 / 4.0 - 31.0)
        .collect()
}

fn made(folder: &Path, precision: Precision) -> Store {
    let config = StoreConfig::new(DIM, precision)
        .with_field("year", Kind::Whole)
        .with_field("weight", Kind::Real)
        .with_field("place", Kind::Text);
    let mut store = Store::create(folder, config).unwrap();
    let values = values();
    for rows in [0..3000, 3000..ROWS] {
        let each = |name: &'static str| rows.clone().map(move |row| format!("{name} {row}"));
        let beside = Annotations::default()
            .with_labels(
                each("label")
                    .enumerate()
                    .map(|(at, text)| (at % 4 > 0).then_some(text)),
            )
            .with_column(
                "year",
                Column::Whole(
                    rows.clone()
                        .map(|row| (row % 3 > 0).then_some(row as i64))
                        .collect(),
                ),
            )
            .with_column(
                "weight",
                Column::Real(rows.clone().map(|row| Some(row as f64 / 8.0)).collect()),
            )
            .with_column("place", Column::Text(each("place").map(Some).collect()));
        store
            .append_rows(&values[rows.start * DIM..rows.end * DIM], &beside)
            .unwrap();
    }
    store.delete(&[0, 1, 2999, 3001, 4000]).unwrap();
    store
}

/// Reads the store by the page of the documentation alone, and prints sums that the store has to have as well.
const READERS: &str = r#"
import hashlib, json, pathlib, sys
import duckdb, numpy as np, pandas as pd, pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
text = (folder / "manifest.json").read_text()
manifest = json.loads(text)
zeros = text.replace(manifest["sha256"], "0" * 64)
assert hashlib.sha256(zeros.encode()).hexdigest() == manifest["sha256"]
config = manifest["config"]
dim, precision = config["dim"], config["precision"]
files = [str(folder / s["file"]) for s in manifest["segments"]]
gone = [str(folder / d["file"]) for d in manifest["deletions"]]
for s in manifest["segments"]:
    data = (folder / s["file"]).read_bytes()
    assert len(data) == s["bytes"] and hashlib.sha256(data).hexdigest() == s["sha256"]
    assert hashlib.sha256(data[-s["tail_bytes"]:]).hexdigest() == s["tail_sha256"]

def numbers(raw):
    if precision == "f32":
        return np.frombuffer(raw, "<f4").reshape(-1, dim)
    if precision == "f16":
        return np.frombuffer(raw, "<f2").astype("<f4").reshape(-1, dim)
    return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4").reshape(-1, dim)

def show(who, ids, patterns, labels, years, weights, places):
    order = np.argsort(np.asarray(ids, dtype="u8"))
    patterns = patterns[order].astype("f8")
    weighted = (patterns * (np.arange(patterns.size).reshape(patterns.shape) % 97)).sum()
    words = [len(x) for x in labels if x is not None and x == x]
    print(who, len(ids), int(np.asarray(ids, dtype="u8").sum()), weighted, sum(words), len(words),
          int(sum(y for y in years if y is not None and y == y)), float(sum(weights)), sum(map(len, places)))

# pyarrow
dead = set()
for path in gone:
    dead.update(pq.read_table(path).column("id").to_pylist())
table = pq.read_table(files)
assert str(table.schema.field("id").type) == "uint64", table.schema
assert str(table.schema.field("pattern").type) == f"fixed_size_binary[{len(numbers(b''.join(table.column('pattern').to_pylist()[:1])).reshape(-1)) * (4 if precision == 'f32' else 2)}]"
keep = np.array([i not in dead for i in table.column("id").to_pylist()])
table = table.filter(keep)
raw = b"".join(table.column("pattern").to_pylist())
show("pyarrow", *[table.column("id").to_pylist(), numbers(raw)], *[table.column(c).to_pylist() for c in ("label", "year", "weight", "place")])

# pandas
frame = pd.concat([pd.read_parquet(path) for path in files])
frame = frame[~frame["id"].isin(dead)]
show("pandas", frame["id"].to_numpy(), numbers(b"".join(frame["pattern"])), frame["label"], frame["year"], frame["weight"], frame["place"])

# DuckDB
rows = duckdb.sql(f"""
    SELECT id, label, pattern, year, weight, place FROM read_parquet({files})
    WHERE id NOT IN (SELECT id FROM read_parquet({gone})) ORDER BY id
""").fetchall()
ids, labels, patterns, years, weights, places = zip(*rows)
show("duckdb", ids, numbers(b"".join(patterns)), labels, years, weights, places)
meta = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata({files[:1]})").fetchall()
meta = {bytes(k).decode(): bytes(v).decode() for k, v in meta}
assert json.loads(meta["attractor.store.config"]) == config, meta
"#;

#[test]
fn pyarrow_pandas_and_duckdb_read_the_same_numbers() {
    for precision in [Precision::F32, Precision::F16, Precision::Bf16] {
        let Some(python) = python() else { return };
        let place = tempfile::tempdir().unwrap();
        let store = made(place.path(), precision);
        let text = run(python, READERS, place.path());
        // The same sums, from the store.
        let (mut ids, mut patterns) = (Vec::new(), Vec::new());
        for chunk in store.snapshot().chunks(1 << 14) {
            let chunk = chunk.unwrap();
            ids.extend(chunk.ids);
            patterns.extend(chunk.patterns);
        }
        let weighted = patterns
            .iter()
            .enumerate()
            .map(|(at, &value)| f64::from(value) * (at % 97) as f64);
        let records = store.snapshot().records(&ids).unwrap();
        let labels: Vec<usize> = records
            .iter()
            .filter_map(|r| r.label.as_ref().map(String::len))
            .collect();
        let (mut years, mut weights, mut places) = (0, 0.0, 0);
        for record in &records {
            for value in record.payload.iter().flatten() {
                match value {
                    attractor_store::Value::Whole(year) => years += year,
                    attractor_store::Value::Real(weight) => weights += weight,
                    attractor_store::Value::Text(place) => places += place.len(),
                }
            }
        }
        let expected = [
            ids.len() as f64,
            ids.iter().sum::<u64>() as f64,
            weighted.sum(),
            labels.iter().sum::<usize>() as f64,
            labels.len() as f64,
            years as f64,
            weights,
            places as f64,
        ];
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        for (line, who) in lines.iter().zip(["pyarrow", "pandas", "duckdb"]) {
            let mut words = line.split(' ');
            assert_eq!(words.next(), Some(who));
            let found: Vec<f64> = words.map(|word| word.parse().unwrap()).collect();
            assert_eq!(found, expected, "{precision}, {line}");
        }
        println!(
            "{precision}: pyarrow, pandas and DuckDB read {} patterns as we do",
            ids.len()
        );
    }
}

/// Writes the first segment again in another form, and the manifest with what it says of it.
const WRITER: &str = r#"
import hashlib, json, pathlib, sys
import pyarrow as pa, pyarrow.parquet as pq

folder, form = pathlib.Path(sys.argv[2]), sys.argv[1]
manifest = json.loads((folder / "manifest.json").read_text())
segment = manifest["segments"][0]
path = folder / segment["file"]
table = pq.read_table(path)
options = {
    "dictionary": dict(use_dictionary=True, compression="none"),
    "snappy": dict(use_dictionary=False, compression="snappy"),
    "v2": dict(use_dictionary=False, compression="none", data_page_version="2.0", data_page_size=4096, row_group_size=777),
    "index": dict(use_dictionary=False, compression="none", write_page_index=True, data_page_size=4096, row_group_size=777),
    "index of v2": dict(use_dictionary=False, compression="none", write_page_index=True, data_page_version="2.0", data_page_size=4096),
    "optional": dict(use_dictionary=False, compression="none", write_page_index=True, data_page_size=4096),
    "zstd": dict(use_dictionary=False, compression="zstd"),
    "nulls": dict(),
    "binary": dict(),
}[form]
if form == "optional":
    fields = [f.with_nullable(True) for f in table.schema]
    table = pa.Table.from_arrays(table.columns, schema=pa.schema(fields))
if form == "nulls":
    rows = table.column("pattern").to_pylist()
    rows[5] = None
    at = table.schema.get_field_index("pattern")
    table = table.set_column(at, "pattern", pa.array(rows, table.schema.field("pattern").type))
if form == "binary":
    at = table.schema.get_field_index("pattern")
    table = table.set_column(at, "pattern", table.column("pattern").cast(pa.binary()))
pq.write_table(table.replace_schema_metadata(None), path, **options)
data = path.read_bytes()
hashed = hashlib.sha256(data).hexdigest()
segment.update(bytes=len(data), sha256=hashed, tail_bytes=len(data), tail_sha256=hashed)
manifest["sha256"] = "0" * 64
text = json.dumps(manifest)
manifest["sha256"] = hashlib.sha256(text.encode()).hexdigest()
(folder / "manifest.json").write_text(json.dumps(manifest))
"#;

#[test]
fn segments_in_other_forms_are_read_right_or_refused() {
    let device = Backend::Flex.open().unwrap();
    let score = Score::SquaredDistance { variance: 2.0 };
    let mut cue = values()[40 * DIM..41 * DIM].to_vec();
    cue[0] += 0.5;
    let cue = check::from_host("cue", cue, DIM, &device).unwrap();
    let forms = [
        "dictionary",
        "snappy",
        "v2",
        "index",
        "index of v2",
        "optional",
        "zstd",
        "nulls",
        "binary",
    ];
    for form in forms {
        let Some(mut python) = python() else { return };
        let place = tempfile::tempdir().unwrap();
        let before = made(place.path(), Precision::F32);
        let expected: Vec<_> = before
            .snapshot()
            .chunks(1 << 13)
            .map(Result::unwrap)
            .collect();
        let output = python
            .arg("-c")
            .arg(WRITER)
            .arg(form)
            .arg(place.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let opened = Store::open(place.path());
        let verified = opened.and_then(|store| store.verify().map(|_| store));
        let store = match (form, verified) {
            ("zstd" | "nulls" | "binary", Err(error)) => {
                let wanted = match form {
                    "zstd" => "as Parquet",
                    "nulls" => "expected a value of `pattern` in every row",
                    _ => "expected column `pattern` of FIXED_LEN_BYTE_ARRAY(24)",
                };
                assert!(error.to_string().contains(wanted), "{form}: {error}");
                println!("{form}: refused, {error}");
                assert!(matches!(
                    error,
                    Error::Parquet { .. } | Error::Damaged { .. }
                ));
                continue;
            }
            (_, verified) => verified.unwrap_or_else(|error| panic!("{form}: {error}")),
        };
        let raw = form.starts_with("index");
        assert_eq!(store.snapshot().is_raw(), raw, "{form}");
        let found: Vec<_> = store
            .snapshot()
            .chunks(1 << 13)
            .map(Result::unwrap)
            .collect();
        assert_eq!(found, expected, "{form}");
        let answer = store
            .read(cue.clone(), score, &ReadOptions::new().chunk_bytes(1 << 13))
            .unwrap();
        let mut memory = PatternStore::new(DIM, &device).unwrap();
        let numbers = expected
            .iter()
            .flat_map(|chunk| chunk.patterns.clone())
            .collect();
        memory
            .push(check::from_host("patterns", numbers, DIM, &device).unwrap())
            .unwrap();
        let wanted = kernel::read(&memory, cue.clone(), score)
            .unwrap()
            .mean()
            .unwrap();
        let far: f32 = (answer.mean().unwrap() - wanted)
            .abs()
            .max()
            .into_scalar::<f32>();
        assert!(far < 1e-5, "{form}: {far}");
        println!("{form}: read, in place: {}", store.snapshot().is_raw());
        let _: Tensor<2> = answer.mean().unwrap();
    }
}
