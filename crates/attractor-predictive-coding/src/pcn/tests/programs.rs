//! Any order of operations, with the memory saved and loaded between any two of them.

use attractor_core::{Activation, Error};
use proptest::prelude::*;

use super::support::*;
use crate::pcn::{Optimiser, Pcn, PcnConfig, Placement, Precision, Ridge, TopPrior, WriteConfig};
use crate::testing::device;
use crate::testing::programs::{Action, perform, programs, reloading_changes_nothing};

const DIM: usize = 10;

fn configs() -> impl Strategy<Value = PcnConfig> {
    let prior = prop_oneof![
        Just(TopPrior::Mean),
        Just(TopPrior::None),
        Just(TopPrior::Recurrent)
    ];
    let choices = (any::<[bool; 7]>(), prior, 0..3u64);
    choices.prop_map(
        |([sgd, batches, warm, keep, ridge, double, post], prior, seed)| {
            let base = rectified(DIM, 8);
            PcnConfig {
                activation: Activation::Tanh,
                placement: if post {
                    Placement::Post
                } else {
                    Placement::Pre
                },
                bias: post,
                prior,
                keep_patterns: keep,
                precision: if double {
                    Precision::F64
                } else {
                    Precision::F32
                },
                write: WriteConfig {
                    optimiser: if sgd {
                        Optimiser::Sgd { rate: 1e-3 }
                    } else {
                        Optimiser::Adam { rate: 5e-3 }
                    },
                    epochs: 6,
                    batch: if batches { 2 } else { 0 },
                    warm,
                    ridge: ridge.then(Ridge::default),
                    ..base.write
                },
                inference: one_look(0.1, 20),
                seed,
                ..base
            }
        },
    )
}

/// Gradient steps forget by degrees only what later ones overwrite.
fn no_fading(_: &mut Pcn, _: f64) -> attractor_core::Result<()> {
    Err(Error::Unsupported {
        what: "fading",
        capability: "forgetting by degrees",
        part: "a predictive coding memory".into(),
    })
}

fn check(config: &PcnConfig, program: &[(Action, bool)]) {
    let make = || config.clone().init(&device()).unwrap();
    reloading_changes_nothing(make, program, |memory: &mut Pcn, step| {
        perform(memory, step, no_fading)
    });
}

/// Found by the search below: one pattern in double precision.
#[test]
fn one_pattern_in_double_precision() {
    let base = rectified(DIM, 8);
    let config = PcnConfig {
        activation: Activation::Tanh,
        placement: Placement::Pre,
        bias: false,
        prior: TopPrior::Mean,
        precision: Precision::F64,
        write: WriteConfig {
            optimiser: Optimiser::Adam { rate: 5e-3 },
            epochs: 6,
            ..base.write
        },
        inference: one_look(0.1, 20),
        ..base
    };
    let write = Action::Write { seed: 0, rows: 1 };
    check(
        &config,
        &[(write, false), (Action::Read { seed: 0 }, false)],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_memory_is_what_its_file_says(config in configs(), program in programs(10)) {
        check(&config, &program);
    }
}
