//! Any order of operations, with the memory saved and loaded between any two of them.

use proptest::prelude::*;

use super::support::small;
use crate::bayespcn::{BayesPcn, BayesPcnConfig, Coding, SearchConfig, SearchPrecision, Writing};
use crate::testing::device;
use crate::testing::programs::{perform, programs, reloading_changes_nothing};

const DIM: usize = 20;

fn configs() -> impl Strategy<Value = BayesPcnConfig> {
    let choices = (any::<[bool; 5]>(), 0..3u64);
    choices.prop_map(
        |([batch, shared, keep, resample, double], seed)| BayesPcnConfig {
            hidden: 12,
            particles: 2,
            writing: if batch {
                Writing::Batch
            } else {
                Writing::Streaming
            },
            coding: if shared {
                Coding::Shared
            } else {
                Coding::Individual
            },
            keep_patterns: keep,
            resample_below: if resample { 0.9 } else { 0.0 },
            search: SearchConfig {
                max_steps: 15,
                precision: if double {
                    SearchPrecision::Double
                } else {
                    SearchPrecision::Single
                },
                ..SearchConfig::default()
            },
            seed,
            ..small(DIM)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_memory_is_what_its_file_says(config in configs(), program in programs(12)) {
        let make = || config.init(&device()).unwrap();
        reloading_changes_nothing(make, &program, |memory: &mut BayesPcn, step| {
            perform(memory, step, BayesPcn::forget)
        });
    }
}
