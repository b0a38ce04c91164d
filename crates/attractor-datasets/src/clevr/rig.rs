//! Camera and lamps of one picture.

use attractor_core::rng::Rng;
use rand::RngExt;

use super::camera::{CAMERA, Camera};
use super::scene::Scene;

/// Positions of the key, back and fill lamp without jitter, in world units.
pub const LAMPS: [[f64; 3]; 3] = [
    [6.44671, -2.90517, 4.2584],
    [-1.1685, 2.64602, 5.81574],
    [-4.67112, -4.0136, 3.01122],
];

/// Camera and lamps of one picture. Scene files record neither the lamps nor, directly, the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rig {
    /// The camera.
    pub camera: Camera,
    /// Positions of the key, back and fill lamp; each faces the origin.
    pub lamps: [[f64; 3]; 3],
}

impl Rig {
    /// Everything where CLEVR's base scene has it, without jitter.
    pub fn nominal() -> Self {
        Self {
            camera: Camera::new(CAMERA),
            lamps: LAMPS,
        }
    }

    /// The camera recovered from a scene's annotation ([`Camera::of_scene`]; without jitter where
    /// that fails) and lamps without jitter.
    pub fn of_scene(scene: &Scene) -> Self {
        let nominal = Self::nominal();
        Self {
            camera: Camera::of_scene(scene).unwrap_or(nominal.camera),
            ..nominal
        }
    }

    /// Jitter in every coordinate: uniform in +-0.5 for the camera, +-1 for the lamps.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let mut jitter = |value: f64, reach: f64| value + rng.random_range(-reach..reach);
        let camera = Camera::new(CAMERA.map(|value| jitter(value, 0.5)));
        let lamps = LAMPS.map(|lamp| lamp.map(|value| jitter(value, 1.0)));
        Self { camera, lamps }
    }
}
