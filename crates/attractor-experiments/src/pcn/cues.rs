//! Images turned into cues.

use attractor::core::rng;
use attractor::datasets::ImageShape;
use serde::Deserialize;

/// Which pixels are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Geometry {
    /// Drawn for each image, in all channels alike.
    Random,
    /// The upper rows.
    Top,
}

/// What is done to an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Damage {
    /// Normal numbers are added.
    Noise { variance: f64 },
    /// One of `share` pixels is kept.
    Parts { share: usize, geometry: Geometry },
}

/// Cues, and which of their entries are known (1) if some are.
#[derive(Debug)]
pub(super) struct Cues {
    pub(super) values: Vec<f32>,
    pub(super) known: Option<Vec<f32>>,
    dim: usize,
}

impl Damage {
    /// An image is recalled if its error is below this.
    pub(super) fn limit(self) -> f64 {
        match self {
            Self::Noise { .. } => 0.005,
            Self::Parts { .. } => 0.001,
        }
    }

    /// Each image draws from a stream of its own.
    pub(super) fn apply(self, images: &[f32], shape: ImageShape, seed: u64) -> Cues {
        let pixels = shape.height * shape.width;
        let dim = shape.channels * pixels;
        let mut values = images.to_vec();
        let rows = values.chunks_exact_mut(dim).enumerate();
        match self {
            Self::Noise { variance } => {
                let scale = variance.sqrt() as f32;
                for (index, row) in rows {
                    let mut stream = rng::indexed_stream(seed, "pcn/noise", index as u64);
                    let noise = rng::normal_vec(&mut stream, dim);
                    row.iter_mut().zip(noise).for_each(|(x, n)| *x += scale * n);
                }
                Cues {
                    values,
                    known: None,
                    dim,
                }
            }
            Self::Parts { share, geometry } => {
                let mut known = Vec::with_capacity(images.len());
                for (index, row) in rows {
                    let mut kept = vec![0.0; pixels];
                    match geometry {
                        Geometry::Top => kept[..shape.height / share * shape.width].fill(1.0),
                        Geometry::Random => {
                            let mut stream = rng::indexed_stream(seed, "pcn/pixels", index as u64);
                            for &at in &rng::permutation(&mut stream, pixels)[..pixels / share] {
                                kept[at] = 1.0;
                            }
                        }
                    }
                    let kept = kept.repeat(shape.channels);
                    row.iter_mut().zip(&kept).for_each(|(x, kept)| *x *= kept);
                    known.extend(kept);
                }
                Cues {
                    values,
                    known: Some(known),
                    dim,
                }
            }
        }
    }
}

impl Cues {
    /// Mean squared error of each answer, over its unknown entries if some are known. 0 where all are.
    pub(super) fn errors(&self, images: &[f32], answers: &[f32]) -> Vec<f64> {
        let rows = images.chunks(self.dim).zip(answers.chunks(self.dim));
        rows.enumerate()
            .map(|(row, (image, answer))| {
                let known = |at: usize| match &self.known {
                    Some(known) => known[row * self.dim + at] == 1.0,
                    None => false,
                };
                let unknown: Vec<usize> = (0..self.dim).filter(|&at| !known(at)).collect();
                let square = |&at: &usize| f64::from(answer[at] - image[at]).powi(2);
                unknown.iter().map(square).sum::<f64>() / unknown.len().max(1) as f64
            })
            .collect()
    }
}
