//! Cutting a window out of a picture and bringing it to another size.
//!
//! `image` resizes whole pictures only. A JPEG that was decoded at a fraction of its size is cropped
//! where the full one would be, between pixels, so that both give the same picture.

use std::ops::Range;

/// A part of a picture, in pixels from its corner; borders may lie between pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Resizes a window of a picture of `channels` interleaved bytes a pixel, `stride` pixels a line, to
/// `width` x `height`, by the Catmull-Rom filter, stretched where the picture shrinks.
pub(super) fn resize(
    pixels: &[u8],
    channels: usize,
    stride: usize,
    window: Window,
    (width, height): (usize, usize),
) -> Vec<u8> {
    let lines = pixels.len() / (channels * stride).max(1);
    let across = Taps::new(window.left, window.width, stride, width);
    let down = Taps::new(window.top, window.height, lines, height);
    // Each line is shrunk once and added to those lines of the result that it reaches.
    let mut sums = vec![0.0f32; width * height * channels];
    let mut short = vec![0.0f32; width * channels];
    let mut first = 0;
    for (line, from) in pixels.chunks_exact(channels * stride).enumerate() {
        while down
            .of
            .get(first)
            .is_some_and(|taps| taps.range.end <= line)
        {
            first += 1;
        }
        let reached = |taps: &&Tap| taps.range.start <= line;
        if !down.of.get(first).as_ref().is_some_and(reached) {
            continue;
        }
        across.shrink(from, channels, &mut short);
        for (at, taps) in down.of.iter().enumerate().skip(first) {
            if taps.range.start > line {
                break;
            }
            if let Some(weight) = taps.weights.get(line - taps.range.start) {
                let row = &mut sums[at * width * channels..][..width * channels];
                for (sum, value) in row.iter_mut().zip(&short) {
                    *sum += weight * value;
                }
            }
        }
    }
    sums.into_iter()
        .map(|sum| sum.round().clamp(0.0, 255.0) as u8)
        .collect()
}

/// Which pixels of a line make up each pixel of the result.
struct Taps {
    of: Vec<Tap>,
}

struct Tap {
    range: Range<usize>,
    /// They sum to 1.
    weights: Vec<f32>,
}

impl Taps {
    /// `count` pixels of the window `start .. start + length` of a line of `side` pixels. Pixels
    /// outside the window have no say.
    fn new(start: f64, length: f64, side: usize, count: usize) -> Self {
        let scale = length / count as f64;
        let stretch = scale.max(1.0);
        // Pixels of which at least a part lies inside.
        let inside = |value: f64| (value.max(0.0) as usize).min(side);
        let (first, end) = (inside(start.floor()), inside((start + length).ceil()));
        let of = (0..count).map(|at| {
            let centre = start + (at as f64 + 0.5) * scale;
            let reach = 2.0 * stretch;
            let from = inside((centre - reach).floor()).clamp(first, end.saturating_sub(1));
            let to = inside((centre + reach).ceil()).clamp(from + 1, end.max(from + 1));
            let weights: Vec<f64> = (from..to)
                .map(|pixel| catmull_rom((pixel as f64 + 0.5 - centre) / stretch))
                .collect();
            let sum: f64 = weights.iter().sum();
            Tap {
                range: from..to,
                weights: weights.iter().map(|weight| (weight / sum) as f32).collect(),
            }
        });
        Self { of: of.collect() }
    }

    fn shrink(&self, line: &[u8], channels: usize, into: &mut [f32]) {
        for (taps, pixel) in self.of.iter().zip(into.chunks_exact_mut(channels)) {
            let from = line[taps.range.start * channels..].chunks_exact(channels);
            pixel.fill(0.0);
            for (weight, values) in taps.weights.iter().zip(from) {
                for (sum, &value) in pixel.iter_mut().zip(values) {
                    *sum += weight * f32::from(value);
                }
            }
        }
    }
}

/// The cubic through its neighbours (Catmull and Rom, 1974).
fn catmull_rom(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0
    } else if x < 2.0 {
        -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use image::imageops::{self, FilterType};
    use image::{Rgb, RgbImage};

    use super::*;

    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let noise = (x * 7919 + y * 104_729) % 256;
            Rgb([noise as u8, (x * 5) as u8, (y * 3 + x) as u8])
        })
    }

    #[test]
    fn whole_windows_give_what_image_gives() {
        let image = picture(61, 47);
        for (left, top, width, height) in [(0, 0, 61, 47), (7, 0, 47, 47), (3, 5, 20, 11)] {
            for (to_width, to_height) in [(1, 1), (8, 8), (16, 31), (47, 47), (90, 70)] {
                let part = imageops::crop_imm(&image, left, top, width, height).to_image();
                let (w, h) = (to_width as u32, to_height as u32);
                let theirs = imageops::resize(&part, w, h, FilterType::CatmullRom);
                let window = Window {
                    left: left.into(),
                    top: top.into(),
                    width: width.into(),
                    height: height.into(),
                };
                let ours = resize(image.as_raw(), 3, 61, window, (to_width, to_height));
                assert_eq!(ours.len(), theirs.as_raw().len());
                for (a, b) in ours.iter().zip(theirs.as_raw()) {
                    assert!(a.abs_diff(*b) <= 1, "{window:?} to {w}x{h}: {a}, {b}");
                }
            }
        }
    }

    #[test]
    fn a_window_between_pixels_is_where_it_says() {
        // A ramp: the mean of a window is the value at its centre.
        let line: Vec<u8> = (0..100).map(|x| 2 * x).collect();
        let ramp = line.repeat(4);
        for left in [10.0, 10.25, 10.5, 30.75] {
            let window = Window {
                left,
                top: 1.0,
                width: 40.0,
                height: 2.0,
            };
            let found = resize(&ramp, 1, 100, window, (1, 1))[0];
            let expected = 2.0 * (left + 20.0 - 0.5);
            assert!(
                (f64::from(found) - expected).abs() <= 1.0,
                "{left}: {found}"
            );
        }
    }
}
