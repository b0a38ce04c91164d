//! What is done to an image before it is recalled.

use attractor::core::rng;

use super::images::Images;

/// One kind of corruption at one strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Corruption {
    /// Nothing.
    Clean,
    /// Adds normal numbers of this standard deviation to values in `[0, 1]`.
    White(f64),
    /// Sets this share of the pixels to black, at random, and says which.
    Dropout(f64),
    /// Sets this share of the columns to black, from the right, and says which.
    Mask(f64),
}

/// Corrupted images in `[-1, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cues {
    /// `[n, d]`.
    pub(super) values: Vec<f32>,
    /// `[n, d]`, 1 where a value is known and 0 where it is not; nothing if none is trusted.
    pub(super) known: Option<Vec<f32>>,
}

impl Corruption {
    /// `clean`, `white 0.2`, `dropout 0.25`, `mask 0.5`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Clean => "clean".into(),
            Self::White(std) => format!("white {std}"),
            Self::Dropout(share) => format!("dropout {share}"),
            Self::Mask(share) => format!("mask {share}"),
        }
    }

    /// Corrupts the chosen images. What happens to one depends on `seed` and its index alone.
    pub(super) fn apply(&self, images: &Images, chosen: &[usize], seed: u64) -> Cues {
        let mut values: Vec<f32> = chosen.iter().flat_map(|&at| images.scaled(at)).collect();
        let dim = images.dim();
        let known = match *self {
            Self::Clean => None,
            Self::White(std) => {
                for (cue, &index) in values.chunks_mut(dim).zip(chosen) {
                    let mut stream = rng::indexed_stream(seed, "bayespcn/white", index as u64);
                    let noise = rng::normal_vec(&mut stream, dim);
                    for (value, noise) in cue.iter_mut().zip(noise) {
                        // Twice, for the scale.
                        *value += 2.0 * std as f32 * noise;
                    }
                }
                None
            }
            Self::Dropout(share) => Some(
                chosen
                    .iter()
                    .flat_map(|&index| dropped(images, share, seed, index))
                    .collect(),
            ),
            Self::Mask(share) => {
                let first =
                    images.shape.width - (share * images.shape.width as f64).round() as usize;
                let seen = |at: usize| f32::from(u8::from(at % images.shape.width < first));
                let one: Vec<f32> = (0..dim).map(seen).collect();
                Some(one.repeat(chosen.len()))
            }
        };
        for (value, known) in values.iter_mut().zip(known.iter().flatten()) {
            if *known == 0.0 {
                *value = -1.0;
            }
        }
        Cues { values, known }
    }
}

fn dropped(images: &Images, share: f64, seed: u64, index: usize) -> Vec<f32> {
    let pixels = images.dim() / images.shape.channels;
    let hidden = (share * pixels as f64).round() as usize;
    let mut stream = rng::indexed_stream(seed, "bayespcn/dropout", index as u64);
    let mut seen = vec![1.0; pixels];
    for &pixel in rng::permutation(&mut stream, pixels).iter().take(hidden) {
        seen[pixel] = 0.0;
    }
    seen.repeat(images.shape.channels)
}
