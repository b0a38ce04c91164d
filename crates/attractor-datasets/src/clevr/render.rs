//! From a scene to pixels.
//!
//! The window is divided into cells: one per pixel, or two by two where the picture is shrunk. A
//! cell is one ray through its middle; only where neighbouring cells see different things, several
//! rays share it. The open ground changes slowly, so that it is computed at every fourth cell and
//! interpolated, and only shadows are found for each cell. A shrunk view is filtered as the resizing
//! of a stored picture would be: with a tent as wide as two pixels, on sRGB values.

use super::encode::{byte, srgb};
use super::ground::{self, GroundPoint};
use super::rig::Rig;
use super::scene::Scene;
use super::shade::ANY;
use super::vector::V3;
use super::view::{Rays, View};
use super::world::{Hit, Near, World};
use crate::Result;

/// A rendered view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// sRGB bytes, `[3, rows, columns]`.
    pub pixels: Vec<u8>,
    /// `[rows, columns]`: what the middle of each pixel shows; 0 for the ground, `i + 1` for object
    /// `i`.
    pub mask: Vec<u8>,
}

/// Renders a view of a scene. The same arguments give the same bytes.
///
/// # Errors
/// As [`View::validate`].
pub fn render(scene: &Scene, rig: &Rig, view: &View) -> Result<Rendered> {
    view.validate()?;
    let world = World::new(&scene.objects, rig);
    let fine = if view.shrinks() { 2 } else { 1 };
    let (rows, columns) = view.size;
    let rays = Rays::new(&rig.camera, view, rows * fine, columns * fine);
    let seen = seen(&world, &rays);
    let values = cells(&world, &rays, &seen, if fine == 2 { 2 } else { 4 });
    let (pixels, mask) = if fine == 2 {
        (shrink(&values, &rays), middles(&world, &rays, &seen))
    } else {
        (values.iter().map(|&value| byte(value)).collect(), seen)
    };
    Ok(Rendered { pixels, mask })
}

/// Which object the middle of each cell shows, plus one.
pub(super) fn seen(world: &World, rays: &Rays) -> Vec<u8> {
    let mut seen = vec![0u8; rays.rows * rays.columns];
    let mut depth = vec![f32::INFINITY; seen.len()];
    for (index, solid) in world.solids.iter().enumerate() {
        let [rows, columns] = rays.cover(solid.centre, solid.bound);
        for row in rows {
            for column in columns.clone() {
                let cell = row * rays.columns + column;
                let direction = rays.through(row as f32 + 0.5, column as f32 + 0.5);
                if let Some(touch) = solid.touch(rays.origin, direction, depth[cell]) {
                    depth[cell] = touch.t;
                    // A 256th object would not fit; the grammar has at most ten.
                    seen[cell] = (index + 1).min(255) as u8;
                }
            }
        }
    }
    seen
}

/// sRGB values of all cells, three planes.
fn cells(world: &World, rays: &Rays, seen: &[u8], side: usize) -> Vec<f32> {
    let mut values = vec![0.0; 3 * seen.len()];
    let open = OpenGround::new(world, rays);
    for row in 0..rays.rows {
        for column in 0..rays.columns {
            let cell = row * rays.columns + column;
            let colour = if on_edge(seen, rays, row, column) {
                several(world, rays, row, column, side)
            } else {
                match usize::from(seen[cell]).checked_sub(1) {
                    None => open.at(world, rays, row, column),
                    Some(index) => {
                        let direction = rays.through(row as f32 + 0.5, column as f32 + 0.5);
                        let solid = &world.solids[index];
                        match solid.touch(rays.origin, direction, f32::INFINITY) {
                            // Lamps in the bent edges of a mirror are narrower than a cell.
                            Some(touch) if solid.metal && touch.radius < 3.0 * rays.spread * touch.t => {
                                several(world, rays, row, column, side)
                            }
                            Some(touch) => {
                                world.solid(rays.origin, direction, rays.spread, index, &touch)
                            }
                            None => V3::ZERO,
                        }
                    }
                }
            };
            for (plane, value) in [colour.x, colour.y, colour.z].into_iter().enumerate() {
                values[plane * seen.len() + cell] = srgb(value);
            }
        }
    }
    values
}

fn on_edge(seen: &[u8], rays: &Rays, row: usize, column: usize) -> bool {
    let own = seen[row * rays.columns + column];
    let differs = |row: usize, column: usize| seen[row * rays.columns + column] != own;
    (row > 0 && differs(row - 1, column))
        || (row + 1 < rays.rows && differs(row + 1, column))
        || (column > 0 && differs(row, column - 1))
        || (column + 1 < rays.columns && differs(row, column + 1))
}

/// The mean of `side * side` rays through a cell.
fn several(world: &World, rays: &Rays, row: usize, column: usize, side: usize) -> V3 {
    let step = 1.0 / side as f32;
    let mut sum = V3::ZERO;
    for sub in 0..side * side {
        let down = row as f32 + ((sub / side) as f32 + 0.5) * step;
        let across = column as f32 + ((sub % side) as f32 + 0.5) * step;
        let direction = rays.through(down, across);
        let light = world.radiance(rays.origin, direction, rays.spread * step);
        // What is brighter than white must not outshine the whole cell.
        sum += V3 {
            x: light.x.min(1.5),
            y: light.y.min(1.5),
            z: light.z.min(1.5),
        };
    }
    sum * (step * step)
}

/// Radiance of the ground without objects at every fourth cell corner, and the solids that matter
/// between the corners.
struct OpenGround {
    nodes: Vec<V3>,
    near: Vec<Near>,
    columns: usize,
}

const STRIDE: usize = 4;

impl OpenGround {
    fn new(world: &World, rays: &Rays) -> Self {
        let columns = rays.columns / STRIDE + 2;
        let rows = rays.rows / STRIDE + 2;
        let node = |index: usize| {
            let (row, column) = (index / columns * STRIDE, index % columns * STRIDE);
            ground::meet(rays.origin, rays.through(row as f32, column as f32))
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

    /// Radiance of the ground in a cell, objects included.
    fn at(&self, world: &World, rays: &Rays, row: usize, column: usize) -> V3 {
        let split = |cell: usize| {
            let fraction = ((cell % STRIDE) as f32 + 0.5) / STRIDE as f32;
            (cell / STRIDE, fraction)
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
        let direction = rays.through(row as f32 + 0.5, column as f32 + 0.5);
        match ground::meet(rays.origin, direction) {
            Some(at) => world.with_objects(open, &at, near),
            None => open,
        }
    }
}

/// Halves both sides with the tent (1, 3, 3, 1) / 8, cut off and rescaled at the borders.
fn shrink(values: &[f32], rays: &Rays) -> Vec<u8> {
    let (rows, columns) = (rays.rows / 2, rays.columns / 2);
    let mut pixels = Vec::with_capacity(3 * rows * columns);
    let mut halved = vec![0.0; rays.rows * columns];
    for plane in values.chunks_exact(rays.rows * rays.columns) {
        for row in 0..rays.rows {
            let line = &plane[row * rays.columns..(row + 1) * rays.columns];
            for column in 0..columns {
                halved[row * columns + column] = tent(|tap| line.get(tap).copied(), column);
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                let tap = |tap: usize| halved.get(tap * columns + column).copied();
                pixels.push(byte(tent(tap, row)));
            }
        }
    }
    pixels
}

fn tent(value: impl Fn(usize) -> Option<f32>, index: usize) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (tap, weight) in [1.0, 3.0, 3.0, 1.0].into_iter().enumerate() {
        // Tap 0 lies one before the pair of cells.
        if let Some(found) = (2 * index + tap).checked_sub(1).and_then(&value) {
            sum += weight * found;
            weights += weight;
        }
    }
    sum / weights
}

/// What the middles of the pixels show, where four cells meet.
fn middles(world: &World, rays: &Rays, seen: &[u8]) -> Vec<u8> {
    let (rows, columns) = (rays.rows / 2, rays.columns / 2);
    let mut mask = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let start = 2 * row * rays.columns + 2 * column;
            let own = seen[start];
            let others = [start + 1, start + rays.columns, start + rays.columns + 1];
            if others.iter().all(|&cell| seen[cell] == own) {
                mask.push(own);
                continue;
            }
            let direction = rays.through(2.0 * row as f32 + 1.0, 2.0 * column as f32 + 1.0);
            mask.push(match world.trace(rays.origin, direction, ANY) {
                Hit::Solid(index, _) => (index + 1).min(255) as u8,
                _ => 0,
            });
        }
    }
    mask
}
