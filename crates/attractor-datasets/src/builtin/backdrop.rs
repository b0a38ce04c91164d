//! What lies behind the objects: a landscape or a texture.

use attractor_core::rng::Rng;

use super::paint::{Noise, Rgb, between, chance, colour, hsv, mix, scale, smooth};

/// Kinds of backdrop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backdrop {
    /// Sky above ground, with the ground's range of hues.
    Land(Ground),
    /// A sky without ground.
    Sky,
    /// Two colours mixed by smooth noise.
    Cloth,
    /// Wavy stripes.
    Stripes,
    /// A turned chequerboard.
    Checks,
}

/// Kinds of ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Grass,
    Water,
    Street,
    Rock,
}

/// A backdrop with all its choices made.
pub(super) struct Painted {
    kind: Backdrop,
    colours: [Rgb; 4],
    noise: Noise,
    /// Height of the horizon and its slope and waviness.
    horizon: [f32; 3],
    /// Direction of stripes and checks.
    direction: [f32; 2],
    /// Waves per unit.
    frequency: f32,
    phase: f32,
    /// How much the noise bends the texture.
    warp: f32,
    /// How sharp the edges of the texture are.
    sharpness: f32,
    /// How much the noise shows.
    grain: f32,
}

impl Backdrop {
    /// Draws all choices of a backdrop over `extent`.
    pub(super) fn paint(self, rng: &mut Rng, extent: [f32; 2]) -> Painted {
        let angle = between(rng, 0.0, std::f32::consts::PI);
        let cells = match self {
            Self::Land(_) => between(rng, 3.0, 9.0),
            _ => between(rng, 1.5, 6.0),
        };
        let noise_detail = between(rng, 0.2, 0.9);
        Painted {
            kind: self,
            colours: self.colours(rng),
            noise: Noise::new(rng, cells, noise_detail, extent),
            horizon: [
                extent[1] * between(rng, 0.3, 0.75),
                between(rng, -0.25, 0.25),
                between(rng, 0.0, 0.2),
            ],
            direction: [angle.cos(), angle.sin()],
            frequency: between(rng, 1.2, 5.0),
            phase: between(rng, 0.0, 1.0),
            warp: between(rng, 0.0, 0.5),
            sharpness: between(rng, 1.0, 6.0),
            grain: between(rng, 0.1, 0.5),
        }
    }

    fn colours(self, rng: &mut Rng) -> [Rgb; 4] {
        match self {
            Self::Land(ground) => {
                let [high, low] = sky(rng);
                let [near, far] = ground.colours(rng);
                [high, low, far, near]
            }
            Self::Sky => {
                let [high, low] = sky(rng);
                [high, low, mix(low, [1.0; 3], 0.5), low]
            }
            Self::Cloth | Self::Stripes | Self::Checks => {
                let hue = between(rng, 0.0, 1.0);
                // Mostly related hues, sometimes opposite ones.
                let spread = if chance(rng, 0.3) {
                    0.5
                } else {
                    between(rng, -0.12, 0.12)
                };
                let a = colour(rng, [hue; 2], [0.1, 0.75], [0.3, 0.95]);
                let b = colour(rng, [hue + spread; 2], [0.05, 0.7], [0.15, 0.8]);
                [a, b, scale(a, 0.8), scale(b, 1.15)]
            }
        }
    }
}

/// Colours of a sky at its top and at the horizon: day, dusk or overcast.
fn sky(rng: &mut Rng) -> [Rgb; 2] {
    let mood = between(rng, 0.0, 1.0);
    if mood < 0.5 {
        let high = colour(rng, [0.54, 0.64], [0.35, 0.8], [0.55, 0.95]);
        [high, mix(high, [0.95, 0.95, 0.92], between(rng, 0.3, 0.8))]
    } else if mood < 0.75 {
        let high = colour(rng, [0.6, 0.85], [0.3, 0.7], [0.2, 0.55]);
        [high, colour(rng, [0.0, 0.13], [0.35, 0.85], [0.65, 1.0])]
    } else {
        let grey = between(rng, 0.45, 0.95);
        let high = hsv(between(rng, 0.5, 0.7), between(rng, 0.0, 0.15), grey);
        [high, scale(high, between(rng, 0.8, 1.15))]
    }
}

impl Ground {
    /// Colours near and far.
    fn colours(self, rng: &mut Rng) -> [Rgb; 2] {
        let near = match self {
            Self::Grass => colour(rng, [0.12, 0.38], [0.35, 0.85], [0.2, 0.65]),
            Self::Water => colour(rng, [0.46, 0.63], [0.35, 0.85], [0.2, 0.65]),
            Self::Street => colour(rng, [0.0, 0.15], [0.0, 0.25], [0.2, 0.65]),
            Self::Rock => colour(rng, [0.02, 0.14], [0.15, 0.6], [0.25, 0.7]),
        };
        [
            near,
            mix(
                scale(near, between(rng, 0.7, 1.5)),
                [0.7, 0.75, 0.8],
                between(rng, 0.0, 0.4),
            ),
        ]
    }
}

impl Painted {
    /// The colour at a point; `pixel` is the size of a pixel, for anti-aliasing.
    pub(super) fn at(&self, x: f32, y: f32, extent: [f32; 2], pixel: f32) -> Rgb {
        let noise = self.noise.at(x, y);
        let light = 1.0 + self.grain * (noise - 0.5);
        let [first, second, third, fourth] = self.colours;
        match self.kind {
            Backdrop::Land(ground) => {
                let [height, slope, waves] = self.horizon;
                let bend = slope * (x - 0.5 * extent[0]);
                let (slope, waves) = if ground == Ground::Water {
                    (0.0, 0.0)
                } else {
                    (bend, waves)
                };
                let ripple = (x * self.frequency + self.phase) * std::f32::consts::TAU * 0.5;
                let edge = height + slope + waves * 0.5 * ripple.sin();
                let sky = mix(first, second, smooth(y / height.max(pixel)));
                let depth = ((y - edge) / (extent[1] - height).max(pixel)).clamp(0.0, 1.0);
                let mut ground_light = 1.0 + 2.0 * self.grain * (noise - 0.5);
                if ground == Ground::Water {
                    let wave = (y * 40.0 / (0.6 + depth) + 6.0 * noise).sin();
                    ground_light += 0.3 * self.grain * wave;
                }
                let land = scale(mix(third, fourth, depth), ground_light);
                let cloudy = mix(
                    sky,
                    [0.96, 0.96, 0.97],
                    self.grain * smooth(2.0 * noise - 0.8),
                );
                mix(cloudy, land, smooth((y - edge) / (2.0 * pixel) + 0.5))
            }
            Backdrop::Sky => {
                let sky = mix(first, second, smooth(y / extent[1]));
                mix(sky, third, 1.2 * self.grain * smooth(2.2 * noise - 0.6))
            }
            Backdrop::Cloth => scale(mix(first, second, smooth(1.8 * noise - 0.4)), light),
            Backdrop::Stripes => {
                let along = x * self.direction[0] + y * self.direction[1];
                scale(
                    mix(first, second, self.wave(along + self.warp * noise, pixel)),
                    light,
                )
            }
            Backdrop::Checks => {
                let along = x * self.direction[0] + y * self.direction[1];
                let across = y * self.direction[0] - x * self.direction[1];
                let (a, b) = (self.wave(along, pixel), self.wave(across, pixel));
                scale(mix(first, second, a + b - 2.0 * a * b), light)
            }
        }
    }

    /// A wave between 0 and 1 whose edges are no sharper than a pixel.
    fn wave(&self, along: f32, pixel: f32) -> f32 {
        let turn = (along * self.frequency + self.phase) * std::f32::consts::TAU;
        let sharpest = 1.0 / (pixel * self.frequency * std::f32::consts::TAU);
        (0.5 + 0.5 * self.sharpness.min(sharpest) * turn.sin()).clamp(0.0, 1.0)
    }
}
