//! A scene ready for rays: solids, lamps, and the light that arrives at a point.

use super::ground::{self, GroundPoint};
use super::lamp::{Arriving, Lamp};
use super::rig::Rig;
use super::scene::Object;
use super::solid::{Solid, Touch};
use super::vector::V3;

/// Irradiance from all around: light that the ground and the backdrop throw at each other.
pub(super) const AMBIENT: f32 = 0.135;
/// Rays to a lamp that something may hide: a square number, stratified, the same for every point.
const SHADOW_RAYS: usize = 16;
/// Corners of a lamp.
const CORNERS: [[f32; 2]; 4] = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];

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

    /// The share of a lamp that is visible from `p`, hidden by the solids of `among` except `skip`.
    pub(super) fn visible(
        &self,
        p: V3,
        lamp: &Lamp,
        light: &Arriving,
        among: Among,
        skip: usize,
    ) -> f32 {
        let mut hidden = 0u32;
        for (index, solid) in self.solids.iter().enumerate() {
            if index == skip || !among.has(index) || !in_cone(solid, p, lamp, light, 0.0) {
                continue;
            }
            let blocked = |[a, b]: [f32; 2]| {
                let offset = lamp.point(p, a, b) - p;
                let length = offset.length();
                solid.blocks(p, offset * (1.0 / length), length)
            };
            // What a convex solid hides of a lamp is convex: four hidden corners are enough.
            match CORNERS.iter().filter(|&&corner| blocked(corner)).count() {
                4 => return 0.0,
                0 if !blocked([0.0, 0.0]) => {}
                _ => {
                    for (ray, &point) in self.pattern.iter().enumerate() {
                        hidden |= u32::from(blocked(point)) << ray;
                    }
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
                sum += light.irradiance * (cos * self.visible(p, lamp, &light, Among::ALL, skip));
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

    /// The solids that may change the ground's light within `radius` of `p`.
    pub(super) fn near(&self, p: V3, radius: f32) -> Near {
        let mut near = Near::default();
        for (index, solid) in self.solids.iter().enumerate() {
            for (lamp, among) in self.lamps.iter().zip(&mut near.lamps) {
                if in_cone(solid, p, lamp, &lamp.at(p), radius) {
                    among.add(index);
                }
            }
            if (solid.centre - p).length() < SURROUNDED * solid.half + radius {
                near.around.add(index);
            }
        }
        near
    }

    /// What the objects take from the light of the open ground at a point: shadows, and the part of
    /// the surroundings that they hide, less what they send themselves.
    pub(super) fn ground_loss(&self, p: V3, n: V3, near: &Near) -> V3 {
        let mut lost = V3::ZERO;
        for (lamp, &among) in self.lamps.iter().zip(&near.lamps) {
            if among.is_empty() {
                continue;
            }
            let light = lamp.at(p);
            let hidden = 1.0 - self.visible(p, lamp, &light, among, usize::MAX);
            if hidden > 0.0 {
                lost += light.irradiance * (hidden * light.to.dot(n).max(0.0));
            }
        }
        for (index, (solid, floor)) in self.solids.iter().zip(&self.floor).enumerate() {
            let offset = solid.centre - p;
            let square = offset.dot(offset);
            let radius = solid.half * solid.half;
            if near.around.has(index) && square < SURROUNDED * SURROUNDED * radius {
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
const SURROUNDED: f32 = 6.0;

/// A set of solids. Numbers that are equal modulo 64 are in it together: it may hold too many, but
/// never too few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Among(u64);

impl Among {
    pub(super) const ALL: Self = Self(u64::MAX);

    fn add(&mut self, index: usize) {
        self.0 |= 1 << (index % 64);
    }

    fn has(self, index: usize) -> bool {
        self.0 >> (index % 64) & 1 == 1
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The solids that matter to a piece of ground.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Near {
    /// Those that may hide each lamp.
    lamps: [Among; 4],
    /// Those that are close.
    around: Among,
}

impl Near {
    pub(super) const ALL: Self = Self {
        lamps: [Among::ALL; 4],
        around: Among::ALL,
    };

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

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
