//! See `attractor_fuzzing::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    (attractor_fuzzing::target("vectors").run)(data);
});
