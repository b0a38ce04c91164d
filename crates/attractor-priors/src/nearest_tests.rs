//! The codes that priors rank, beside the weights of their reads.

use attractor_core::kernel::Tags;
use attractor_core::{Error, MemoryPrior};

use crate::testing::*;
use crate::*;

const DIM: usize = 6;

fn priors() -> Vec<Box<dyn MemoryPrior>> {
    let device = device();
    let sparse = |similarity, alpha| -> Box<dyn MemoryPrior> {
        let config = SparseHopfieldConfig {
            similarity,
            alpha,
            beta: 0.8,
        };
        Box::new(config.init(DIM, &device).unwrap())
    };
    vec![
        Box::new(
            GaussianMixtureConfig { sigma: 1.2 }
                .init(DIM, &device)
                .unwrap(),
        ),
        Box::new(HopfieldConfig { beta: 0.7 }.init(DIM, &device).unwrap()),
        Box::new(
            LearnedPrecisionConfig::default()
                .init(DIM, &device)
                .unwrap(),
        ),
        Box::new(
            SlotMixtureConfig {
                slots: 2,
                sigma: 1.1,
            }
            .init(DIM, &device)
            .unwrap(),
        ),
        Box::new(KernelisedConfig::default().init(DIM, &device).unwrap()),
        sparse(Similarity::Dot, 1.5),
        sparse(Similarity::SquaredDistance, 2.0),
    ]
}

#[test]
fn all_codes_make_up_the_answer() {
    let codes = normal(1, 25, DIM);
    let states = normal(2, 7, DIM);
    for mut prior in priors() {
        let name = prior.name();
        prior.store(codes.clone()).unwrap();
        let found = prior.stored().unwrap().nearest(states.clone(), 25).unwrap();
        let (answers, all) = (
            host(prior.attract(states.clone()).unwrap()),
            host(codes.clone()),
        );
        // Slots are mixed in the order of the state's, not as they are stored.
        let whole = name != "slot_mixture" && name != "kernelised";
        for (row, ranked) in found.iter().enumerate() {
            assert_eq!(ranked.len(), 25, "{name}");
            let scores: Vec<f64> = ranked.iter().map(|code| code.score).collect();
            assert!(scores.is_sorted_by(|a, b| a >= b), "{name}");
            let total: f64 = ranked.iter().map(|code| code.probability).sum();
            assert!((total - 1.0).abs() < 1e-5, "{name}: {total}");
            for p in (0..DIM).filter(|_| whole) {
                let weighed = ranked
                    .iter()
                    .map(|code| code.probability * f64::from(all[code.index * DIM + p]));
                let (found, expected) = (weighed.sum::<f64>(), f64::from(answers[row * DIM + p]));
                assert!(
                    (found - expected).abs() < 1e-4,
                    "{name}: {found} {expected}"
                );
            }
        }
        let few = prior.stored().unwrap().nearest(states.clone(), 3).unwrap();
        for (few, all) in few.iter().zip(&found) {
            assert_eq!(few.len(), 3);
            for (few, all) in few.iter().zip(all) {
                assert_eq!((few.index, few.score), (all.index, all.score), "{name}");
                assert!((few.probability - all.probability).abs() < 1e-4, "{name}");
            }
        }
    }
}

#[test]
fn codes_keep_their_ids() {
    let codes = normal(3, 4, DIM);
    for mut prior in priors() {
        let name = prior.name();
        let empty = prior.stored().unwrap().nearest(codes.clone(), 1);
        assert_eq!(empty.unwrap_err(), Error::EmptyMemory, "{name}");
        let stored = prior.stored_mut().unwrap();
        stored
            .store_as(codes.clone(), &Tags::ids([5, 2, 9, 7]))
            .unwrap();
        stored.set_label(9, Some("nine".into())).unwrap();
        assert!(
            stored
                .store_as(codes.clone(), &Tags::ids([1, 3, 4, 2]))
                .is_err(),
            "{name}"
        );
        stored.remove(0).unwrap();
        prior.store(codes.clone()).unwrap();
        let ids = prior.stored().unwrap().ids().unwrap();
        assert_eq!(ids.as_slice(), [2, 9, 7, 10, 11, 12, 13], "{name}");
        assert_eq!(ids.label(9), Some("nine"));
        assert_eq!(ids.len(), prior.len());
        prior.clear();
        assert!(prior.stored().unwrap().ids().unwrap().is_empty());
    }
}
