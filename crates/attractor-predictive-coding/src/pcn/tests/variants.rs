//! Networks and ways of writing other than the default, and networks that cannot learn.

use attractor_core::{Activation, AssociativeMemory};

use super::support::*;
use crate::pcn::{HiddenStart, Optimiser, Pcn, PcnConfig, Placement, Ridge, TopPrior, WriteConfig};
use crate::testing::device;

const DIM: usize = 48;

#[test]
fn batches_optimisers_and_starts_all_learn() {
    let patterns = uniform(6, 5, DIM);
    let base = rectified(DIM, 96);
    let sgd = Optimiser::Sgd { rate: 0.005 };
    let ridge = Ridge {
        rounds: 2,
        ..Ridge::default()
    };
    let variants = [
        (
            "batches",
            base.clone(),
            WriteConfig {
                batch: 2,
                ..base.write
            },
        ),
        (
            "sgd",
            base.clone(),
            WriteConfig {
                optimiser: sgd,
                ..base.write
            },
        ),
        (
            "cold",
            base.clone(),
            WriteConfig {
                warm: false,
                ..base.write
            },
        ),
        (
            "ridge",
            base.clone(),
            WriteConfig {
                ridge: Some(ridge),
                ..base.write
            },
        ),
        (
            "post, free top",
            PcnConfig {
                placement: Placement::Post,
                activation: Activation::Tanh,
                prior: TopPrior::None,
                bias: true,
                ..base.clone()
            },
            base.write,
        ),
        (
            "random start",
            PcnConfig {
                prior_std: 0.0,
                start: HiddenStart::Random,
                ..base.clone()
            },
            base.write,
        ),
        (
            "recurrent, GELU, deep",
            PcnConfig {
                prior: TopPrior::Recurrent,
                activation: Activation::Gelu,
                hidden: vec![32, 24, 24],
                ..base.clone()
            },
            base.write,
        ),
    ];
    for (name, config, write) in variants {
        let mut memory = config.init(&device()).unwrap();
        let report = memory
            .write_with(patterns.clone(), &write, &mut go_on)
            .unwrap();
        let first = report.history[0].energy;
        assert!(
            report.mean_energy() < 0.1 * first,
            "{name}: {} {first}",
            report.mean_energy()
        );
        if let Some(recurrent) = &memory.parameters().recurrent {
            let width = recurrent.dims()[0];
            let recurrent = values(recurrent);
            assert!((0..width).all(|i| recurrent[i * width + i] == 0.0));
            assert!(recurrent.iter().any(|value| *value != 0.0));
        }
    }
}

#[test]
fn networks_that_cannot_learn_are_refused() {
    let dead = |config: PcnConfig| config.init(&device()).is_err();
    let zero = PcnConfig {
        prior_std: 0.0,
        ..PcnConfig::new(4)
    };
    assert!(dead(zero.clone()));
    assert!(dead(PcnConfig {
        prior: TopPrior::None,
        ..PcnConfig::new(4)
    }));
    assert!(dead(PcnConfig {
        placement: Placement::Post,
        ..zero.clone()
    }));
    // One thing that moves is enough.
    assert!(!dead(PcnConfig {
        bias: true,
        ..zero.clone()
    }));
    assert!(!dead(PcnConfig {
        start: HiddenStart::Random,
        ..zero.clone()
    }));
    assert!(!dead(PcnConfig {
        activation: Activation::Tanh,
        ..zero.clone()
    }));
    let single = PcnConfig {
        placement: Placement::Post,
        hidden: vec![4],
        ..zero
    };
    assert!(!dead(single.clone()));
    let mut memory = single.init(&device()).unwrap();
    let report = write(&mut memory, &uniform(7, 2, 4));
    assert!(report.mean_energy() < report.history[0].energy);
    // A network whose lowest layer happens to be off is noticed when it should learn.
    let config = PcnConfig {
        hidden: vec![2, 1],
        ..PcnConfig::new(4)
    };
    let parameters = crate::pcn::PcnParameters {
        layers: vec![
            crate::pcn::PcnLayer {
                weight: normal(1, 4, 2),
                bias: None,
            },
            crate::pcn::PcnLayer {
                weight: rows(&[-1.0, -2.0], 1),
                bias: None,
            },
        ],
        mean: Some(rows(&[1.0], 1)),
        recurrent: None,
    };
    let mut memory = Pcn::with_parameters(config, parameters, &device()).unwrap();
    let before = bytes(&memory);
    let message = memory.write(uniform(7, 2, 4)).unwrap_err().to_string();
    assert!(message.contains("must leave some unit"), "{message}");
    assert_eq!(bytes(&memory), before);
}
