//! Materials: the radiance that leaves a surface towards a viewer.

use std::f32::consts::{FRAC_1_PI, PI};

use super::ground::GroundPoint;
use super::solid::{Solid, Touch};
use super::vector::{V3, v3};
use super::world::{AMBIENT, Hit, World};

/// Share and roughness of the metal's two lobes.
const MIRROR: (f32, f32) = (0.6, 0.01);
const SOFT: (f32, f32) = (0.4, 0.22);
/// Roughness of the rubber's highlight and its reflectance straight on.
const RUBBER_GLOSS: f32 = 0.5;
const RUBBER_FRESNEL: f32 = 0.03;
/// Offsets of the rays that stand for the soft lobe, in units of its roughness.
const SOFT_RAYS: [[f32; 2]; 4] = [[0.9, 0.3], [-0.3, 0.9], [-0.9, -0.3], [0.3, -0.9]];
/// A ray that may hit every solid.
pub(super) const ANY: usize = usize::MAX;

impl World {
    /// Radiance that a camera ray brings back. `spread` is the angle that the ray stands for.
    pub(super) fn radiance(&self, origin: V3, direction: V3, spread: f32) -> V3 {
        match self.trace(origin, direction, ANY) {
            Hit::Ground(at) => self.ground(&at),
            Hit::Solid(index, touch) => self.solid(origin, direction, spread, index, &touch),
            Hit::Nothing => V3::ZERO,
        }
    }

    fn ground(&self, at: &GroundPoint) -> V3 {
        self.open_ground(at.point, at.normal) - self.ground_loss(at.point, at.normal)
    }

    /// Radiance of a solid where a camera ray meets it.
    pub(super) fn solid(
        &self,
        origin: V3,
        direction: V3,
        spread: f32,
        index: usize,
        touch: &Touch,
    ) -> V3 {
        let p = origin + direction * touch.t;
        if self.solids[index].metal {
            self.metal(p, direction, spread * touch.t, index, touch)
        } else {
            self.rubber(p, direction, index, touch.normal)
        }
    }

    fn rubber(&self, p: V3, direction: V3, index: usize, n: V3) -> V3 {
        let solid = &self.solids[index];
        let facing = (-direction.dot(n)).max(0.0);
        let fresnel = RUBBER_FRESNEL + 0.25 * (1.0 - facing).powi(5);
        let mut diffuse = self.surroundings(p, n, index);
        let mut gloss = self.surroundings(p, direction.mirrored(n), index) * FRAC_1_PI;
        for lamp in &self.lamps {
            let light = lamp.at(p);
            let cos = light.to.dot(n);
            if cos > 0.0 {
                let arriving =
                    light.irradiance * (cos * self.visible(p, lamp, &light, index));
                diffuse += arriving;
                gloss += arriving * lobe(direction, n, light.to, cos, facing, RUBBER_GLOSS);
            }
        }
        solid.albedo.tint(diffuse) * ((1.0 - fresnel) * FRAC_1_PI) + gloss * fresnel
    }

    fn metal(&self, p: V3, direction: V3, footprint: f32, index: usize, touch: &Touch) -> V3 {
        let solid = &self.solids[index];
        let n = touch.normal;
        let facing = (-direction.dot(n)).max(0.05);
        // A pixel that covers a bent piece of the mirror sees as much of the surroundings as one
        // that looks at a rougher one.
        let bend = (0.5 * footprint / touch.radius).min(0.3);
        let mirrored = direction.mirrored(n);
        let mut sum = self.reflected(p, mirrored, index) * MIRROR.0;
        let (u, v) = mirrored.frame();
        let mut soft = V3::ZERO;
        for [a, b] in SOFT_RAYS {
            let ray = mirrored + u * (a * 2.0 * SOFT.1) + v * (b * 2.0 * SOFT.1);
            // A ray into the surface bounces off.
            let under = ray.dot(n).min(0.0);
            soft += self.reflected(p, (ray - n * (2.0 * under)).normalised(), index);
        }
        sum += soft * (SOFT.0 / SOFT_RAYS.len() as f32);
        for lamp in &self.lamps[..3] {
            let light = lamp.at(p);
            let cos = light.to.dot(n);
            if cos > 0.0 {
                let rough = |own: f32| (own * own + 0.25 * light.width * light.width + bend * bend).sqrt();
                let strength = MIRROR.0 * lobe(direction, n, light.to, cos, facing, rough(MIRROR.1))
                    + SOFT.0 * lobe(direction, n, light.to, cos, facing, rough(SOFT.1));
                if strength > 1e-3 {
                    let seen = self.visible(p, lamp, &light, index);
                    sum += light.irradiance * (cos * seen * strength);
                }
            }
        }
        sum.tint(solid.albedo)
    }

    /// Radiance that a mirror ray brings back, without the lamps themselves. Metal seen in metal is
    /// simplified.
    fn reflected(&self, p: V3, direction: V3, skip: usize) -> V3 {
        match self.trace(p, direction, skip) {
            Hit::Ground(at) => self.ground(&at),
            Hit::Solid(index, touch) => {
                let at = p + direction * touch.t;
                let solid = &self.solids[index];
                let arriving = self.surroundings(at, touch.normal, index)
                    + self.direct(at, touch.normal, index);
                let share = if solid.metal { 0.6 } else { 1.0 };
                solid.albedo.tint(arriving) * (share * FRAC_1_PI)
            }
            Hit::Nothing => V3::ZERO,
        }
    }

    /// Irradiance of a solid's surface from the ground and the backdrop.
    fn surroundings(&self, p: V3, n: V3, index: usize) -> V3 {
        let solid: &Solid = &self.solids[index];
        // Close to the ground the solid sees its own shadow.
        let height = p.z / (p.z + 0.25 * solid.half);
        let below = self.floor[index] * (PI * 0.5 * (1.0 - n.z) * (0.35 + 0.65 * height));
        let behind = n.dot(v3(-0.754_5, 0.656_3, 0.0)).max(0.0);
        below + V3::splat(AMBIENT * (0.5 * (1.0 + n.z) + 0.6 * behind))
    }
}

/// Reflectance distribution of a GGX lobe without its Fresnel factor, per steradian:
/// `D(h) G / (4 cos cos)` with the height-correlated shadowing term.
fn lobe(direction: V3, n: V3, to: V3, cos_light: f32, cos_view: f32, roughness: f32) -> f32 {
    let half = (to - direction).normalised();
    let square = roughness * roughness;
    let h = half.dot(n).clamp(0.0, 1.0);
    let bell = h * h * (square - 1.0) + 1.0;
    let spread = square / (PI * bell * bell);
    let side = |a: f32, b: f32| a * (b * b * (1.0 - square) + square).sqrt();
    let shadowing = 0.5 / (side(cos_light, cos_view) + side(cos_view, cos_light)).max(1e-4);
    spread * shadowing
}
