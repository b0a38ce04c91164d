//! The official layout: written, read back, and everything that can be wrong with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use attractor_datasets::clevr::{
    ClevrFolder, Generator, View, image_folder, read_scenes, scene_file, write_png,
};
use attractor_datasets::{DataError, DataRoot, ImageShape, LoadOptions, Split, load, load_with};
use serde_json::Value;

use super::generator;

/// Four whole pictures of the `val` split, in a folder `clevr`.
fn written() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("clevr");
    let done = AtomicUsize::new(0);
    let count = || {
        done.fetch_add(1, Ordering::Relaxed);
    };
    generator(3, 4, 11)
        .write(&root, Split::Test, 4, (240, 320), &count)
        .unwrap();
    assert_eq!(done.into_inner(), 4);
    (dir, root)
}

fn open(root: &Path) -> Result<ClevrFolder, DataError> {
    ClevrFolder::open(root, Split::Test, None, &View::PAPER)
}

fn message(root: &Path) -> String {
    open(root)
        .and_then(|folder| folder.load())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_round_trip_differs_by_resampling_only() {
    let (_dir, root) = written();
    // Open ground hardly differs; edges and highlights do by a few levels, because the stored
    // picture has 16 rays at the edges of its pixels and the direct one 4 in a cell of 1.25 of them.
    for size in [(64, 76), (20, 24), (100, 120)] {
        let view = View {
            size,
            ..View::PAPER
        };
        let folder = ClevrFolder::open(&root, Split::Test, None, &view).unwrap();
        let stored = folder.load().unwrap();
        let direct = Generator {
            view,
            ..generator(3, 4, 11)
        };
        let direct = direct.generate(Split::Test, 4).unwrap();
        assert_eq!(stored.scenes, direct.scenes);
        assert_eq!(stored.images.labels, direct.images.labels);
        let pairs = stored.images.pixels().iter().zip(direct.images.pixels());
        let differences: Vec<f64> = pairs.map(|(&a, &b)| f64::from(a.abs_diff(b))).collect();
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let rms = (differences.iter().map(|d| d * d).sum::<f64>() / count).sqrt();
        println!("{size:?}: mean difference {mean:.3}, root mean square {rms:.3} of 255");
        assert!(mean < 0.5 && rms < 1.5, "{size:?}: mean {mean}, rms {rms}");
    }
}

#[test]
fn whole_pictures_are_read_back_exactly() {
    let (_dir, root) = written();
    let view = View::whole(240, 320);
    let stored = ClevrFolder::open(&root, Split::Test, None, &view).unwrap();
    let direct = Generator {
        view,
        ..generator(3, 4, 11)
    };
    let direct = direct.generate(Split::Test, 4).unwrap();
    assert_eq!(
        stored.load().unwrap().images.pixels(),
        direct.images.pixels()
    );
}

#[test]
fn decoded_pictures_are_kept() {
    let (_dir, root) = written();
    let folder = open(&root).unwrap();
    let first = folder.image(2).unwrap().to_vec();
    fs::remove_dir_all(root.join("images")).unwrap();
    assert_eq!(folder.image(2).unwrap(), first);
    assert_eq!(folder.select(&[2, 2]).unwrap().images.len(), 2);
    assert!(matches!(folder.image(1), Err(DataError::Io { .. })));
    assert!(
        folder
            .image(4)
            .unwrap_err()
            .to_string()
            .contains("below 4, found 4")
    );
}

#[test]
fn found_by_name_and_by_path() {
    let (dir, root) = written();
    let data = DataRoot::new(Some(dir.path().into()), None, None);
    let set = load("clevr", Split::Test, &data).unwrap();
    assert_eq!((set.len(), set.shape), (4, ImageShape::new(3, 64, 76)));
    let by_path = load(root.to_str().unwrap(), Split::Test, &DataRoot::default()).unwrap();
    assert_eq!(by_path, set);
    // Only one split is there.
    let missing = load("clevr", Split::Train, &data).unwrap_err().to_string();
    assert!(missing.contains("CLEVR_train_scenes.json"), "{missing}");
    let options = LoadOptions {
        objects: Some([4, 4]),
        ..LoadOptions::default()
    };
    let four = load_with("clevr", Split::Test, &data, &options).unwrap();
    assert!(four.len() < 4 && four.labels.iter().all(|&label| label == 4));
    let options = LoadOptions {
        objects: Some([7, 8]),
        ..LoadOptions::default()
    };
    let none = load_with("clevr", Split::Test, &data, &options)
        .unwrap_err()
        .to_string();
    assert!(
        none.contains("expected scenes of 7 to 8 objects, found none"),
        "{none}"
    );
}

#[test]
fn a_missing_picture_is_named() {
    let (_dir, root) = written();
    let picture = image_folder(&root, "val").join("CLEVR_val_000002.png");
    fs::rename(&picture, picture.with_file_name("other.png")).unwrap();
    assert!(message(&root).contains("CLEVR_val_000002.png: could not read"));
}

#[test]
fn pictures_and_scenes_must_be_as_many() {
    let (_dir, root) = written();
    fs::remove_file(image_folder(&root, "val").join("CLEVR_val_000000.png")).unwrap();
    let text = message(&root);
    assert!(
        text.contains("expected 4 PNG images, one for each scene of"),
        "{text}"
    );
    assert!(
        text.contains("CLEVR_val_scenes.json") && text.ends_with("found 3"),
        "{text}"
    );
    fs::remove_dir_all(root.join("images")).unwrap();
    assert!(message(&root).contains("could not list"));
}

#[test]
fn broken_pictures_are_named() {
    let (_dir, root) = written();
    let picture = image_folder(&root, "val").join("CLEVR_val_000001.png");
    let whole = fs::read(&picture).unwrap();
    fs::write(&picture, &whole[..whole.len() / 2]).unwrap();
    let text = message(&root);
    assert!(
        text.contains("CLEVR_val_000001.png") && text.contains("expected a whole PNG"),
        "{text}"
    );
    write_png(&picture, ImageShape::new(3, 10, 20), &[0; 600]).unwrap();
    let text = message(&root);
    assert!(
        text.contains("expected 320 x 240 pixels, found 20 x 10"),
        "{text}"
    );
    assert!(text.contains("CLEVR_val_000001.png"), "{text}");
    assert!(write_png(&picture, ImageShape::new(3, 10, 20), &[0; 599]).is_err());
}

#[test]
fn broken_scene_files_are_named() {
    let (_dir, root) = written();
    let file = scene_file(&root, "val");
    let good = fs::read_to_string(&file).unwrap();
    let cases = [
        ("{".to_owned(), "EOF"),
        (
            good.replace("\"3d_coords\"", "\"coords\""),
            "missing field `3d_coords`",
        ),
        (
            good.replace("\"shape\":\"", "\"shape\":\"tall"),
            "unknown variant `tall",
        ),
        (
            good.replace("CLEVR_val_000003", "../CLEVR_val_000003"),
            "scene 3: expected a file name",
        ),
        (
            good.replacen("\"left\":[[", "\"left\":[[],[", 1),
            "scene 0: expected relationships",
        ),
    ];
    for (text, expected) in cases {
        fs::write(&file, text).unwrap();
        let error = open(&root).unwrap_err();
        assert!(matches!(error, DataError::Scenes { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("CLEVR_val_scenes.json") && text.contains(expected),
            "{text}"
        );
    }
    fs::remove_file(&file).unwrap();
    assert!(matches!(open(&root), Err(DataError::Io { .. })));
}

#[test]
fn written_scenes_have_every_field_of_the_official_ones() {
    let (_dir, root) = written();
    let text = fs::read_to_string(scene_file(&root, "val")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort_unstable();
        keys.join(" ")
    };
    assert_eq!(keys(&value), "info scenes");
    assert_eq!(keys(&value["info"]), "date license split version");
    for scene in value["scenes"].as_array().unwrap() {
        assert_eq!(
            keys(scene),
            "directions image_filename image_index objects relationships split"
        );
        assert_eq!(
            keys(&scene["directions"]),
            "above behind below front left right"
        );
        assert_eq!(keys(&scene["relationships"]), "behind front left right");
        for object in scene["objects"].as_array().unwrap() {
            assert_eq!(
                keys(object),
                "3d_coords color material pixel_coords rotation shape size"
            );
            assert_eq!(object["3d_coords"].as_array().unwrap().len(), 3);
            let pixel = object["pixel_coords"].as_array().unwrap();
            assert!(pixel[0].is_i64() && pixel[1].is_i64() && pixel[2].is_f64());
        }
    }
}

#[test]
fn nothing_is_overwritten() {
    let (_dir, root) = written();
    let before = read_scenes(&scene_file(&root, "val")).unwrap();
    let error = generator(3, 3, 1)
        .write(&root, Split::Test, 1, (240, 320), &|| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("expected nothing there yet"), "{error}");
    assert_eq!(read_scenes(&scene_file(&root, "val")).unwrap(), before);
    // The other split may join.
    generator(3, 3, 1)
        .write(&root, Split::Train, 1, (24, 32), &|| ())
        .unwrap();
}

#[test]
fn other_splits_are_named_and_hidden_files_passed_over() {
    let (_dir, root) = written();
    let folder = image_folder(&root, "val");
    fs::write(folder.join("._CLEVR_val_000001.png"), "fork").unwrap();
    fs::create_dir(root.join("images/test")).unwrap();
    fs::write(root.join("images/test/CLEVR_test_000000.png"), "").unwrap();
    let set = load(root.to_str().unwrap(), Split::Test, &DataRoot::default()).unwrap();
    assert_eq!((set.len(), set.report.hidden.count), (4, 1));
    let remark = &set.report.remarks[0];
    assert!(
        remark.contains("images/test/: 1 picture left out"),
        "{remark}"
    );
}

#[test]
fn relatives_with_other_splits_are_refused_by_name() {
    let (dir, root) = written();
    for split in ["valA", "trainA"] {
        fs::copy(scene_file(&root, "val"), scene_file(&root, split)).unwrap();
        fs::create_dir(root.join("images").join(split)).unwrap();
    }
    fs::remove_file(scene_file(&root, "val")).unwrap();
    let data = DataRoot::new(Some(dir.path().into()), None, None);
    for (name, data) in [
        ("clevr", &data),
        (root.to_str().unwrap(), &DataRoot::default()),
    ] {
        for split in [Split::Train, Split::Test] {
            let error = load(name, split, data).unwrap_err();
            assert!(matches!(error, DataError::Absent { .. }), "{error}");
            let message = error.to_string();
            assert!(
                message.contains("only the scenes of trainA, valA"),
                "{message}"
            );
            assert!(
                message.contains("`train` and `val` are understood"),
                "{message}"
            );
        }
    }
}
