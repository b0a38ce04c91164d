//! The program where something is amiss: closed pipes, numbers nobody means, misspelt parts, small data.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn xtask(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(args)
        .env_remove("ATTRACTOR_DATA")
        .stdin(Stdio::null());
    command
}

/// The standard output of a child that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn failure(args: &[&str]) -> String {
    let output = xtask(args).output().unwrap();
    assert!(!output.status.success(), "{args:?} succeeded");
    errors(&output)
}

#[test]
fn lists_end_quietly_when_nobody_reads_on() {
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["data"],
        &["data", "describe", "builtin-glyphs"],
        &["--help"],
    ] {
        let output = xtask(args).stdout(closed()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert_eq!(errors(&output), "", "{args:?}");
        // And not even complaints need a reader.
        let both = xtask(args).stdout(closed()).stderr(closed()).status();
        assert!(both.unwrap().success(), "{args:?}");
    }
    if cfg!(target_os = "linux") {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = xtask(&["list"]).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).starts_with("error: could not print: "));
    }
    let silent = xtask(&["reproduce", "nothing"]).stderr(closed()).status();
    assert_eq!(silent.unwrap().code(), Some(1));
}

const SMALL: [&str; 8] = [
    "reproduce",
    "annabi-mnist",
    "--preset",
    "smoke",
    "--system",
    "GMM/pixel",
    "--dataset",
    "builtin-glyphs",
];

#[test]
fn a_run_outlives_its_output() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    let mut command = xtask(&SMALL);
    command.arg("--out").arg(&run).stdout(closed());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = errors(&output);
    assert!(
        text.contains("nobody reads what is printed; going on"),
        "{text}"
    );
    assert!(!text.contains("panicked"), "{text}");
    assert!(run.join("report.html").is_file());
}

#[test]
fn numbers_that_nobody_means_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    for (flag, value, expected) in [
        (
            "--seeds",
            "20000000",
            "seeds` must be at most 10000, found 20000000",
        ),
        (
            "--epochs",
            "1000000000000",
            "epochs` must be at most 1000000, found",
        ),
        (
            "--train-images",
            "99999999",
            "train_images` must be at most 10000000",
        ),
        (
            "--train-images",
            "9999999",
            "train_images`: expected at most 1000000 for the built-in",
        ),
        (
            "--blocks",
            "18446744073709551615",
            "blocks` must be at most 1000000",
        ),
        (
            "--cues-per-block",
            "5000000000",
            "cues_per_block` must be at most 1000000",
        ),
        ("--max-cues", "5000000000", "max_cues` must be at most"),
    ] {
        let mut args = vec!["reproduce", "annabi-mnist", "--preset", "smoke"];
        args.extend(["--dataset", "builtin-glyphs", flag, value, "--out"]);
        args.push(out.to_str().unwrap());
        let message = failure(&args);
        assert!(message.contains(expected), "{flag} {value}: {message}");
        assert!(!out.exists(), "{flag}");
    }
    let study = [
        "reproduce",
        "capacity",
        "--preset",
        "smoke",
        "--seeds",
        "100000000000",
    ];
    let message = failure(&study);
    assert!(
        message.contains("seeds` must be at most 10000"),
        "{message}"
    );
    let picture = [
        "data",
        "render-clevr",
        "x",
        "--count",
        "1",
        "--size",
        "99999999x4",
    ];
    let message = failure(&picture);
    assert!(
        message.contains("sides of 1 to 8192 pixels, found 99999999"),
        "{message}"
    );
}

/// A copy of an experiment with a change.
fn own(folder: &Path, original: &str, from: &str, to: &str) -> String {
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let text = std::fs::read_to_string(experiments.join(original)).unwrap();
    assert!(text.contains(from), "{from}");
    let path = folder.join("mine.toml");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_misspelt_part_is_found_before_anything_begins() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let system = |options: &str| {
        let head = "[[parts.series]]\nname = \"Odd\"\nrepresentation = \"vae\"\noptions.recipe = \"variational\"";
        let text = format!("{head}\noptions.memory = {{ {options} }}\n\n[[parts.series]]");
        own(dir.path(), "annabi-mnist.toml", "[[parts.series]]", &text)
    };
    let message = |path: &str| {
        let out = out.to_str().unwrap();
        let message = failure(&["reproduce", path, "--preset", "smoke", "--out", out]);
        assert!(!dir.path().join("run").exists());
        message
    };
    let prior = "prior = { kind = \"gaussian_mixture\" }";
    let text = message(&system(&format!(
        "{prior}, inference = {{ kind = \"mode_serch\" }}"
    )));
    assert!(text.contains("system `Odd/vae`"), "{text}");
    assert!(text.contains("`mode_serch`; known: "), "{text}");
    let text = message(&system(&format!("{prior}, iteration = 3")));
    assert!(text.contains("unknown field `iteration`"), "{text}");
    let text = message(&system(
        "prior = { kind = \"random_features\", count = 99999999999 }",
    ));
    assert!(text.contains("must be at most 10000000"), "{text}");
    let text = message(&own(
        dir.path(),
        "annabi-mnist.toml",
        "kind = \"mnist-vae\"",
        "kind = \"mnist-vea\"",
    ));
    assert!(text.contains("found `mnist-vea`"), "{text}");
    let text = message(&own(
        dir.path(),
        "annabi-mnist.toml",
        "task = \"clean\"",
        "task = \"clear\"",
    ));
    assert!(text.contains("clear"), "{text}");
    let study = own(
        dir.path(),
        "capacity.toml",
        "model = \"kernelised\"",
        "modell = \"kernelised\"",
    );
    let text = message(&study);
    assert!(text.contains("unknown field `modell`"), "{text}");
}

#[test]
fn a_file_of_ones_own_runs_and_its_folder_is_looked_at_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = own(
        dir.path(),
        "annabi-mnist.toml",
        "name = \"annabi-mnist\"",
        "name = \"my own/table\"",
    );
    let run = dir.path().join("run");
    let run = run.to_str().unwrap();
    let args = [
        "reproduce",
        &path,
        "--preset",
        "smoke",
        "--system",
        "GMM/pixel",
    ];
    let mut args = args.to_vec();
    args.extend(["--dataset", "builtin-glyphs", "--out", run]);
    let output = xtask(&args).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    // Without data, since they are not looked at.
    let position = args
        .iter()
        .position(|word| *word == "builtin-glyphs")
        .unwrap();
    args[position] = "mnist";
    let message = failure(&args);
    assert!(message.contains("holds a run already"), "{message}");
}

#[test]
fn a_reason_is_given_once() {
    let message = failure(&["reproduce", "nowhere/mine.toml"]);
    assert_eq!(message.matches("os error 2").count(), 1, "{message}");
    assert!(
        message.contains("nowhere/mine.toml: could not read: "),
        "{message}"
    );
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    let out = file.join("run");
    let mut args = SMALL.to_vec();
    args.extend(["--out", out.to_str().unwrap()]);
    let message = failure(&args);
    assert_eq!(message.matches("os error").count(), 1, "{message}");
}

/// MNIST's files with so many images.
fn mnist(folder: &Path, train: u32, test: u32) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, count) in [("train", train), ("t10k", test)] {
        let mut images = Vec::new();
        for number in [2051, count, 28, 28] {
            images.extend(u32::to_be_bytes(number));
        }
        images.extend((0..count * 784).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8));
        let mut labels = Vec::new();
        for number in [2049, count] {
            labels.extend(u32::to_be_bytes(number));
        }
        labels.extend((0..count).map(|at| (at % 10) as u8));
        std::fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn what_a_small_data_set_allows_is_what_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    mnist(&dir.path().join("mnist"), 10, 250);
    let (data, out) = (dir.path().to_str().unwrap(), dir.path().join("run"));
    let args = [
        "reproduce",
        "annabi-mnist",
        "--preset",
        "paper",
        "--data-dir",
        data,
    ];
    let mut args = args.to_vec();
    args.extend(["--system", "GMM/pixel", "--task", "clean", "--out"]);
    args.push(out.to_str().unwrap());
    for (flag, value, expected) in [
        (
            "--train-images",
            "40",
            "expected 40 training images, found 10",
        ),
        (
            "--blocks",
            "3",
            "expected 300 images for its blocks, found 250",
        ),
    ] {
        let asked: Vec<&str> = args.iter().copied().chain([flag, value]).collect();
        let message = failure(&asked);
        assert!(message.contains(expected), "{message}");
        assert!(message.contains(data), "{message}");
        assert!(!out.exists());
    }
    let output = xtask(&args).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = "smaller than the preset: training images 10 instead of 60000";
    assert!(text.contains(said), "{text}");
    let recorded = std::fs::read_to_string(out.join("run.toml")).unwrap();
    for line in [
        "train_images = 10\n",
        "test_images = 250\n",
        "blocks = 2\n",
        "not_comparable = \"test_images 250 instead of 10000\"",
    ] {
        assert!(recorded.contains(line), "{line}: {recorded}");
    }
    let results = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    assert!(results.contains("\"n\":20,"), "{results}");
    // What was recorded can be resumed.
    let again = xtask(&args).arg("--resume").status().unwrap();
    assert!(again.success());
}

#[test]
fn all_writes_an_index_of_what_ran_and_what_did_not() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let args = [
        "reproduce",
        "all",
        "--preset",
        "smoke",
        "--task",
        "shift=12",
        "--out",
        out,
    ];
    let mut args = args.to_vec();
    args.extend(["--system", "GMM/pixel"]);
    let output = xtask(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    let text = std::fs::read_to_string(dir.path().join("index.txt")).unwrap();
    assert!(text.contains("report: annabi-clevr/report.html"), "{text}");
    assert!(text.contains("khm: khm\n  failed: "), "{text}");
    let page = std::fs::read_to_string(dir.path().join("index.html")).unwrap();
    assert!(
        page.contains("href=\"annabi-clevr&#x2f;report.html\""),
        "{page}"
    );
    // The same page from the folders alone, and their numbers by commit.
    let again = xtask(&["report", out]).output().unwrap();
    assert!(again.status.success(), "{}", errors(&again));
    let history = xtask(&["history", out, "--out", out]).output().unwrap();
    assert!(history.status.success(), "{}", errors(&history));
    let page = std::fs::read_to_string(dir.path().join("history.html")).unwrap();
    assert!(page.contains(" · 1 run<"), "{page}");
}
