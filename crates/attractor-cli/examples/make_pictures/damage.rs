//! Ten ways to damage a picture. Each answers with the quality of the JPEG that is to be written.

use attractor::core::rng::{self, Rng};
use image::{Rgb, RgbImage};
use rand::RngExt;

/// Damages a picture in place.
type Damage = fn(&mut RgbImage, &mut Rng) -> u8;

/// By their names.
pub(crate) const KINDS: [(&str, Damage); 10] = [
    ("torn", torn),
    ("covered", covered),
    ("scribbled", scribbled),
    ("dark", dark),
    ("exchanged", exchanged),
    ("grey", grey),
    ("noisy", noisy),
    ("inverted", inverted),
    ("faded", faded),
    ("compressed", compressed),
];

const FINE: u8 = 90;

fn each(picture: &mut RgbImage, mut change: impl FnMut([f32; 3]) -> [f32; 3]) -> u8 {
    for pixel in picture.pixels_mut() {
        let changed = change(pixel.0.map(|value| f32::from(value) / 255.0));
        pixel.0 = changed.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
    }
    FINE
}

/// A third is gone, along a ragged edge, in white.
fn torn(picture: &mut RgbImage, rng: &mut Rng) -> u8 {
    let (width, height) = picture.dimensions();
    let mut edge = width as f32 * 2.0 / 3.0;
    for y in 0..height {
        edge += rng.random_range(-2.0f32..=2.0);
        for x in (edge.max(0.0) as u32)..width {
            picture.put_pixel(x, y, Rgb([255; 3]));
        }
    }
    FINE
}

/// A box of a quarter of the area, of one colour, anywhere.
fn covered(picture: &mut RgbImage, rng: &mut Rng) -> u8 {
    let (width, height) = picture.dimensions();
    let (left, top) = (
        rng.random_range(0..=width / 2),
        rng.random_range(0..=height / 2),
    );
    let colour = Rgb(std::array::from_fn(|_| rng.random::<u8>()));
    for y in top..top + height / 2 {
        for x in left..left + width / 2 {
            picture.put_pixel(x, y, colour);
        }
    }
    FINE
}

/// Eight thick strokes across.
fn scribbled(picture: &mut RgbImage, rng: &mut Rng) -> u8 {
    let (width, height) = picture.dimensions();
    let thick = f64::from(width.min(height)) / 40.0;
    for _ in 0..8 {
        let colour = Rgb(std::array::from_fn(|_| rng.random::<u8>()));
        let mut end = || {
            (
                rng.random_range(0.0..f64::from(width)),
                rng.random_range(0.0..f64::from(height)),
            )
        };
        let (from, to) = (end(), end());
        let along = (to.0 - from.0, to.1 - from.1);
        let length = along.0.hypot(along.1).max(1.0);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (dx, dy) = (f64::from(x) - from.0, f64::from(y) - from.1);
            let at = (dx * along.0 + dy * along.1) / length;
            let off = (dx * along.1 - dy * along.0).abs() / length;
            if off < thick && (0.0..length).contains(&at) {
                *pixel = colour;
            }
        }
    }
    FINE
}

/// A third of the light.
fn dark(picture: &mut RgbImage, _: &mut Rng) -> u8 {
    each(picture, |values| values.map(|value| value / 3.0))
}

/// Red, green and blue change places.
fn exchanged(picture: &mut RgbImage, _: &mut Rng) -> u8 {
    each(picture, |[red, green, blue]| [green, blue, red])
}

fn grey(picture: &mut RgbImage, _: &mut Rng) -> u8 {
    each(picture, |[red, green, blue]| {
        [0.3 * red + 0.59 * green + 0.11 * blue; 3]
    })
}

/// Noise in blocks of a thirty-second of the picture, of standard deviation 0.24: what is finer is gone once it is made small.
fn noisy(picture: &mut RgbImage, rng: &mut Rng) -> u8 {
    let (width, height) = picture.dimensions();
    let noise = rng::normal_vec(rng, 32 * 32 * 3);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let block = (y * 32 / height * 32 + x * 32 / width) as usize;
        for (c, value) in pixel.0.iter_mut().enumerate() {
            let changed = f32::from(*value) / 255.0 + 0.24 * noise[3 * block + c];
            *value = (changed.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }
    FINE
}

fn inverted(picture: &mut RgbImage, _: &mut Rng) -> u8 {
    each(picture, |values| values.map(|value| 1.0 - value))
}

/// Little contrast, towards yellow.
fn faded(picture: &mut RgbImage, _: &mut Rng) -> u8 {
    each(picture, |[red, green, blue]| {
        [0.6 + 0.35 * red, 0.55 + 0.35 * green, 0.4 + 0.35 * blue]
    })
}

fn compressed(_: &mut RgbImage, _: &mut Rng) -> u8 {
    10
}
