//! How well masks follow the objects, in numbers and in a picture.

use std::path::Path;

use attractor_core::burn::tensor::Tensor;
use attractor_core::{GenerativeModel, check};
use attractor_evaluation::segmentation::foreground_adjusted_rand_index;
use attractor_generative::FrozenMonet;

use crate::Outcome;
use crate::scenes::{PIXELS, SIDE, Scenes};

/// Scenes in the picture.
const SHOWN: usize = 8;

/// Means over scenes.
pub(crate) struct Score {
    /// Scenes that show two objects or more, which alone have an index.
    counted: usize,
    /// Adjusted Rand index of the attention masks on the objects' pixels.
    attention: f64,
    /// Share of scenes where it is above 0.9.
    separated: f64,
    /// The index of the decoded masks.
    decoded: f64,
    /// Squared error of a reconstructed colour.
    error: f64,
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            counted,
            attention,
            separated,
            decoded,
            error,
        } = self;
        write!(
            f,
            "scenes {counted} ari {attention:.3} above 0.9 {separated:.3} decoded {decoded:.3} \
             mse {error:.5}"
        )
    }
}

/// Slot with the largest mask at each pixel, from `[slots, pixels]`.
fn winners(masks: &[f32]) -> Vec<usize> {
    (0..PIXELS)
        .map(|p| {
            let slots = masks.iter().skip(p).step_by(PIXELS).enumerate();
            slots
                .max_by(|a, b| a.1.total_cmp(b.1))
                .map_or(0, |(slot, _)| slot)
        })
        .collect()
}

/// Scores `model` on `scenes` and draws the first ones.
pub(crate) fn score(model: &FrozenMonet, scenes: &Scenes, picture: &Path) -> Outcome<Score> {
    let device = Default::default();
    let slots = model.config().slots;
    let (mut attention, mut separated, mut decoded, mut error) = (0.0, 0.0, 0.0, 0.0);
    let mut counted = 0;
    let mut sheet = Sheet::new((2 * slots + 2) * SIDE, SHOWN * SIDE);
    let all: Vec<usize> = (0..scenes.count()).collect();
    for indices in all.chunks(16) {
        let values: Vec<f32> = indices.iter().flat_map(|&i| scenes.row(i)).collect();
        let data: Tensor<2> = check::from_host("scenes", values.clone(), 3 * PIXELS, &device)?;
        let seen = check::to_host(model.attention_masks(data.clone())?)?;
        let codes = model.encode(data).mean;
        let parts = model.decode_slots(codes.clone())?;
        let masks = check::to_host(parts.masks)?;
        let images = check::to_host(parts.images)?;
        let whole = check::to_host(model.decode(codes))?;
        for (at, &index) in indices.iter().enumerate() {
            let truth = scenes.mask(index);
            let range = at * slots * PIXELS..(at + 1) * slots * PIXELS;
            let [ours, theirs] = [&seen[range.clone()], &masks[range]];
            // Where the window shows fewer than two objects there is nothing to separate.
            let mut objects = truth.iter().filter(|label| **label > 0);
            if let Some(first) = objects.next()
                && objects.any(|label| label != first)
            {
                let a = foreground_adjusted_rand_index(&truth, &winners(ours), 0)?;
                let b = foreground_adjusted_rand_index(&truth, &winners(theirs), 0)?;
                attention += a;
                separated += f64::from(u8::from(a > 0.9));
                decoded += b;
                counted += 1;
            }
            let [image, drawn] =
                [&values, &whole].map(|rows| &rows[at * 3 * PIXELS..][..3 * PIXELS]);
            let squares = image
                .iter()
                .zip(drawn)
                .map(|(a, b)| f64::from(a - b).powi(2));
            error += squares.sum::<f64>() / (3 * PIXELS) as f64;
            if index < SHOWN {
                sheet.paste(image, 0, index);
                sheet.paste(drawn, 1, index);
                for k in 0..slots {
                    let mask = &ours[k * PIXELS..][..PIXELS];
                    sheet.paste(&[mask, mask, mask].concat(), 2 + k, index);
                    let slot = &images[(at * slots + k) * 3 * PIXELS..][..3 * PIXELS];
                    let mask = theirs[k * PIXELS..][..PIXELS].iter().cycle();
                    let masked: Vec<f32> = slot.iter().zip(mask).map(|(x, m)| x * m).collect();
                    sheet.paste(&masked, 2 + slots + k, index);
                }
            }
        }
    }
    sheet.write(picture)?;
    let mean = |sum: f64| sum / f64::max(counted as f64, 1.0);
    Ok(Score {
        counted,
        attention: mean(attention),
        separated: mean(separated),
        decoded: mean(decoded),
        error: error / scenes.count() as f64,
    })
}

/// A grid of images.
struct Sheet {
    height: usize,
    width: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    fn new(height: usize, width: usize) -> Self {
        let pixels = vec![0; height * width * 3];
        Self {
            height,
            width,
            pixels,
        }
    }

    /// Puts a channel-major image into a cell.
    fn paste(&mut self, image: &[f32], row: usize, column: usize) {
        for p in 0..PIXELS {
            let (y, x) = (row * SIDE + p / SIDE, column * SIDE + p % SIDE);
            for c in 0..3 {
                let value = (255.0 * image[c * PIXELS + p]).round().clamp(0.0, 255.0);
                self.pixels[(y * self.width + x) * 3 + c] = value as u8;
            }
        }
    }

    fn write(&self, path: &Path) -> Outcome {
        let (width, height) = (self.width as u32, self.height as u32);
        image::save_buffer(path, &self.pixels, width, height, image::ColorType::Rgb8)?;
        Ok(())
    }
}
