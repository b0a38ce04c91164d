//! CIFAR-10 in the official binary layout.
//!
//! Five training files and one test file of 10,000 records; a record is 3073 bytes: the label, then
//! the red, green and blue planes of a 32 x 32 image. Source: Krizhevsky, "Learning Multiple Layers
//! of Features from Tiny Images", 2009, and the format notes on the data set's home page.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{DataError, ImageSet, ImageShape, Result, Split};

/// Name of the data set.
pub const NAME: &str = "cifar10";
/// Shape of every image.
pub const SHAPE: ImageShape = ImageShape::new(3, 32, 32);
/// Bytes per record: label and three planes.
pub const RECORD_BYTES: usize = 3073;
/// Records in each official file.
pub const RECORDS_PER_FILE: usize = 10_000;
/// Class names, in the order of the labels.
pub const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// The files of a split, in reading order.
pub fn files(directory: &Path, split: Split) -> Vec<PathBuf> {
    match split {
        Split::Train => (1..=5)
            .map(|batch| directory.join(format!("data_batch_{batch}.bin")))
            .collect(),
        Split::Test => vec![directory.join("test_batch.bin")],
    }
}

/// Reads a split from the folder that holds the `.bin` files: 50,000 or 10,000 images.
///
/// # Errors
/// [`DataError::Size`] for a file that is not exactly 10,000 records long, [`DataError::Label`] for
/// a label above 9, [`DataError::Io`] for a file that cannot be read.
pub fn load(directory: &Path, split: Split) -> Result<ImageSet> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for path in files(directory, split) {
        read_file(&path, Some(RECORDS_PER_FILE), &mut pixels, &mut labels)?;
    }
    ImageSet::new(
        NAME,
        SHAPE,
        pixels,
        labels,
        CLASSES.map(String::from).to_vec(),
    )
}

/// Appends the records of one file: 3072 bytes each to `pixels`, one entry each to `labels`.
///
/// With `records: None` any whole number of records is accepted, so that excerpts can be read.
///
/// # Errors
/// As [`load`]; nothing is appended then.
pub fn read_file(
    path: &Path,
    records: Option<usize>,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u32>,
) -> Result<()> {
    let bytes = fs::read(path).map_err(DataError::io(path, "read"))?;
    let whole = records.unwrap_or_else(|| bytes.len().div_ceil(RECORD_BYTES).max(1));
    let expected = whole.saturating_mul(RECORD_BYTES);
    if bytes.len() != expected {
        return Err(DataError::Size {
            path: path.into(),
            what: " (records of 3073 bytes)",
            expected: expected as u64,
            found: bytes.len() as u64,
        });
    }
    let bad = bytes
        .iter()
        .step_by(RECORD_BYTES)
        .position(|&label| label > 9);
    if let Some(record) = bad {
        let found = u32::from(bytes[record * RECORD_BYTES]);
        return Err(DataError::Label {
            path: path.into(),
            record,
            classes: 10,
            found,
        });
    }
    for record in bytes.chunks_exact(RECORD_BYTES) {
        labels.push(u32::from(record[0]));
        pixels.extend_from_slice(&record[1..]);
    }
    Ok(())
}
