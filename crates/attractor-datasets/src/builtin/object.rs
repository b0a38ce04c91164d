//! Objects: signed distances, shading and occlusion.

use attractor_core::rng::Rng;

use super::paint::{Rgb, between, chance, mix, scale, smooth};

/// Kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Disc,
    Box,
    Triangle,
    Ring,
    Blob,
    Bar,
}

/// A placed object, ready to be drawn.
pub(super) struct Object {
    shape: Shape,
    centre: [f32; 2],
    /// Cosine and sine of the rotation.
    turn: [f32; 2],
    radius: f32,
    /// Height as a fraction of the width.
    flatness: f32,
    /// Ring and bar thickness as a fraction of the radius; corner rounding of boxes.
    thickness: f32,
    /// The two satellites of a blob, relative to its radius.
    satellites: [[f32; 3]; 2],
    colour: Rgb,
    /// Second colour, for stripes across the object.
    stripe: Option<(Rgb, f32)>,
    /// Direction of the light and strength of the shading.
    light: [f32; 2],
    shading: f32,
    /// Whether it throws a shadow.
    shadow: f32,
}

/// What all objects of a scene share.
pub(super) struct Style {
    /// Direction towards the light.
    pub(super) light: [f32; 2],
    /// Largest rotation.
    pub(super) tilt: f32,
    /// Range of radii.
    pub(super) radius: [f32; 2],
    /// Range of the centre's height, as fractions of the image.
    pub(super) height: [f32; 2],
    /// Strength of the shadow below objects.
    pub(super) shadow: f32,
}

impl Object {
    /// Draws all choices of an object.
    pub(super) fn place(
        rng: &mut Rng,
        shape: Shape,
        colours: [Rgb; 2],
        style: &Style,
        extent: [f32; 2],
    ) -> Self {
        let angle = between(rng, -style.tilt, style.tilt);
        let mut satellite = |side: f32| {
            [
                side * between(rng, 0.4, 0.9),
                between(rng, -0.5, 0.5),
                between(rng, 0.4, 0.8),
            ]
        };
        let satellites = [satellite(-1.0), satellite(1.0)];
        let striped = chance(rng, 0.25).then(|| (colours[1], between(rng, 1.0, 2.5)));
        Self {
            shape,
            centre: [
                extent[0] * between(rng, 0.12, 0.88),
                extent[1] * between(rng, style.height[0], style.height[1]),
            ],
            turn: [angle.cos(), angle.sin()],
            radius: between(rng, style.radius[0], style.radius[1]),
            flatness: between(rng, 0.55, 1.3),
            thickness: between(rng, 0.15, 0.35),
            satellites,
            colour: colours[0],
            stripe: striped,
            light: style.light,
            shading: between(rng, 0.15, 0.6),
            shadow: style.shadow,
        }
    }

    /// Distance from the nearest edge at a point in the object's own frame; negative inside.
    fn distance(&self, [x, y]: [f32; 2]) -> f32 {
        let radius = self.radius;
        let length = |x: f32, y: f32| (x * x + y * y).sqrt();
        match self.shape {
            Shape::Disc => (length(x, y / self.flatness) - radius) * self.flatness.min(1.0),
            Shape::Ring => (length(x, y) - 0.8 * radius).abs() - 0.8 * self.thickness * radius,
            Shape::Box => {
                let corner = 0.4 * self.thickness * radius;
                let dx = x.abs() - 0.8 * radius + corner;
                let dy = y.abs() - 0.8 * radius * self.flatness + corner;
                length(dx.max(0.0), dy.max(0.0)) + dx.max(dy).min(0.0) - corner
            }
            Shape::Triangle => {
                // An isosceles triangle: base below, two sides of equal slope.
                let height = 0.9 * radius * self.flatness.max(0.7);
                let (nx, ny) = (2.0 * height, radius);
                let side = (x.abs() * nx - (y + height) * ny) / length(nx, ny);
                side.max(y - height)
            }
            Shape::Bar => {
                let along = (x.abs() - 1.2 * radius).max(0.0);
                length(along, y) - 0.6 * self.thickness * radius
            }
            Shape::Blob => {
                let mut joined = length(x, y / 0.8) - 0.75 * radius;
                for [sx, sy, size] in self.satellites {
                    let other =
                        length(x - sx * radius, y - 0.6 * sy * radius) - 0.8 * size * radius;
                    // Smooth minimum, so that the parts flow together.
                    let width = 0.35 * radius;
                    let overlap = (width - (joined - other).abs()).max(0.0) / width;
                    joined = joined.min(other) - 0.25 * overlap * overlap * width;
                }
                joined
            }
        }
    }

    /// A point of the image in the object's own frame.
    fn local(&self, x: f32, y: f32) -> [f32; 2] {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        [
            dx * self.turn[0] + dy * self.turn[1],
            dy * self.turn[0] - dx * self.turn[1],
        ]
    }

    /// Draws over the canvas. `blur` is the width of edges, at least one pixel.
    pub(super) fn draw(&self, canvas: &mut [Rgb], columns: usize, pixel: f32, blur: f32) {
        let rows = canvas.len() / columns;
        let reach = 1.8 * self.radius + blur;
        let span = |centre: f32, limit: usize| {
            let low = ((centre - reach) / pixel).max(0.0) as usize;
            let high = ((centre + reach) / pixel).max(0.0) as usize + 1;
            low.min(limit)..high.min(limit)
        };
        for row in span(self.centre[1], rows) {
            let y = (row as f32 + 0.5) * pixel;
            for column in span(self.centre[0], columns) {
                let x = (column as f32 + 0.5) * pixel;
                let target = &mut canvas[row * columns + column];
                let point = self.local(x, y);
                let distance = self.distance(point);
                if self.shadow > 0.0 && distance > -blur {
                    let shift = 0.25 * self.radius;
                    let away = self.local(x + self.light[0] * shift, y + self.light[1] * shift);
                    let shade = smooth(0.5 - self.distance(away) / (0.5 * self.radius));
                    *target = scale(*target, 1.0 - self.shadow * shade);
                }
                let cover = (0.5 - distance / blur).clamp(0.0, 1.0);
                if cover > 0.0 {
                    *target = mix(*target, self.shade(point, x, y, distance), cover);
                }
            }
        }
    }

    /// The object's colour: brighter towards the light, darker at the rim.
    fn shade(&self, point: [f32; 2], x: f32, y: f32, distance: f32) -> Rgb {
        let mut colour = self.colour;
        if let Some((other, frequency)) = self.stripe {
            let turn = point[1] / self.radius * frequency * std::f32::consts::PI;
            colour = mix(colour, other, (0.5 + 1.5 * turn.sin()).clamp(0.0, 1.0));
        }
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let facing = (dx * self.light[0] + dy * self.light[1]) / self.radius;
        let depth = (-distance / (0.5 * self.radius)).clamp(0.0, 1.0);
        let lit = 1.0 + self.shading * (facing - 0.5 * (1.0 - depth));
        // A soft highlight where the surface faces the light.
        let shine = smooth(1.0 - 3.0 * (facing - 0.5).abs()) * depth * 0.5 * self.shading;
        mix(scale(colour, lit.max(0.15)), [1.0; 3], shine)
    }
}
