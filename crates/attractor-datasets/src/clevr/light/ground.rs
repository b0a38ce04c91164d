//! The ground: a plane that sweeps up behind the scene, so that no picture shows a horizon.

use super::vector::{V3, v3};

/// Unit vector along the ground from the unjittered camera through the origin.
pub(crate) const BEHIND: V3 = v3(-0.754_5, 0.656_3, 0.0);
/// Distance behind the origin where the sweep begins.
const SWEEP: f32 = 6.0;
/// Radius of the sweep.
const RADIUS: f32 = 26.0;
/// Height where the backdrop ends.
const TOP: f32 = 9.0;
/// Slope under which that end is seen from the objects.
pub(crate) const BACKDROP_END: f32 = 0.33;
/// Diffuse reflectance.
pub(crate) const ALBEDO: f32 = 0.725;

/// A point of the ground and the normal there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroundPoint {
    pub(crate) t: f32,
    pub(crate) point: V3,
    pub(crate) normal: V3,
}

/// Where a ray from above meets the ground or the backdrop.
pub(crate) fn meet(origin: V3, direction: V3) -> Option<GroundPoint> {
    if direction.z < -1e-6 {
        let t = -origin.z / direction.z;
        let point = origin + direction * t;
        if point.dot(BEHIND) <= SWEEP {
            return Some(GroundPoint {
                t,
                point,
                normal: V3::UP,
            });
        }
    }
    // A circle in the plane of BEHIND and z, seen from inside.
    let (os, oz) = (origin.dot(BEHIND) - SWEEP, origin.z - RADIUS);
    let (ds, dz) = (direction.dot(BEHIND), direction.z);
    let a = ds * ds + dz * dz;
    let b = os * ds + oz * dz;
    let c = os * os + oz * oz - RADIUS * RADIUS;
    let root = b * b - a * c;
    if root < 0.0 || a < 1e-9 {
        return None;
    }
    let t = (root.sqrt() - b) / a;
    let point = origin + direction * t;
    let (s, z) = (os + t * ds, oz + t * dz);
    (t > 0.0 && s > 0.0 && point.z < TOP).then_some(GroundPoint {
        t,
        point,
        normal: BEHIND * (-s / RADIUS) + v3(0.0, 0.0, -z / RADIUS),
    })
}
