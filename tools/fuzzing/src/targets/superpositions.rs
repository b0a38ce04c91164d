//! Memories of fixed size that keep no pattern by itself: what two of them have stored, joined, is what one has that stored all.

use std::sync::OnceLock;

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{
    AssociativeMemory, Backend, Energy, Forget, MemoryPrior, Merge, Persist, Recognise, Restore,
    check,
};
use attractor::entropic::{EntropicConfig, EntropicMemory, Range};
use attractor::priors::{RandomFeatures, RandomFeaturesConfig};

use super::head;
use crate::scratch;

const DIM: usize = 4;
const STEPS: usize = 16;

fn device() -> &'static Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE.get_or_init(|| Backend::Flex.open().expect("the default backend"))
}

/// Rows of eight levels from two bytes.
fn rows(count: usize, a: u8, b: u8) -> Vec<Vec<f32>> {
    let value = |row: usize, column: usize| {
        let mixed = usize::from(a) + row * 5 + column * usize::from(b);
        (mixed % 8) as f32 / 8.0
    };
    let row = |row: usize| (0..DIM).map(|column| value(row, column)).collect();
    (0..count).map(row).collect()
}

fn tensor(rows: &[Vec<f32>]) -> Tensor<2> {
    check::from_host("rows", rows.concat(), DIM, device()).expect("whole rows")
}

/// Two memories that are written in turns, and joined in the end: an entropic register (even) or random features (odd).
pub(super) fn run(data: &[u8]) {
    let ([which], steps) = head::<1>(data);
    match which % 2 {
        0 => entropic(steps),
        _ => random_features(steps),
    }
}

fn register() -> EntropicMemory {
    let config = EntropicConfig {
        rows: 8,
        range: Range::Fixed {
            low: 0.0,
            high: 1.0,
        },
        ..EntropicConfig::new(DIM)
    };
    config.init(device()).expect("a register of four columns")
}

/// The naive model counts how often each column had each level.
fn entropic(steps: &[u8]) {
    let mut pair = [register(), register()];
    let mut lists: [Vec<Vec<f32>>; 2] = [Vec::new(), Vec::new()];
    for step in steps.chunks_exact(4).take(STEPS) {
        let side = usize::from(step[0] >> 7);
        let (memory, list) = (&mut pair[side], &mut lists[side]);
        match step[0] % 5 {
            0 | 1 => {
                let rows = rows(1 + usize::from(step[3] % 3), step[1], step[2]);
                memory.write(tensor(&rows)).expect("rows within the range");
                list.extend(rows);
            }
            2 if !list.is_empty() => {
                let row = list.remove(usize::from(step[1]) % list.len());
                memory.unregister(tensor(&[row])).expect("a registered row");
            }
            3 if step[1] < 32 => {
                memory.clear();
                list.clear();
            }
            _ => {
                let path = scratch::path("register.memory");
                memory.save(&path).expect("a register can be saved");
                let back = EntropicMemory::load(&path, device());
                *memory = back.expect("what was saved can be loaded");
            }
        }
        counted(memory, list);
    }
    let [first, second] = pair;
    let joined = first.merge(second).expect("registers of one configuration");
    counted(&joined, &lists.concat());
}

fn counted(memory: &EntropicMemory, list: &[Vec<f32>]) {
    let register = memory.register();
    assert_eq!(register.registered(), list.len() as u64);
    let total: u64 = register
        .counts()
        .iter()
        .map(|&count| u64::from(count))
        .sum();
    assert_eq!(total, (list.len() * DIM) as u64);
    if let Some(row) = list.first() {
        let known = memory.familiarity(tensor(std::slice::from_ref(row)));
        let known = check::to_host(known.expect("a memory that is not empty"));
        assert!(
            known.expect("the device is host memory")[0] >= 0.0,
            "{row:?}"
        );
    }
}

fn features() -> RandomFeatures {
    let config = RandomFeaturesConfig {
        count: 16,
        ..RandomFeaturesConfig::default()
    };
    config.init(DIM, device()).expect("sixteen features")
}

/// The naive model is one superposition of all rows.
fn random_features(steps: &[u8]) {
    let mut pair = [features(), features()];
    let mut all: Vec<Vec<f32>> = Vec::new();
    for step in steps.chunks_exact(4).take(STEPS) {
        let memory = &mut pair[usize::from(step[0] >> 7)];
        if step[0] % 3 == 2 {
            let path = scratch::path("features.prior");
            memory.save(&path).expect("features can be saved");
            let back = RandomFeatures::load(&path, device());
            *memory = back.expect("what was saved can be loaded");
            continue;
        }
        let rows = rows(1 + usize::from(step[3] % 3), step[1], step[2]);
        memory.store(tensor(&rows)).expect("finite rows");
        all.extend(rows);
    }
    let [first, second] = pair;
    let joined = first.merge(second).expect("features of one configuration");
    if all.is_empty() {
        return;
    }
    let mut whole = features();
    whole.store(tensor(&all)).expect("finite rows");
    assert_eq!(joined.len(), whole.len());
    let cues = tensor(&rows(3, 1, 3));
    let energies = |memory: &RandomFeatures| {
        let energy = memory
            .energy(cues.clone())
            .expect("a memory that is not empty");
        check::to_host(energy).expect("host memory")
    };
    for (joined, whole) in energies(&joined).into_iter().zip(energies(&whole)) {
        assert!(
            (joined - whole).abs() <= 1e-3 * (1.0 + whole.abs()),
            "{joined} for {whole}"
        );
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let steps = [
        0, 9, 3, 1, 129, 4, 1, 2, 2, 0, 0, 0, 4, 9, 9, 9, 128, 7, 7, 7, 131, 1, 1, 1,
    ];
    [0, 1].map(|which| [&[which][..], &steps].concat()).to_vec()
}
