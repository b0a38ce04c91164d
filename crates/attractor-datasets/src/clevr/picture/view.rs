//! Which part of the camera's picture is wanted, and on how many pixels.

use attractor_core::Error;
use serde::{Deserialize, Serialize};

use crate::clevr::camera::{Camera, FOCAL, FRAME};
use crate::clevr::light::V3;
use crate::{ImageShape, Result};

/// A window of the camera's picture and the size to which it is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Rows and columns of the whole picture.
    pub frame: (usize, usize),
    /// First row and column of the window.
    pub corner: (usize, usize),
    /// Rows and columns of the window.
    pub window: (usize, usize),
    /// Rows and columns that the window is brought to; at most those of the window.
    pub size: (usize, usize),
}

impl View {
    /// The window of arXiv:2210.08013: 160 rows from row 64 and 192 columns from column 29 of the
    /// 240 x 320 picture, shrunk to 64 x 76.
    pub const PAPER: Self = Self {
        frame: FRAME,
        corner: (64, 29),
        window: (160, 192),
        size: (64, 76),
    };

    /// The whole picture at a size of its own.
    pub const fn whole(rows: usize, columns: usize) -> Self {
        Self {
            frame: (rows, columns),
            corner: (0, 0),
            window: (rows, columns),
            size: (rows, columns),
        }
    }

    /// Shape of the images: three channels.
    pub const fn shape(&self) -> ImageShape {
        ImageShape::new(3, self.size.0, self.size.1)
    }

    /// Checks that the window lies in the picture and is not enlarged.
    ///
    /// # Errors
    /// [`Error::Config`] otherwise, or for a side of 0 or of more than 8192 pixels.
    pub fn validate(&self) -> Result<()> {
        let axis = |frame: usize, corner: usize, window: usize, size: usize| {
            (1..=8192).contains(&frame)
                && corner.checked_add(window).is_some_and(|end| end <= frame)
                && (1..=window).contains(&size)
        };
        if axis(self.frame.0, self.corner.0, self.window.0, self.size.0)
            && axis(self.frame.1, self.corner.1, self.window.1, self.size.1)
        {
            return Ok(());
        }
        let rule = "needs 1 to 8192 pixels a side, a window inside the picture and a size no \
                    larger than the window";
        Err(Error::config("View", rule, format!("{self:?}")).into())
    }

    /// Cells into which the renderer divides a pixel, downwards and across: one, or an even number
    /// each where the window is shrunk, so that a cell is about 1.25 pixels of the picture wide.
    pub(crate) fn cells(&self) -> (usize, usize) {
        let ratio = |window: usize, size: usize| window as f64 / size as f64;
        let down = ratio(self.window.0, self.size.0);
        let across = ratio(self.window.1, self.size.1);
        if down.max(across) < 4.0 / 3.0 {
            return (1, 1);
        }
        let even = |ratio: f64| 2 * (ratio / 2.5).round().max(1.0) as usize;
        (even(down), even(across))
    }
}

/// Rays of a camera through a grid of `rows x columns` cells over a view's window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rays {
    pub(crate) origin: V3,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    forward: V3,
    /// Steps of the direction from cell to cell.
    across: V3,
    down: V3,
    /// Angle from cell to cell.
    pub(crate) spread: f32,
}

impl Rays {
    pub(crate) fn new(camera: &Camera, view: &View, rows: usize, columns: usize) -> Self {
        let unit = 1.0 / (FOCAL as f32 * view.frame.1 as f32);
        let (right, up) = (V3::from_f64(camera.right), V3::from_f64(camera.up));
        let across = right * (unit * view.window.1 as f32 / columns as f32);
        let down = up * (-unit * view.window.0 as f32 / rows as f32);
        let corner = right * (unit * (view.corner.1 as f32 - 0.5 * view.frame.1 as f32))
            + up * (unit * (0.5 * view.frame.0 as f32 - view.corner.0 as f32));
        Self {
            origin: V3::from_f64(camera.position),
            rows,
            columns,
            forward: V3::from_f64(camera.forward) + corner,
            spread: across.length().max(down.length()),
            across,
            down,
        }
    }

    /// Unit direction through a point of the grid; cell edges lie at whole numbers.
    pub(crate) fn through(&self, row: f32, column: f32) -> V3 {
        (self.forward + self.across * column + self.down * row).normalised()
    }

    /// Cells that a sphere may cover: rows and columns, as half-open ranges. Everything if the
    /// sphere is at or behind the camera.
    pub(crate) fn cover(&self, centre: V3, radius: f32) -> [std::ops::Range<usize>; 2] {
        let axis = (self.across.cross(self.down)).normalised();
        let to_centre = centre - self.origin;
        let depth = to_centre.dot(axis);
        if depth <= 1.5 * radius {
            return [0..self.rows, 0..self.columns];
        }
        // The picture plane lies at distance one along the axis.
        let range = |step: V3, cells: usize| {
            let length = step.length();
            let along = step * (1.0 / length);
            let start = self.forward.dot(along);
            let middle = to_centre.dot(along);
            // The nearest and farthest part of the sphere project to different places.
            let reach = radius * (1.0 + (middle / depth).abs());
            let near = depth - radius;
            let lows = [(middle - reach) / near, (middle - reach) / (depth + radius)];
            let highs = [(middle + reach) / near, (middle + reach) / (depth + radius)];
            let low = (lows[0].min(lows[1]) - start) / length;
            let high = (highs[0].max(highs[1]) - start) / length;
            let end = (high.ceil().max(0.0) as usize + 1).min(cells);
            (low.floor().max(1.0) as usize - 1).min(end)..end
        };
        [
            range(self.down, self.rows),
            range(self.across, self.columns),
        ]
    }
}
