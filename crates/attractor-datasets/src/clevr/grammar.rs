//! CLEVR's rules for random scenes.

use attractor_core::rng::Rng;
use rand::RngExt;

use super::camera::{Camera, FRAME};
use super::light::World;
use super::picture::{Rays, View};
use super::rig::Rig;
use super::scene::{Colour, Material, Object, Relationships, Scene, Shape, Size};

/// Objects lie within this distance of the origin along both axes.
pub const REACH: f64 = 3.0;
/// Least distance between two objects: of the centres, less both size factors.
pub const MIN_DISTANCE: f64 = 0.25;
/// No two objects differ along a direction by more than 0 and less than this, so that "left of" and
/// the like are never in doubt.
pub const MARGIN: f64 = 0.4;
/// Pixels of the 320 x 240 picture that every object must show.
pub const MIN_PIXELS: usize = 200;
/// Tries for one object before the scene is begun again.
const TRIES: usize = 50;
/// Most objects in a scene of the grammar.
pub const MAX_OBJECTS: usize = 10;

/// A random scene of `count` objects, without its file name. Drawn again until every rule holds.
pub(super) fn draw(rng: &mut Rng, count: usize) -> (Vec<Object>, Rig) {
    loop {
        let rig = Rig::draw(rng);
        if let Some(objects) = place(rng, &rig.camera, count)
            && all_visible(&objects, &rig.camera)
        {
            return (objects, rig);
        }
    }
}

/// `None` if one object found no place.
fn place(rng: &mut Rng, camera: &Camera, count: usize) -> Option<Vec<Object>> {
    let directions = camera.directions().along_ground();
    let mut objects: Vec<Object> = Vec::with_capacity(count);
    for _ in 0..count {
        let (size, x, y) = (0..TRIES).find_map(|_| {
            let size = pick(rng, &Size::ALL);
            let x = rng.random_range(-REACH..REACH);
            let y = rng.random_range(-REACH..REACH);
            let fits = objects
                .iter()
                .all(|other| apart(other, size, x, y, &directions));
            fits.then_some((size, x, y))
        })?;
        let shape = pick(rng, &Shape::ALL);
        let color = pick(rng, &Colour::ALL);
        let rotation = rng.random_range(0.0..360.0);
        let material = pick(rng, &Material::ALL);
        let height = match shape {
            Shape::Cube => size.factor() * std::f64::consts::FRAC_1_SQRT_2,
            _ => size.factor(),
        };
        let coords = [x, y, height];
        let [column, row, depth] = camera.project(&coords);
        objects.push(Object {
            shape,
            size,
            material,
            color,
            rotation,
            pixel_coords: (column.round() as i32, row.round() as i32, depth),
            coords,
        });
    }
    Some(objects)
}

fn apart(other: &Object, size: Size, x: f64, y: f64, directions: &[[f64; 3]; 4]) -> bool {
    let (dx, dy) = (x - other.coords[0], y - other.coords[1]);
    let gap = dx.hypot(dy) - size.factor() - other.size.factor();
    let clear = |direction: &[f64; 3]| {
        let offset = dx * direction[0] + dy * direction[1];
        !(0.0..MARGIN).contains(&offset) || offset == 0.0
    };
    gap >= MIN_DISTANCE && directions.iter().all(clear)
}

/// Whether every object shows enough pixels in the 320 x 240 picture. Each is counted only as far as
/// needed.
fn all_visible(objects: &[Object], camera: &Camera) -> bool {
    let rig = Rig {
        camera: *camera,
        ..Rig::nominal()
    };
    let world = World::new(objects, &rig, 1);
    let (rows, columns) = FRAME;
    let rays = Rays::new(camera, &View::whole(rows, columns), rows, columns);
    let shows_enough = |index: usize| {
        let solid = &world.solids[index];
        let [rows, columns] = rays.cover(solid.centre, solid.bound);
        let pixels = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
        let shown = pixels.filter(|&(row, column)| {
            let direction = rays.through(row as f32 + 0.5, column as f32 + 0.5);
            let Some(touch) = solid.touch(rays.origin, direction, f32::INFINITY) else {
                return false;
            };
            let mut others = world.solids.iter().enumerate();
            others.all(|(other, solid)| {
                other == index || solid.touch(rays.origin, direction, touch.t).is_none()
            })
        });
        shown.take(MIN_PIXELS).count() == MIN_PIXELS
    };
    (0..objects.len()).all(shows_enough)
}

/// The annotation of picture `index` of a split.
pub(super) fn annotate(split: &str, index: usize, objects: Vec<Object>, camera: &Camera) -> Scene {
    let directions = camera.directions();
    Scene {
        split: split.into(),
        image_index: index,
        image_filename: super::files::image_name(split, index),
        relationships: Relationships::between(&objects, &directions),
        objects,
        directions,
    }
}

fn pick<T: Copy, const N: usize>(rng: &mut Rng, all: &[T; N]) -> T {
    all[rng.random_range(0..N)]
}
