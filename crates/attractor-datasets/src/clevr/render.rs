//! From a scene to pixels.
//!
//! The window is divided into cells: one per pixel, or two by two where the picture is shrunk. A
//! cell is one ray through its middle; only where neighbouring cells see different things, several
//! rays share it. The open ground changes slowly, so that it is computed at every fourth cell and
//! interpolated, and only shadows are found for each cell. A shrunk view is filtered as the resizing
//! of a stored picture would be: with a tent as wide as two pixels, on sRGB values.

use attractor_core::Error;

use super::encode::{byte, srgb};
use super::near::Among;
use super::open_ground::OpenGround;
use super::rig::Rig;
use super::scene::Scene;
use super::solid::Touch;
use super::vector::V3;
use super::view::{Rays, View};
use super::world::{ANY, Hit, World};
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
/// As [`View::validate`]; [`Error::Config`] for more than 255 objects, which a mask cannot number.
pub fn render(scene: &Scene, rig: &Rig, view: &View) -> Result<Rendered> {
    view.validate()?;
    if scene.objects.len() > usize::from(u8::MAX) {
        let rule = "at most 255 objects can be rendered";
        return Err(Error::config("Scene.objects", rule, scene.objects.len()).into());
    }
    // Pixels that mix many cells need few rays in each.
    let (fine, side) = if view.shrinks() { (2, 2) } else { (1, 4) };
    let world = World::new(&scene.objects, rig, side);
    let (rows, columns) = view.size;
    let rays = Rays::new(&rig.camera, view, rows * fine, columns * fine);
    let seen = seen(&world, &rays);
    let values = cells(&world, &rays, &seen, side);
    let (pixels, mask) = if fine == 2 {
        (shrink(&values, &rays), middles(&world, &rays, &seen))
    } else {
        (values.iter().map(|&value| byte(value)).collect(), seen)
    };
    Ok(Rendered { pixels, mask })
}

/// Which object the middle of each cell shows, plus one.
fn seen(world: &World, rays: &Rays) -> Vec<u8> {
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
                    seen[cell] = (index + 1) as u8;
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
    let sampler = Sampler {
        world,
        rays,
        open: &open,
    };
    for row in 0..rays.rows {
        for column in 0..rays.columns {
            let around = Neighbours::of(seen, rays, row, column);
            let colour = sampler.cell(row, column, side, &around);
            for (plane, value) in [colour.x, colour.y, colour.z].into_iter().enumerate() {
                values[plane * seen.len() + row * rays.columns + column] = srgb(value);
            }
        }
    }
    values
}

/// What a cell and those beside it show.
struct Neighbours {
    /// Whether they show different things.
    differ: bool,
    /// The solids they show.
    solids: Among,
}

impl Neighbours {
    fn of(seen: &[u8], rays: &Rays, row: usize, column: usize) -> Self {
        let at = |row: usize, column: usize| seen[row * rays.columns + column];
        let beside = [
            at(row, column),
            at(row.saturating_sub(1), column),
            at((row + 1).min(rays.rows - 1), column),
            at(row, column.saturating_sub(1)),
            at(row, (column + 1).min(rays.columns - 1)),
        ];
        let mut solids = Among::default();
        for index in beside
            .iter()
            .filter_map(|&id| usize::from(id).checked_sub(1))
        {
            solids.add(index);
        }
        Self {
            differ: beside.iter().any(|&id| id != beside[0]),
            solids,
        }
    }
}

/// Camera rays through points of the grid.
struct Sampler<'a> {
    world: &'a World,
    rays: &'a Rays,
    open: &'a OpenGround,
}

impl Sampler<'_> {
    /// Radiance of a cell.
    fn cell(&self, row: usize, column: usize, side: usize, around: &Neighbours) -> V3 {
        if around.differ {
            return self.several(row, column, side, around.solids);
        }
        let (down, across) = (row as f32 + 0.5, column as f32 + 0.5);
        match self.meet(down, across, around.solids) {
            // What a bent mirror shows may be narrower than a cell.
            Some((_, index, touch))
                if self.world.solids[index].metal
                    && touch.radius < 3.0 * self.rays.spread * touch.t =>
            {
                self.several(row, column, side, around.solids)
            }
            hit => self.shade(down, across, 1.0, hit),
        }
    }

    /// The first of some solids along the ray through a point.
    fn meet(&self, row: f32, column: f32, among: Among) -> Option<(V3, usize, Touch)> {
        if among.is_empty() {
            return None;
        }
        let direction = self.rays.through(row, column);
        let (index, touch) = self.world.first(self.rays.origin, direction, among)?;
        Some((direction, index, touch))
    }

    /// Radiance at what was met; the ray stands for `width` cells.
    fn shade(&self, row: f32, column: f32, width: f32, hit: Option<(V3, usize, Touch)>) -> V3 {
        let (world, rays) = (self.world, self.rays);
        match hit {
            Some((direction, index, touch)) => {
                world.solid(rays.origin, direction, rays.spread * width, index, &touch)
            }
            None => self.open.at(world, rays, row, column),
        }
    }

    /// The mean of `side * side` rays through a cell.
    fn several(&self, row: usize, column: usize, side: usize, among: Among) -> V3 {
        let step = 1.0 / side as f32;
        let mut sum = V3::ZERO;
        for sub in 0..side * side {
            let down = row as f32 + ((sub / side) as f32 + 0.5) * step;
            let across = column as f32 + ((sub % side) as f32 + 0.5) * step;
            let light = self.shade(down, across, step, self.meet(down, across, among));
            // What is brighter than white must not outshine the whole cell.
            sum += V3 {
                x: light.x.min(1.5),
                y: light.y.min(1.5),
                z: light.z.min(1.5),
            };
        }
        sum * (step * step)
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
                Hit::Solid(index, _) => (index + 1) as u8,
                _ => 0,
            });
        }
    }
    mask
}
