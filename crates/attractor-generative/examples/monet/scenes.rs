//! Scenes with known masks: rendered CLEVR, or flat shapes that are drawn at once.

use std::path::Path;

use attractor_core::rng;
use attractor_datasets::Split;
use attractor_datasets::clevr::{ClevrFolder, Generator, Rig, View, render};

use crate::Outcome;

/// Side of an image.
pub(crate) const SIDE: usize = 64;
/// Pixels of an image.
pub(crate) const PIXELS: usize = SIDE * SIDE;

/// Channel-major images and, for each pixel, 0 for the ground or the number of an object.
pub(crate) struct Scenes {
    pub(crate) images: Vec<u8>,
    pub(crate) masks: Vec<u8>,
}

impl Scenes {
    pub(crate) fn count(&self) -> usize {
        self.masks.len() / PIXELS
    }

    /// Image `index` in `[0, 1]`.
    pub(crate) fn row(&self, index: usize) -> impl Iterator<Item = f32> {
        let image = &self.images[index * 3 * PIXELS..][..3 * PIXELS];
        image.iter().map(|&value| f32::from(value) / 255.0)
    }

    pub(crate) fn mask(&self, index: usize) -> Vec<usize> {
        let mask = &self.masks[index * PIXELS..][..PIXELS];
        mask.iter().map(|&label| usize::from(label)).collect()
    }

    /// Three objects on CLEVR's ground, the left 64 columns of the published window.
    pub(crate) fn clevr(seed: u64, split: Split, count: usize) -> Outcome<Self> {
        let generator = Generator {
            objects: [3, 3],
            seed,
            ..Generator::default()
        };
        let set = generator.generate(split, count)?;
        Ok(Self {
            images: left(set.images.pixels()),
            masks: left(&set.masks.unwrap_or_default()),
        })
    }

    /// The `val` pictures of a folder in CLEVR's layout that show three objects. Files hold no
    /// masks: those are rendered from the annotations.
    pub(crate) fn folder(root: &Path) -> Outcome<Self> {
        let folder = ClevrFolder::open(root, Split::Test, Some([3, 3]), &View::PAPER)?;
        let set = folder.load()?;
        let mut masks = Vec::with_capacity(set.scenes.len() * PIXELS);
        for scene in &set.scenes {
            masks.extend(left(
                &render(scene, &Rig::of_scene(scene), &View::PAPER)?.mask,
            ));
        }
        Ok(Self {
            images: left(set.images.pixels()),
            masks,
        })
    }

    /// Three discs and squares of random colours on grey.
    pub(crate) fn shapes(seed: u64, count: usize) -> Self {
        let mut images = vec![0; count * 3 * PIXELS];
        let mut masks = vec![0; count * PIXELS];
        for (index, mask) in masks.chunks_exact_mut(PIXELS).enumerate() {
            let image = &mut images[index * 3 * PIXELS..][..3 * PIXELS];
            let mut stream = rng::indexed_stream(seed, "shapes", index as u64);
            for (p, value) in image.iter_mut().enumerate() {
                *value = 90 + (p % PIXELS / SIDE) as u8;
            }
            for object in 1..=3 {
                let drawn = rng::uniform_vec(&mut stream, 5, 0.0, 1.0);
                let centre = [8.0 + 48.0 * drawn[0], 8.0 + 48.0 * drawn[1]];
                let radius = 5.0 + 5.0 * drawn[2];
                let colour = COLOURS[(drawn[3] * COLOURS.len() as f32) as usize];
                for p in 0..PIXELS {
                    let [dy, dx] = [(p / SIDE) as f32 - centre[0], (p % SIDE) as f32 - centre[1]];
                    let inside = if drawn[4] < 0.5 {
                        dx.hypot(dy) < radius
                    } else {
                        dx.abs().max(dy.abs()) < 0.85 * radius
                    };
                    if inside {
                        mask[p] = object;
                        for (c, value) in colour.into_iter().enumerate() {
                            image[c * PIXELS + p] = value;
                        }
                    }
                }
            }
        }
        Self { images, masks }
    }
}

/// The left columns of planes that are as wide as the published window.
fn left(planes: &[u8]) -> Vec<u8> {
    let rows = planes.chunks_exact(View::PAPER.size.1);
    rows.flat_map(|row| &row[..SIDE]).copied().collect()
}

const COLOURS: [[u8; 3]; 6] = [
    [200, 40, 40],
    [40, 180, 60],
    [50, 70, 210],
    [220, 200, 40],
    [150, 50, 190],
    [40, 200, 210],
];
