//! Three numbers: a point, a direction or a linear colour.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// A point, a direction or a linear colour.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct V3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

/// A vector from its coordinates.
pub(crate) const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl V3 {
    pub(crate) const ZERO: Self = v3(0.0, 0.0, 0.0);
    pub(crate) const UP: Self = v3(0.0, 0.0, 1.0);

    pub(crate) fn from_f64(v: [f64; 3]) -> Self {
        v3(v[0] as f32, v[1] as f32, v[2] as f32)
    }

    pub(crate) const fn splat(value: f32) -> Self {
        v3(value, value, value)
    }

    pub(crate) fn dot(self, o: Self) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    pub(crate) fn cross(self, o: Self) -> Self {
        v3(
            self.y * o.z - self.z * o.y,
            self.z * o.x - self.x * o.z,
            self.x * o.y - self.y * o.x,
        )
    }

    pub(crate) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub(crate) fn normalised(self) -> Self {
        self * (1.0 / self.length().max(1e-12))
    }

    /// Coordinate by coordinate, for colours.
    pub(crate) fn tint(self, o: Self) -> Self {
        v3(self.x * o.x, self.y * o.y, self.z * o.z)
    }

    /// The direction `self` mirrored at a surface with the given unit normal.
    pub(crate) fn mirrored(self, normal: Self) -> Self {
        self - normal * (2.0 * self.dot(normal))
    }

    /// Two unit vectors that make a right-handed frame with the unit vector `self`.
    pub(crate) fn frame(self) -> (Self, Self) {
        let other = if self.z.abs() < 0.9 {
            Self::UP
        } else {
            v3(1.0, 0.0, 0.0)
        };
        let u = other.cross(self).normalised();
        (u, self.cross(u))
    }
}

impl Add for V3 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        v3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl AddAssign for V3 {
    fn add_assign(&mut self, o: Self) {
        *self = *self + o;
    }
}

impl Sub for V3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        v3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for V3 {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        v3(self.x * k, self.y * k, self.z * k)
    }
}

impl Neg for V3 {
    type Output = Self;
    fn neg(self) -> Self {
        v3(-self.x, -self.y, -self.z)
    }
}
