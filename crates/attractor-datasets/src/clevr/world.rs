//! A scene ready for rays: solids, lamps, and the light that arrives at a point.

use super::ground::{self, GroundPoint};
use super::lamp::{Arriving, Lamp};
use super::rig::Rig;
use super::scene::Object;
use super::solid::{Solid, Touch};
use super::vector::V3;

/// Irradiance from all around: light that the ground and the backdrop throw at each other.
pub(super) const AMBIENT: f32 = 0.125;
/// Rays to a lamp that something may hide: a square number, stratified, the same for every point.
const SHADOW_RAYS: usize = 16;

/// Solids and lamps.
pub(super) struct World {
    pub(super) solids: Vec<Solid>,
    pub(super) lamps: [Lamp; 4],
    /// Radiance of the open ground below each solid.
    pub(super) floor: Vec<V3>,
    /// Points of a lamp, both coordinates in [-1, 1].
    pattern: [[f32; 2]; SHADOW_RAYS],
}

/// What a ray meets first.
pub(super) enum Hit {
    Ground(GroundPoint),
    Solid(usize, Touch),
    Nothing,
}

impl World {
    pub(super) fn new(objects: &[Object], rig: &Rig) -> Self {
        let mut world = Self {
            solids: objects.iter().map(Solid::new).collect(),
            lamps: Lamp::all(&rig.lamps),
            floor: Vec::new(),
            pattern: pattern(),
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
        world
    }

    /// The first thing along a ray, leaving out one solid (the one the ray starts on).
    pub(super) fn trace(&self, origin: V3, direction: V3, skip: usize) -> Hit {
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

    /// The share of a lamp that is visible from `p`.
    pub(super) fn visible(&self, p: V3, lamp: &Lamp, light: &Arriving, skip: usize) -> f32 {
        // Only solids whose bounding sphere meets the cone from the point to the lamp matter.
        let spread = lamp.reach / light.distance;
        let near = |solid: &Solid| {
            let to_centre = solid.centre - p;
            let along = to_centre.dot(light.to);
            let aside = to_centre.dot(to_centre) - along * along;
            let reach = solid.bound + spread * along.max(0.0);
            along > -solid.bound && along < light.distance && aside < reach * reach
        };
        let mut hidden = 0u32;
        for (index, solid) in self.solids.iter().enumerate() {
            if index == skip || !near(solid) {
                continue;
            }
            for (ray, [a, b]) in self.pattern.iter().enumerate() {
                let offset = lamp.point(p, *a, *b) - p;
                let length = offset.length();
                if solid.blocks(p, offset * (1.0 / length), length) {
                    hidden |= 1 << ray;
                }
            }
        }
        1.0 - hidden.count_ones() as f32 / SHADOW_RAYS as f32
    }

    /// Irradiance from the lamps at a point with unit normal `n`, shadows included.
    pub(super) fn direct(&self, p: V3, n: V3, skip: usize) -> V3 {
        let mut sum = V3::ZERO;
        for lamp in &self.lamps {
            let light = lamp.at(p);
            let cos = light.to.dot(n);
            if cos > 0.0 {
                sum += light.irradiance * (cos * self.visible(p, lamp, &light, skip));
            }
        }
        sum
    }

    /// Radiance of the ground as if there were no objects.
    pub(super) fn open_ground(&self, p: V3, n: V3) -> V3 {
        let mut sum = V3::splat(ambient(n));
        for lamp in &self.lamps {
            let light = lamp.at(p);
            sum += light.irradiance * light.to.dot(n).max(0.0);
        }
        sum * GROUND
    }

    /// What the objects take from the light of the open ground at a point: shadows, and the part of
    /// the surroundings that they hide, less what they send themselves.
    pub(super) fn ground_loss(&self, p: V3, n: V3) -> V3 {
        let mut lost = V3::ZERO;
        for lamp in &self.lamps {
            let light = lamp.at(p);
            let hidden = 1.0 - self.visible(p, lamp, &light, usize::MAX);
            if hidden > 0.0 {
                lost += light.irradiance * (hidden * light.to.dot(n).max(0.0));
            }
        }
        for (solid, floor) in self.solids.iter().zip(&self.floor) {
            let offset = solid.centre - p;
            let square = offset.dot(offset);
            let radius = solid.half * solid.half;
            // Form factor of a sphere; beyond a few radii it is nothing.
            if square < 30.0 * radius {
                let form = (radius * offset.dot(n) / (square * square.sqrt())).clamp(0.0, 1.0);
                let sent = solid.albedo.tint(*floor) * (0.55 * std::f32::consts::PI);
                lost += (V3::splat(3.0 * AMBIENT) - sent) * form;
            }
        }
        lost * GROUND
    }
}

/// Radiance per irradiance of the ground.
const GROUND: f32 = ground::ALBEDO * std::f32::consts::FRAC_1_PI;

/// Irradiance from the surroundings of the ground: the backdrop sees more of the lit ground.
fn ambient(normal: V3) -> f32 {
    AMBIENT * (1.0 + 1.5 * (1.0 - normal.z))
}

fn pattern() -> [[f32; 2]; SHADOW_RAYS] {
    let side = SHADOW_RAYS.isqrt();
    std::array::from_fn(|index| {
        let (row, column) = (index / side, index % side);
        // Each row and column is shifted within its stratum, so that no two rays share a
        // coordinate and straight shadow edges are as smooth as 16 levels allow.
        let at = |cell: usize, within: usize| {
            let fine = (cell * side + within) as f32 + 0.5;
            2.0 * fine / SHADOW_RAYS as f32 - 1.0
        };
        [at(column, row), at(row, column)]
    })
}
