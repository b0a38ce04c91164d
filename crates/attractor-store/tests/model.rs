//! A store against a list in memory, over random sequences of changes.

use attractor_store::{
    Annotations, Column, Error, Kind, Precision, Record, Store, StoreConfig, Value,
};
use proptest::prelude::*;

const DIM: usize = 3;

#[derive(Debug, Clone)]
enum Change {
    /// Rows, and whether ids of one's own are given, with gaps.
    Append(usize, bool),
    /// Which of the present patterns: shares of the whole.
    Delete(Vec<f64>),
    Compact,
    Reopen,
    /// By another handle, which this one hears of when it changes something itself.
    Elsewhere(usize),
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    id: u64,
    pattern: Vec<f32>,
    label: Option<String>,
    payload: Vec<Option<Value>>,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (1usize..40, any::<bool>()).prop_map(|(rows, own)| Change::Append(rows, own)),
        3 => prop::collection::vec(0.0..1.0, 1..12).prop_map(Change::Delete),
        1 => Just(Change::Compact),
        1 => Just(Change::Reopen),
        1 => (1usize..5).prop_map(Change::Elsewhere),
    ]
}

fn config(precision: Precision) -> StoreConfig {
    StoreConfig::new(DIM, precision)
        .with_field("name", Kind::Text)
        .with_field("year", Kind::Whole)
        .with_field("weight", Kind::Real)
        .with_specification("kind = \"test\"\n")
}

/// Rows under ids from `next` on, with every third id left out if `gaps`.
fn rows(count: usize, next: u64, gaps: bool, precision: Precision) -> Vec<Row> {
    let row = |at: u64| {
        let id = if gaps { next + at * 3 / 2 } else { next + at };
        let number = |column: u64| ((id * 7919 + column * 31) % 1009) as f32 / 64.0 - 7.3;
        Row {
            id,
            pattern: (0..DIM as u64)
                .map(|c| precision.round(number(c)))
                .collect(),
            label: (id % 3 != 0).then(|| format!("label {id} \u{e9}")),
            payload: vec![
                (id % 2 == 0).then(|| Value::Text(format!("{}", id % 5))),
                (id % 5 != 0).then_some(Value::Whole(id as i64 - 40)),
                (id % 7 != 0).then_some(Value::Real(id as f64 / 3.0)),
            ],
        }
    };
    (0..count as u64).map(row).collect()
}

fn append(store: &mut Store, rows: &[Row], own: bool) -> Vec<u64> {
    let values: Vec<f32> = rows.iter().flat_map(|row| row.pattern.clone()).collect();
    let column = |at: usize| rows.iter().map(move |row| row.payload[at].clone());
    let text = column(0).map(|value| match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    });
    let whole = column(1).map(|value| match value {
        Some(Value::Whole(whole)) => Some(whole),
        _ => None,
    });
    let real = column(2).map(|value| match value {
        Some(Value::Real(real)) => Some(real),
        _ => None,
    });
    let mut beside = Annotations::default()
        .with_labels(rows.iter().map(|row| row.label.clone()))
        .with_column("weight", Column::Real(real.collect()))
        .with_column("name", Column::Text(text.collect()))
        .with_column("year", Column::Whole(whole.collect()));
    if own {
        beside = beside.with_ids(rows.iter().map(|row| row.id).collect::<Vec<_>>());
    }
    store.append_rows(&values, &beside).unwrap()
}

fn same(store: &Store, model: &[Row]) {
    let snapshot = store.snapshot();
    assert_eq!(store.len(), model.len() as u64);
    let ids: Vec<u64> = model.iter().map(|row| row.id).collect();
    // In order, chunk by chunk ...
    for bytes in [1, 5 * DIM * 4, 1 << 20] {
        let (mut seen, mut labels, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for chunk in snapshot.chunks(bytes) {
            let chunk = chunk.unwrap();
            seen.extend(chunk.ids);
            labels.extend(chunk.labels);
            values.extend(chunk.patterns);
        }
        assert_eq!(seen, ids);
        assert!(labels.iter().eq(model.iter().map(|row| &row.label)));
        assert_eq!(
            values,
            model
                .iter()
                .flat_map(|row| row.pattern.clone())
                .collect::<Vec<_>>()
        );
    }
    // ... and by id.
    let values = snapshot.patterns(&ids).unwrap();
    for ((row, record), pattern) in model
        .iter()
        .zip(snapshot.records(&ids).unwrap())
        .zip(values.chunks_exact(DIM))
    {
        let Record {
            id, label, payload, ..
        } = record;
        let pattern = pattern.to_vec();
        assert_eq!(
            &Row {
                id,
                pattern,
                label,
                payload
            },
            row
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_store_is_a_list(
        changes in prop::collection::vec(change(), 1..14),
        precision in prop_oneof![Just(Precision::F32), Just(Precision::F16), Just(Precision::Bf16)],
    ) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("store");
        let mut store = Store::create(&folder, config(precision)).unwrap();
        let mut model: Vec<Row> = Vec::new();
        let mut next = 0;
        let mut old = Vec::new();
        for change in changes {
            match change {
                Change::Append(count, own) => {
                    let made = rows(count, next, own, precision);
                    let ids = append(&mut store, &made, own);
                    prop_assert!(ids.iter().eq(made.iter().map(|row| &row.id)));
                    next = ids[ids.len() - 1] + 1;
                    model.extend(made);
                }
                Change::Delete(shares) => {
                    let mut ids: Vec<u64> = shares
                        .iter()
                        .filter(|_| !model.is_empty())
                        .map(|share| model[(share * model.len() as f64) as usize].id)
                        .collect();
                    ids.sort_unstable();
                    ids.dedup();
                    // One that is not there keeps all of them.
                    let gone = next + 1;
                    let with_gone: Vec<u64> = ids.iter().copied().chain([gone]).collect();
                    let error = store.delete(&with_gone).unwrap_err();
                    prop_assert!(error.to_string().contains(&format!("found {gone}")), "{error}");
                    store.delete(&ids).unwrap();
                    model.retain(|row| !ids.contains(&row.id));
                    for id in ids {
                        prop_assert!(!store.snapshot().contains(id).unwrap());
                        let error = store.snapshot().records(&[id]).unwrap_err();
                        prop_assert!(matches!(error, Error::Core(_)), "{error}");
                    }
                }
                Change::Compact => {
                    let deleted = store.snapshot().deleted();
                    let done = store.compact().unwrap();
                    prop_assert_eq!(done.removed, deleted);
                    prop_assert_eq!(store.snapshot().deleted(), 0);
                    prop_assert!(done.segments <= 1);
                    prop_assert_eq!(done.bytes, store.snapshot().bytes());
                }
                Change::Reopen => store = Store::open(&folder).unwrap(),
                Change::Elsewhere(count) => {
                    let mut other = Store::open(&folder).unwrap();
                    let made = rows(count, next, false, precision);
                    append(&mut other, &made, false);
                    next += count as u64;
                    model.extend(made);
                    prop_assert!(store.refresh().unwrap());
                    prop_assert!(!store.refresh().unwrap());
                }
            }
            prop_assert_eq!(store.next_id(), next);
            same(&store, &model);
            old.push((store.snapshot().clone(), model.len() as u64));
        }
        prop_assert_eq!(store.verify().unwrap(), model.len() as u64);
        same(&Store::open(&folder).unwrap(), &model);
        // Old snapshots show what was there, whatever was compacted since.
        for (snapshot, count) in old {
            prop_assert_eq!(snapshot.len(), count);
            let rows: usize = snapshot.chunks(64).map(|chunk| chunk.unwrap().ids.len()).sum();
            prop_assert_eq!(rows as u64, count);
        }
    }
}

#[test]
fn what_cannot_be_stored_is_refused_and_nothing_is_stored() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("store");
    let mut store = Store::create(&folder, config(Precision::F16)).unwrap();
    append(&mut store, &rows(4, 0, false, Precision::F16), false);
    let before = store.snapshot().generation();
    let none = Annotations::default;
    let whole = |values| Column::Whole(values);
    let mut refused = |values: &[f32], beside: Annotations, message: &str| {
        let error = store.append_rows(values, &beside).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    refused(
        &[],
        none(),
        "expected at least one row, found a [0, 3] batch",
    );
    refused(&[1.0; 4], none(), "expected shape [n, 3]");
    refused(
        &[0.0, 0.0, 0.0, 0.0, f32::NAN, 0.0],
        none(),
        "expected finite numbers, found NaN at row 1, column 1",
    );
    refused(
        &[0.0, 0.0, -70000.0],
        none(),
        "expected numbers that f16 holds (up to 65504), found -7e4 at row 0, column 2",
    );
    // Rounds to 65504, the next rounds to infinity.
    refused(&[65519.0, 0.0, 65520.0], none(), "column 2");
    refused(
        &[0.0; 3],
        Annotations::labels(["a", "b"]),
        "labels: expected 1 rows, found 2",
    );
    refused(&[0.0; 3], none().with_ids([3]), "found 3");
    refused(&[0.0; 6], none().with_ids([9, 9]), "found 9");
    refused(
        &[0.0; 3],
        none().with_ids([u64::MAX]),
        "found 18446744073709551615",
    );
    refused(
        &[0.0; 3],
        none().with_column("yaer", whole(vec![None])),
        "unknown payload column `yaer`; known: name, year, weight",
    );
    refused(
        &[0.0; 3],
        none().with_column("name", whole(vec![None])),
        "expects Text in payload column `name`, but the batch has Whole",
    );
    refused(
        &[0.0; 3],
        none().with_column("year", whole(vec![])),
        "payload column: expected 1 rows, found 0",
    );
    refused(
        &[0.0; 3],
        none()
            .with_column("year", whole(vec![None]))
            .with_column("year", whole(vec![None])),
        "each column must be given once",
    );
    assert!(
        store
            .delete(&[1, 1])
            .unwrap_err()
            .to_string()
            .contains("1 again")
    );
    assert!(!store.refresh().unwrap());
    assert_eq!((store.len(), store.snapshot().generation()), (4, before));
    // The largest number of the precision, and the smallest, are stored.
    store
        .append_rows(&[65519.0, -65504.0, 6e-8], &none())
        .unwrap();
    assert_eq!(
        store.snapshot().patterns(&[4]).unwrap(),
        [65504.0, -65504.0, 5.9604645e-8]
    );
}

#[test]
fn configurations_and_places_are_checked() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a/b");
    let make = |config| Store::create(&folder, config).unwrap_err().to_string();
    let plain = || StoreConfig::new(2, Precision::F32);
    assert!(make(StoreConfig::new(0, Precision::F32)).contains("must be from 1"));
    for name in [
        "",
        "9a",
        "a b",
        "a.b",
        "id",
        "Label",
        "pattern",
        "caf\u{e9}",
    ] {
        let text = make(plain().with_field(name, Kind::Real));
        assert!(text.contains(&format!("found `{name}`")), "{text}");
    }
    let twice = plain()
        .with_field("x", Kind::Real)
        .with_field("X", Kind::Text);
    assert!(make(twice).contains("found `X`"));
    assert!(!folder.exists());
    assert!(matches!(Store::open(&folder), Err(Error::Missing { .. })));
    let mut store = Store::create(&folder, plain()).unwrap();
    assert!(matches!(
        Store::create(&folder, plain()),
        Err(Error::Exists { .. })
    ));
    // Somebody else is changing it.
    let lock = std::fs::File::open(folder.join("store.lock")).unwrap();
    lock.lock().unwrap();
    let error = store
        .append_rows(&[1.0, 2.0], &Annotations::default())
        .unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    drop(lock);
    store
        .append_rows(&[1.0, 2.0], &Annotations::default())
        .unwrap();
}
