//! Many pictures: the same result on any number of threads, and a report of progress.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use attractor_datasets::{DataRoot, ImageSet, LoadOptions, Result, Split, folder, load_watched};
use image::ImageFormat;

use super::{encode, scene, sized};

/// Forty pictures of several sizes and formats.
fn pictures(dir: &Path) {
    for at in 0..40u32 {
        let scene = scene(40 + at * 7 % 90, 50 + at * 13 % 70);
        let (end, format) =
            [("png", ImageFormat::Png), ("jpg", ImageFormat::Jpeg)][at as usize % 2];
        let name = format!("{}{at:02}.{end}", ["a/", "b/"][at as usize / 20]);
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, encode(&scene.into(), format)).unwrap();
    }
}

fn archive(dir: &Path, to: &Path) {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("set", dir).unwrap();
    fs::write(to, builder.into_inner().unwrap()).unwrap();
}

fn on_threads(threads: usize, path: &Path) -> Result<ImageSet> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap()
        .install(|| folder::load(path, Split::Train, &sized(12, 16)))
}

#[test]
fn threads_do_not_change_the_result() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("set");
    pictures(&tree);
    let tar = dir.path().join("set.tar");
    archive(&tree, &tar);
    let one = on_threads(1, &tree).unwrap();
    assert_eq!((one.len(), one.classes.len()), (40, 2));
    for threads in [2, 7] {
        assert_eq!(on_threads(threads, &tree).unwrap(), one);
    }
    for threads in [1, 7] {
        let packed = on_threads(threads, &tar).unwrap();
        assert_eq!(
            (packed.fingerprint, packed.labels),
            (one.fingerprint.clone(), one.labels.clone())
        );
    }

    // Nor the error: of several damaged pictures the first is named.
    for name in ["a/04.png", "a/07.jpg", "b/31.jpg"] {
        fs::write(tree.join(name), b"damaged").unwrap();
    }
    for threads in [1, 2, 7] {
        let message = on_threads(threads, &tree).unwrap_err().to_string();
        assert!(message.contains("04.png"), "{threads}: {message}");
    }
}

#[test]
fn the_first_picture_sets_the_size_if_none_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    for (name, width) in [("1.png", 8), ("2.png", 8), ("3.png", 9), ("4.png", 7)] {
        let png = encode(&scene(width, 8).into(), ImageFormat::Png);
        fs::write(dir.path().join(name), png).unwrap();
    }
    let message = super::load(dir.path()).unwrap_err().to_string();
    assert!(
        message.contains("3.png: expected 3x8x8 as in 1.png, found 3x8x9"),
        "{message}"
    );
}

#[test]
fn progress_is_told_up_to_the_last_picture() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("set");
    pictures(&tree);
    let tar = dir.path().join("set.tar");
    archive(&tree, &tar);
    for path in [&tree, &tar] {
        let heard = Mutex::new(Vec::new());
        let watch = |done, total| heard.lock().unwrap().push((done, total));
        let name = path.to_str().unwrap();
        let options = LoadOptions {
            folder: sized(8, 8),
            ..LoadOptions::default()
        };
        load_watched(name, Split::Train, &DataRoot::default(), &options, &watch).unwrap();
        let mut heard = heard.into_inner().unwrap();
        assert_eq!(heard[0], (0, 40));
        heard.sort_unstable();
        let expected: Vec<(usize, usize)> = (0..=40).map(|done| (done, 40)).collect();
        assert_eq!(heard, expected);
    }
}
