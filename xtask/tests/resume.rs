//! A run that is killed loses nothing that was finished.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");

/// A small run on built-in images: a few systems, two of which are trained.
fn reproduce(dir: &Path, resume: bool) -> Command {
    let mut command = Command::new(XTASK);
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args([
            "reproduce",
            "annabi-cifar10",
            "--preset",
            "smoke",
            "--dataset",
            "builtin",
        ])
        .args(["--train-images", "60", "--out"])
        .arg(dir)
        .args([
            "--system",
            "GMM",
            "--system",
            "MCHN",
            "--system",
            "MemN2N",
            "--system",
            "VAE encoder only",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if resume {
        command.arg("--resume");
    }
    command
}

/// Whole lines of a file; what follows the last line break is torn.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(str::to_owned).collect()
}

/// Value of every measurement, without the seconds it took.
fn values(lines: &[String]) -> Vec<String> {
    let mut values: Vec<String> = lines
        .iter()
        .map(|line| {
            let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
            value.as_object_mut().unwrap().remove("seconds");
            value.to_string()
        })
        .collect();
    values.sort();
    values
}

#[test]
fn kill_and_resume() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    assert!(reproduce(&whole, false).status().unwrap().success());
    let expected = lines(&whole.join("results.jsonl"));
    let cells = lines(&whole.join("cells.jsonl")).len();
    assert!(cells >= 12, "{cells} cells");

    // Killed again and again, each time after at least one more cell.
    let killed = dir.path().join("killed");
    let mut finished = 0;
    let mut kills = 0;
    while finished < cells && kills < 4 {
        let mut child = reproduce(&killed, kills > 0).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if lines(&killed.join("cells.jsonl")).len() > finished {
                // SIGKILL: no handler runs.
                child.kill().unwrap();
                child.wait().unwrap();
                break;
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            assert!(Instant::now() < deadline, "no cell in two minutes");
            std::thread::sleep(Duration::from_millis(2));
        }
        let ledger = lines(&killed.join("cells.jsonl"));
        assert!(ledger.len() > finished, "a finished cell was lost");
        finished = ledger.len();
        kills += 1;
    }
    assert!(kills > 0);
    // It was killed, and yet there is a report of what was finished before.
    assert!(kills < 2 || killed.join("report.html").exists());
    let before = lines(&killed.join("cells.jsonl"));
    assert!(reproduce(&killed, true).status().unwrap().success());

    // Nothing was lost, nothing computed twice: the ledger grew, and what it held is untouched.
    let after = lines(&killed.join("cells.jsonl"));
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), cells);
    // And the numbers are those of a run without a kill.
    let ours = lines(&killed.join("results.jsonl"));
    assert_eq!(values(&ours), values(&expected));
    assert!(killed.join("report.html").exists());
}

#[test]
fn another_configuration_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    assert!(reproduce(&run, false).status().unwrap().success());
    let output = reproduce(&run, true)
        .arg("--blocks")
        .arg("2")
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("blocks"), "{message}");
}

/// Two shards, joined, are the whole run.
#[test]
fn shards_merge_into_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let parts: Vec<_> = (1..=2)
        .map(|k| {
            let part = dir.path().join(format!("part{k}"));
            let status = reproduce(&part, false)
                .arg("--shard")
                .arg(format!("{k}/2"))
                .status();
            assert!(status.unwrap().success());
            part
        })
        .collect();
    let whole = dir.path().join("whole");
    assert!(reproduce(&whole, false).status().unwrap().success());
    let merged = dir.path().join("merged");
    let status = Command::new(XTASK)
        .arg("merge")
        .args(&parts)
        .arg("--out")
        .arg(&merged)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(
        values(&lines(&merged.join("results.jsonl"))),
        values(&lines(&whole.join("results.jsonl")))
    );
}
