use attractor_core::{Energy, MemoryPrior};
use proptest::prelude::*;

use super::HopfieldConfig;
use crate::testing::*;

fn prior(beta: f32, dim: usize) -> super::Hopfield {
    HopfieldConfig { beta }.init(dim, &device()).unwrap()
}

#[test]
fn golden() {
    for (beta, name) in [(0.5, "0.5"), (4.0, "4.0"), (100.0, "100.0")] {
        let mut prior = prior(beta, 8);
        check_golden_iterations(&mut prior, &format!("mchn_beta{name}"));
        let golden = crate::testing::golden("priors");
        let key = format!("hopfield_energy_beta{name}");
        if golden.contains(&key) {
            let cue = golden.tensor("cue", [5, 8], &device()).unwrap();
            let energy = host(prior.energy(cue).unwrap());
            assert_close(&energy, golden.values(&key).unwrap(), 1e-5, &key);
        }
    }
}

#[test]
fn edges() {
    check_edges(Box::new(prior(3.0, 5)));
}

#[test]
fn wrong_beta_is_an_error() {
    let error = HopfieldConfig { beta: -1.0 }
        .init(3, &device())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "HopfieldConfig.beta: must be finite and greater than 0, found -1"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn properties(seed in 0u64..500, beta in 0.2f32..5.0) {
        let mut prior = prior(beta, 5);
        prior.store(normal(seed, 17, 5)).unwrap();
        check_descent(&prior, normal(seed + 1, 8, 5));
        check_gradient(&prior, normal(seed + 2, 4, 5), 2e-2);
        check_order_and_repetition(&|| Box::new(super::HopfieldConfig { beta }.init(5, &device()).unwrap()), seed);
    }
}
