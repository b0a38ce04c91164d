//! Image folders and archives: layout, sizes, corrupt members.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use attractor_datasets::{Colour, FolderOptions, ImageShape, Split, folder};
use flate2::Compression;
use flate2::write::GzEncoder;
use image::{Rgb, RgbImage};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(path: PathBuf, bytes: &[u8]) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn picture(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

fn encode(image: &RgbImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    encode(&picture(width, height, colour), image::ImageFormat::Png)
}

fn jpeg(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    encode(&picture(width, height, colour), image::ImageFormat::Jpeg)
}

/// Members of a small data set, deliberately out of order.
fn members() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("train/dog/2.png", png(4, 3, [20, 21, 22])),
        ("train/cat/1.png", png(4, 3, [1, 2, 3])),
        ("test/dog/1.jpg", jpeg(4, 3, [200, 200, 200])),
        ("train/dog/1.png", png(4, 3, [10, 11, 12])),
        ("train/dog/._1.png", b"resource fork".to_vec()),
        ("readme.txt", b"not an image".to_vec()),
    ]
}

fn tar(path: &Path, members: &[(&str, Vec<u8>)], pack: bool) {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    let bytes = if pack { gz(&bytes) } else { bytes };
    File::create(path).unwrap().write_all(&bytes).unwrap();
}

#[test]
fn folder_and_archives_agree() {
    let dir = folder();
    let tree = dir.path().join("tree");
    for (name, bytes) in members() {
        write(tree.join(name), &bytes);
    }
    tar(&dir.path().join("set.tar"), &members(), false);
    tar(&dir.path().join("set.tar.gz"), &members(), true);
    let options = FolderOptions::default();
    for split in [Split::Train, Split::Test] {
        let set = folder::load(&tree, split, &options).unwrap();
        for archive in ["set.tar", "set.tar.gz"] {
            let other = folder::load(&dir.path().join(archive), split, &options).unwrap();
            assert_eq!(other.fingerprint, set.fingerprint, "{archive} {split:?}");
            assert_eq!(other.labels, set.labels);
            assert_eq!(other.classes, set.classes);
        }
    }
    let set = folder::load(&tree, Split::Train, &options).unwrap();
    assert_eq!(set.shape, ImageShape::new(3, 3, 4));
    assert_eq!(set.classes, ["cat", "dog"]);
    assert_eq!(set.labels, [0, 1, 1]);
    // Planes: all red values, then green, then blue.
    let expected: Vec<u8> = [1, 2, 3].iter().flat_map(|&value| [value; 12]).collect();
    assert_eq!(set.image(0).unwrap(), expected);
    assert_eq!(set.image(1).unwrap()[0], 10);
    let test = folder::load(&tree, Split::Test, &options).unwrap();
    assert!(test.pixels().iter().all(|&value| value.abs_diff(200) <= 2));
    assert_eq!(test.labels, [1]);
}

#[test]
fn photos_of_any_size_in_a_flat_folder() {
    let dir = folder();
    // Left half red, right half blue; a centre crop to a square keeps both halves.
    let wide = RgbImage::from_fn(200, 100, |x, _| {
        if x < 100 {
            Rgb([255, 0, 0])
        } else {
            Rgb([0, 0, 255])
        }
    });
    write(
        dir.path().join("b.png"),
        &encode(&wide, image::ImageFormat::Png),
    );
    write(dir.path().join("a.jpg"), &jpeg(30, 50, [40, 80, 120]));
    let message = folder::load(dir.path(), Split::Train, &FolderOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("b.png: expected 3x50x30 as in a.jpg, found 3x100x200"),
        "{message}"
    );

    let options = FolderOptions {
        size: Some((8, 8)),
        colour: Colour::Rgb,
        ..FolderOptions::default()
    };
    let set = folder::load(dir.path(), Split::Train, &options).unwrap();
    assert_eq!(set.shape, ImageShape::new(3, 8, 8));
    assert_eq!(set.classes, [folder::FLAT_CLASS]);
    let image = set.image(1).unwrap();
    assert_eq!(
        (image[0], image[128], image[7], image[128 + 7]),
        (255, 0, 0, 255)
    );
    assert_eq!(
        folder::load(dir.path(), Split::Test, &options)
            .unwrap()
            .pixels(),
        set.pixels()
    );

    let grey = FolderOptions {
        size: Some((6, 9)),
        colour: Colour::Grey,
        ..FolderOptions::default()
    };
    let set = folder::load(dir.path(), Split::Train, &grey).unwrap();
    assert_eq!(set.shape, ImageShape::new(1, 6, 9));
    let zero = FolderOptions {
        size: Some((0, 9)),
        colour: Colour::Grey,
        ..FolderOptions::default()
    };
    assert!(folder::load(dir.path(), Split::Train, &zero).is_err());
}

#[test]
fn corrupt_images_are_named() {
    let dir = folder();
    let good = jpeg(16, 16, [9, 9, 9]);
    let mut members = vec![("cat/1.jpg", good.clone())];
    members.push(("cat/2.jpg", good[..good.len() / 3].to_vec()));
    let path = dir.path().join("set.tar.gz");
    tar(&path, &members, true);
    let options = FolderOptions::default();
    let error = folder::load(&path, Split::Train, &options).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("set.tar.gz: cat/2.jpg: expected a whole PNG, JPEG or WebP"),
        "{message}"
    );

    let file = write(dir.path().join("tree/cat/3.jpg"), b"\xff\xd8\xffnonsense");
    let message = folder::load(&dir.path().join("tree"), Split::Train, &options)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with(&file.display().to_string()),
        "{message}"
    );
}

#[test]
fn unusable_folders_and_archives() {
    let dir = folder();
    let options = FolderOptions::default();
    let message = folder::load(dir.path(), Split::Train, &options)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("expected PNG or JPEG images, found none"),
        "{message}"
    );
    let missing = folder::load(&dir.path().join("nowhere"), Split::Train, &options);
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("nowhere: could not open")
    );
    let other = write(dir.path().join("file.zip"), b"PK");
    let message = folder::load(&other, Split::Train, &options)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("expected a folder, .tar, .tar.gz or .tgz"),
        "{message}"
    );
    // A gzip archive that was cut off.
    let path = dir.path().join("cut.tar.gz");
    tar(&path, &members(), true);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = folder::load(&path, Split::Train, &options)
        .unwrap_err()
        .to_string();
    assert!(message.contains("cut.tar.gz"), "{message}");
}

#[test]
fn jpegs_cut_anywhere_are_refused() {
    let dir = folder();
    // Detail, so that the scan is long.
    let busy = RgbImage::from_fn(64, 64, |x, y| {
        Rgb([(x * 37 + y * 91) as u8, (x * y) as u8, (x * 11) as u8])
    });
    let whole = encode(&busy, image::ImageFormat::Jpeg);
    let path = dir.path().join("1.jpg");
    let options = FolderOptions::default();
    fs::write(&path, &whole).unwrap();
    folder::load(dir.path(), Split::Train, &options).unwrap();
    for percent in [0, 1, 10, 30, 60, 90, 99] {
        let len = whole.len() * percent / 100;
        fs::write(&path, &whole[..len]).unwrap();
        let error = folder::load(dir.path(), Split::Train, &options)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!(
                "1.jpg: image: expected a whole PNG, JPEG or WebP, found {len} bytes"
            )),
            "{error}"
        );
    }
    // Bytes after the end, as some cameras write them, do no harm.
    fs::write(&path, [&whole[..], &[0; 100]].concat()).unwrap();
    folder::load(dir.path(), Split::Train, &options).unwrap();
}

#[test]
fn pictures_are_turned_upright() {
    let dir = folder();
    // Red left, blue right; the EXIF tag says: turn a quarter clockwise, so red comes on top.
    let wide = RgbImage::from_fn(64, 32, |x, _| {
        if x < 32 {
            Rgb([250, 0, 0])
        } else {
            Rgb([0, 0, 250])
        }
    });
    let plain = encode(&wide, image::ImageFormat::Jpeg);
    // A little-endian TIFF with one entry: orientation (0x112), one short, value 6.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec();
    exif.extend([0; 4]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let tagged = [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat();
    fs::write(dir.path().join("1.jpg"), tagged).unwrap();
    let set = folder::load(dir.path(), Split::Train, &FolderOptions::default()).unwrap();
    assert_eq!(set.shape, ImageShape::new(3, 64, 32));
    let image = set.image(0).unwrap();
    let (top, bottom) = (image[0], image[63 * 32]);
    assert!(
        top > 200 && bottom < 50,
        "red above: {top}, red below: {bottom}"
    );
}

#[test]
fn a_small_file_that_claims_a_huge_picture_is_refused() {
    let mut bytes = jpeg(16, 16, [9, 9, 9]);
    let frame = bytes
        .windows(2)
        .position(|two| two == [0xff, 0xc0])
        .unwrap();
    bytes[frame + 5..frame + 9].fill(0xff);
    let options = FolderOptions {
        size: Some((8, 8)),
        ..FolderOptions::default()
    };
    let refused = folder::load_bytes("huge.jpg".as_ref(), &bytes, &options);
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("huge.jpg") && message.contains("65535 x 65535 pixels"),
        "{message}"
    );
}

#[test]
fn one_picture_is_loaded_as_those_of_its_folder() {
    let folder_dir = folder();
    // Wider than high and lying on its side, so that cropping, resizing and turning all show.
    let mut wide = RgbImage::new(40, 24);
    for (x, y, pixel) in wide.enumerate_pixels_mut() {
        *pixel = Rgb([(x * 6) as u8, (y * 10) as u8, ((x + y) * 3) as u8]);
    }
    write(
        folder_dir.path().join("cat/1.jpg"),
        &encode(&wide, image::ImageFormat::Jpeg),
    );
    write(
        folder_dir.path().join("dog/2.png"),
        &encode(&wide, image::ImageFormat::Png),
    );
    for options in [
        FolderOptions {
            size: Some((9, 7)),
            ..FolderOptions::default()
        },
        FolderOptions {
            size: None,
            colour: Colour::Grey,
            skip_damaged: true,
        },
    ] {
        let set = folder::load(folder_dir.path(), Split::Train, &options).unwrap();
        assert_eq!(set.names, ["cat/1.jpg", "dog/2.png"]);
        for (index, name) in set.names.iter().enumerate() {
            let one = folder::load_one(&folder_dir.path().join(name), &options).unwrap();
            assert_eq!(one.pixels(), set.image(index).unwrap());
            assert_eq!((one.len(), one.shape), (1, set.shape));
            assert_eq!(one.names, [&name[4..]]);
        }
        assert_eq!(set.select(&[1]).unwrap().names, ["dog/2.png"]);
        assert_eq!(set.crop_columns(0..3).unwrap().names, set.names);
    }
    let broken = write(folder_dir.path().join("cue.png"), b"no picture");
    let options = FolderOptions {
        skip_damaged: true,
        ..FolderOptions::default()
    };
    let error = folder::load_one(&broken, &options).unwrap_err().to_string();
    assert!(error.contains("cue.png"), "{error}");
    let options = FolderOptions {
        size: Some((0, 4)),
        ..FolderOptions::default()
    };
    assert!(folder::load_one(&broken, &options).is_err());
    assert!(folder::load_one(&folder_dir.path().join("none.png"), &options).is_err());
}
