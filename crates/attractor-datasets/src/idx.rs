//! The IDX format of MNIST, Fashion-MNIST and EMNIST, plain or gzip.
//!
//! A big-endian header (2051, count, height, width for images; 2049, count for labels), then one
//! byte per pixel or label. Source: the format notes on the MNIST home page.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::{DataError, ImageSet, ImageShape, Result, Split, gzip};

/// Magic number of image files.
pub const IMAGES_MAGIC: u32 = 2051;
/// Magic number of label files.
pub const LABELS_MAGIC: u32 = 2049;

/// A data set of the family: its name, file prefix, classes and orientation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxFamily {
    /// Name of the data set.
    pub name: &'static str,
    /// What file names start with.
    pub prefix: &'static str,
    /// What the test files are called: `t10k` or `test`.
    pub test: &'static str,
    /// Class names, indexed by label.
    pub classes: &'static [&'static str],
    /// Whether images are stored column by column, as EMNIST's are.
    pub transposed: bool,
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// MNIST: 60,000 and 10,000 handwritten digits.
pub const MNIST: IdxFamily = IdxFamily {
    name: "mnist",
    prefix: "",
    test: "t10k",
    classes: DIGITS,
    transposed: false,
};

/// Fashion-MNIST: 60,000 and 10,000 pictures of clothes.
pub const FASHION_MNIST: IdxFamily = IdxFamily {
    name: "fashion-mnist",
    prefix: "",
    test: "t10k",
    classes: &[
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle-boot",
    ],
    transposed: false,
};

/// EMNIST digits: 240,000 and 40,000 handwritten digits.
pub const EMNIST_DIGITS: IdxFamily = IdxFamily {
    name: "emnist-digits",
    prefix: "emnist-digits-",
    test: "test",
    classes: DIGITS,
    transposed: true,
};

/// EMNIST balanced: 112,800 and 18,800 handwritten digits and letters; of the lower-case letters those that
/// do not look like their capitals.
pub const EMNIST_BALANCED: IdxFamily = IdxFamily {
    name: "emnist-balanced",
    prefix: "emnist-balanced-",
    test: "test",
    classes: &[
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G", "H",
        "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z",
        "a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t",
    ],
    transposed: true,
};

impl IdxFamily {
    /// The image and the label file of a split in `directory`, if both are there: `.gz` or plain,
    /// with the usual `-idx3-ubyte` or the variant `.idx3-ubyte`.
    pub fn files(&self, directory: &Path, split: Split) -> Option<(PathBuf, PathBuf)> {
        let part = match split {
            Split::Train => "train",
            Split::Test => self.test,
        };
        let find = |kind: &str, rank: u8| {
            ["-", "."]
                .iter()
                .flat_map(|dash| ["", ".gz"].map(|end| (dash, end)))
                .find_map(|(dash, end)| {
                    let prefix = self.prefix;
                    let name = format!("{prefix}{part}-{kind}{dash}idx{rank}-ubyte{end}");
                    let path = directory.join(name);
                    path.is_file().then_some(path)
                })
        };
        Some((find("images", 3)?, find("labels", 1)?))
    }

    /// Reads a split from `directory`.
    ///
    /// # Errors
    /// [`DataError::Layout`] if the files are not there; otherwise as [`read_images`] and
    /// [`read_labels`], [`DataError::Count`] if they disagree, [`DataError::Label`] for a label
    /// without a class.
    pub fn load(&self, directory: &Path, split: Split) -> Result<ImageSet> {
        let Some((image_path, label_path)) = self.files(directory, split) else {
            let expected = format!("the {} files of {}", split.name(), self.name);
            return Err(DataError::layout(
                directory,
                expected,
                "no such pair of IDX files",
            ));
        };
        self.read(&image_path, &label_path)
    }

    /// Reads one pair of files.
    ///
    /// # Errors
    /// As [`IdxFamily::load`].
    pub fn read(&self, image_path: &Path, label_path: &Path) -> Result<ImageSet> {
        let (shape, mut pixels) = read_images(image_path)?;
        let labels = read_labels(label_path)?;
        let images = pixels.len() / shape.dim();
        if images != labels.len() {
            return Err(DataError::Count {
                path: label_path.into(),
                images: image_path.into(),
                expected: images,
                found: labels.len(),
            });
        }
        let classes = self.classes.len();
        if let Some(record) = labels
            .iter()
            .position(|&label| usize::from(label) >= classes)
        {
            let found = u32::from(labels[record]);
            return Err(DataError::Label {
                path: label_path.into(),
                record,
                classes,
                found,
            });
        }
        let mut shape = shape;
        if self.transposed {
            pixels = transpose(&pixels, shape);
            shape = ImageShape::new(1, shape.width, shape.height);
        }
        let labels = labels.into_iter().map(u32::from).collect();
        ImageSet::new(
            self.name,
            shape,
            pixels,
            labels,
            self.classes.iter().copied().map(String::from).collect(),
        )
    }
}

/// Reads an image file: its shape (one channel) and its pixels, `[n, 1, h, w]`.
///
/// # Errors
/// [`DataError::Magic`], [`DataError::Size`] for a truncated or overlong file,
/// [`DataError::Layout`] for images without pixels, [`DataError::Io`] otherwise.
pub fn read_images(path: &Path) -> Result<(ImageShape, Vec<u8>)> {
    let mut reader = open(path)?;
    let [count, height, width] = header(&mut reader, path, IMAGES_MAGIC, "IDX images")?;
    if height == 0 || width == 0 {
        let found = format!("{height}x{width}");
        return Err(DataError::layout(
            path,
            "images of at least 1x1 pixels",
            found,
        ));
    }
    let expected = u64::from(count)
        .checked_mul(u64::from(height) * u64::from(width))
        .ok_or_else(|| {
            let found = format!("{count} images of {height}x{width}");
            DataError::layout(path, "a payload of less than 2^64 bytes", found)
        })?;
    let pixels = payload(reader, path, " of pixels", expected)?;
    Ok((ImageShape::new(1, height as usize, width as usize), pixels))
}

/// Reads a label file.
///
/// # Errors
/// [`DataError::Magic`], [`DataError::Size`] or [`DataError::Io`].
pub fn read_labels(path: &Path) -> Result<Vec<u8>> {
    let mut reader = open(path)?;
    let [count] = header(&mut reader, path, LABELS_MAGIC, "IDX labels")?;
    payload(reader, path, " of labels", u64::from(count))
}

/// Opens a file, plain or gzip.
fn open(path: &Path) -> Result<impl Read> {
    let file = File::open(path).map_err(DataError::io(path, "open"))?;
    gzip::open(file).map_err(DataError::io(path, "read"))
}

/// The magic number, checked, then `N` big-endian sizes.
fn header<const N: usize>(
    reader: &mut impl Read,
    path: &Path,
    magic: u32,
    what: &'static str,
) -> Result<[u32; N]> {
    let expected = 4 * (N as u64 + 1);
    let mut bytes = Vec::new();
    reader
        .take(expected)
        .read_to_end(&mut bytes)
        .map_err(DataError::io(path, "read"))?;
    let mut words = bytes
        .chunks_exact(4)
        .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]));
    // The magic number is judged first: it tells a wrong file from a short one.
    match words.next() {
        Some(found) if found != magic => {
            return Err(DataError::Magic {
                path: path.into(),
                what,
                expected: magic,
                found,
            });
        }
        _ if (bytes.len() as u64) < expected => {
            let found = bytes.len() as u64;
            return Err(DataError::Size {
                path: path.into(),
                what: " of header",
                expected,
                found,
            });
        }
        _ => {}
    }
    Ok(std::array::from_fn(|_| words.next().unwrap_or_default()))
}

/// Exactly `expected` bytes up to the end of the file.
fn payload(reader: impl Read, path: &Path, what: &'static str, expected: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than expected shows a file that is too long. The buffer grows with what is
    // read, so a forged count cannot exhaust the memory.
    let read = reader
        .take(expected.saturating_add(1))
        .read_to_end(&mut bytes);
    let found = bytes.len() as u64;
    match read {
        // A gzip stream that ends too early is a truncated file like any other.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof || found == expected => {
            Err(DataError::io(path, "read")(error))
        }
        _ if found != expected => Err(DataError::Size {
            path: path.into(),
            what,
            expected,
            found,
        }),
        _ => Ok(bytes),
    }
}

/// Swaps rows and columns of every image.
fn transpose(pixels: &[u8], shape: ImageShape) -> Vec<u8> {
    let (height, width) = (shape.height, shape.width);
    let mut turned = Vec::with_capacity(pixels.len());
    for image in pixels.chunks_exact(shape.dim()) {
        for column in 0..width {
            turned.extend((0..height).map(|row| image[row * width + column]));
        }
    }
    turned
}
