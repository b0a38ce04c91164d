//! Disks that are full, folders that cannot be written or are gone, files that cannot be read: an error in a sentence, nothing
//! finished lost, and the run goes on once there is room again.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// A file system of its own, in memory; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    /// One of so many KiB, if this process may make one. Says so in a visible line if not.
    fn new(place: &Path, kib: usize) -> Option<Self> {
        std::fs::create_dir_all(place).unwrap();
        let options = format!("size={kib}k");
        let made = mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], place);
        if !made {
            eprintln!("SKIPPED: a small file system cannot be mounted here (it takes root)");
        }
        made.then(|| Self(place.to_owned()))
    }

    /// With other options, such as another size.
    fn change(&self, options: &str) {
        assert!(mount(&["-o", &format!("remount,{options}")], &self.0));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], place: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(place).stderr(Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}

/// A small run on built-in images with a training.
fn reproduce(dir: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args([
            "reproduce",
            "annabi-mnist",
            "--preset",
            "smoke",
            "--dataset",
            "builtin-glyphs",
        ])
        .args([
            "--train-images",
            "60",
            "--system",
            "GMM",
            "--system",
            "MCHN",
            "--out",
        ])
        .arg(dir)
        .args(more)
        .env_remove("ATTRACTOR_DATA")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// What a run says that fails, without a panic.
fn fails(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Whole lines of a file.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(str::to_owned).collect()
}

/// The numbers of a run.
fn values(dir: &Path) -> Vec<String> {
    let numbers = |line: &String| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value.to_string()
    };
    let mut values: Vec<String> = lines(&dir.join("results.jsonl"))
        .iter()
        .map(numbers)
        .collect();
    values.sort();
    values
}

#[test]
fn a_full_disk_costs_nothing_that_was_finished() {
    let place = tempfile::tempdir().unwrap();
    let whole = place.path().join("whole");
    assert!(reproduce(&whole, &[]).status().unwrap().success());
    let expected = values(&whole);
    let mut stopped = 0;
    // From a disk that has no room for the configuration to one that is full on the way.
    for kib in [4, 16, 64, 256, 512, 1024] {
        let Some(disk) = Disk::new(&place.path().join(format!("disk{kib}")), kib) else {
            return;
        };
        let dir = disk.0.join("run");
        let output = reproduce(&dir, &[]).output().unwrap();
        if !output.status.success() {
            let said = fails(&output);
            assert!(
                said.contains("No space left on device"),
                "{kib} KiB: {said}"
            );
            assert!(said.contains("/run"), "{kib} KiB: {said}");
            stopped += 1;
        }
        let before = lines(&dir.join("cells.jsonl"));
        disk.change("size=100m");
        let output = reproduce(&dir, &["--resume"]).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(lines(&dir.join("cells.jsonl"))[..before.len()], before);
        assert_eq!(values(&dir), expected, "{kib} KiB");
    }
    assert!(stopped >= 3, "{stopped} of 6 disks were full");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(&place.path().join("disk"), 4096) else {
        return;
    };
    disk.change("ro");
    let said = fails(&reproduce(&disk.0.join("run"), &[]).output().unwrap());
    assert!(
        said.contains("/disk/run") && said.contains("Read-only file system"),
        "{said}"
    );
}

/// Waits until a file is there, or the child has ended.
fn wait_for(path: &Path, child: &mut std::process::Child) {
    let end = Instant::now() + Duration::from_secs(120);
    while !path.exists() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "no {} in two minutes", path.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_folder_that_vanishes_ends_the_run_with_its_name() {
    let place = tempfile::tempdir().unwrap();
    let (dir, away) = (place.path().join("run"), place.path().join("away"));
    let mut child = reproduce(&dir, &[]).spawn().unwrap();
    wait_for(&dir.join("run.toml"), &mut child);
    std::fs::rename(&dir, &away).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = fails(&output);
    assert!(said.contains("/run"), "{said}");
    // What was moved away goes on where it is.
    let before = lines(&away.join("cells.jsonl"));
    let output = reproduce(&away, &["--resume"]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(lines(&away.join("cells.jsonl"))[..before.len()], before);
}

#[test]
fn two_runs_do_not_write_into_one_folder() {
    let place = tempfile::tempdir().unwrap();
    let (whole, dir) = (place.path().join("whole"), place.path().join("run"));
    assert!(reproduce(&whole, &[]).status().unwrap().success());
    let mut first = reproduce(&dir, &[]).spawn().unwrap();
    wait_for(&dir.join("run.toml"), &mut first);
    let second = reproduce(&dir, &["--resume"]).output().unwrap();
    // Unless the first was done by then.
    if first.try_wait().unwrap().is_none() {
        let said = fails(&second);
        assert!(
            said.contains("/run") && said.contains("another process"),
            "{said}"
        );
    }
    let third = reproduce(&dir, &[]).output().unwrap();
    assert!(fails(&third).contains("/run"));
    let output = first.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(values(&dir), values(&whole));
}

/// All files of a run are of next year, as they are for a clock that was set back since.
#[test]
fn a_clock_that_was_set_back_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (whole, dir) = (place.path().join("whole"), place.path().join("run"));
    assert!(reproduce(&whole, &[]).status().unwrap().success());
    assert!(reproduce(&dir, &["--shard", "1/2"]).status().is_ok());
    let later = SystemTime::now() + Duration::from_secs(365 * 24 * 3600);
    let mut folders = vec![dir.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let file = std::fs::File::options().append(true).open(path).unwrap();
                file.set_modified(later).unwrap();
            }
        }
    }
    let output = reproduce(&dir, &["--resume"]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(values(&dir), values(&whole));
    let mut history = Command::new(env!("CARGO_BIN_EXE_xtask"));
    history
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .arg("history")
        .args([&dir, &whole])
        .arg("--out")
        .arg(place.path());
    let output = history.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A folder in the place of a file cannot be read by anybody, whatever rights the process has.
#[test]
fn files_that_cannot_be_read_are_named() {
    let place = tempfile::tempdir().unwrap();
    let sound = place.path().join("sound");
    assert!(reproduce(&sound, &[]).status().unwrap().success());
    for name in ["results.jsonl", "cells.jsonl", "run.toml"] {
        let dir = place.path().join(name.replace('.', "-"));
        let copied = Command::new("cp").arg("-r").arg(&sound).arg(&dir).status();
        assert!(copied.unwrap().success());
        std::fs::remove_file(dir.join(name)).unwrap();
        std::fs::create_dir(dir.join(name)).unwrap();
        let said = fails(&reproduce(&dir, &["--resume"]).output().unwrap());
        assert!(said.contains(&*dir.to_string_lossy()), "{name}: {said}");
        assert!(said.contains(name) || name == "run.toml", "{name}: {said}");
    }
}
