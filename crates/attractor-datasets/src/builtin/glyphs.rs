//! Numerals drawn with one warped pen, in the manner of handwritten digits.

use attractor_core::rng::Rng;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::paint::{between, chance};

/// Class names, indexed by label.
pub(super) const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

pub(super) type Point = [f32; 2];

/// Strokes of each glyph: points that a smooth curve passes through; x to the right, y down, within
/// -1 to 1. A doubled point makes a corner.
const STROKES: [&[&[Point]]; 10] = [
    &[&[
        [0.05, -0.9],
        [-0.5, -0.55],
        [-0.6, 0.1],
        [-0.3, 0.8],
        [0.2, 0.85],
        [0.58, 0.3],
        [0.52, -0.45],
        [0.05, -0.9],
    ]],
    &[&[
        [-0.25, -0.55],
        [0.05, -0.9],
        [0.05, -0.9],
        [0.02, 0.0],
        [0.0, 0.9],
    ]],
    &[&[
        [-0.5, -0.5],
        [-0.1, -0.88],
        [0.42, -0.6],
        [0.3, -0.05],
        [-0.55, 0.82],
        [-0.55, 0.82],
        [0.0, 0.78],
        [0.6, 0.82],
    ]],
    &[&[
        [-0.5, -0.7],
        [0.0, -0.9],
        [0.42, -0.55],
        [0.0, -0.08],
        [0.0, -0.08],
        [0.52, 0.35],
        [0.1, 0.88],
        [-0.52, 0.65],
    ]],
    &[
        &[
            [0.1, -0.9],
            [-0.55, 0.25],
            [-0.55, 0.25],
            [0.0, 0.24],
            [0.6, 0.25],
        ],
        &[[0.28, -0.35], [0.24, 0.3], [0.22, 0.9]],
    ],
    &[
        &[
            [-0.35, -0.85],
            [-0.42, -0.15],
            [-0.42, -0.15],
            [0.15, -0.25],
            [0.5, 0.25],
            [0.1, 0.85],
            [-0.5, 0.7],
        ],
        &[[-0.35, -0.85], [0.05, -0.87], [0.5, -0.85]],
    ],
    &[&[
        [0.35, -0.88],
        [-0.2, -0.5],
        [-0.5, 0.25],
        [-0.2, 0.85],
        [0.35, 0.7],
        [0.42, 0.2],
        [0.0, 0.0],
        [-0.42, 0.35],
    ]],
    &[&[
        [-0.55, -0.8],
        [0.0, -0.83],
        [0.55, -0.8],
        [0.55, -0.8],
        [0.15, 0.0],
        [-0.15, 0.9],
    ]],
    &[&[
        [0.38, -0.6],
        [0.0, -0.9],
        [-0.4, -0.6],
        [0.0, -0.08],
        [0.48, 0.42],
        [0.0, 0.88],
        [-0.48, 0.45],
        [0.0, -0.08],
        [0.38, -0.6],
    ]],
    &[&[
        [0.45, -0.5],
        [0.05, -0.88],
        [-0.42, -0.5],
        [-0.1, -0.05],
        [0.4, -0.3],
        [0.46, -0.55],
        [0.4, 0.2],
        [0.25, 0.9],
    ]],
];

/// Straight pieces per curve segment.
const PIECES: usize = 5;

/// One glyph, `[1, h, w]`, and its label.
pub(super) fn draw(rng: &mut Rng, rows: usize, columns: usize) -> (u32, Vec<u8>) {
    let label = rng.random_range(0..CLASSES.len());
    let pixels = write(rng, [rows, columns], |rng| strokes(rng, label));
    (label as u32, pixels)
}

/// Strokes as one warped pen writes them, `[h, w]`.
pub(super) fn write(
    rng: &mut Rng,
    [rows, columns]: [usize; 2],
    strokes: impl FnOnce(&mut Rng) -> Vec<&'static [Point]>,
) -> Vec<u8> {
    let size = rows.min(columns) as f32;
    let warp = Warp::draw(rng, rows, columns);
    let half_width = size * between(rng, 0.026, 0.062);
    let wobble = between(rng, 0.02, 0.09);
    let ink = between(rng, 0.82, 1.0);
    let mut cover = vec![0.0f32; rows * columns];
    for stroke in strokes(rng) {
        // The wobble moves whole points, so that curves stay smooth; doubled points stay together.
        let mut points: Vec<Point> = Vec::with_capacity(stroke.len());
        for (index, point) in stroke.iter().enumerate() {
            if index > 0 && stroke[index - 1] == *point {
                points.push(points[index - 1]);
            } else {
                points.push(warp.apply(point.map(|value| value + wobble * normal(rng))));
            }
        }
        let mut from = points[0];
        for piece in 1..=PIECES * (points.len() - 1) {
            let to = curve(&points, piece as f32 / PIECES as f32);
            ink_segment(&mut cover, columns, from, to, half_width);
            from = to;
        }
    }
    let pixels = cover.iter();
    pixels
        .map(|cover| (cover * ink * 255.0 + 0.5) as u8)
        .collect()
}

/// The strokes of a class; ones and sevens come in two forms.
fn strokes(rng: &mut Rng, label: usize) -> Vec<&'static [Point]> {
    let mut strokes = STROKES[label].to_vec();
    match label {
        1 if chance(rng, 0.5) => strokes = vec![&[[0.0, -0.9], [0.0, 0.0], [0.0, 0.9]]],
        7 if chance(rng, 0.3) => strokes.push(&[[-0.2, 0.05], [0.15, 0.02], [0.5, 0.0]]),
        _ => {}
    }
    strokes
}

fn normal(rng: &mut Rng) -> f32 {
    rng.sample(StandardNormal)
}

/// A random affine map from the glyph's square to pixels.
struct Warp {
    matrix: [Point; 2],
    offset: Point,
}

impl Warp {
    fn draw(rng: &mut Rng, rows: usize, columns: usize) -> Self {
        let size = rows.min(columns) as f32;
        let angle = 0.16 * normal(rng).clamp(-2.5, 2.5);
        let shear = -0.1 + 0.2 * normal(rng).clamp(-2.5, 2.5);
        let (wide, high) = (between(rng, 0.26, 0.42), between(rng, 0.3, 0.4));
        let (sin, cos) = angle.sin_cos();
        // Scale, then shear, then rotate.
        let matrix = [
            [size * wide * cos, size * high * (shear * cos - sin)],
            [size * wide * sin, size * high * (shear * sin + cos)],
        ];
        let mut shift = || 0.025 * size * normal(rng).clamp(-2.5, 2.5);
        let offset = [0.5 * columns as f32 + shift(), 0.5 * rows as f32 + shift()];
        Self { matrix, offset }
    }

    fn apply(&self, [x, y]: Point) -> Point {
        std::array::from_fn(|axis| {
            self.matrix[axis][0] * x + self.matrix[axis][1] * y + self.offset[axis]
        })
    }
}

/// A Catmull-Rom curve through the points; `t` counts segments.
fn curve(points: &[Point], t: f32) -> Point {
    let last = points.len() - 1;
    let segment = (t as usize).min(last - 1);
    let u = t - segment as f32;
    let [a, b, c, d] = [
        segment.saturating_sub(1),
        segment,
        segment + 1,
        (segment + 2).min(last),
    ]
    .map(|i| points[i]);
    std::array::from_fn(|k| {
        let (slope_b, slope_c) = (0.5 * (c[k] - a[k]), 0.5 * (d[k] - b[k]));
        let (u2, u3) = (u * u, u * u * u);
        b[k] * (2.0 * u3 - 3.0 * u2 + 1.0)
            + slope_b * (u3 - 2.0 * u2 + u)
            + c[k] * (3.0 * u2 - 2.0 * u3)
            + slope_c * (u3 - u2)
    })
}

/// Covers the pixels near a segment, with edges one pixel and a bit wide.
fn ink_segment(cover: &mut [f32], columns: usize, from: Point, to: Point, half_width: f32) {
    let rows = cover.len() / columns;
    let reach = half_width + 1.0;
    let span = |axis: usize, limit: usize| {
        let low = (from[axis].min(to[axis]) - reach).max(0.0) as usize;
        let high = (from[axis].max(to[axis]) + reach).max(0.0) as usize + 1;
        low.min(limit)..high.min(limit)
    };
    let step = [to[0] - from[0], to[1] - from[1]];
    let length = (step[0] * step[0] + step[1] * step[1]).max(1e-12);
    for row in span(1, rows) {
        for column in span(0, columns) {
            let point = [column as f32 + 0.5 - from[0], row as f32 + 0.5 - from[1]];
            let along = ((point[0] * step[0] + point[1] * step[1]) / length).clamp(0.0, 1.0);
            let (dx, dy) = (point[0] - along * step[0], point[1] - along * step[1]);
            let inside = 0.5 + (half_width - (dx * dx + dy * dy).sqrt()) / 1.3;
            let target = &mut cover[row * columns + column];
            *target = target.max(inside.clamp(0.0, 1.0));
        }
    }
}
