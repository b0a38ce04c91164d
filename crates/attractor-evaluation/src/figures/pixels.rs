//! Matrices as pictures inside a chart: one pixel for each entry, scaled by the reader.

use std::fmt::Write;
use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Rgba, RgbaImage};

use super::style::coordinate;

/// From low to high: dark blue, violet, red, orange, light yellow. Lightness rises evenly, so that the
/// order survives grey print.
const RISING: [[f64; 3]; 5] = [
    [18.0, 22.0, 74.0],
    [98.0, 36.0, 132.0],
    [196.0, 62.0, 92.0],
    [246.0, 142.0, 62.0],
    [252.0, 240.0, 178.0],
];
/// From below to above the middle: blue, near white, red.
const DIVERGING: [[f64; 3]; 3] = [
    [33.0, 92.0, 176.0],
    [244.0, 244.0, 244.0],
    [188.0, 44.0, 52.0],
];

/// The colours of a scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colours {
    /// From little to much.
    #[default]
    Rising,
    /// From below to above a middle.
    Diverging,
}

impl Colours {
    /// The colour at a share of the range; transparent where the value is not finite.
    fn at(self, share: f64) -> Rgba<u8> {
        if !share.is_finite() {
            return Rgba([0; 4]);
        }
        let stops: &[[f64; 3]] = match self {
            Self::Rising => &RISING,
            Self::Diverging => &DIVERGING,
        };
        let place = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let below = (place as usize).min(stops.len() - 2);
        let part = place - below as f64;
        let mixed = |k: usize| stops[below][k] + part * (stops[below + 1][k] - stops[below][k]);
        Rgba([
            mixed(0).round() as u8,
            mixed(1).round() as u8,
            mixed(2).round() as u8,
            255,
        ])
    }
}

/// Where a picture lies in a chart, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Finite values' range, with room where all are equal.
pub(super) fn range_of(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    match low < high {
        true => (low, high),
        false if low.is_finite() => (low - 0.5, low + 0.5),
        false => (0.0, 1.0),
    }
}

/// Draws `values` `[rows, columns]`, the first row at the top.
pub(super) fn draw(
    out: &mut String,
    frame: Frame,
    values: &[f64],
    columns: usize,
    (low, high): (f64, f64),
    colours: Colours,
) {
    let rows = values.len() / columns.max(1);
    if rows == 0 || columns == 0 {
        return;
    }
    let picture = RgbaImage::from_fn(columns as u32, rows as u32, |x, y| {
        let value = values[y as usize * columns + x as usize];
        colours.at((value - low) / (high - low))
    });
    let mut bytes = Cursor::new(Vec::new());
    // Writing to memory fails for no picture of at least one pixel.
    if picture.write_to(&mut bytes, ImageFormat::Png).is_err() {
        return;
    }
    let _ = writeln!(
        out,
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
        coordinate(frame.left),
        coordinate(frame.top),
        coordinate(frame.width),
        coordinate(frame.height),
        STANDARD.encode(bytes.into_inner()),
    );
}
