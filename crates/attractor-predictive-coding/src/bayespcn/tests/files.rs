//! The same seed gives the same bits, in memory and through files.

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Forget, Persist, Restore};
use attractor_testing::rewritten;

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
    let changed = |change: &dyn Fn(&mut Weights)| {
        std::fs::write(&path, &bytes).unwrap();
        rewritten(&path, change);
        BayesPcn::load(&path, &device()).unwrap_err().to_string()
    };
    let message = changed(&|file| {
        let header = file.metadata("bayespcn").unwrap();
        let header = header.replace("\"dim\":10", "\"dim\":11");
        file.set_metadata("bayespcn", header);
    });
    assert!(message.contains("expected shape"), "{message}");
    let message = changed(&|file| {
        let name = file.names().last().unwrap().to_owned();
        let (shape, mut values) = file.numbers(&name).map(|(a, b)| (a.to_vec(), b)).unwrap();
        values[0] = f64::NAN;
        file.insert_doubles(name, &shape, values);
    });
    assert!(message.contains("memory.safetensors: `"), "{message}");
    assert!(
        message.contains("expected finite numbers, found NaN"),
        "{message}"
    );
    let message = changed(&|file| file.set_metadata("kind", "xayespcn"));
    assert!(
        message.ends_with("expected the kind `bayespcn`, found `xayespcn`"),
        "{message}"
    );
}
