//! The scripts of `examples/slurm`: a sweep in shards is the sweep in one run.
#![cfg(unix)]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
/// A small run on built-in images.
const SWEEP: &[&str] = &[
    "annabi-cifar10",
    "--preset",
    "smoke",
    "--dataset",
    "builtin",
    "--train-images",
    "40",
    "--system",
    "GMM",
    "--system",
    "VAE encoder only",
];

/// One of the scripts, in a folder that is neither the clone nor the sweep.
fn script(name: &str, dir: &Path) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/slurm");
    let mut command = Command::new("bash");
    command.arg(path.join(name)).current_dir(dir);
    command.env("ATTRACTOR_XTASK", XTASK);
    for variable in ["SLURM_ARRAY_TASK_ID", "SBATCH_ARGS"] {
        command.env_remove(variable);
    }
    command
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// Every measurement of a run folder, without the seconds it took.
fn values(dir: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("results.jsonl")).unwrap();
    let mut values: Vec<String> = text
        .lines()
        .map(|line| {
            let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
            value.as_object_mut().unwrap().remove("seconds");
            value.to_string()
        })
        .collect();
    values.sort();
    values
}

/// The files of trained models, and when they were written.
fn written(dir: &Path) -> Vec<(OsString, SystemTime)> {
    let files = std::fs::read_dir(dir.join("checkpoints")).unwrap();
    let file = |file: std::io::Result<std::fs::DirEntry>| {
        let file = file.unwrap();
        (
            file.file_name(),
            file.metadata().unwrap().modified().unwrap(),
        )
    };
    let mut files: Vec<_> = files.map(file).collect();
    files.sort();
    files
}

fn cells(dir: &Path) -> usize {
    let text = std::fs::read_to_string(dir.join("cells.jsonl")).unwrap();
    text.lines().count()
}

#[test]
fn a_sweep_without_slurm_is_the_run_in_one() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let mut command = Command::new(XTASK);
    let command = command
        .arg("reproduce")
        .args(SWEEP)
        .arg("--out")
        .arg(&whole);
    assert!(command.output().unwrap().status.success());

    // Trained beforehand: no shard trains.
    let sweep = dir.path().join("sweep");
    let trained = sweep.join("trained");
    let mut command = Command::new(XTASK);
    let command = command.arg("reproduce").args(SWEEP).arg("--train-only");
    let output = command.arg("--out").arg(&trained).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));

    let run = |more: &[&str]| {
        let mut command = script("local.sh", dir.path());
        // A relative folder: the tasks must not look for it elsewhere.
        command.args(more).args(["3", "sweep"]).args(SWEEP);
        command.output().unwrap()
    };
    let output = run(&["--at-once", "2"]);
    assert!(output.status.success(), "{}", said(&output));
    let shards: Vec<PathBuf> = (1..=3)
        .map(|k| sweep.join(format!("shard-{k}-of-3")))
        .collect();
    // Each computed a part of its own.
    let parts: Vec<usize> = shards.iter().map(|shard| cells(shard)).collect();
    assert!(parts.iter().all(|&part| part > 0), "{parts:?}");
    assert_eq!(parts.iter().sum::<usize>(), cells(&whole));
    assert_eq!(values(&sweep.join("merged")), values(&whole));
    assert!(sweep.join("merged/report.html").exists());
    let model = written(&trained);
    assert!(!model.is_empty());
    for shard in &shards {
        assert_eq!(written(shard), model);
    }

    // Handed in again: nothing is computed twice, and a merge is not overwritten.
    let ledgers = |shards: &[PathBuf]| -> Vec<String> {
        let read = |shard: &PathBuf| std::fs::read_to_string(shard.join("cells.jsonl")).unwrap();
        shards.iter().map(read).collect()
    };
    let before = ledgers(&shards);
    let output = run(&[]);
    assert!(!output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("merged"), "{}", said(&output));
    assert_eq!(ledgers(&shards), before);

    // A shard that never ran is named.
    std::fs::remove_dir_all(&shards[1]).unwrap();
    let mut merge = script("merge.sh", dir.path());
    let output = merge.arg("3").arg(&sweep).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("missing: 2;"), "{}", said(&output));

    // Alone, as `sbatch --array=2` would run it again: of three shards still.
    let mut again = script("shard.sh", dir.path());
    again.env("SLURM_ARRAY_TASK_ID", "2");
    again.env("SLURM_ARRAY_TASK_COUNT", "1");
    let output = again.arg("3").arg(&sweep).args(SWEEP).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(cells(&shards[1]), parts[1]);
}

#[test]
fn a_failed_task_fails_the_sweep_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = script("local.sh", dir.path());
    let output = command.args(["2", "sweep", "anabi"]).output().unwrap();
    assert!(!output.status.success());
    let text = said(&output);
    assert!(text.contains("failed shards: 1 2"), "{text}");
    assert!(text.contains("unknown experiment `anabi`"), "{text}");
    assert!(!dir.path().join("sweep/merged").exists());
}

#[test]
fn wrong_arrays_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    for (index, arguments, expected) in [
        (None, ["8", "out", "pcn"], "(sbatch --array=1-8), found ``"),
        (
            Some("9"),
            ["8", "out", "pcn"],
            "within 1 to 8 (sbatch --array=1-8), found 9",
        ),
        (
            Some("0"),
            ["8", "out", "pcn"],
            "within 1 to 8 (sbatch --array=1-8), found 0",
        ),
        (
            Some("1"),
            ["many", "out", "pcn"],
            "a number of shards, found `many`",
        ),
        (
            Some("1"),
            ["8", "out", "all"],
            "one experiment, found `all`",
        ),
        (
            Some("1"),
            ["8", "out", "--out=x"],
            "--out=x: the array gives that",
        ),
    ] {
        let mut command = script("shard.sh", dir.path());
        if let Some(index) = index {
            command.env("SLURM_ARRAY_TASK_ID", index);
        }
        let output = command.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
    let mut command = script("shard.sh", dir.path());
    command.env("SLURM_ARRAY_TASK_ID", "1");
    let command = command.env("ATTRACTOR_XTASK", "/nonexistent");
    let output = command.args(["8", "out"]).output().unwrap();
    assert!(
        said(&output).contains("found `/nonexistent`"),
        "{}",
        said(&output)
    );
}

/// What `submit.sh` asks of Slurm: a stand-in for `sbatch` writes down its words, one a line.
#[test]
fn a_sweep_is_handed_in_as_an_array_and_a_merge_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let sbatch = bin.join("sbatch");
    let words = "#!/usr/bin/env bash\nprintf '%s\\n' \"$@\" END >>\"$WORDS\"\necho '4711;here'\n";
    std::fs::write(&sbatch, words).unwrap();
    std::fs::set_permissions(&sbatch, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let log = dir.path().join("words");

    let mut command = script("submit.sh", dir.path());
    command.env("PATH", path).env("WORDS", &log);
    command.env("SBATCH_ARGS", "--account=lab --time=12:00:00");
    let command = command.args(["8", "a sweep", "pcn", "--preset", "paper"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));

    let out = dir.path().canonicalize().unwrap().join("a sweep");
    let out = out.display();
    let text = std::fs::read_to_string(&log).unwrap();
    let jobs: Vec<Vec<&str>> = text
        .split_terminator("END\n")
        .map(|job| job.lines().collect())
        .collect();
    let common = [
        "--parsable",
        "--export=ALL",
        "--account=lab",
        "--time=12:00:00",
    ];
    let [array, merge] = jobs.as_slice() else {
        panic!("{text}");
    };
    assert_eq!(array[..4], common);
    assert_eq!(array[4], "--array=1-8");
    assert_eq!(array[5], format!("--output={out}/shard-%a.log"));
    assert!(array[6].ends_with("/shard.sh"), "{}", array[6]);
    let arguments = ["8", &out.to_string(), "pcn", "--preset", "paper"];
    assert_eq!(array[7..], arguments);
    assert_eq!(merge[..4], common);
    assert_eq!(merge[4], "--dependency=afterok:4711");
    assert!(merge[6].ends_with("/merge.sh"), "{}", merge[6]);
    assert_eq!(merge[7..], arguments[..2]);
}
