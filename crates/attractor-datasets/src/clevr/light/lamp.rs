//! Lamps: three square ones that face the origin, and a sun.

use super::vector::{V3, v3};

/// Side in world units, power in watts, linear colour; in the order of [`crate::clevr::LAMPS`].
const SQUARES: [(f32, f32, V3); 3] = [
    (0.5, 100.0, v3(1.0, 0.932, 0.817)),
    (1.0, 50.0, V3::splat(1.0)),
    (0.5, 30.0, v3(0.762, 0.818, 1.0)),
];

/// Irradiance of a surface that faces the sun.
const SUN: f32 = 0.45;
/// Unit vector to the sun: the z axis turned by the Euler angles (0.236, 0.417, 0.097).
const TO_SUN: V3 = v3(0.414_7, -0.194_7, 0.888_9);
/// Distance at which the sun stands as a lamp. Only its direction and apparent size matter.
const SUN_DISTANCE: f32 = 50.0;
/// Side of the sun over its distance.
const SUN_WIDTH: f32 = 0.1;

/// A lamp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lamp {
    position: V3,
    facing: V3,
    /// From the middle to the middle of two sides.
    half: [V3; 2],
    /// Radiance times area (square lamps) or irradiance (sun).
    power: V3,
    is_sun: bool,
    /// Half the diagonal.
    pub(crate) reach: f32,
}

/// Light that arrives at a point from the middle of a lamp, as if nothing stood between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arriving {
    /// Unit vector to the lamp.
    pub(crate) to: V3,
    pub(crate) distance: f32,
    /// Irradiance of a surface that faces the lamp.
    pub(crate) irradiance: V3,
    /// Half the lamp's apparent width, radians.
    pub(crate) width: f32,
}

impl Lamp {
    /// The three square lamps at the given positions, then the sun.
    pub(crate) fn all(positions: &[[f64; 3]; 3]) -> [Self; 4] {
        let square = |index: usize| {
            let (side, power, colour): (f32, f32, V3) = SQUARES[index];
            // A diffuse emitter of P watts and area A has radiance P / (4 A) in the generator.
            Self::new(
                V3::from_f64(positions[index]),
                side,
                colour * (power * 0.25),
                false,
            )
        };
        let sun = Self::new(
            TO_SUN * SUN_DISTANCE,
            SUN_WIDTH * SUN_DISTANCE,
            V3::splat(SUN),
            true,
        );
        [square(0), square(1), square(2), sun]
    }

    fn new(position: V3, side: f32, power: V3, is_sun: bool) -> Self {
        let facing = -position.normalised();
        let (u, v) = facing.frame();
        Self {
            position,
            facing,
            half: [u * (0.5 * side), v * (0.5 * side)],
            power,
            is_sun,
            reach: side * std::f32::consts::FRAC_1_SQRT_2,
        }
    }

    /// Middle of the lamp as seen from `p`.
    fn middle(&self, p: V3) -> V3 {
        if self.is_sun {
            p + self.position
        } else {
            self.position
        }
    }

    /// Light at `p` from the middle of the lamp.
    pub(crate) fn at(&self, p: V3) -> Arriving {
        let offset = self.middle(p) - p;
        let square = offset.dot(offset).max(1e-6);
        let inverse = 1.0 / square.sqrt();
        let to = offset * inverse;
        let strength = if self.is_sun {
            1.0
        } else {
            // The lamp shines to one side only, and less aslant.
            (-to.dot(self.facing)).max(0.0) / square
        };
        Arriving {
            to,
            distance: square * inverse,
            irradiance: self.power * strength,
            width: 0.7 * self.reach * inverse,
        }
    }

    /// The point at `(a, b)` of the lamp, both in [-1, 1], as seen from `p`.
    pub(crate) fn point(&self, p: V3, a: f32, b: f32) -> V3 {
        self.middle(p) + self.half[0] * a + self.half[1] * b
    }
}
