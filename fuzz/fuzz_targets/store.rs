//! See `attractor_fuzzing::TARGETS`.
#![no_main]

use std::sync::Once;

/// The reader of Parquet files panics on some damaged pages, and the store makes errors of it: a panic is a finding where
/// nobody catches it.
static CAUGHT: Once = Once::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    CAUGHT.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    (attractor_fuzzing::target("store").run)(data);
});
