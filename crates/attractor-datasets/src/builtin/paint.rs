//! Colours, ranges and smooth noise.

use attractor_core::rng::Rng;
use rand::RngExt;

/// Red, green, blue; 0 to 1, clipped only at the end.
pub(super) type Rgb = [f32; 3];

/// A number uniform in `[low, high)`.
pub(super) fn between(rng: &mut Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// True with the given probability.
pub(super) fn chance(rng: &mut Rng, probability: f32) -> bool {
    rng.random::<f32>() < probability
}

/// One of the items.
pub(super) fn pick<T: Copy>(rng: &mut Rng, items: &[T]) -> T {
    items[rng.random_range(0..items.len())]
}

/// `a` at 0, `b` at 1.
pub(super) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|channel| a[channel] + (b[channel] - a[channel]) * t)
}

/// Every channel times `gain`.
pub(super) fn scale(colour: Rgb, gain: f32) -> Rgb {
    colour.map(|value| value * gain)
}

/// Hue (any real number, period 1), saturation and value to red, green, blue.
pub(super) fn hsv(hue: f32, saturation: f32, value: f32) -> Rgb {
    [0.0, 2.0, 1.0].map(|third: f32| {
        let turn = (hue + third / 3.0).rem_euclid(1.0) * 6.0;
        let pure = ((turn - 3.0).abs() - 1.0).clamp(0.0, 1.0);
        value * (1.0 - saturation * (1.0 - pure))
    })
}

/// A colour with hue, saturation and value drawn from ranges.
pub(super) fn colour(rng: &mut Rng, hue: [f32; 2], saturation: [f32; 2], value: [f32; 2]) -> Rgb {
    let [h, s, v] = [hue, saturation, value].map(|[low, high]| between(rng, low, high));
    hsv(h, s, v)
}

/// 0 below 0, 1 above 1, smooth between.
pub(super) fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Value noise: random numbers on a lattice, smoothly interpolated; two octaves.
pub(super) struct Noise {
    coarse: Lattice,
    fine: Lattice,
    /// Weight of the fine octave.
    detail: f32,
}

struct Lattice {
    values: Vec<f32>,
    columns: usize,
    rows: usize,
    /// Cells per unit.
    cells: f32,
}

impl Lattice {
    fn new(rng: &mut Rng, cells: f32, extent: [f32; 2]) -> Self {
        let [columns, rows] = extent.map(|side| (side * cells).ceil() as usize + 2);
        let values = (0..columns * rows).map(|_| rng.random::<f32>()).collect();
        Self {
            values,
            columns,
            rows,
            cells,
        }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x * self.cells).max(0.0), (y * self.cells).max(0.0));
        let (column, row) = (
            (x as usize).min(self.columns - 2),
            (y as usize).min(self.rows - 2),
        );
        let (u, v) = (smooth(x - column as f32), smooth(y - row as f32));
        let start = row * self.columns + column;
        let [a, b] = [self.values[start], self.values[start + 1]];
        let below = start + self.columns;
        let [c, d] = [self.values[below], self.values[below + 1]];
        let (top, bottom) = (a + (b - a) * u, c + (d - c) * u);
        top + (bottom - top) * v
    }
}

impl Noise {
    /// Noise with `cells` cells per unit over `extent`, and half as large cells on top.
    pub(super) fn new(rng: &mut Rng, cells: f32, detail: f32, extent: [f32; 2]) -> Self {
        let coarse = Lattice::new(rng, cells, extent);
        let fine = Lattice::new(rng, 2.3 * cells, extent);
        Self {
            coarse,
            fine,
            detail,
        }
    }

    /// The noise at a point of the extent, 0 to 1.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        (self.coarse.at(x, y) + self.detail * self.fine.at(x, y)) / (1.0 + self.detail)
    }
}
