//! The program as a person meets it: help, lists, mistakes.

use std::process::{Command, Output};

fn xtask(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(args)
        .env_remove("ATTRACTOR_DATA")
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = xtask(args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn failure(args: &[&str]) -> String {
    let output = xtask(args);
    assert!(!output.status.success(), "{args:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help() {
    insta::assert_snapshot!("help", stdout(&["--help"]));
    insta::assert_snapshot!("help-reproduce", stdout(&["reproduce", "--help"]));
}

#[test]
fn cite() {
    let text = stdout(&["cite"]);
    let row = |name: &str| {
        text.lines()
            .find(|line| line.contains(name))
            .unwrap_or_default()
    };
    for (name, keys) in [
        (
            "classical-hopfield",
            "hopfield1982, personnaz1985, storkey1997",
        ),
        ("cifar10", "krizhevsky2009"),
    ] {
        assert!(row(name).contains(keys), "{text}");
    }
    insta::assert_snapshot!(
        "cite-systems",
        stdout(&["cite", "gpcn", "bayespcn", "sparse_hopfield", "mnist"])
    );
    // A system of an experiment.
    let text = stdout(&["cite", "VAE-BP-GMM"]);
    assert!(
        text.contains("{annabi2022,") && text.contains("{kingma2014,"),
        "{text}"
    );
    assert_eq!(
        failure(&["cite", "gmm", "bayespnc"]),
        "error: unknown system `bayespnc` (did you mean `BayesPCN` or `bayespcn`?); `cargo xtask cite` lists what there is\n"
    );
}

#[test]
fn verify_passes() {
    let text = stdout(&["verify"]);
    assert!(text.contains(" checks, 0 failed"), "{text}");
    for line in stdout(&["verify", "--json"]).lines() {
        let check: serde_json::Value = serde_json::from_str(line).unwrap();
        let verdict = check["verdict"].as_str().unwrap();
        assert!(["pass", "MISSES"].contains(&verdict), "{line}");
    }
}

#[test]
fn list_names_everything() {
    let value: serde_json::Value = serde_json::from_str(&stdout(&["list", "--json"])).unwrap();
    let names = |key: &str| -> Vec<String> {
        let items = value[key].as_array().unwrap();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for name in [
        "annabi-cifar10",
        "annabi-clevr",
        "annabi-mnist",
        "capacity",
        "pcn",
    ] {
        assert!(names("experiments").contains(&name.to_owned()), "{name}");
    }
    assert!(names("protocols").contains(&"capacity".to_owned()));
    assert!(names("recipes").contains(&"pc-gmm".to_owned()));
    assert!(names("datasets").contains(&"builtin".to_owned()));
    let text = stdout(&["list"]);
    assert!(
        text.contains("annabi-mnist") && text.contains("pc-gmm"),
        "{text}"
    );
}

/// Every system of every experiment names a recipe of the catalogue.
#[test]
fn experiments_use_known_recipes() {
    let value: serde_json::Value = serde_json::from_str(&stdout(&["list", "--json"])).unwrap();
    let recipes: Vec<&str> = value["recipes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|recipe| recipe["name"].as_str().unwrap())
        .collect();
    for experiment in value["experiments"].as_array().unwrap() {
        // Other protocols than `images` need no recipe, and check their options themselves.
        for part in experiment["parts"].as_array().unwrap() {
            for series in part["series"].as_array().unwrap() {
                let known = |recipe: &str| recipes.contains(&recipe);
                assert!(series["recipe"].as_str().is_none_or(known), "{series}");
            }
        }
    }
}

#[test]
fn mistakes_are_explained() {
    let message = failure(&["reproduce", "anabi"]);
    assert!(
        message.contains(
            "unknown experiment `anabi`; known: annabi-cifar10, annabi-clevr, annabi-mnist"
        )
    );
    let message = failure(&["reproduce", "--backend", "tpu"]);
    assert!(
        message.contains("unknown backend `tpu`; known: flex, ndarray"),
        "{message}"
    );
    let message = failure(&["reproduce", "--shard", "3/2"]);
    assert!(message.contains("3/2"), "{message}");
    let missing = "/nonexistent/folder";
    let message = failure(&[
        "reproduce",
        "--dataset",
        missing,
        "--out",
        "/nonexistent/run",
    ]);
    assert!(message.contains(missing), "{message}");
    let message = failure(&["data", "fetch", "cifar-11"]);
    assert!(
        message.contains("unknown data set `cifar-11`; known: cifar10"),
        "{message}"
    );
}

#[test]
fn corrupt_weights_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    std::fs::write(&path, b"garbage").unwrap();
    let out = dir.path().join("run");
    let output = xtask(&[
        "reproduce",
        "--preset",
        "smoke",
        "--dataset",
        "builtin",
        "--weights",
        path.to_str().unwrap(),
        "--system",
        "GMM/vae",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("expected a safetensors file"), "{message}");
}

#[test]
fn render_clevr_writes_a_data_set() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scenes");
    let path = path.to_str().unwrap();
    let render = |more: &[&str]| -> Vec<String> {
        let fixed = ["data", "render-clevr", path, "--count", "2"];
        fixed
            .iter()
            .chain(more)
            .map(|&word| word.to_owned())
            .collect()
    };
    let words = render(&["--size", "64x48", "--objects", "3", "--split", "train"]);
    let text = stdout(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(text.contains("2 pictures, annotated in"), "{text}");
    assert!(
        std::path::Path::new(path)
            .join("images/train/CLEVR_train_000001.png")
            .is_file()
    );
    for (flag, value, expected) in [
        ("--size", "64", "expected WIDTHxHEIGHT, found `64`"),
        ("--objects", "4-12", "within 1 to 10"),
        ("--split", "test", "[possible values: train, val]"),
        ("--split", "train", "expected nothing there yet"),
    ] {
        let words = render(&[flag, value]);
        let text = failure(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn one_split_is_described_and_the_other_said_to_be_absent() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scenes");
    let path = path.to_str().unwrap();
    stdout(&["data", "render-clevr", path, "--count", "2"]);
    let text = stdout(&["data", "describe", path]);
    assert!(text.contains("clevr test: 2 images of 3x64x76"), "{text}");
    assert!(text.contains("no train split: "), "{text}");
    assert!(text.contains("only the scenes of val"), "{text}");
    // Neither split: an error.
    std::fs::rename(
        dir.path().join("scenes/scenes/CLEVR_val_scenes.json"),
        dir.path().join("scenes/scenes/CLEVR_valB_scenes.json"),
    )
    .unwrap();
    let text = failure(&["data", "describe", path]);
    assert!(text.contains("only the scenes of valB"), "{text}");
}

#[test]
fn describe_says_what_was_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let scenes = dir.path().join("scenes");
    stdout(&[
        "data",
        "render-clevr",
        scenes.to_str().unwrap(),
        "--count",
        "1",
        "--size",
        "32x24",
    ]);
    let picture = scenes.join("images/val/CLEVR_val_000000.png");
    let photos = dir.path().join("photos");
    for name in ["Train/a/1.png", "TEST/a/2.png", "Val/a/3.png"] {
        let path = photos.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(&picture, path).unwrap();
    }
    std::fs::write(photos.join("notes.txt"), "x").unwrap();
    let path = photos.to_str().unwrap();
    let text = stdout(&["data", "describe", path]);
    assert!(text.contains("photos train: 1 images"), "{text}");
    assert!(text.contains("Val/: 1 picture left out"), "{text}");
    assert_eq!(text.matches("notes.txt").count(), 1, "{text}");

    std::fs::write(photos.join("Train/a/4.png"), "no picture").unwrap();
    let text = failure(&["data", "describe", path]);
    assert!(text.contains("4.png"), "{text}");
    let text = stdout(&["data", "describe", path, "--skip-damaged"]);
    assert!(text.contains("photos train: 1 images"), "{text}");
    assert!(
        text.contains("damaged: ") && text.contains("4.png"),
        "{text}"
    );

    std::fs::copy(&picture, photos.join("preview.png")).unwrap();
    let text = failure(&["data", "describe", path, "--skip-damaged"]);
    assert!(text.contains("`preview.png` beside"), "{text}");
}

#[test]
fn fetch_verifies_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("mnist")).unwrap();
    let file = dir.path().join("mnist/train-images-idx3-ubyte.gz");
    std::fs::write(&file, "not it").unwrap();
    let text = failure(&[
        "data",
        "fetch",
        "mnist",
        "--data-dir",
        dir.path().to_str().unwrap(),
    ]);
    assert!(text.contains("already there; move it away"), "{text}");
}
