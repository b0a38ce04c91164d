//! A scene ready for rays: solids, lamps, and the light that arrives at a point.

use super::ground::{self, GroundPoint};
use super::lamp::{Arriving, Lamp};
use super::near::{Among, Near};
use super::near_grid::NearGrid;
use super::solid::{Solid, Touch};
use super::vector::V3;
use crate::clevr::rig::Rig;
use crate::clevr::scene::Object;

/// Irradiance from all around: light that the ground and the backdrop throw at each other.
pub(crate) const AMBIENT: f32 = 0.135;
/// Corners of a lamp.
const CORNERS: [[f32; 2]; 4] = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];

/// For rays that start on no solid.
pub(crate) const ANY: usize = usize::MAX;

/// Solids and lamps.
pub(crate) struct World {
    pub(crate) solids: Vec<Solid>,
    pub(crate) lamps: [Lamp; 4],
    /// Radiance of the open ground below each solid.
    pub(crate) floor: Vec<V3>,
    /// The solids that matter to the light of each solid.
    near: Vec<Near>,
    /// Those that matter to the ground, where something mirrors it.
    pub(crate) mirrored: NearGrid,
    /// Points of a lamp, both coordinates in [-1, 1].
    pattern: Vec<[f32; 2]>,
}

/// What a ray meets first.
pub(crate) enum Hit {
    Ground(GroundPoint),
    Solid(usize, Touch),
    Nothing,
}

impl World {
    /// `side * side` rays go to a lamp that something may hide, the same for every point; `side` is
    /// at most 5.
    pub(crate) fn new(objects: &[Object], rig: &Rig, side: usize) -> Self {
        let mut world = Self {
            solids: objects.iter().map(Solid::new).collect(),
            lamps: Lamp::all(&rig.lamps),
            floor: Vec::new(),
            near: Vec::new(),
            mirrored: NearGrid::default(),
            pattern: pattern(side),
        };
        let below = |solid: &Solid| V3 {
            z: 0.0,
            ..solid.centre
        };
        world.floor = world
            .solids
            .iter()
            .map(|solid| world.open_ground(below(solid), V3::UP))
            .collect();
        world.near = world
            .solids
            .iter()
            .map(|solid| world.near(solid.centre, solid.bound))
            .collect();
        if world.solids.iter().any(|solid| solid.metal) {
            world.mirrored = NearGrid::new(|p, radius| world.near(p, radius));
        }
        world
    }

    /// The first of some solids along a ray.
    pub(crate) fn first(&self, origin: V3, direction: V3, among: Among) -> Option<(usize, Touch)> {
        let mut found: Option<(usize, Touch)> = None;
        for index in among.below(self.solids.len()) {
            let limit = found.map_or(f32::INFINITY, |(_, touch)| touch.t);
            if let Some(touch) = self.solids[index].touch(origin, direction, limit) {
                found = Some((index, touch));
            }
        }
        found
    }

    /// The first thing along a ray, leaving out one solid (the one the ray starts on).
    pub(crate) fn trace(&self, origin: V3, direction: V3, skip: usize) -> Hit {
        let mut limit = f32::INFINITY;
        let mut hit = Hit::Nothing;
        if let Some(point) = ground::meet(origin, direction) {
            limit = point.t;
            hit = Hit::Ground(point);
        }
        for (index, solid) in self.solids.iter().enumerate() {
            if index != skip
                && let Some(touch) = solid.touch(origin, direction, limit)
            {
                limit = touch.t;
                hit = Hit::Solid(index, touch);
            }
        }
        hit
    }

    /// The share of a lamp that is visible from a point of a solid.
    pub(crate) fn visible(&self, p: V3, lamp: usize, light: &Arriving, solid: usize) -> f32 {
        self.visible_among(p, lamp, light, self.near[solid].lamps[lamp], solid)
    }

    /// The share of a lamp that is visible from `p`, hidden by the solids of `among` except `skip`.
    fn visible_among(
        &self,
        p: V3,
        lamp: usize,
        light: &Arriving,
        among: Among,
        skip: usize,
    ) -> f32 {
        if among.is_empty() {
            return 1.0;
        }
        let lamp = &self.lamps[lamp];
        let mut hidden = 0u32;
        for index in among.below(self.solids.len()) {
            let solid = &self.solids[index];
            if index == skip || !in_cone(solid, p, lamp, light, 0.0) {
                continue;
            }
            let shade = solid.shade(p);
            let blocked = |[a, b]: [f32; 2]| shade.blocks(lamp.point(p, a, b) - p);
            // What a convex solid hides of a lamp is convex: where there are many rays, those to
            // the corners and the middle spare most of them.
            if self.pattern.len() > 2 * CORNERS.len() {
                match CORNERS.iter().filter(|&&corner| blocked(corner)).count() {
                    4 => return 0.0,
                    0 if !blocked([0.0, 0.0]) => continue,
                    _ => {}
                }
            }
            for (ray, &point) in self.pattern.iter().enumerate() {
                hidden |= u32::from(blocked(point)) << ray;
            }
        }
        1.0 - hidden.count_ones() as f32 / self.pattern.len() as f32
    }

    /// Irradiance of a point of a solid with unit normal `n` from the lamps, shadows included.
    pub(crate) fn direct(&self, p: V3, n: V3, solid: usize) -> V3 {
        let mut sum = V3::ZERO;
        for (index, lamp) in self.lamps.iter().enumerate() {
            let light = lamp.at(p);
            let cos = light.to.dot(n);
            if cos > 0.0 {
                sum += light.irradiance * (cos * self.visible(p, index, &light, solid));
            }
        }
        sum
    }

    /// Radiance of the ground as if there were no objects.
    pub(crate) fn open_ground(&self, p: V3, n: V3) -> V3 {
        let mut sum = V3::splat(ambient(n));
        for lamp in &self.lamps {
            let light = lamp.at(p);
            sum += light.irradiance * light.to.dot(n).max(0.0);
        }
        sum * GROUND
    }

    /// The solids that may change the ground's light within `radius` of `p`.
    pub(crate) fn near(&self, p: V3, radius: f32) -> Near {
        let mut near = Near::default();
        for (lamp, among) in self.lamps.iter().zip(&mut near.lamps) {
            let light = lamp.at(p);
            for (index, solid) in self.solids.iter().enumerate() {
                if in_cone(solid, p, lamp, &light, radius) {
                    among.add(index);
                }
            }
        }
        for (index, solid) in self.solids.iter().enumerate() {
            if (solid.centre - p).length() < SURROUNDED * solid.half + radius {
                near.around.add(index);
            }
        }
        near
    }

    /// What the objects take from the light of the open ground at a point: shadows, and the part of
    /// the surroundings that they hide, less what they send themselves.
    pub(crate) fn ground_loss(&self, p: V3, n: V3, near: &Near) -> V3 {
        let mut lost = V3::ZERO;
        for (index, &among) in near.lamps.iter().enumerate() {
            if among.is_empty() {
                continue;
            }
            let light = self.lamps[index].at(p);
            let hidden = 1.0 - self.visible_among(p, index, &light, among, ANY);
            if hidden > 0.0 {
                lost += light.irradiance * (hidden * light.to.dot(n).max(0.0));
            }
        }
        for index in near.around.below(self.solids.len()) {
            let (solid, floor) = (&self.solids[index], &self.floor[index]);
            let offset = solid.centre - p;
            let square = offset.dot(offset);
            let radius = solid.half * solid.half;
            if square < SURROUNDED * SURROUNDED * radius {
                // The form factor of a sphere, taken off at the end of its range.
                let form = radius * offset.dot(n) / (square * square.sqrt());
                let end = 1.0 - square / (SURROUNDED * SURROUNDED * radius);
                let form = form.clamp(0.0, 1.0) * end;
                // Right below, the solid itself is in the dark.
                let sent = solid.albedo.tint(*floor) * (1.6 * (1.0 - form));
                lost += (V3::splat(2.0 * AMBIENT * (1.0 - 0.5 * form)) - sent) * form;
            }
        }
        lost * GROUND
    }
}

/// Distance over size up to which an object colours the ground.
const SURROUNDED: f32 = 4.5;

/// Whether a solid's bounding sphere, grown by `margin`, meets the cone from a point to a lamp.
fn in_cone(solid: &Solid, p: V3, lamp: &Lamp, light: &Arriving, margin: f32) -> bool {
    let to_centre = solid.centre - p;
    let along = to_centre.dot(light.to);
    let aside = to_centre.dot(to_centre) - along * along;
    let bound = solid.bound + margin;
    let reach = bound + lamp.reach / light.distance * along.max(0.0);
    along > -bound && along < light.distance && aside < reach * reach
}

/// Radiance per irradiance of the ground.
const GROUND: f32 = ground::ALBEDO * std::f32::consts::FRAC_1_PI;

/// Irradiance from the surroundings of the ground: the backdrop sees more of the lit ground.
fn ambient(normal: V3) -> f32 {
    AMBIENT * (1.0 + 1.5 * (1.0 - normal.z))
}

/// Points of a square, one in each of `side * side` strata. Each row and column is shifted within
/// its stratum, so that no two points share a coordinate and the edges of shadows are as smooth as
/// the number of points allows.
fn pattern(side: usize) -> Vec<[f32; 2]> {
    let at = |cell: usize, within: usize| {
        let fine = (cell * side + within) as f32 + 0.5;
        2.0 * fine / (side * side) as f32 - 1.0
    };
    let point = |index: usize| {
        let (row, column) = (index / side, index % side);
        [at(column, row), at(row, column)]
    };
    (0..side * side).map(point).collect()
}
