//! Gzip with padding, in archives and IDX files.

use std::fs;
use std::io::Write;

use attractor_datasets::idx::MNIST;
use attractor_datasets::{Result, Split};
use flate2::Compression;
use flate2::write::GzEncoder;
use image::ImageFormat;

use super::{encode, load, scene};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The archive of one picture.
fn tar() -> Vec<u8> {
    let png = encode(&scene(9, 8).into(), ImageFormat::Png);
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(png.len() as u64);
    builder.append_data(&mut header, "1.png", &png[..]).unwrap();
    builder.into_inner().unwrap()
}

fn load_archive(bytes: &[u8]) -> Result<usize> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("set.tar.gz");
    fs::write(&path, bytes).unwrap();
    load(&path).map(|set| set.len())
}

#[test]
fn archives_with_padding() {
    let tar = tar();
    let zeros = vec![0; 10 << 10];
    for after in [&zeros[..], b"garbage", &[0x1f]] {
        assert_eq!(load_archive(&[&gz(&tar)[..], after].concat()).unwrap(), 1);
        assert_eq!(load_archive(&[&tar[..], after].concat()).unwrap(), 1);
    }
    // Blocks of zeros inside the stream, and a stream in two members.
    assert_eq!(load_archive(&gz(&[&tar[..], &zeros].concat())).unwrap(), 1);
    let (head, tail) = tar.split_at(700);
    assert_eq!(load_archive(&[gz(head), gz(tail)].concat()).unwrap(), 1);
}

#[test]
fn archives_cut_off_anywhere() {
    let packed = gz(&tar());
    // Even where all members are whole and only the checksum is missing.
    for len in [30, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
        let message = load_archive(&packed[..len]).unwrap_err().to_string();
        assert!(message.contains("set.tar.gz"), "{message}");
    }
    let mut damaged = packed.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    load_archive(&damaged).unwrap_err();
}

fn load_idx(pad: impl Fn(Vec<u8>) -> Vec<u8>) -> Result<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let images: Vec<u8> = [2051u32, 3, 2, 2]
        .iter()
        .flat_map(|n| n.to_be_bytes())
        .chain(0..12)
        .collect();
    let labels: Vec<u8> = [2049u32, 3]
        .iter()
        .flat_map(|n| n.to_be_bytes())
        .chain([4, 5, 6])
        .collect();
    fs::write(dir.path().join("train-images-idx3-ubyte.gz"), pad(images)).unwrap();
    fs::write(dir.path().join("train-labels-idx1-ubyte.gz"), pad(labels)).unwrap();
    MNIST
        .load(dir.path(), Split::Train)
        .map(|set| set.pixels().to_vec())
}

#[test]
fn idx_with_padding() {
    let expected: Vec<u8> = (0..12).collect();
    for after in [&[0; 512][..], b"garbage"] {
        assert_eq!(
            load_idx(|bytes| [&gz(&bytes)[..], after].concat()).unwrap(),
            expected
        );
    }
    let halves = |bytes: Vec<u8>| [gz(&bytes[..9]), gz(&bytes[9..]), vec![0]].concat();
    assert_eq!(load_idx(halves).unwrap(), expected);
    // Padding inside the stream is data that the header does not announce.
    let inside = |bytes: Vec<u8>| gz(&[&bytes[..], &[0; 4]].concat());
    let message = load_idx(inside).unwrap_err().to_string();
    assert!(
        message.contains("expected 12 bytes of pixels, found 13"),
        "{message}"
    );
    // Nothing but the checksum is missing.
    let cut = |bytes: Vec<u8>| {
        let packed = gz(&bytes);
        packed[..packed.len() - 1].to_vec()
    };
    load_idx(cut).unwrap_err();
}
