//! Encoded pictures: PNG, JPEG with EXIF, WebP.

use std::path::Path;

use attractor::datasets::folder::{Colour, FolderOptions, load_bytes};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat};

use super::{bit, each, encoded, head};
use crate::repair;

/// Sizes that are asked for; `None` keeps the picture's own.
const SIZES: [Option<(usize, usize)>; 4] = [None, Some((8, 8)), Some((1, 1)), Some((3, 700))];

/// Flags (1 and 2: which size, 4: grey, 8: right checksums of PNG chunks), then the file.
pub(super) fn run(data: &[u8]) {
    let ([flags], rest) = head::<1>(data);
    let mut bytes = rest.to_vec();
    if bit(flags, 3) {
        repair::png(&mut bytes);
    }
    let options = FolderOptions {
        size: SIZES[usize::from(flags & 3)],
        colour: if bit(flags, 2) {
            Colour::Grey
        } else {
            Colour::Rgb
        },
        skip_damaged: false,
    };
    match load_bytes(Path::new("picture"), &bytes, &options) {
        Ok(set) => {
            assert_eq!(set.len(), 1);
            assert_eq!(set.shape.channels, options.colour.channels());
            if let Some(size) = options.size {
                assert_eq!((set.shape.height, set.shape.width), size);
                let row = set.rows(&[0]).expect("the set has one picture");
                assert_eq!(row.len(), set.dim());
            }
        }
        Err(error) => assert!(error.to_string().contains("picture"), "{error}"),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let [png, jpeg, webp] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP]
        .map(|format| encoded(format, 9, 7));
    let large = encoded(ImageFormat::Jpeg, 70, 40);
    let mut contents = vec![png, jpeg, webp, large, turned()];
    let kinds: [fn(DynamicImage) -> DynamicImage; 4] = [
        |picture| picture.into_luma8().into(),
        |picture| picture.into_luma_alpha16().into(),
        |picture| picture.into_rgba8().into(),
        |picture| picture.into_rgb16().into(),
    ];
    for kind in kinds {
        let picture = kind(DynamicImage::new_rgb8(5, 4));
        let mut bytes = std::io::Cursor::new(Vec::new());
        let written = picture.write_to(&mut bytes, ImageFormat::Png);
        written.expect("a small picture can be encoded");
        contents.push(bytes.into_inner());
    }
    each(&[&[0], &[1], &[6], &[11]], &contents)
}

/// A JPEG whose EXIF says that it lies on its side.
fn turned() -> Vec<u8> {
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 80);
    encoder
        .set_exif_metadata(exif)
        .expect("JPEG has a place for EXIF");
    let written = encoder.write_image(&[90; 3 * 20 * 12], 20, 12, image::ExtendedColorType::Rgb8);
    written.expect("a small picture can be encoded");
    bytes
}
