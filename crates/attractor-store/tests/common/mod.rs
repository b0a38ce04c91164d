//! What other programs do to a store, in a few lines: `docs/out-of-core.md` describes it.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

/// sha256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a manifest with its hash: that of its own text with zeros in the place of the hash.
pub fn write_manifest(folder: &Path, mut manifest: serde_json::Value) {
    let zeros = "0".repeat(64);
    manifest["sha256"] = zeros.clone().into();
    let text = serde_json::to_string(&manifest).unwrap();
    let hash = sha256(text.as_bytes());
    assert_eq!(text.matches(&zeros).count(), 1);
    fs::write(folder.join("manifest.json"), text.replace(&zeros, &hash)).unwrap();
}
