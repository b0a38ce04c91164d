//! From a scene to pixels.
//!
//! The window is divided into cells: one per pixel, or more where the picture is shrunk. A cell is
//! one ray through its middle; only where neighbouring cells see different things, several
//! rays share it. The open ground changes slowly, so that it is computed at every fourth cell and
//! interpolated, and only shadows are found for each cell. A shrunk view is filtered as the resizing
//! of a stored picture would be: with a tent as wide as two pixels, on sRGB values.

use attractor_core::Error;

use super::encode::{byte, srgb};
use super::open_ground::OpenGround;
use super::shrink;
use super::view::{Rays, View};
use crate::Result;
use crate::clevr::light::Among;
use crate::clevr::light::Touch;
use crate::clevr::light::V3;
use crate::clevr::light::World;
use crate::clevr::rig::Rig;
use crate::clevr::scene::Scene;

/// A rendered view.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    let fine = view.cells();
    // Pixels that mix many cells need few rays in each.
    let side = if fine == (1, 1) { 4 } else { 2 };
    let world = World::new(&scene.objects, rig, side);
    let (rows, columns) = view.size;
    let rays = Rays::new(&rig.camera, view, rows * fine.0, columns * fine.1);
    let seen = Seen::new(&world, &rays);
    let values = cells(&world, &rays, &seen, side);
    if fine == (1, 1) {
        let pixels = values.iter().map(|&value| byte(value)).collect();
        return Ok(Rendered {
            pixels,
            mask: seen.ids,
        });
    }
    Ok(Rendered {
        pixels: shrink::pixels(&values, &rays, fine),
        mask: shrink::mask(&world, &rays, &seen.ids, fine),
    })
}

/// What the middles of the cells show.
struct Seen {
    /// 0 for the ground, `i + 1` for solid `i`.
    ids: Vec<u8>,
    /// Where a solid was met; meaningless on the ground.
    touches: Vec<Touch>,
}

impl Seen {
    fn new(world: &World, rays: &Rays) -> Self {
        let mut ids = vec![0u8; rays.rows * rays.columns];
        let mut touches = vec![Touch::FAR; ids.len()];
        for (index, solid) in world.solids.iter().enumerate() {
            let [rows, columns] = rays.cover(solid.centre, solid.bound);
            for row in rows {
                for column in columns.clone() {
                    let cell = row * rays.columns + column;
                    let direction = rays.through(row as f32 + 0.5, column as f32 + 0.5);
                    let limit = touches[cell].t;
                    if let Some(touch) = solid.touch(rays.origin, direction, limit) {
                        touches[cell] = touch;
                        ids[cell] = (index + 1) as u8;
                    }
                }
            }
        }
        Self { ids, touches }
    }
}

/// sRGB values of all cells, three planes.
fn cells(world: &World, rays: &Rays, seen: &Seen, side: usize) -> Vec<f32> {
    let (rows, columns) = (rays.rows, rays.columns);
    let area = rows * columns;
    let mut values = vec![0.0; 3 * area];
    let (red, rest) = values.split_at_mut(area);
    let (green, blue) = rest.split_at_mut(area);
    let open = OpenGround::new(world, rays);
    let sampler = Sampler {
        world,
        rays,
        open: &open,
    };
    for row in 0..rows {
        let line = |row: usize| &seen.ids[row * columns..][..columns];
        let (above, here) = (line(row.saturating_sub(1)), line(row));
        let below = line((row + 1).min(rows - 1));
        for column in 0..columns {
            let own = here[column];
            let beside = [
                above[column],
                below[column],
                here[column.saturating_sub(1)],
                here[(column + 1).min(columns - 1)],
            ];
            let cell = row * columns + column;
            let colour = if beside.iter().any(|&id| id != own) {
                sampler.several(row, column, side, among(own, beside))
            } else {
                let solid = usize::from(own).checked_sub(1);
                sampler.one(
                    row,
                    column,
                    side,
                    solid.map(|index| (index, seen.touches[cell])),
                )
            };
            red[cell] = srgb(colour.x);
            green[cell] = srgb(colour.y);
            blue[cell] = srgb(colour.z);
        }
    }
    values
}

/// The solids that a cell and those beside it show.
fn among(own: u8, beside: [u8; 4]) -> Among {
    let mut solids = Among::default();
    for id in beside.into_iter().chain([own]).filter(|&id| id > 0) {
        solids.add(usize::from(id) - 1);
    }
    solids
}

/// Camera rays through points of the grid.
struct Sampler<'a> {
    world: &'a World,
    rays: &'a Rays,
    open: &'a OpenGround,
}

impl Sampler<'_> {
    /// Radiance of a cell that shows one thing, where the ray through its middle met `solid`.
    fn one(&self, row: usize, column: usize, side: usize, solid: Option<(usize, Touch)>) -> V3 {
        let (down, across) = (row as f32 + 0.5, column as f32 + 0.5);
        match solid {
            // What a bent mirror shows may be narrower than a cell.
            Some((index, touch))
                if self.world.solids[index].metal
                    && touch.radius < 5.0 * self.rays.spread * touch.t =>
            {
                let mut only = Among::default();
                only.add(index);
                self.several(row, column, side, only)
            }
            hit => {
                let direction = || self.rays.through(down, across);
                let hit = hit.map(|(index, touch)| (direction(), index, touch));
                self.shade(down, across, 1.0, hit)
            }
        }
    }

    /// The first of some solids along the ray through a point.
    fn meet(&self, row: f32, column: f32, among: Among) -> Option<(V3, usize, Touch)> {
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
