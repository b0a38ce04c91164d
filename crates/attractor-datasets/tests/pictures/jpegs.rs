//! JPEGs: damage that does no harm, damage that does, and decoding at a fraction of the size.

use attractor_datasets::{Colour, FolderOptions, Split, folder};
use image::ImageFormat;

use super::{encode, folder_of, planes, read, refusal, scene, sized};

const PROGRESSIVE: &[u8] = include_bytes!("progressive.jpg");
const RESTARTS: &[u8] = include_bytes!("restarts.jpg");

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encode(&scene(width, height).into(), ImageFormat::Jpeg)
}

/// Where the segments before the first scan begin, and the scan.
fn segments(jpeg: &[u8]) -> Vec<usize> {
    let (mut at, mut found) = (2, Vec::new());
    loop {
        found.push(at);
        if jpeg[at + 1] == 0xda {
            return found;
        }
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
}

/// The JPEG with an EXIF segment that holds this orientation and `extra` behind it.
fn tagged(jpeg: &[u8], orientation: u8, extra: &[u8]) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(extra);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn bytes_between_segments_do_no_harm() {
    for whole in [&jpeg(40, 30), PROGRESSIVE, RESTARTS] {
        let expected = read("1.jpg", whole);
        for at in segments(whole) {
            for stray in [&[0][..], &[1, 2, 3], &[0xff], &[0xff, 0xff], &[0xff, 0, 7]] {
                let bytes = [&whole[..at], stray, &whole[at..]].concat();
                assert_eq!(read("1.jpg", &bytes), expected, "{stray:?} at {at}");
            }
        }
    }
}

#[test]
fn bytes_after_the_end_do_no_harm() {
    let whole = jpeg(40, 30);
    let expected = read("1.jpg", &whole);
    for after in [
        &[0; 100][..],
        b"notes",
        &[0xff, 0xd8, 0xff, 0xd9],
        &jpeg(8, 8),
    ] {
        assert_eq!(read("1.jpg", &[&whole[..], after].concat()), expected);
    }
}

#[test]
fn jpegs_cut_off_anywhere_are_refused() {
    // A whole thumbnail inside, with an end marker of its own.
    let with_thumbnail = tagged(&jpeg(60, 50), 1, &jpeg(8, 8));
    read("1.jpg", &with_thumbnail);
    for whole in [&with_thumbnail, PROGRESSIVE, RESTARTS] {
        for percent in (0..100).step_by(7).chain([99]) {
            let cut = &whole[..whole.len() * percent / 100];
            let message = refusal("1.jpg", cut);
            let expected = format!("expected a whole PNG, JPEG or WebP, found {}", cut.len());
            assert!(message.contains(&expected), "{message}");
        }
        let message = refusal("1.jpg", &whole[..whole.len() - 2]);
        assert!(message.contains("the end of the JPEG data"), "{message}");
    }
    // A segment that claims more bytes than there are, and one that is shorter than its length.
    for length in [[0xff, 0xff], [0, 0]] {
        let mut bytes = jpeg(8, 8);
        bytes[4..6].copy_from_slice(&length);
        bytes.truncate(40);
        refusal("1.jpg", &bytes);
    }
}

#[test]
fn cmyk_becomes_red_green_blue() {
    let pixels = read("1.jpg", include_bytes!("cmyk.jpg"));
    let pixel = |x: usize, y: usize| [0, 1, 2].map(|plane| pixels[plane * 256 + y * 16 + x]);
    for (x, y, expected) in [
        (3, 3, [255, 255, 255]),
        (12, 3, [255, 0, 0]),
        (3, 12, [0, 255, 0]),
        (12, 12, [0, 0, 0]),
    ] {
        let found = pixel(x, y);
        let near = |(a, b): (u8, u8)| a.abs_diff(b) <= 8;
        assert!(
            found.into_iter().zip(expected).all(near),
            "({x}, {y}): {found:?}"
        );
    }
}

/// Mean and largest difference between what a JPEG gives when a size is asked for, and what its
/// pixels at full size give, stored as PNG (which is never reduced).
fn difference(jpeg: &[u8], options: &FolderOptions) -> (f64, u8) {
    let full = image::load_from_memory(jpeg).unwrap();
    let full = folder_of("1.png", &encode(&full, ImageFormat::Png));
    let ours = folder_of("1.jpg", jpeg);
    let set = |dir: &tempfile::TempDir| folder::load(dir.path(), Split::Train, options).unwrap();
    let (ours, full) = (set(&ours), set(&full));
    assert_eq!(ours.shape, full.shape);
    let pairs = || ours.pixels().iter().zip(full.pixels());
    let sum: u64 = pairs().map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let largest = pairs().map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    (sum as f64 / ours.pixels().len() as f64, largest)
}

#[test]
fn reduced_decoding_is_near_full_decoding() {
    let jpegs = [
        ("large", jpeg(640, 483)),
        ("tall", jpeg(203, 901)),
        ("progressive", PROGRESSIVE.to_vec()),
        ("restarts", RESTARTS.to_vec()),
        (
            "grey",
            encode(
                &image::DynamicImage::from(scene(640, 480)).to_luma8().into(),
                ImageFormat::Jpeg,
            ),
        ),
    ];
    for (name, jpeg) in jpegs {
        for (height, width) in [(8, 8), (16, 24), (25, 25), (50, 40), (64, 64), (120, 100)] {
            for colour in [Colour::Rgb, Colour::Grey] {
                let size = Some((height, width));
                let (mean, largest) = difference(
                    &jpeg,
                    &FolderOptions {
                        skip_damaged: false,
                        size,
                        colour,
                    },
                );
                assert!(
                    mean < 3.0 && largest < 24,
                    "{name} {height}x{width} {colour:?}: {mean}, {largest}"
                );
            }
        }
    }
}

#[test]
fn reduced_decoding_keeps_a_flat_picture_exact() {
    let flat = image::RgbImage::from_pixel(400, 300, image::Rgb([128, 128, 128]));
    let jpeg = encode(&flat.clone().into(), ImageFormat::Jpeg);
    let dir = folder_of("1.jpg", &jpeg);
    let set = folder::load(dir.path(), Split::Train, &sized(10, 10)).unwrap();
    assert_eq!(set.pixels(), &planes(&flat)[..300]);
}

#[test]
fn reduced_pictures_are_turned_upright_and_cropped_there() {
    // Red above, blue below in the upright picture, which lies on its side in the file.
    let upright = image::RgbImage::from_fn(300, 400, |_, y| {
        image::Rgb(if y < 200 { [250, 0, 0] } else { [0, 0, 250] })
    });
    let lying = image::DynamicImage::from(upright).rotate270();
    let bytes = tagged(&encode(&lying, ImageFormat::Jpeg), 6, &[]);
    for (height, width) in [(32, 16), (16, 32), (20, 20), (300, 300)] {
        let dir = folder_of("1.jpg", &bytes);
        let set = folder::load(dir.path(), Split::Train, &sized(height, width)).unwrap();
        let image = set.image(0).unwrap();
        let area = height * width;
        let (above, below) = (width, area - width);
        assert!(image[above] > 200 && image[2 * area + above] < 50);
        assert!(image[below] < 50 && image[2 * area + below] > 200);
    }
}
