//! The same seed gives the same bits, in memory and through files.

use attractor_core::{AssociativeMemory, Forget, Persist};

use super::support::{posterior, small};
use crate::bayespcn::{BayesPcn, BayesPcnConfig};
use crate::testing::{device, host, normal};

const DIM: usize = 10;

fn config() -> BayesPcnConfig {
    BayesPcnConfig {
        particles: 2,
        keep_patterns: true,
        ..small(DIM)
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let make = |seed| {
        let mut memory = BayesPcnConfig { seed, ..config() }.init(&device()).unwrap();
        memory.write(normal(1, 3, DIM)).unwrap();
        memory
    };
    assert_eq!(make(5).state, make(5).state);
    assert_ne!(make(5).state.particles, make(6).state.particles);
    let read = |memory: &BayesPcn| host(memory.read(normal(2, 20, DIM)).unwrap().state);
    assert_eq!(read(&make(5)), read(&make(5)));
}

#[test]
fn files_hold_every_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let given = (0..2).map(|k| {
        (0..3)
            .map(|l| {
                let (inputs, outputs) = config().shape(l);
                posterior(k * 10 + l as u64, inputs, outputs)
            })
            .collect()
    });
    let given = BayesPcn::with_priors(config(), given.collect(), &device()).unwrap();
    for mut memory in [config().init(&device()).unwrap(), given] {
        memory.write(normal(1, 3, DIM)).unwrap();
        memory.forget(0.2).unwrap();
        memory.write(normal(2, 2, DIM)).unwrap();
        memory.save(&path).unwrap();
        let mut again = BayesPcn::load(&path, &device()).unwrap();
        assert_eq!(again.config(), memory.config());
        assert_eq!(again.state, memory.state);
        // What comes after is the same too: the random streams go on, the priors are there.
        for memory in [&mut memory, &mut again] {
            memory.write(normal(3, 1, DIM)).unwrap();
            memory.remove(4).unwrap();
            memory.forget(0.5).unwrap();
        }
        assert_eq!(again.state, memory.state);
    }
}

#[test]
fn broken_files_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let mut memory = config().init(&device()).unwrap();
    memory.write(normal(1, 1, DIM)).unwrap();
    memory.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        BayesPcn::load(&path, &device()).unwrap_err().to_string()
    };
    for cut in (0..bytes.len()).step_by(997) {
        assert!(load(&bytes[..cut]).contains("expected a safetensors file"));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let at = text.find("\\\"dim\\\":10").unwrap();
    let mut other = bytes.clone();
    other[at + 9] = b'1';
    let message = load(&other);
    assert!(message.contains("expected shape"), "{message}");
    // Numbers that are none, in the last array.
    let mut other = bytes.clone();
    let end = other.len();
    other[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
    let message = load(&other);
    assert!(message.contains("memory.safetensors: `"), "{message}");
    assert!(
        message.contains("expected finite numbers, found NaN"),
        "{message}"
    );
    let at = text.find("\"bayespcn\"").unwrap();
    let mut other = bytes;
    other[at + 1] = b'x';
    assert!(load(&other).contains("expected the system `bayespcn`"));
}
