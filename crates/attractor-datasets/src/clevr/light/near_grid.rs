//! Which solids matter to the ground that metal mirrors.

use super::ground::GroundPoint;
use super::near::Near;
use super::vector::{V3, v3};

/// Half the side of the square that the grid covers, in world units; objects lie within 3.
const HALF: f32 = 7.0;
/// Squares of a side.
const SIDE: usize = 14;

/// The solids that matter to each square of the plane around the origin.
#[derive(Debug, Default)]
pub(crate) struct NearGrid {
    squares: Vec<Near>,
}

impl NearGrid {
    /// From the solids that matter within a distance of a point.
    pub(crate) fn new(near: impl Fn(V3, f32) -> Near) -> Self {
        let width = 2.0 * HALF / SIDE as f32;
        let middle = |at: usize| (at as f32 + 0.5) * width - HALF;
        let square = |at: usize| {
            let p = v3(middle(at % SIDE), middle(at / SIDE), 0.0);
            near(p, std::f32::consts::FRAC_1_SQRT_2 * width)
        };
        Self {
            squares: (0..SIDE * SIDE).map(square).collect(),
        }
    }

    /// Those that may matter at a point of the ground: all beyond the grid.
    pub(crate) fn at(&self, ground: &GroundPoint) -> &Near {
        let place = |value: f32| {
            let at = (value + HALF) * (SIDE as f32 / (2.0 * HALF));
            (0.0..SIDE as f32).contains(&at).then_some(at as usize)
        };
        let p = ground.point;
        let square = match (place(p.x), place(p.y)) {
            // On the plane, to rounding; the backdrop rises beyond it.
            (Some(column), Some(row)) if p.z < 1e-3 => self.squares.get(row * SIDE + column),
            _ => None,
        };
        square.unwrap_or(&Near::ALL)
    }
}
