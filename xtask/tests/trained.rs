//! The published weights, where they are at hand: same protocol, same rates.

use std::path::PathBuf;
use std::process::Command;

/// Set `ATTRACTOR_TRAINED_VAE` to the safetensors file and `ATTRACTOR_DATA` to the folder of
/// CIFAR-10 to run this; both are too large for the repository.
#[test]
fn imported_weights_give_the_published_rates() {
    let (Some(weights), Some(data)) = (
        std::env::var_os("ATTRACTOR_TRAINED_VAE").map(PathBuf::from),
        std::env::var_os("ATTRACTOR_DATA"),
    ) else {
        eprintln!("SKIPPED: ATTRACTOR_TRAINED_VAE and ATTRACTOR_DATA are not set");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let status = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args([
            "reproduce",
            "annabi-cifar10",
            "--preset",
            "paper",
            "--weights",
        ])
        .arg(&weights)
        .arg("--data-dir")
        .arg(data)
        .args([
            "--system",
            "GMM/vae",
            "--system",
            "MCHN/vae",
            "--system",
            "GMM/pixel",
        ])
        .arg("--out")
        .arg(&out)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let text = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    let mut compared = 0;
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        if record["metric"] == "retrieval_rate" && !record["reference"].is_null() {
            let ours = record["value"].as_f64().unwrap();
            let theirs = record["reference"]["value"].as_f64().unwrap();
            assert!((ours - theirs).abs() <= 3.0, "{line}");
            compared += 1;
        }
    }
    assert_eq!(compared, 24, "3 systems at 8 levels");
}
