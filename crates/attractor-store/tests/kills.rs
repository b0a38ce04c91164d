//! A process that appends, deletes and compacts, killed at random moments: everything it was told is stored is there,
//! and nothing is half there. A few kills always run; 200 by
//! `ATTRACTOR_KILLS=200 cargo test -p attractor-store --test kills -- --nocapture`, which takes a few minutes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use attractor_core::rng;
use attractor_store::{Annotations, Column, Kind, Precision, Store, StoreConfig, Value};
use rand::RngExt;

const DIM: usize = 32;
const FOLDER: &str = "ATTRACTOR_STORE_KILLS_FOLDER";
const SEED: &str = "ATTRACTOR_STORE_KILLS_SEED";

/// A change, as the child announces it and as it says afterwards that it is done.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    /// Ids from .. to.
    Append(u64, u64),
    Delete(Vec<u64>),
    Compact,
}

impl Change {
    fn text(&self) -> String {
        match self {
            Self::Append(from, to) => format!("append {from} {to}"),
            Self::Delete(ids) => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                format!("delete {}", ids.join(" "))
            }
            Self::Compact => "compact".to_owned(),
        }
    }

    fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let name = words.next();
        let ids: Vec<u64> = words
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().unwrap())
            .collect();
        match name {
            Some("append") => Self::Append(ids[0], ids[1]),
            Some("delete") => Self::Delete(ids),
            Some("compact") => Self::Compact,
            other => panic!("{other:?}"),
        }
    }

    fn apply(&self, ids: &mut Vec<u64>) {
        match self {
            Self::Append(from, to) => ids.extend(*from..*to),
            Self::Delete(gone) => ids.retain(|id| !gone.contains(id)),
            Self::Compact => {}
        }
    }
}

/// What is stored under an id follows from it.
fn pattern(id: u64) -> Vec<f32> {
    (0..DIM as u64)
        .map(|at| ((id * 131 + at * 17) % 4093) as f32 / 8.0)
        .collect()
}

fn label(id: u64) -> Option<String> {
    (!id.is_multiple_of(4)).then(|| format!("pattern {id}"))
}

fn append(store: &mut Store, rows: u64) -> u64 {
    let first = store.next_id();
    let ids = first..first + rows;
    let values: Vec<f32> = ids.clone().flat_map(pattern).collect();
    let beside = Annotations::default()
        .with_labels(ids.clone().map(label))
        .with_column(
            "square",
            Column::Whole(ids.map(|id| Some((id * id) as i64)).collect()),
        );
    let given = store.append_rows(&values, &beside).unwrap();
    assert_eq!(given[0], first);
    first
}

/// What the killed process does; a test like the others, which does nothing unless it is told where.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let seed: u64 = std::env::var(SEED).unwrap().parse().unwrap();
    let mut store = Store::open(folder).unwrap();
    let mut rng = rng::indexed_stream(1, "child", seed);
    let say = |what: &str, change: &Change| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{what}: {} ;", change.text()).unwrap();
        out.flush().unwrap();
    };
    let mut ids: Vec<u64> = store
        .snapshot()
        .chunks(1 << 20)
        .flat_map(|c| c.unwrap().ids)
        .collect();
    loop {
        let change = match rng.random_range(0..10) {
            0..5 => {
                let rows = rng.random_range(1..400);
                Change::Append(store.next_id(), store.next_id() + rows)
            }
            5..8 if ids.len() > 500 => {
                let share = rng.random_range(0.0..0.6);
                let gone = ids.iter().copied().filter(|_| rng.random_bool(share));
                Change::Delete(gone.collect())
            }
            _ => Change::Compact,
        };
        say("begin", &change);
        match &change {
            Change::Append(from, to) => assert_eq!(append(&mut store, to - from), *from),
            Change::Delete(ids) => store.delete(ids).unwrap(),
            Change::Compact => {
                store.compact().unwrap();
            }
        }
        change.apply(&mut ids);
        say("done", &change);
    }
}

/// The content of the folder is that of `ids`, all of it, and verified.
fn check(folder: &Path, ids: &[u64]) {
    let store = Store::open(folder).unwrap();
    assert_eq!(store.verify().unwrap(), ids.len() as u64);
    let snapshot = store.snapshot();
    let mut seen = Vec::new();
    for chunk in snapshot.chunks(1 << 18) {
        let chunk = chunk.unwrap();
        for (row, &id) in chunk.ids.iter().enumerate() {
            assert_eq!(
                chunk.patterns[row * DIM..(row + 1) * DIM],
                pattern(id),
                "{id}"
            );
            assert_eq!(chunk.labels[row], label(id));
        }
        seen.extend(chunk.ids);
    }
    assert_eq!(seen, ids);
    let some: Vec<u64> = ids.iter().copied().step_by(ids.len() / 20 + 1).collect();
    for record in snapshot.records(&some).unwrap() {
        assert_eq!(
            record.payload,
            [Some(Value::Whole((record.id * record.id) as i64))]
        );
    }
}

fn campaign(kills: u64) {
    let place = tempfile::tempdir().unwrap();
    let mut rng = rng::stream(0, "kills");
    let mut during: BTreeMap<String, u64> = BTreeMap::new();
    let (mut acknowledged, mut left, mut kept) = (0, 0, 0);
    let mut folder = place.path().join("0");
    let mut ids = Vec::new();
    for kill in 0..kills {
        if kill % 20 == 0 {
            let config = StoreConfig::new(DIM, Precision::F32).with_field("square", Kind::Whole);
            folder = place.path().join(kill.to_string());
            Store::create(&folder, config).unwrap();
            ids.clear();
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(FOLDER, &folder)
            .env(SEED, kill.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        // Read meanwhile, or the child waits for room in the pipe.
        let said = std::thread::spawn(move || {
            let lines = out.lines().map_while(Result::ok);
            lines.collect::<Vec<String>>()
        });
        std::thread::sleep(Duration::from_micros(rng.random_range(5_000..250_000)));
        // SIGKILL: nothing of the process runs any more.
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(
            !status.success() && status.code().is_none(),
            "it ended by itself: {status}"
        );
        let mut open = None;
        for line in said.join().unwrap() {
            // A line that the kill has cut says nothing.
            let Some(line) = line.strip_suffix(" ;") else {
                continue;
            };
            if let Some(text) = line.strip_prefix("begin: ") {
                open = Some(Change::parse(text));
            } else if let Some(text) = line.strip_prefix("done: ") {
                assert_eq!(open.take(), Some(Change::parse(text)));
                Change::parse(text).apply(&mut ids);
                acknowledged += 1;
            }
        }
        // The change that nobody heard the end of is whole or was never.
        let mut with = ids.clone();
        if let Some(change) = &open {
            change.apply(&mut with);
            let name = change.text().split(' ').next().unwrap().to_owned();
            *during.entry(name).or_default() += 1;
        } else {
            *during.entry("none".to_owned()).or_default() += 1;
        }
        let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
        let names = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name());
        left += names
            .map(|name| name.into_string().unwrap())
            .filter(|name| {
                !manifest.contains(name) && !["manifest.json", "store.lock"].contains(&&**name)
            })
            .count();
        if Store::open(&folder).unwrap().len() == with.len() as u64 && with != ids {
            kept += 1;
            ids = with;
        }
        check(&folder, &ids);
    }
    println!(
        "{kills} kills: {acknowledged} changes acknowledged, all there; killed during {during:?}, of which {kept} are there \
         all the same; {left} files left behind"
    );
    if kills >= 100 {
        for name in ["append", "delete", "compact"] {
            assert!(
                during.get(name).is_some_and(|&count| count > 4),
                "{during:?}"
            );
        }
        assert!(left > 0);
    }
    // What is left behind hinders nobody, and goes.
    let mut store = Store::open(&folder).unwrap();
    append(&mut store, 3);
    store.compact().unwrap();
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, 3, "manifest, lock and one segment");
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_leaves_nothing_half() {
    let asked = std::env::var("ATTRACTOR_KILLS");
    campaign(asked.map_or(6, |kills| {
        kills.parse().expect("ATTRACTOR_KILLS is a number")
    }));
}
