//! The targets, a file each.

mod archive;
mod cifar;
mod experiment;
mod idx;
mod manifest;
mod memories;
mod memory_file;
mod picture;
mod run_folder;
mod scenes;
mod store;
mod superpositions;
mod unpack;
mod vectors;

use crate::Target;

/// Bound of what only reads.
const READER: u64 = 1024;
/// Bound of what decodes pictures: one of 2^28 pixels is accepted, in up to four bytes each and once more as three.
const DECODER: u64 = 4096;

macro_rules! targets {
    ($($name:ident: $most:expr;)*) => {
        /// Everything that is fuzzed.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            seeds: $name::seeds,
            most_mib: $most,
        }),*];
    };
}

targets! {
    idx: READER;
    cifar: READER;
    archive: DECODER;
    unpack: READER;
    picture: DECODER;
    scenes: READER;
    manifest: READER;
    experiment: READER;
    run_folder: READER;
    vectors: READER;
    memory_file: READER;
    memories: READER;
    superpositions: READER;
    store: READER;
}

/// The first `N` bytes and the rest; zeros where there are fewer.
fn head<const N: usize>(data: &[u8]) -> ([u8; N], &[u8]) {
    let (first, rest) = data.split_at(data.len().min(N));
    let mut head = [0; N];
    head[..first.len()].copy_from_slice(first);
    (head, rest)
}

/// Whether a bit is set.
fn bit(flags: u8, at: u32) -> bool {
    flags >> at & 1 == 1
}

/// An input for each of these beginnings before each of these contents.
fn each(heads: &[&[u8]], contents: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let with = |content: &Vec<u8>| {
        heads
            .iter()
            .map(|head| [head, &content[..]].concat())
            .collect()
    };
    contents.iter().flat_map::<Vec<_>, _>(with).collect()
}

/// A small picture, encoded.
fn encoded(format: image::ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 37) as u8, (y * 59) as u8, (x * y) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .expect("a small picture can be encoded");
    bytes.into_inner()
}
