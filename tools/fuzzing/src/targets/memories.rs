//! Memories that keep their patterns one by one, driven beside a list that does the same.

use attractor::catalogue::{self, Context};
use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::kernel::Tags;
use attractor::core::options::Options;
use attractor::core::{AssociativeMemory, Backend, check};
use std::sync::OnceLock;

use crate::scratch;

const DIM: usize = 5;
/// Steps of one input, and stored patterns at most.
const STEPS: usize = 24;
const MOST: usize = 40;

const RECIPES: [&str; 8] = [
    "nearest",
    "gmm",
    "knn",
    "stored-mixture",
    "mchn",
    "map-gmm",
    "bp-gmm",
    "identity",
];

fn device() -> &'static Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE.get_or_init(|| Backend::Flex.open().expect("the default backend"))
}

/// A stored pattern as the list has it.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    id: u64,
    label: Option<String>,
    row: Vec<f32>,
}

/// The memory, and the list beside it.
struct Pair {
    memory: Box<dyn AssociativeMemory>,
    list: Vec<Stored>,
    /// The next id that nobody gave.
    next: u64,
    exact: bool,
}

/// Which memory, then steps of four bytes.
pub(super) fn run(data: &[u8]) {
    let Some((&which, steps)) = data.split_first() else {
        return;
    };
    let recipe = RECIPES[usize::from(which) % RECIPES.len()];
    let context = Context::pixels(DIM, device()).expect("a memory of five numbers");
    let memory = catalogue::build(recipe, &Options::new(), &context);
    let mut pair = Pair {
        memory: memory.expect("a recipe of the catalogue"),
        list: Vec::new(),
        next: 0,
        exact: recipe == "nearest",
    };
    for step in steps.chunks_exact(4).take(STEPS) {
        pair.step(step[0], [step[1], step[2], step[3]]);
        pair.agree();
    }
}

/// Rows that follow from three bytes: some are equal, some far apart.
fn rows(count: usize, [a, b, c]: [u8; 3]) -> Vec<Vec<f32>> {
    let value = |row: usize, column: usize| {
        let mixed = usize::from(a) + 7 * row + 3 * column * usize::from(b);
        let value = (mixed % 256) as f32 / 16.0 - 8.0;
        if c > 250 { value * 1e4 } else { value }
    };
    let row = |row: usize| (0..DIM).map(|column| value(row, column)).collect();
    (0..count).map(row).collect()
}

fn tensor(rows: &[Vec<f32>]) -> Tensor<2> {
    check::from_host("rows", rows.concat(), DIM, device()).expect("whole rows")
}

impl Pair {
    fn step(&mut self, kind: u8, bytes: [u8; 3]) {
        let count = 1 + usize::from(bytes[2] % 4);
        match kind % 11 {
            0 | 1 if self.list.len() < MOST => self.write(count, bytes),
            2 if self.list.len() < MOST => self.write_as(count, bytes),
            3 => self.remove(usize::from(bytes[0])),
            4 => self.remove_id(bytes[0].into()),
            5 => self.label(bytes),
            6 if bytes[0] < 64 => {
                if let Some(memory) = self.memory.as_forget() {
                    memory.clear();
                    self.list.clear();
                }
            }
            7 => self.reload(),
            8 => self.read(count, bytes),
            9 => self.nearest(count, bytes),
            10 => self.refuse(bytes),
            _ => {}
        }
    }

    fn write(&mut self, count: usize, bytes: [u8; 3]) {
        let rows = rows(count, bytes);
        self.memory
            .write(tensor(&rows))
            .expect("finite rows of the right width");
        for row in rows {
            let id = self.next;
            self.next += 1;
            self.list.push(Stored {
                id,
                label: None,
                row,
            });
        }
    }

    fn write_as(&mut self, count: usize, bytes: [u8; 3]) {
        let Some(memory) = self.memory.as_identify_mut() else {
            return;
        };
        let ids: Vec<u64> = (0..count as u64)
            .map(|at| u64::from(bytes[0]) + at * u64::from(bytes[1] % 3))
            .collect();
        let labels: Vec<String> = ids
            .iter()
            .map(|id| format!("label {id}\n\"{}", bytes[1]))
            .collect();
        let rows = rows(count, bytes);
        let tags = Tags::ids(ids.clone()).with_labels(labels.clone());
        let mut seen: Vec<u64> = self.list.iter().map(|stored| stored.id).collect();
        let new = ids.iter().all(|&id| {
            let new = !seen.contains(&id);
            seen.push(id);
            new
        });
        assert_eq!(
            memory.write_as(tensor(&rows), &tags).is_ok(),
            new,
            "{ids:?}"
        );
        if new {
            for ((id, label), row) in ids.into_iter().zip(labels).zip(rows) {
                self.next = self.next.max(id + 1);
                self.list.push(Stored {
                    id,
                    label: Some(label),
                    row,
                });
            }
        }
    }

    fn remove(&mut self, index: usize) {
        let Some(memory) = self.memory.as_forget() else {
            return;
        };
        let there = index < self.list.len();
        assert_eq!(memory.remove(index).is_ok(), there);
        if there {
            self.list.remove(index);
        }
    }

    fn remove_id(&mut self, id: u64) {
        let Some(memory) = self.memory.as_forget() else {
            return;
        };
        let at = self.list.iter().position(|stored| stored.id == id);
        assert_eq!(memory.remove_id(id).is_ok(), at.is_some());
        at.map(|at| self.list.remove(at));
    }

    fn label(&mut self, [id, what, _]: [u8; 3]) {
        let Some(memory) = self.memory.as_identify_mut() else {
            return;
        };
        let label = (what > 100).then(|| format!("again {what}"));
        let stored = self
            .list
            .iter_mut()
            .find(|stored| stored.id == u64::from(id));
        assert_eq!(
            memory.set_label(id.into(), label.clone()).is_ok(),
            stored.is_some()
        );
        if let Some(stored) = stored {
            stored.label = label;
        }
    }

    fn reload(&mut self) {
        let path = scratch::path("driven.memory");
        self.memory
            .save(&path)
            .expect("a memory of the catalogue can be saved");
        self.memory = attractor::load(&path, device()).expect("what was saved can be loaded");
    }

    /// Squared distance of a stored row from a cue.
    fn distance(row: &[f32], cue: &[f32]) -> f64 {
        let pairs = row.iter().zip(cue);
        pairs
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
            .sum()
    }

    fn read(&self, count: usize, bytes: [u8; 3]) {
        let cues = rows(count, [bytes[1], bytes[0], bytes[2]]);
        let read = self.memory.read(tensor(&cues));
        let Ok(recall) = read else {
            assert!(self.list.is_empty(), "{read:?}");
            return;
        };
        let answers = check::to_host(recall.data()).expect("the device is host memory");
        assert_eq!(answers.len(), count * DIM);
        assert!(answers.iter().all(|value| value.is_finite()), "{answers:?}");
        if self.exact {
            for (cue, answer) in cues.iter().zip(answers.chunks_exact(DIM)) {
                let best = self
                    .list
                    .iter()
                    .map(|stored| Self::distance(&stored.row, cue));
                let best = best.fold(f64::INFINITY, f64::min);
                assert!(
                    self.list.iter().any(|stored| stored.row == answer),
                    "{answer:?}"
                );
                let found = Self::distance(answer, cue);
                assert!(found <= best * (1.0 + 1e-5) + 1e-9, "{found} beyond {best}");
            }
        }
    }

    fn nearest(&self, count: usize, bytes: [u8; 3]) {
        let Some(memory) = self.memory.as_identify() else {
            return;
        };
        let cues = rows(1, [bytes[1], bytes[0], bytes[2]]);
        let Ok(found) = memory.nearest(tensor(&cues), count) else {
            assert!(self.list.is_empty());
            return;
        };
        let candidates = &found[0].candidates;
        assert_eq!(candidates.len(), count.min(self.list.len()));
        for (at, candidate) in candidates.iter().enumerate() {
            let stored = &self.list[candidate.index];
            assert_eq!((stored.id, &stored.label), (candidate.id, &candidate.label));
            assert!(
                candidates[..at]
                    .iter()
                    .all(|other| other.id != candidate.id)
            );
            assert!(at == 0 || candidates[at - 1].score >= candidate.score);
            if self.exact {
                let distance = Self::distance(&stored.row, &cues[0]).sqrt();
                let gap = (distance + candidate.score).abs();
                assert!(
                    gap <= 1e-5 * distance + 1e-9,
                    "{distance}, {}",
                    candidate.score
                );
            }
        }
    }

    /// What must be refused, and leave everything as it was.
    fn refuse(&mut self, [a, b, c]: [u8; 3]) {
        let mut bad = rows(2, [a, b, c]);
        bad[1][usize::from(c) % DIM] =
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][usize::from(a) % 3];
        assert!(self.memory.write(tensor(&bad)).is_err());
        assert!(self.memory.read(tensor(&bad)).is_err());
        let narrow = check::from_host("narrow", vec![0.0; DIM - 1], DIM - 1, device());
        assert!(self.memory.write(narrow.expect("a whole row")).is_err());
    }

    /// The memory holds what the list holds, bit by bit, in order.
    fn agree(&self) {
        assert_eq!(self.memory.len(), self.list.len());
        let expected: Vec<f32> = self
            .list
            .iter()
            .flat_map(|stored| stored.row.iter().copied())
            .collect();
        match self.memory.stored_states() {
            Ok(stored) => {
                let found = check::to_host(stored).expect("the device is host memory");
                assert_eq!(found, expected);
            }
            Err(error) => assert!(self.list.is_empty(), "{error}"),
        }
        if let Some(Ok(ids)) = self.memory.as_identify().map(|memory| memory.pattern_ids()) {
            for (at, stored) in self.list.iter().enumerate() {
                assert_eq!(ids.get(at), Some(stored.id));
                assert_eq!(ids.label(stored.id), stored.label.as_deref());
            }
            assert_eq!(ids.len(), self.list.len());
        }
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let all = |which: u8| {
        let steps = [0, 8, 2, 9, 5, 7, 3, 8, 4, 10, 1, 9, 6, 7, 0, 8];
        let step = |(at, kind): (usize, &u8)| [*kind, 3 * at as u8, 5, 2];
        let steps = steps.iter().enumerate().flat_map(step);
        std::iter::once(which).chain(steps).collect()
    };
    (0..RECIPES.len() as u8).map(all).collect()
}
