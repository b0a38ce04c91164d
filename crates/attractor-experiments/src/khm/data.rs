//! Patterns and cues.

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::{check, rng};
use attractor::datasets::corruption::to_length;
use attractor::datasets::{Damage, ImageShape, Split};
use serde::Deserialize;

use crate::{Result, Session, Task};

/// What is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// Images of the part's data set, values in `[0, 1]`.
    #[default]
    Images,
    /// Unit vectors of `dim` entries with `common` of their square in one direction.
    Correlated { dim: usize, common: f64 },
    /// Independent normal entries.
    Normal { dim: usize },
}

/// Patterns `[n, dim]` in host memory.
pub(super) struct Patterns {
    pub(super) values: Vec<f32>,
    pub(super) dim: usize,
}

impl Source {
    pub(super) fn check(&self, task: Task<'_>) -> Result<()> {
        let valid = match *self {
            Self::Images => task.part.dataset != "synthetic",
            Self::Correlated { dim, common } => dim > 0 && (0.0..1.0).contains(&common),
            Self::Normal { dim } => dim > 0,
        };
        match valid {
            true => Ok(()),
            false => Err(task.refuse(
                "expected a data set for images, `dim` of at least 1 and `common` from 0 to below 1",
            )),
        }
    }

    /// Images that so many patterns and queries take.
    pub(super) fn needs(&self, patterns: usize, queries: usize) -> Vec<(Split, usize)> {
        match self {
            Self::Images => vec![(Split::Train, patterns), (Split::Test, queries)],
            Self::Correlated { .. } | Self::Normal { .. } => Vec::new(),
        }
    }

    /// `count` patterns by the seed of the cell; `unseen` ones are others, of the same kind.
    pub(super) fn draw(
        &self,
        task: Task<'_>,
        session: &mut dyn Session,
        count: usize,
        unseen: bool,
    ) -> Result<Patterns> {
        let seed = task.cell.seed;
        let purpose = if unseen {
            "khm queries"
        } else {
            "khm patterns"
        };
        let mut random = rng::stream(seed, purpose);
        let (values, dim) = match *self {
            Self::Images => {
                let split = if unseen { Split::Test } else { Split::Train };
                let images = session.images(&task.part.dataset, split)?;
                let order = images.shuffled_order(seed);
                task.check_images(split, count, order.len())?;
                (images.rows(&order[..count])?, images.dim())
            }
            Self::Normal { dim } => (rng::normal_vec(&mut random, count * dim), dim),
            Self::Correlated { dim, common } => {
                let mut shared = rng::normal_vec(&mut rng::stream(seed, "khm common"), dim);
                to_length(&mut shared, common.sqrt());
                let mut values = rng::normal_vec(&mut random, count * dim);
                for row in values.chunks_exact_mut(dim) {
                    to_length(row, (1.0 - common).sqrt());
                    row.iter_mut().zip(&shared).for_each(|(x, s)| *x += s);
                    to_length(row, 1.0);
                }
                (values, dim)
            }
        };
        Ok(Patterns { values, dim })
    }
}

impl Patterns {
    pub(super) fn tensor(&self, device: &Device) -> Result<Tensor<2>> {
        rows(&self.values, self.dim, device)
    }

    /// Cues: each entry kept with probability `1 - mask` and divided by it, then noise. Images get
    /// `noise` on every pixel and stay in `[0, 1]`; others a vector of that length.
    pub(super) fn cues(
        &self,
        source: Source,
        mask: f64,
        noise: f64,
        seed: u64,
    ) -> Result<Vec<f32>> {
        let thin = match mask > 0.0 {
            true => Damage::Thin { share: mask },
            false => Damage::Nothing,
        };
        let noisy = match source {
            _ if noise == 0.0 => Damage::Nothing,
            Source::Images => Damage::Noise {
                std: noise as f32,
                within: Some((0.0, 1.0)),
            },
            Source::Correlated { .. } | Source::Normal { .. } => Damage::Push { length: noise },
        };
        let shape = ImageShape::new(1, 1, self.dim);
        let stream = |purpose| move |row: usize| rng::indexed_stream(seed, purpose, row as u64);
        let cues = thin
            .apply(self.values.clone(), shape, stream("khm mask"))?
            .cues;
        Ok(noisy.apply(cues, shape, stream("khm noise"))?.cues)
    }
}

pub(super) fn rows(values: &[f32], dim: usize, device: &Device) -> Result<Tensor<2>> {
    Ok(check::from_host("patterns", values.to_vec(), dim, device)?)
}
