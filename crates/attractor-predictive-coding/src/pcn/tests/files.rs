//! The same seed gives the same bits, in memory and through files.

use attractor_core::weights::Weights;
use attractor_core::{AssociativeMemory, Forget, Persist, Restore};
use attractor_testing::rewritten;

use super::support::*;
use crate::pcn::{Optimiser, Pcn, PcnConfig, Precision, TopPrior, WriteConfig};
use crate::testing::device;

const DIM: usize = 10;

fn configs() -> Vec<PcnConfig> {
    let short = |optimiser, batch| WriteConfig {
        optimiser,
        batch,
        epochs: 6,
        ..WriteConfig::default()
    };
    let adam = Optimiser::default();
    vec![
        PcnConfig {
            write: short(adam, 2),
            ..rectified(DIM, 8)
        },
        PcnConfig {
            precision: Precision::F64,
            bias: true,
            prior: TopPrior::Recurrent,
            hidden: vec![7, 5, 4],
            write: short(adam, 0),
            ..rectified(DIM, 8)
        },
        PcnConfig {
            prior: TopPrior::None,
            bias: true,
            keep_patterns: false,
            write: short(Optimiser::Sgd { rate: 0.01 }, 0),
            ..rectified(DIM, 8)
        },
    ]
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    for config in configs() {
        let make = |seed| {
            let config = PcnConfig {
                seed,
                ..config.clone()
            };
            let mut memory = config.init(&device()).unwrap();
            memory.write(uniform(1, 5, DIM)).unwrap();
            memory
        };
        assert_eq!(bytes(&make(5)), bytes(&make(5)));
        let (a, b) = (make(5), make(6));
        let weight = |memory: &Pcn| values(&memory.parameters().layers[0].weight);
        assert_ne!(weight(&a), weight(&b));
        let read = |memory: &Pcn| values(&memory.read(uniform(2, 4, DIM)).unwrap().state);
        assert_eq!(read(&a), read(&make(5)));
    }
}

/// Reloading between any two steps changes nothing.
#[test]
fn files_hold_every_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    for config in configs() {
        let given = with_weights(config.clone(), 3, 1.0);
        for start in [config.clone().init(&device()).unwrap(), given] {
            let mut through = reload(&start, &path);
            let mut memory = start;
            let steps: Vec<fn(&mut Pcn)> = vec![
                |memory| memory.write(uniform(1, 3, DIM)).unwrap(),
                |memory| memory.write(uniform(2, 2, DIM)).unwrap(),
                |memory| {
                    if memory.config().keep_patterns {
                        memory.remove(1).unwrap();
                    }
                },
                |memory| memory.write(uniform(3, 1, DIM)).unwrap(),
                Forget::clear,
                |memory| memory.write(uniform(4, 2, DIM)).unwrap(),
            ];
            for step in steps {
                step(&mut memory);
                step(&mut through);
                through = reload(&through, &path);
                assert_eq!(through.config(), memory.config());
                assert_eq!(bytes(&through), bytes(&memory));
            }
            let cues = uniform(5, 3, DIM);
            let read = |memory: &Pcn| values(&memory.read(cues.clone()).unwrap().state);
            assert_eq!(read(&through), read(&memory));
        }
    }
}

fn reload(memory: &Pcn, path: &std::path::Path) -> Pcn {
    memory.save(path).unwrap();
    Pcn::load(path, &device()).unwrap()
}

#[test]
fn broken_files_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.safetensors");
    let mut memory = configs()[0].clone().init(&device()).unwrap();
    memory.write(uniform(1, 2, DIM)).unwrap();
    memory.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Pcn::load(&path, &device()).unwrap_err().to_string()
    };
    for cut in (0..bytes.len()).step_by(499) {
        assert!(load(&bytes[..cut]).contains("expected a safetensors file"));
    }
    let changed = |change: &dyn Fn(&mut Weights)| {
        std::fs::write(&path, &bytes).unwrap();
        rewritten(&path, change);
        Pcn::load(&path, &device()).unwrap_err().to_string()
    };
    let with = |from: &str, to: &str| {
        changed(&|file| {
            let header = file.metadata("pcn").unwrap().replace(from, to);
            file.set_metadata("pcn", header);
        })
    };
    let message = with("\"dim\":10", "\"dim\":11");
    assert!(message.contains("expected shape"), "{message}");
    let message = with("\"len\":2", "\"len\":3");
    assert!(message.contains("expected shape [3, 10]"), "{message}");
    let message = changed(&|file| file.set_metadata("kind", "gpcn"));
    assert!(
        message.ends_with("expected the kind `pcn`, found `gpcn`"),
        "{message}"
    );
    let message = changed(&|file| {
        let name = file.names().last().unwrap().to_owned();
        let (shape, mut values) = file.numbers(&name).map(|(a, b)| (a.to_vec(), b)).unwrap();
        values[0] = f64::NAN;
        file.insert_doubles(name, &shape, values);
    });
    assert!(message.contains("expected finite numbers"), "{message}");
}
