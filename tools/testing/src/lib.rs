//! What the unit tests of Attractor's crates share: tensors on the first device that there is, files
//! of golden arrays, comparisons.
//!
//! A development dependency, never published. [`attractor_core`] cannot use it: its unit tests
//! would see that crate twice.

pub mod heap;

use std::path::{Path, PathBuf};

use attractor_core::burn::tensor::{Device, Tensor, TensorData};
use attractor_core::file::{CONTENT, hash_of};
use attractor_core::weights::Weights;
use attractor_core::{Backend, rng};

/// The first device.
///
/// # Panics
/// If it cannot be opened, as all of these functions when a test has no ground to stand on.
pub fn device() -> Device {
    Backend::available()[0].open().unwrap()
}

/// Values as rows of `dim` entries.
pub fn tensor(values: &[f32], dim: usize) -> Tensor<2> {
    let shape = [values.len() / dim, dim];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &device())
}

/// The values of a tensor.
pub fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

/// Standard normal numbers of a stream.
pub fn normal_vec(seed: u64, purpose: &str, len: usize) -> Vec<f32> {
    rng::normal_vec(&mut rng::stream(seed, purpose), len)
}

/// The same as rows of `dim` entries.
pub fn normal_of(seed: u64, purpose: &str, rows: usize, dim: usize) -> Tensor<2> {
    tensor(&normal_vec(seed, purpose, rows * dim), dim)
}

/// The same, of the stream for whatever a test needs.
pub fn normal(seed: u64, rows: usize, dim: usize) -> Tensor<2> {
    normal_of(seed, "test", rows, dim)
}

/// Rows of `values` in another order.
pub fn permuted(values: &[f32], dim: usize, seed: u64) -> Vec<f32> {
    rng::permutation(&mut rng::stream(seed, "permutation"), values.len() / dim)
        .into_iter()
        .flat_map(|row| values[row * dim..(row + 1) * dim].to_vec())
        .collect()
}

/// Changes the file of a memory as if it had been saved so: with the hash of what it is then.
pub fn rewritten(path: &Path, change: impl FnOnce(&mut Weights)) {
    let mut file = Weights::read(path).unwrap();
    change(&mut file);
    let content = hash_of(&file).unwrap();
    file.set_metadata(CONTENT, content);
    file.write(path).unwrap();
}

/// Path of a file of golden arrays.
pub fn golden_path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/golden");
    PathBuf::from(folder).join(format!("{name}.safetensors"))
}

/// A file of golden arrays.
pub fn golden(name: &str) -> Weights {
    Weights::read(&golden_path(name)).unwrap()
}

/// Every entry within `tolerance` of the expected one.
pub fn assert_close(ours: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    compare(ours, expected, what, |_| tolerance);
}

/// Every entry within `tolerance` of the expected one, relative to its size if that exceeds 1.
pub fn assert_relatively_close(ours: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    compare(ours, expected, what, |size| tolerance * size.max(1.0));
}

fn compare(ours: &[f32], expected: &[f32], what: &str, allowed: impl Fn(f32) -> f32) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= allowed(b.abs()),
            "{what}[{i}]: ours {a}, expected {b}"
        );
    }
}
