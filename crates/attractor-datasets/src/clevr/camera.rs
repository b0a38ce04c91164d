//! CLEVR's camera: a perspective view of the origin from a slightly jittered position.

use super::scene::{Directions, Scene, dot, minus};

/// Where the camera stands without jitter, in world units.
pub const CAMERA: [f64; 3] = [7.48113, -6.50764, 5.34367];

/// Focal length over sensor width: 35 mm over 32 mm.
pub const FOCAL: f64 = 35.0 / 32.0;

/// Pixels of the standard picture: rows and columns.
pub const FRAME: (usize, usize) = (240, 320);

/// A camera that looks at the origin with the z axis upright.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Position in world units.
    pub position: [f64; 3],
    /// Unit vector to the right of the picture.
    pub right: [f64; 3],
    /// Unit vector to the top of the picture.
    pub up: [f64; 3],
    /// Unit vector of the viewing direction.
    pub forward: [f64; 3],
}

impl Camera {
    /// A camera at `position`, which must not lie on the z axis.
    pub fn new(position: [f64; 3]) -> Self {
        let forward = unit(position.map(|value| -value));
        let right = unit([forward[1], -forward[0], 0.0]);
        let up = [
            right[1] * forward[2] - right[2] * forward[1],
            right[2] * forward[0] - right[0] * forward[2],
            right[0] * forward[1] - right[1] * forward[0],
        ];
        Self {
            position,
            right,
            up,
            forward,
        }
    }

    /// Column and row of a point in the 320 x 240 picture (pixel edges at whole numbers) and its
    /// depth along the viewing direction.
    pub fn project(&self, point: &[f64; 3]) -> [f64; 3] {
        let offset = minus(point, &self.position);
        let depth = dot(&offset, &self.forward);
        let scale = FOCAL * FRAME.1 as f64 / depth;
        [
            FRAME.1 as f64 / 2.0 + scale * dot(&offset, &self.right),
            FRAME.0 as f64 / 2.0 - scale * dot(&offset, &self.up),
            depth,
        ]
    }

    /// The directions that CLEVR writes into a scene.
    pub fn directions(&self) -> Directions {
        let along_ground = |v: [f64; 3]| unit([v[0], v[1], 0.0]);
        let behind = along_ground(self.forward);
        let right = along_ground(self.right);
        let opposite = |v: [f64; 3]| [-v[0], -v[1], 0.0];
        Directions {
            behind,
            front: opposite(behind),
            left: opposite(right),
            right,
            above: [0.0, 0.0, 1.0],
            below: [0.0, 0.0, -1.0],
        }
    }

    /// The camera that took a scene's picture, from its annotation alone.
    ///
    /// With `b` the direction `behind`, `m` the distance to the origin and `a` the elevation, the
    /// camera stands at `m (-b cos a + z sin a)` and sees a point `p` at depth
    /// `m + (p . b) cos a - p_z sin a`. Least squares over the depths of the objects gives `m` and
    /// `a`. The heights of the centres hardly vary, so at least two objects at different distances
    /// are needed. `None` if the depths do not fit such a camera to 0.01.
    pub fn of_scene(scene: &Scene) -> Option<Self> {
        let behind = scene.directions.behind;
        let observed: Vec<[f64; 3]> = scene
            .objects
            .iter()
            .map(|o| [dot(&o.coords, &behind), o.coords[2], o.pixel_coords.2])
            .collect();
        let mut distance = dot(&CAMERA, &CAMERA).sqrt();
        let mut elevation = (CAMERA[2] / distance).asin();
        for _ in 0..20 {
            let (sin, cos) = elevation.sin_cos();
            // Normal equations of one Gauss-Newton step, two unknowns.
            let (mut a, mut b, mut c, mut e, mut f) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for [along, height, depth] in &observed {
                let residual = depth - (distance + along * cos - height * sin);
                let slope = -along * sin - height * cos;
                a += 1.0;
                b += slope;
                c += slope * slope;
                e += residual;
                f += slope * residual;
            }
            let determinant = a * c - b * b;
            if determinant < 1e-9 {
                return None;
            }
            distance += (c * e - b * f) / determinant;
            elevation += (a * f - b * e) / determinant;
        }
        let (sin, cos) = elevation.sin_cos();
        let fits = |[along, height, depth]: &[f64; 3]| {
            (depth - (distance + along * cos - height * sin)).abs() < 0.01
        };
        let plausible = (1.0..100.0).contains(&distance) && (0.05..1.5).contains(&elevation);
        if !plausible || !observed.iter().all(fits) {
            return None;
        }
        let ground = distance * cos;
        Some(Self::new([
            -behind[0] * ground,
            -behind[1] * ground,
            distance * sin,
        ]))
    }
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = dot(&v, &v).sqrt();
    v.map(|value| value / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_in_the_middle() {
        let [x, y, depth] = Camera::new(CAMERA).project(&[0.0; 3]);
        assert!((x - 160.0).abs() < 1e-9 && (y - 120.0).abs() < 1e-9);
        assert!((depth - 11.26).abs() < 0.01);
    }

    #[test]
    fn up_is_up_and_right_is_right() {
        let camera = Camera::new(CAMERA);
        assert!(camera.project(&[0.0, 0.0, 1.0])[1] < 120.0);
        let right = camera.directions().right;
        assert!(camera.project(&right)[0] > 160.0);
        assert!(camera.project(&camera.directions().behind)[2] > 11.3);
    }
}
