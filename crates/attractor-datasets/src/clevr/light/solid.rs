//! Intersection of rays with the three solids.
//!
//! Each rounded solid lies in a sharp one (box or cylinder). A ray enters the sharp hull at a point
//! found in closed form; from there a few steps of the signed distance reach the rounded surface,
//! and on flat parts none is needed. Shadow rays use the hull alone: roundings are far smaller than
//! penumbrae.

use super::vector::{V3, v3};
use crate::clevr::scene::{Material, Object, Shape};

/// Radius of the rounded edges over the half side of a cube.
const CUBE_ROUNDING: f32 = 0.2;
/// Radius of the rounded rims over the radius of a cylinder.
const RIM_ROUNDING: f32 = 0.08;

/// An object placed in the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Solid {
    pub(crate) shape: Shape,
    pub(crate) metal: bool,
    /// Linear reflectance.
    pub(crate) albedo: V3,
    pub(crate) centre: V3,
    /// Radius of the sphere around it.
    pub(crate) bound: f32,
    /// Radius, or half the side of a cube.
    pub(crate) half: f32,
    round: f32,
    cos: f32,
    sin: f32,
}

/// Where a ray meets a solid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    pub(crate) t: f32,
    pub(crate) normal: V3,
    /// Smallest radius of curvature there.
    pub(crate) radius: f32,
}

impl Touch {
    /// Behind everything.
    pub(crate) const FAR: Self = Self {
        t: f32::INFINITY,
        normal: V3::UP,
        radius: 1.0,
    };
}

impl Solid {
    pub(crate) fn new(object: &Object) -> Self {
        let factor = object.size.factor() as f32;
        let (half, bound, rounding) = match object.shape {
            Shape::Sphere => (factor, 1.0, 0.0),
            // The corner of the rounded cube and the rim of the cylinder.
            Shape::Cube => (
                factor * std::f32::consts::FRAC_1_SQRT_2,
                (1.0 - CUBE_ROUNDING) * 3f32.sqrt() + CUBE_ROUNDING,
                CUBE_ROUNDING,
            ),
            Shape::Cylinder => (
                factor,
                (1.0 - RIM_ROUNDING) * 2f32.sqrt() + RIM_ROUNDING,
                RIM_ROUNDING,
            ),
        };
        let (sin, cos) = (object.rotation.to_radians() as f32).sin_cos();
        let [r, g, b] = object.color.rgb().map(|value| f32::from(value) / 255.0);
        Self {
            shape: object.shape,
            metal: object.material == Material::Metal,
            albedo: v3(r, g, b),
            centre: V3::from_f64(object.coords),
            bound: half * bound,
            half,
            round: half * rounding,
            cos,
            sin,
        }
    }

    fn to_local(self, v: V3) -> V3 {
        v3(
            self.cos * v.x + self.sin * v.y,
            self.cos * v.y - self.sin * v.x,
            v.z,
        )
    }

    fn to_world(self, v: V3) -> V3 {
        v3(
            self.cos * v.x - self.sin * v.y,
            self.cos * v.y + self.sin * v.x,
            v.z,
        )
    }

    /// First point of the surface along a ray from outside, nearer than `limit`.
    pub(crate) fn touch(&self, origin: V3, direction: V3, limit: f32) -> Option<Touch> {
        let to_centre = self.centre - origin;
        let along = to_centre.dot(direction);
        let aside = to_centre.dot(to_centre) - along * along;
        if along < -self.bound || along - self.bound > limit || aside > self.bound * self.bound {
            return None;
        }
        if self.shape == Shape::Sphere {
            let t = along - (self.half * self.half - aside).sqrt();
            let normal = (origin + direction * t - self.centre) * (1.0 / self.half);
            return (t > 1e-4 && t < limit).then_some(Touch {
                t,
                normal,
                radius: self.half,
            });
        }
        let (o, d) = (self.to_local(-to_centre), self.to_local(direction));
        let (mut t, exit) = self.hull(self.half, o, d)?;
        if t < 1e-4 || t > limit {
            return None;
        }
        for _ in 0..32 {
            let distance = self.distance(o + d * t);
            if distance < 2e-4 {
                break;
            }
            t += distance;
            if t > exit {
                return None;
            }
        }
        let (normal, radius) = self.normal(o + d * t);
        (t < limit).then_some(Touch {
            t,
            normal: self.to_world(normal),
            radius,
        })
    }

    /// The solid as seen from a point that looks at lamps.
    pub(crate) fn shade(&self, origin: V3) -> Shade<'_> {
        let to_centre = self.centre - origin;
        Shade {
            solid: self,
            to_centre,
            square: to_centre.dot(to_centre),
            local: self.to_local(-to_centre),
        }
    }

    /// Where a ray in the solid's own frame enters and leaves the sharp hull of half side `half`.
    fn hull(&self, half: f32, o: V3, d: V3) -> Option<(f32, f32)> {
        let slab = |o: f32, d: f32| {
            let inverse = 1.0 / if d.abs() < 1e-9 { 1e-9 } else { d };
            let (near, far) = ((-half - o) * inverse, (half - o) * inverse);
            (near.min(far), near.max(far))
        };
        let (z0, z1) = slab(o.z, d.z);
        let (t0, t1) = match self.shape {
            Shape::Cube => {
                let ((x0, x1), (y0, y1)) = (slab(o.x, d.x), slab(o.y, d.y));
                (x0.max(y0).max(z0), x1.min(y1).min(z1))
            }
            _ => {
                let a = (d.x * d.x + d.y * d.y).max(1e-12);
                let b = o.x * d.x + o.y * d.y;
                let c = o.x * o.x + o.y * o.y - half * half;
                let root = b * b - a * c;
                if root < 0.0 {
                    return None;
                }
                let root = root.sqrt();
                (z0.max((-b - root) / a), z1.min((-b + root) / a))
            }
        };
        (t0 < t1 && t1 > 0.0).then_some((t0, t1))
    }

    /// How far a point lies beyond the core whose points are `round` away from the surface.
    fn beyond_core(&self, p: V3) -> V3 {
        let core = self.half - self.round;
        match self.shape {
            Shape::Cylinder => v3(across(p) - core, 0.0, p.z.abs() - core),
            _ => v3(p.x.abs() - core, p.y.abs() - core, p.z.abs() - core),
        }
    }

    /// Signed distance to the rounded surface, for points outside the core.
    fn distance(&self, p: V3) -> f32 {
        let q = self.beyond_core(p);
        v3(q.x.max(0.0), q.y.max(0.0), q.z.max(0.0)).length() - self.round
    }

    /// Normal of the rounded surface and its smallest radius of curvature.
    fn normal(&self, p: V3) -> (V3, f32) {
        let q = self.beyond_core(p);
        let out = v3(q.x.max(0.0), q.y.max(0.0), q.z.max(0.0)).normalised();
        let curved = out.x.max(out.y).max(out.z) < 0.9999;
        match self.shape {
            Shape::Cylinder => {
                let inverse = out.x / across(p).max(1e-9);
                let normal = v3(p.x * inverse, p.y * inverse, out.z.copysign(p.z));
                let flat = if out.z > 0.9999 { 1e3 } else { self.half };
                (normal, if curved { self.round } else { flat })
            }
            _ => {
                let normal = v3(
                    out.x.copysign(p.x),
                    out.y.copysign(p.y),
                    out.z.copysign(p.z),
                );
                (normal, if curved { self.round } else { 1e3 })
            }
        }
    }
}

/// A solid as seen from one point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shade<'a> {
    solid: &'a Solid,
    to_centre: V3,
    square: f32,
    /// The point in the solid's own frame.
    local: V3,
}

impl Shade<'_> {
    /// Whether the solid stands between the point and one at `offset` from it. Nothing here needs a
    /// direction of unit length.
    pub(crate) fn blocks(&self, offset: V3) -> bool {
        let solid = self.solid;
        let along = self.to_centre.dot(offset);
        let length = offset.dot(offset);
        if along < 0.0 || along > length {
            return false;
        }
        // Squares of distances from the ray, times that of its length.
        let aside = self.square * length - along * along;
        if aside > solid.bound * solid.bound * length {
            return false;
        }
        match solid.shape {
            Shape::Sphere => aside < solid.half * solid.half * length,
            _ => {
                // A little smaller, so that light reaches under the rounded edges.
                let half = solid.half - 0.4 * solid.round;
                solid
                    .hull(half, self.local, solid.to_local(offset))
                    .is_some()
            }
        }
    }
}

/// Distance from the axis. Coordinates are far from the limits that `hypot` takes care of.
fn across(p: V3) -> f32 {
    (p.x * p.x + p.y * p.y).sqrt()
}
