//! Ten classes of colour scenes.

use attractor_core::rng::Rng;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::backdrop::{Backdrop, Ground};
use super::object::{Object, Shape, Style};
use super::paint::{Rgb, between, chance, colour, pick};

/// What a class may show.
#[derive(Clone, Copy)]
pub(super) struct Class {
    pub(super) name: &'static str,
    backdrops: &'static [Backdrop],
    shapes: &'static [Shape],
    /// Largest rotation of objects.
    tilt: f32,
    /// Range of object sizes.
    radius: [f32; 2],
    /// Range of heights of object centres.
    height: [f32; 2],
    shadow: f32,
}

const LAND: [Ground; 4] = [Ground::Grass, Ground::Water, Ground::Street, Ground::Rock];
const ANY: &[Backdrop] = &[
    Backdrop::Land(LAND[0]),
    Backdrop::Land(LAND[1]),
    Backdrop::Land(LAND[2]),
    Backdrop::Land(LAND[3]),
    Backdrop::Sky,
    Backdrop::Cloth,
    Backdrop::Stripes,
    Backdrop::Checks,
];
const TURNED: f32 = std::f32::consts::PI;

/// The classes, indexed by label.
pub(super) const CLASSES: [Class; 10] = [
    Class {
        name: "meadow",
        backdrops: &[Backdrop::Land(Ground::Grass)],
        shapes: &[Shape::Blob, Shape::Disc],
        tilt: 0.3,
        radius: [0.1, 0.32],
        height: [0.35, 0.85],
        shadow: 0.4,
    },
    Class {
        name: "seaside",
        backdrops: &[Backdrop::Land(Ground::Water)],
        shapes: &[Shape::Triangle, Shape::Triangle, Shape::Disc],
        tilt: 0.15,
        radius: [0.1, 0.32],
        height: [0.25, 0.7],
        shadow: 0.0,
    },
    Class {
        name: "town",
        backdrops: &[Backdrop::Land(Ground::Street)],
        shapes: &[Shape::Box],
        tilt: 0.05,
        radius: [0.16, 0.42],
        height: [0.4, 0.8],
        shadow: 0.3,
    },
    Class {
        name: "mountains",
        backdrops: &[Backdrop::Land(Ground::Rock), Backdrop::Land(Ground::Grass)],
        shapes: &[Shape::Triangle],
        tilt: 0.2,
        radius: [0.25, 0.5],
        height: [0.4, 0.8],
        shadow: 0.0,
    },
    Class {
        name: "clouds",
        backdrops: &[Backdrop::Sky],
        shapes: &[Shape::Blob],
        tilt: 0.3,
        radius: [0.15, 0.4],
        height: [0.15, 0.85],
        shadow: 0.0,
    },
    Class {
        name: "marbles",
        backdrops: &[Backdrop::Cloth],
        shapes: &[Shape::Disc],
        tilt: TURNED,
        radius: [0.12, 0.36],
        height: [0.15, 0.85],
        shadow: 0.5,
    },
    Class {
        name: "rings",
        backdrops: &[Backdrop::Stripes, Backdrop::Cloth],
        shapes: &[Shape::Ring],
        tilt: TURNED,
        radius: [0.18, 0.42],
        height: [0.2, 0.8],
        shadow: 0.4,
    },
    Class {
        name: "tiles",
        backdrops: &[Backdrop::Checks],
        shapes: &[Shape::Box, Shape::Triangle],
        tilt: TURNED,
        radius: [0.15, 0.38],
        height: [0.15, 0.85],
        shadow: 0.4,
    },
    Class {
        name: "sticks",
        backdrops: &[Backdrop::Cloth, Backdrop::Stripes],
        shapes: &[Shape::Bar],
        tilt: TURNED,
        radius: [0.2, 0.42],
        height: [0.2, 0.8],
        shadow: 0.4,
    },
    Class {
        name: "medley",
        backdrops: ANY,
        shapes: &[
            Shape::Disc,
            Shape::Box,
            Shape::Triangle,
            Shape::Ring,
            Shape::Blob,
            Shape::Bar,
        ],
        tilt: TURNED,
        radius: [0.12, 0.4],
        height: [0.15, 0.85],
        shadow: 0.3,
    },
];

/// One scene, `[3, h, w]`, and its label.
pub(super) fn draw(rng: &mut Rng, rows: usize, columns: usize) -> (u32, Vec<u8>) {
    let label = rng.random_range(0..CLASSES.len());
    let class = &CLASSES[label];
    // One unit is the shorter side.
    let pixel = 1.0 / rows.min(columns) as f32;
    let extent = [columns as f32 * pixel, rows as f32 * pixel];

    let backdrop = pick(rng, class.backdrops).paint(rng, extent);
    let mut canvas: Vec<Rgb> = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let y = (row as f32 + 0.5) * pixel;
        for column in 0..columns {
            canvas.push(backdrop.at((column as f32 + 0.5) * pixel, y, extent, pixel));
        }
    }

    let angle = between(rng, -2.8, -0.35);
    let style = Style {
        light: [angle.cos(), angle.sin()],
        tilt: class.tilt,
        radius: class.radius,
        height: class.height,
        shadow: if chance(rng, 0.7) { class.shadow } else { 0.0 },
    };
    let blur = pixel * between(rng, 1.0, 2.2);
    for _ in 0..rng.random_range(1..=4) {
        let shape = pick(rng, class.shapes);
        let colours = object_colours(rng, class.name);
        Object::place(rng, shape, colours, &style, extent).draw(&mut canvas, columns, pixel, blur);
    }
    (
        label as u32,
        expose(rng, &canvas, columns, pixel, style.light),
    )
}

/// A colour and a second one for stripes. Clouds are pale and mountains earthy; all else is free.
fn object_colours(rng: &mut Rng, class: &str) -> [Rgb; 2] {
    let (hue, saturation, value) = match class {
        "clouds" => ([0.5, 1.1], [0.0, 0.25], [0.55, 1.0]),
        "mountains" => ([0.0, 0.45], [0.05, 0.55], [0.2, 0.75]),
        _ => ([0.0, 1.0], [0.2, 1.0], [0.2, 1.0]),
    };
    [
        colour(rng, hue, saturation, value),
        colour(rng, hue, saturation, value),
    ]
}

/// Lighting over the whole image, exposure and sensor noise; planes of bytes.
fn expose(rng: &mut Rng, canvas: &[Rgb], columns: usize, pixel: f32, light: [f32; 2]) -> Vec<u8> {
    let gain = between(rng, 0.75, 1.15);
    let fall = between(rng, 0.0, 0.35);
    let grain = between(rng, 0.004, 0.025);
    let cast: Rgb = std::array::from_fn(|_| between(rng, 0.93, 1.07));
    let mut pixels = vec![0; 3 * canvas.len()];
    for (index, colour) in canvas.iter().enumerate() {
        let x = (index % columns) as f32 * pixel - 0.5;
        let y = (index / columns) as f32 * pixel - 0.5;
        let lit = gain * (1.0 + fall * (x * light[0] + y * light[1]));
        for channel in 0..3 {
            let noise: f32 = rng.sample(StandardNormal);
            let value = colour[channel] * cast[channel] * lit + grain * noise;
            // A cast from float saturates, so it also clips.
            pixels[channel * canvas.len() + index] = (value * 255.0 + 0.5) as u8;
        }
    }
    pixels
}
