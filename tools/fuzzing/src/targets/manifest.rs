//! Manifests of data sets.

use std::path::Path;

use attractor::datasets::Manifest;

/// The text.
pub(super) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(manifest) = Manifest::parse(&text, Path::new("a.toml")) {
        let total = manifest.total_size();
        let sizes: Option<Vec<u64>> = manifest.files.iter().map(|file| file.size).collect();
        let sum = sizes.map(|sizes| sizes.iter().map(|&size| u128::from(size)).sum::<u128>());
        let expected = sum.and_then(|sum| u64::try_from(sum).ok());
        assert_eq!(total, expected);
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    super::experiment::files("datasets", "toml")
}
