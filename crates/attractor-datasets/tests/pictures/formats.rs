//! PNG and WebP, and what their suffixes say.

use flate2::Crc;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, Rgba, RgbaImage};
use std::io::Write;

use super::{encode, folder_of, load, planes, read, refusal, scene};

#[test]
fn the_content_decides_not_the_suffix() {
    let scene = scene(20, 10);
    let picture = DynamicImage::from(scene.clone());
    let expected = planes(&scene);
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encode(&picture, format);
        for name in ["1.png", "1.jpg", "1.JPEG", "1.jpe", "1.jfif", "1.webp"] {
            assert_eq!(read(name, &bytes), expected, "{format:?} in {name}");
        }
    }
    let jpeg = encode(&picture, ImageFormat::Jpeg);
    let expected = read("1.jpg", &jpeg);
    for name in ["1.png", "1.jpe", "1.jfif", "1.webp"] {
        assert_eq!(read(name, &jpeg), expected, "JPEG in {name}");
    }
    for other in [&b"GIF89a-and-more"[..], b"BM", b"<html>", b""] {
        let message = refusal("1.jpg", other);
        assert!(
            message.contains("expected a whole PNG, JPEG or WebP"),
            "{message}"
        );
    }
}

#[test]
fn png_with_bytes_after_its_end() {
    let scene = scene(20, 10);
    let png = encode(&scene.clone().into(), ImageFormat::Png);
    for after in [&[0; 64][..], b"notes"] {
        assert_eq!(read("1.png", &[&png[..], after].concat()), planes(&scene));
    }
    for len in [20, 60, png.len() / 2, png.len() - 20] {
        let message = refusal("1.png", &png[..len]);
        assert!(message.contains(&format!("found {len} bytes")), "{message}");
    }
}

#[test]
fn png_of_any_depth_and_colour() {
    let deep = ImageBuffer::from_fn(4, 2, |x, y| {
        Rgb([x as u16 * 0x4040, y as u16 * 0xffff, 0x8080])
    });
    let expected: Vec<u8> = [
        [0, 0x40, 0x80, 0xc0, 0, 0x40, 0x80, 0xc0],
        [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
        [0x80; 8],
    ]
    .concat();
    let png = encode(&DynamicImage::ImageRgb16(deep), ImageFormat::Png);
    assert_eq!(read("1.png", &png), expected);

    let deep = ImageBuffer::from_fn(2, 1, |x, _| Luma([x as u16 * 0xffff]));
    let png = encode(&DynamicImage::ImageLuma16(deep), ImageFormat::Png);
    assert_eq!(read("1.png", &png), [0, 255].repeat(3));

    // Transparency is dropped, as `Colour::Rgb` says.
    let glass = RgbaImage::from_pixel(1, 1, Rgba([10, 20, 30, 7]));
    let png = encode(&glass.into(), ImageFormat::Png);
    assert_eq!(read("1.png", &png), [10, 20, 30]);

    assert_eq!(read("1.png", &palette_png()), [10, 200, 20, 210, 30, 220]);
}

/// Two pixels of a palette of two colours, one bit each.
fn palette_png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], content: &[u8]| {
        let body = [kind, content].concat();
        let mut crc = Crc::new();
        crc.update(&body);
        png.extend((content.len() as u32).to_be_bytes());
        png.extend(body);
        png.extend(crc.sum().to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 1, 3, 0, 0, 0]);
    chunk(b"PLTE", &[10, 20, 30, 200, 210, 220]);
    let mut line = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    line.write_all(&[0, 0b0100_0000]).unwrap();
    chunk(b"IDAT", &line.finish().unwrap());
    chunk(b"IEND", &[]);
    png
}

#[test]
fn webp_lossy_lossless_and_cut_off() {
    let lossy = include_bytes!("lossy.webp");
    let dir = folder_of("1.webp", lossy);
    let set = load(dir.path()).unwrap();
    assert_eq!((set.shape.height, set.shape.width), (64, 48));
    let lossless = encode(&scene(20, 10).into(), ImageFormat::WebP);
    for whole in [&lossy[..], &lossless] {
        for percent in [10, 50, 90] {
            refusal("1.webp", &whole[..whole.len() * percent / 100]);
        }
    }
}

/// A chunk of a RIFF file.
fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let padding = &[0][..content.len() % 2];
    let length = (content.len() as u32).to_le_bytes();
    [kind, &length, content, padding].concat()
}

#[test]
fn of_an_animation_the_first_frame_counts() {
    let frames = [[200, 10, 20], [0, 0, 250]].map(|colour| {
        let picture = image::RgbImage::from_pixel(8, 4, Rgb(colour));
        let webp = encode(&picture.into(), ImageFormat::WebP);
        // Offset, size minus one, duration (three bytes each), flags; then the picture's own chunk.
        let header = [0, 0, 0, 0, 0, 0, 7, 0, 0, 3, 0, 0, 100, 0, 0, 0b10];
        chunk(b"ANMF", &[&header[..], &webp[12..]].concat())
    });
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[0b10, 0, 0, 0, 7, 0, 0, 3, 0, 0]),
        chunk(b"ANIM", &[0; 6]),
        frames.concat(),
    ]
    .concat();
    let pixels = read("1.webp", &chunk(b"RIFF", &body));
    assert_eq!((pixels[0], pixels[32], pixels[64]), (200, 10, 20));
}
