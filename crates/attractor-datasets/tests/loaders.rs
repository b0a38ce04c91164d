//! CIFAR-10 and IDX: round trips on small files, and every bad input gives an error that says what it is.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use attractor_datasets::idx::{EMNIST_DIGITS, MNIST};
use attractor_datasets::{DataError, ImageShape, Split, cifar10};
use flate2::Compression;
use flate2::write::GzEncoder;

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

// CIFAR-10

fn cifar_record(label: u8, red: u8) -> Vec<u8> {
    let mut record = vec![label];
    for plane in [red, 100, 200] {
        record.extend(vec![plane; 1024]);
    }
    record
}

#[test]
fn cifar_planes_and_labels() {
    let dir = folder();
    let path = write(
        dir.path().join("b.bin"),
        &[cifar_record(3, 10), cifar_record(9, 20)].concat(),
    );
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    cifar10::read_file(&path, Some(2), &mut pixels, &mut labels).unwrap();
    assert_eq!(labels, [3, 9]);
    assert_eq!(
        (pixels[0], pixels[1024], pixels[2048], pixels[3072]),
        (10, 100, 200, 20)
    );
}

#[test]
fn cifar_test_split_of_official_size() {
    let dir = folder();
    let records: Vec<u8> = (0..10_000)
        .flat_map(|i| cifar_record((i % 10) as u8, 7))
        .collect();
    write(dir.path().join("test_batch.bin"), &records);
    let set = cifar10::load(dir.path(), Split::Test).unwrap();
    assert_eq!((set.len(), set.dim()), (10_000, 3072));
    assert_eq!(set.labels[13], 3);
    assert_eq!(set.classes[3], "cat");
    // One record less is an error, although it is a whole number of records.
    write(dir.path().join("test_batch.bin"), &records[3073..]);
    let message = cifar10::load(dir.path(), Split::Test)
        .unwrap_err()
        .to_string();
    assert!(message.contains("expected 30730000 bytes"), "{message}");
    assert!(message.contains("found 30726927"), "{message}");
    let message = cifar10::load(dir.path(), Split::Train)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("data_batch_1.bin: could not read"),
        "{message}"
    );
}

#[test]
fn cifar_truncated_file() {
    let dir = folder();
    let bytes = [cifar_record(1, 1), cifar_record(2, 2)].concat();
    let path = write(dir.path().join("short.bin"), &bytes[..5000]);
    let error = cifar10::read_file(&path, None, &mut Vec::new(), &mut Vec::new()).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("short.bin: expected 6146 bytes"),
        "{message}"
    );
    assert!(message.ends_with("found 5000"), "{message}");
    let empty = write(dir.path().join("empty.bin"), &[]);
    assert!(cifar10::read_file(&empty, None, &mut Vec::new(), &mut Vec::new()).is_err());
}

#[test]
fn cifar_label_above_nine() {
    let dir = folder();
    let bytes = [cifar_record(1, 1), cifar_record(10, 2)].concat();
    let path = write(dir.path().join("bad.bin"), &bytes);
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let error = cifar10::read_file(&path, None, &mut pixels, &mut labels).unwrap_err();
    assert!(
        matches!(
            error,
            DataError::Label {
                record: 1,
                found: 10,
                classes: 10,
                ..
            }
        ),
        "{error}"
    );
    assert!(pixels.is_empty() && labels.is_empty());
}

// IDX

fn idx_images(magic: u32, count: u32, height: u32, width: u32, payload: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = [magic, count, height, width]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    bytes.extend((0..payload).map(|i| i as u8));
    bytes
}

fn idx_labels(magic: u32, labels: &[u8]) -> Vec<u8> {
    [
        &magic.to_be_bytes()[..],
        &(labels.len() as u32).to_be_bytes(),
        labels,
    ]
    .concat()
}

#[test]
fn idx_plain_and_gzip_agree() {
    let dir = folder();
    let (images, labels) = (idx_images(2051, 3, 2, 4, 24), idx_labels(2049, &[7, 0, 9]));
    let plain = dir.path().join("plain");
    write(plain.join("train-images-idx3-ubyte"), &images);
    write(plain.join("train-labels.idx1-ubyte"), &labels);
    let packed = dir.path().join("packed");
    write(packed.join("train-images-idx3-ubyte.gz"), &gz(&images));
    write(packed.join("train-labels-idx1-ubyte.gz"), &gz(&labels));
    let set = MNIST.load(&plain, Split::Train).unwrap();
    assert_eq!(set, MNIST.load(&packed, Split::Train).unwrap());
    assert_eq!(set.shape, ImageShape::new(1, 2, 4));
    assert_eq!(set.labels, [7, 0, 9]);
    assert_eq!(set.pixels(), (0..24).collect::<Vec<u8>>());
    let message = MNIST.load(&plain, Split::Test).unwrap_err().to_string();
    assert!(
        message.contains("expected the test files of mnist"),
        "{message}"
    );
}

#[test]
fn emnist_images_are_turned() {
    let dir = folder();
    write(
        dir.path().join("emnist-digits-test-images-idx3-ubyte"),
        &idx_images(2051, 1, 2, 3, 6),
    );
    write(
        dir.path().join("emnist-digits-test-labels-idx1-ubyte"),
        &idx_labels(2049, &[4]),
    );
    let set = EMNIST_DIGITS.load(dir.path(), Split::Test).unwrap();
    // 0 1 2 / 3 4 5 becomes 0 3 / 1 4 / 2 5.
    assert_eq!(set.shape, ImageShape::new(1, 3, 2));
    assert_eq!(set.pixels(), [0, 3, 1, 4, 2, 5]);
}

/// The message of reading the two files as MNIST.
fn idx_error(images: &[u8], labels: &[u8]) -> String {
    let dir = folder();
    let images = write(dir.path().join("images"), images);
    let labels = write(dir.path().join("labels"), labels);
    MNIST.read(&images, &labels).unwrap_err().to_string()
}

#[test]
fn idx_bad_files() {
    let good = idx_images(2051, 2, 2, 2, 8);
    let labels = idx_labels(2049, &[0, 1]);
    let cases = [
        (
            idx_images(2049, 2, 2, 2, 8),
            labels.clone(),
            "images: expected magic number 2051",
        ),
        (
            good.clone(),
            idx_labels(2051, &[0, 1]),
            "labels: expected magic number 2049",
        ),
        (good.clone(), idx_labels(2049, &[0]), "expected 2 labels"),
        (
            good.clone(),
            idx_labels(2049, &[0, 10]),
            "record 1: expected a label below 10, found 10",
        ),
        (
            good[..20].to_vec(),
            labels.clone(),
            "images: expected 8 bytes of pixels, found 4",
        ),
        (
            gz(&good[..20]),
            labels.clone(),
            "images: expected 8 bytes of pixels, found 4",
        ),
        (
            [&good[..], &[1]].concat(),
            labels.clone(),
            "expected 8 bytes of pixels, found 9",
        ),
        (
            good[..10].to_vec(),
            labels.clone(),
            "images: expected 16 bytes of header, found 10",
        ),
        (
            Vec::new(),
            labels.clone(),
            "images: expected 16 bytes of header, found 0",
        ),
        (
            idx_images(2051, 2, 0, 2, 0),
            labels.clone(),
            "expected images of at least 1x1",
        ),
        (
            idx_images(2051, u32::MAX, u32::MAX, u32::MAX, 8),
            labels.clone(),
            "less than 2^64 bytes",
        ),
        (
            idx_images(2051, u32::MAX, 28, 28, 8),
            labels.clone(),
            "found 8",
        ),
        (good.clone(), b"hello, world".to_vec(), "found 1751477356"),
    ];
    for (images, labels, expected) in cases {
        let message = idx_error(&images, &labels);
        assert!(
            message.contains(expected),
            "expected `{expected}` in `{message}`"
        );
    }
}

#[test]
fn idx_gzip_cut_in_the_middle() {
    let noise: Vec<u8> = (0..8000u32)
        .map(|i| (i.wrapping_mul(2654435761) >> 13) as u8)
        .collect();
    let mut images = idx_images(2051, 10, 20, 40, 0);
    images.extend(&noise);
    let packed = gz(&images);
    let message = idx_error(&packed[..packed.len() / 2], &idx_labels(2049, &[0; 10]));
    assert!(
        message.contains("images: expected 8000 bytes of pixels, found "),
        "{message}"
    );
}
