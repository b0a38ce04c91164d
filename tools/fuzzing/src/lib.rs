//! What is fuzzed.
//!
//! [`TARGETS`] has a function of bytes for each parser of foreign files, and one that drives memories beside a naive model. A
//! target fails by a panic. `fuzz/` runs them under libFuzzer; `cargo test -p attractor-fuzzing` runs the seeds, what campaigns
//! have found, and a few seconds of mutated seeds, on a stable compiler.
//!
//! The first bytes of an input say how the rest is read (packed or not, which options), so that one corpus reaches all forms of
//! a format. Where a format protects itself by checksums or hashes, a bit asks for right ones: damage that a checksum finds is the
//! smallest part of what a file can be.

mod mutate;
mod repair;
mod scratch;
mod targets;

pub use mutate::mutated;
pub use targets::TARGETS;

/// Something that is fuzzed.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, of the libFuzzer target and of its folders too.
    pub name: &'static str,
    /// Feeds it bytes; panics if something is wrong.
    pub run: fn(&[u8]),
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// MiB that the process may hold at most while it runs, all else included.
    pub most_mib: u64,
}

/// The target of that name.
///
/// # Panics
/// If there is none.
pub fn target(name: &str) -> &'static Target {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("no target `{name}`"))
}
