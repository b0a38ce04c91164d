//! Materials: the radiance that leaves a surface towards a viewer.

use std::f32::consts::{FRAC_1_PI, PI};

use super::ground::{BACKDROP_END, BEHIND, GroundPoint};
use super::near::Near;
use super::solid::Touch;
use super::vector::V3;
use super::world::{AMBIENT, Hit, World};

/// Share and roughness of the lobes of metal: a nearly perfect mirror and a soft one. The shares
/// leave out what is lost between the grooves of the brushed surface.
const MIRROR: (f32, f32) = (0.57, 0.035);
const SOFT: (f32, f32) = (0.38, 0.24);
/// Roughness of the rubber's highlight and its reflectance straight on.
const RUBBER_GLOSS: f32 = 0.5;
const RUBBER_FRESNEL: f32 = 0.03;
/// Share of the remaining light that the rubber's coat lets through.
const RUBBER_DIFFUSE: f32 = 0.95;
/// Radiance of the backdrop above the horizon, seen in a wide cone.
const BACKDROP: f32 = 0.16;
/// Share of the open ground's light that reaches the sides of objects.
const BOUNCE: f32 = 0.92;
/// Least share of the open ground's light anywhere on the ground.
const DARKEST: f32 = 0.18;
/// Half the height over which the horizon is blurred in metal, as the sine of an angle.
const HORIZON_BLUR: f32 = 0.14;
/// Radiance of the far ground.
const FAR: f32 = 0.12;

impl World {
    fn ground(&self, at: &GroundPoint) -> V3 {
        let open = self.open_ground(at.point, at.normal);
        self.with_objects(open, at, self.mirrored.at(at))
    }

    /// The radiance of the ground among objects from that of the open ground. Some light is
    /// scattered even into the darkest gap.
    pub(crate) fn with_objects(&self, open: V3, at: &GroundPoint, near: &Near) -> V3 {
        let left = open - self.ground_loss(at.point, at.normal, near);
        V3 {
            x: left.x.max(DARKEST * open.x),
            y: left.y.max(DARKEST * open.y),
            z: left.z.max(DARKEST * open.z),
        }
    }

    /// Radiance of a solid where a camera ray meets it.
    pub(crate) fn solid(
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
        for (number, lamp) in self.lamps.iter().enumerate() {
            let light = lamp.at(p);
            let cos = light.to.dot(n);
            if cos > 0.0 {
                let arriving = light.irradiance * (cos * self.visible(p, number, &light, index));
                diffuse += arriving;
                gloss += arriving * lobe(direction, n, light.to, cos, facing, RUBBER_GLOSS);
            }
        }
        solid.albedo.tint(diffuse) * (RUBBER_DIFFUSE * (1.0 - fresnel) * FRAC_1_PI)
            + gloss * fresnel
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
        sum += self.surroundings_ahead(p, mirrored, index) * SOFT.0;
        for (number, lamp) in self.lamps.iter().enumerate() {
            let light = lamp.at(p);
            let cos = light.to.dot(n);
            if cos > 0.0 {
                let rough =
                    |own: f32| (own * own + 0.25 * light.width * light.width + bend * bend).sqrt();
                let strength = MIRROR.0
                    * lobe(direction, n, light.to, cos, facing, rough(MIRROR.1))
                    + SOFT.0 * lobe(direction, n, light.to, cos, facing, rough(SOFT.1));
                if strength > 1e-3 {
                    let seen = self.visible(p, number, &light, index);
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
            Hit::Ground(at) => self.ground(&at) * horizon(direction),
            Hit::Solid(index, touch) => {
                let at = p + direction * touch.t;
                let solid = &self.solids[index];
                let arriving = self.surroundings(at, touch.normal, index)
                    + self.direct(at, touch.normal, index);
                let share = if solid.metal { 0.6 } else { 1.0 };
                solid.albedo.tint(arriving) * (share * FRAC_1_PI)
            }
            Hit::Nothing => V3::splat(FAR * horizon(direction)),
        }
    }

    /// Mean radiance in a wide cone around a direction: the open ground below a soft horizon, the
    /// backdrop above it on one side, nothing on the other.
    fn surroundings_ahead(&self, p: V3, direction: V3, index: usize) -> V3 {
        let below = 0.5 - 0.5 * (direction.z * 2.4).clamp(-1.0, 1.0);
        let behind = direction.dot(BEHIND).max(0.0).powi(2);
        self.floor[index] * (below * self.openness(p, index))
            + V3::splat(BACKDROP * behind * (1.0 - below))
    }

    /// Close to the ground a solid sees its own shadow.
    fn openness(&self, p: V3, index: usize) -> f32 {
        0.4 + 0.6 * p.z / (p.z + 0.25 * self.solids[index].half)
    }

    /// Irradiance of a solid's surface from the ground and the backdrop.
    fn surroundings(&self, p: V3, n: V3, index: usize) -> V3 {
        let below = self.floor[index] * (PI * 0.5 * (1.0 - n.z) * self.openness(p, index) * BOUNCE);
        let behind = n.dot(BEHIND).max(0.0);
        below + V3::splat(AMBIENT * (0.2 * (1.0 + n.z) + 0.6 * behind))
    }
}

/// Share of the ground or the backdrop in what a slightly rough mirror shows along a direction:
/// 1 well below their upper end, 1/2 at it, 0 well above.
fn horizon(direction: V3) -> f32 {
    let end = BACKDROP_END * direction.dot(BEHIND).max(0.0);
    (0.5 - 0.5 * (direction.z - end) / HORIZON_BLUR).clamp(0.0, 1.0)
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
