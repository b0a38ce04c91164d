//! Finding data sets by name and path; the manifests of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use attractor_datasets::{
    BuiltinSize, DataError, DataRoot, FolderOptions, FoundKind, LoadOptions, Manifest, Split,
    cifar10, load, load_with,
};

fn root(path: &Path) -> DataRoot {
    DataRoot::new(Some(path.into()), None, None)
}

fn touch(path: PathBuf, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// IDX files of `count` 1x1 images with label and pixel `value`.
fn idx(folder: &Path, value: u8, count: u8) {
    for part in ["train", "t10k"] {
        let images = [&[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 1][..]];
        let labels = [&[0, 0, 8, 1, 0, 0, 0, count][..]];
        let values = vec![value; count as usize];
        let bytes = [images.concat(), values.clone()].concat();
        touch(folder.join(format!("{part}-images-idx3-ubyte")), &bytes);
        let bytes = [labels.concat(), values].concat();
        touch(folder.join(format!("{part}-labels-idx1-ubyte")), &bytes);
    }
}

fn png(path: PathBuf, side: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(side, side, image::Rgb([1, 2, 3]))
        .save(path)
        .unwrap();
}

#[test]
fn directories_in_order_of_precedence() {
    let (a, b, c) = (PathBuf::from("a"), PathBuf::from("b"), PathBuf::from("c"));
    let root = DataRoot::new(Some(a.clone()), Some("b".into()), Some(c.clone()));
    assert_eq!(root.directories(), [a.clone(), b, c.clone()]);
    assert_eq!(root.download_dir(), Some(a.as_path()));
    let root = DataRoot::new(None, Some("".into()), Some(c.clone()));
    assert_eq!(root.directories(), [c]);
    assert_eq!(
        DataRoot::from_environment(Some(&a)).download_dir(),
        Some(a.as_path())
    );
}

#[test]
fn earlier_directories_win_and_later_ones_help() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    idx(&second.join("mnist"), 2, 3);
    let root = DataRoot::new(Some(first.clone()), Some(second.into()), None);
    assert_eq!(load("mnist", Split::Test, &root).unwrap().labels, [2, 2, 2]);
    idx(&first, 1, 2);
    assert_eq!(load("mnist", Split::Train, &root).unwrap().labels, [1, 1]);
}

#[test]
fn mnist_files_are_not_taken_for_fashion() {
    let dir = tempfile::tempdir().unwrap();
    idx(dir.path(), 1, 2);
    assert!(root(dir.path()).find("mnist").is_some());
    assert_eq!(root(dir.path()).find("fashion-mnist"), None);
    idx(&dir.path().join("fashion-mnist"), 5, 2);
    let set = load("fashion-mnist", Split::Train, &root(dir.path())).unwrap();
    assert_eq!(
        (set.name.as_str(), set.classes[5].as_str()),
        ("fashion-mnist", "sandal")
    );
    // The folder itself may be named as well.
    let own = root(&dir.path().join("fashion-mnist"));
    assert!(own.find("fashion-mnist").is_some());
    assert_eq!(own.find("mnist"), None);
}

#[test]
fn cifar_binaries_before_archive() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(root(dir.path()).find("cifar10"), None);
    let archive = dir.path().join("cifar10/cifar10-images.tar.gz");
    touch(archive.clone(), b"");
    let found = root(dir.path()).find("cifar10").unwrap();
    assert_eq!((found.path, found.kind), (archive, FoundKind::Images));
    let binaries = dir.path().join("cifar-10-batches-bin");
    for split in [Split::Train, Split::Test] {
        for file in cifar10::files(&binaries, split) {
            assert_eq!(
                root(dir.path()).find("cifar10").unwrap().kind,
                FoundKind::Images
            );
            touch(file, b"");
        }
    }
    let found = root(dir.path()).find("cifar10").unwrap();
    assert_eq!(
        (found.path, found.kind),
        (binaries, FoundKind::Cifar10Binary)
    );
}

#[test]
fn a_cifar_archive_must_hold_cifar() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    png(dir.path().join("x/train/cat/1.png"), 32);
    builder
        .append_dir_all("train", dir.path().join("x/train"))
        .unwrap();
    let bytes = builder.into_inner().unwrap();
    touch(dir.path().join("cifar10-images.tar.gz"), &bytes);
    let error = load("cifar10", Split::Train, &root(dir.path()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected 3x32x32 images of CIFAR-10's ten classes"),
        "{error}"
    );
}

#[test]
fn builtin_sets_are_always_there() {
    let options = LoadOptions {
        builtin: BuiltinSize {
            train: 30,
            test: 10,
        },
        ..LoadOptions::default()
    };
    let none = DataRoot::default();
    for name in ["builtin", "builtin-glyphs", "builtin-letters"] {
        assert!(none.find(name).is_some());
        let set = load_with(name, Split::Test, &none, &options).unwrap();
        assert_eq!((set.name.as_str(), set.len()), (name, 10));
    }
}

#[test]
fn paths_are_loaded_with_options() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("photos");
    png(photos.join("1.png"), 40);
    png(photos.join("2.png"), 50);
    let name = photos.to_str().unwrap();
    let folder = FolderOptions {
        size: Some((16, 16)),
        ..FolderOptions::default()
    };
    let options = LoadOptions {
        folder,
        ..LoadOptions::default()
    };
    let set = load_with(name, Split::Train, &DataRoot::default(), &options).unwrap();
    assert_eq!(
        (set.name.as_str(), set.len(), set.dim()),
        ("photos", 2, 768)
    );
    assert!(load(name, Split::Train, &DataRoot::default()).is_err());
}

#[test]
fn missing_data_says_where_it_was_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["cifar10", "mnist", "emnist-digits", "no-such-set"] {
        let error = load(name, Split::Train, &root(dir.path())).unwrap_err();
        assert!(matches!(error, DataError::Missing { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(name), "{message}");
        assert!(
            message.contains(&dir.path().display().to_string()),
            "{message}"
        );
        assert!(message.contains("builtin-glyphs"), "{message}");
    }
    let message = load("mnist", Split::Train, &DataRoot::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("no directory"), "{message}");
}

// Manifests

#[test]
fn manifests_of_the_repository() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let manifests = Manifest::read_dir(&folder).unwrap();
    let names: Vec<_> = manifests
        .iter()
        .map(|manifest| manifest.name.as_str())
        .collect();
    assert_eq!(names, ["cifar10", "clevr", "fashion-mnist", "mnist"]);
    for manifest in &manifests {
        for file in &manifest.files {
            assert!(file.sha256.is_some(), "{}: {}", manifest.name, file.name);
            for url in &file.urls {
                assert!(url.ends_with(&file.name), "{url}");
            }
        }
    }
    assert_eq!(manifests[0].total_size(), Some(170_052_171));
}

#[test]
fn bad_manifests() {
    let good = r#"
        name = "tiny"
        title = "T"
        licence = "CC0"
        homepage = "h"
        layout = "idx"
        [[files]]
        name = "a.gz"
        urls = ["https://example.org/a.gz"]
    "#;
    let parse = |text: &str| Manifest::parse(text, Path::new("m.toml"));
    parse(good).unwrap();
    let cases = [
        (good.replace("title", "titel"), "titel"),
        (format!("{good}\n checksum = \"x\""), "checksum"),
        (good.replace("\"idx\"", "\"xml\""), "xml"),
        (
            good.replace("\"tiny\"", "\"../tiny\""),
            "`name`: expected letters",
        ),
        (
            good.replace("\"a.gz\"", "\"../a.gz\""),
            "`files.name`: expected letters",
        ),
        (good.replace("\"a.gz\"", "\".a\""), "found `.a`"),
        (
            good.replace("https://", "file://"),
            "expected http:// or https:// URLs",
        ),
        (
            good.replace("[\"https://example.org/a.gz\"]", "[]"),
            "at least one URL",
        ),
        (
            format!("{good}\n sha256 = \"ABC\""),
            "64 lower-case hexadecimal digits, found `ABC`",
        ),
        (
            format!("{good}\n unpack = \"tar.gz\""),
            "expected `creates`",
        ),
        (format!("{good}\n creates = \"a\""), "only for archives"),
        (
            format!("{good}\n unpack = \"tar\"\n creates = \"a/b\""),
            "`files.creates`",
        ),
        (format!("{good}\n size = -1"), "size"),
        ("name = ".into(), "m.toml"),
    ];
    for (text, expected) in cases {
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.starts_with("m.toml: "), "{message}");
        assert!(
            message.contains(expected),
            "expected `{expected}` in `{message}`"
        );
    }
}

#[test]
fn hidden_manifests_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let mnist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/mnist.toml");
    fs::copy(mnist, dir.path().join("mnist.toml")).unwrap();
    touch(
        dir.path().join("._mnist.toml"),
        b"\0\x05\x16\x07\xff\xfeMac",
    );
    assert_eq!(Manifest::read_dir(dir.path()).unwrap().len(), 1);
}

// Folders as others name them

#[test]
fn torchvisions_folders() {
    let dir = tempfile::tempdir().unwrap();
    for (folder, name) in [
        ("FashionMNIST/raw", "fashion-mnist"),
        ("MNIST/raw", "mnist"),
    ] {
        let path = dir.path().join(folder);
        idx(&path, 3, 2);
        // From the folder above, from the named folder, from `raw`, and by path.
        for root_folder in [dir.path(), path.parent().unwrap(), &path] {
            let set = load(name, Split::Train, &root(root_folder)).unwrap();
            assert_eq!((set.name.as_str(), set.len()), (name, 2), "{root_folder:?}");
            assert!(set.report.remarks.is_empty());
        }
        for by_path in [path.parent().unwrap(), &path] {
            let set = load(by_path.to_str().unwrap(), Split::Test, &DataRoot::default()).unwrap();
            assert_eq!(set.name, name);
        }
        let other = match name {
            "mnist" => "fashion-mnist",
            _ => "mnist",
        };
        for root_folder in [path.parent().unwrap(), &path] {
            let root = root(root_folder);
            assert_eq!(root.find(other), None);
            let message = load(other, Split::Train, &root).unwrap_err().to_string();
            let says =
                format!("expected IDX files of {other}, found files in a folder that says {name}");
            assert!(message.contains(&says), "{message}");
        }
    }
    let emnist = dir.path().join("EMNIST/raw");
    idx(&emnist, 4, 2);
    for file in [
        "train-images-idx3",
        "train-labels-idx1",
        "t10k-images-idx3",
        "t10k-labels-idx1",
    ] {
        let to = format!("emnist-digits-{}-ubyte", file.replace("t10k", "test"));
        fs::rename(emnist.join(format!("{file}-ubyte")), emnist.join(to)).unwrap();
    }
    for root_folder in [dir.path(), &dir.path().join("EMNIST"), &emnist] {
        let set = load("emnist-digits", Split::Test, &root(root_folder)).unwrap();
        assert_eq!(set.name, "emnist-digits");
    }
}

#[test]
fn relatives_of_mnist_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["KMNIST/raw", "qmnist"] {
        let path = dir.path().join(folder);
        idx(&path, 3, 2);
        for name in ["mnist", "fashion-mnist"] {
            let message = load(name, Split::Train, &root(&path))
                .unwrap_err()
                .to_string();
            assert!(
                message.contains("another of MNIST's relatives"),
                "{message}"
            );
        }
        let by_path = path.to_str().unwrap();
        assert!(load(by_path, Split::Train, &DataRoot::default()).is_err());
    }
}

#[test]
fn files_in_a_folder_without_a_telling_name_are_taken_for_mnist_and_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    idx(dir.path(), 3, 2);
    let set = load("mnist", Split::Train, &root(dir.path())).unwrap();
    assert!(
        set.report.remarks[0].contains("taken for mnist"),
        "{:?}",
        set.report
    );
    let message = load("fashion-mnist", Split::Train, &root(dir.path()))
        .unwrap_err()
        .to_string();
    assert!(message.contains("name it `fashion-mnist`"), "{message}");
}

#[test]
fn one_split_of_idx_files() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mnist");
    idx(&folder, 3, 2);
    fs::remove_file(folder.join("t10k-labels-idx1-ubyte")).unwrap();
    assert_eq!(root(dir.path()).find("mnist"), None);
    assert_eq!(
        load("mnist", Split::Train, &root(dir.path()))
            .unwrap()
            .len(),
        2
    );
    let error = load("mnist", Split::Test, &root(dir.path())).unwrap_err();
    assert!(matches!(error, DataError::Absent { .. }), "{error}");
    assert!(error.to_string().contains("only those of train"), "{error}");
}
