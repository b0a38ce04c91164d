//! The ground between the objects: computed at a few points of the picture and interpolated.

use super::view::Rays;
use crate::clevr::light::Near;
use crate::clevr::light::V3;
use crate::clevr::light::World;
use crate::clevr::light::{GroundPoint, meet};

/// Radiance of the ground without objects at every fourth cell corner, and the solids that matter
/// between the corners.
pub(crate) struct OpenGround {
    nodes: Vec<V3>,
    near: Vec<Near>,
    columns: usize,
}

const STRIDE: usize = 4;

impl OpenGround {
    pub(crate) fn new(world: &World, rays: &Rays) -> Self {
        let columns = rays.columns / STRIDE + 2;
        let rows = rays.rows / STRIDE + 2;
        let node = |index: usize| {
            let (row, column) = (index / columns * STRIDE, index % columns * STRIDE);
            meet(rays.origin, rays.through(row as f32, column as f32))
        };
        let points: Vec<Option<GroundPoint>> = (0..rows * columns).map(node).collect();
        let light = |at: &Option<GroundPoint>| {
            at.map_or(V3::ZERO, |at| world.open_ground(at.point, at.normal))
        };
        let near = |index: usize| {
            let at = |offset: usize| points.get(index + offset).copied().flatten();
            let corners = [at(0), at(1), at(columns), at(columns + 1)];
            let [Some(a), Some(b), Some(c), Some(d)] = corners else {
                return Near::ALL;
            };
            let middle = (a.point + b.point + c.point + d.point) * 0.25;
            let radius = [a, b, c, d]
                .iter()
                .map(|corner| (corner.point - middle).length())
                .fold(0.0, f32::max);
            world.near(middle, radius)
        };
        Self {
            nodes: points.iter().map(light).collect(),
            near: (0..points.len()).map(near).collect(),
            columns,
        }
    }

    /// Radiance of the ground at a point of the grid, objects included.
    pub(crate) fn at(&self, world: &World, rays: &Rays, row: f32, column: f32) -> V3 {
        let split = |position: f32| {
            let nodes = position * (1.0 / STRIDE as f32);
            let whole = nodes as usize;
            (whole, nodes - whole as f32)
        };
        let ((top, down), (left, across)) = (split(row), split(column));
        let line = |row: usize| {
            let start = row * self.columns + left;
            self.nodes[start] * (1.0 - across) + self.nodes[start + 1] * across
        };
        let open = line(top) * (1.0 - down) + line(top + 1) * down;
        let near = &self.near[top * self.columns + left];
        if near.is_empty() {
            return open;
        }
        match meet(rays.origin, rays.through(row, column)) {
            Some(at) => world.with_objects(open, &at, near),
            None => open,
        }
    }
}
