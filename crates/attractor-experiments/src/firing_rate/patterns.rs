//! Patterns of bits and damaged ones.

use attractor::core::burn::tensor::{Device, Tensor};
use attractor::core::check;
use attractor::datasets::{ImageShape, Split};
use attractor::firing_rate::sets;
use serde::Deserialize;

use crate::{Result, Session, Task};

/// What is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// Independent bits.
    #[default]
    Bernoulli,
    /// The same number of active units in each.
    FixedCount,
    /// The set for which the theory is exact; it has its own number of patterns.
    Ideal,
    /// A common part in all patterns.
    Correlated,
    /// The brightest pixels of images, as many in each.
    Images,
}

/// How patterns are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Drawn {
    pub(super) source: Source,
    /// Units N; images have their own.
    pub(super) units: usize,
    /// q.
    pub(super) activity: f64,
    /// r of correlated patterns.
    pub(super) overlap: f64,
}

impl Default for Drawn {
    fn default() -> Self {
        Self {
            source: Source::default(),
            units: 1000,
            activity: 0.2,
            overlap: 0.4,
        }
    }
}

/// Rows of 0 and 1.
pub(super) struct Bits {
    pub(super) rows: Vec<f32>,
    pub(super) dim: usize,
    /// Of images.
    pub(super) shape: Option<ImageShape>,
}

impl Bits {
    pub(super) fn len(&self) -> usize {
        self.rows.len() / self.dim
    }

    pub(super) fn tensor(&self, rows: &[f32], device: &Device) -> Result<Tensor<2>> {
        Ok(check::from_host(
            "patterns",
            rows.to_vec(),
            self.dim,
            device,
        )?)
    }
}

impl Drawn {
    /// Refuses sizes that have no patterns.
    pub(super) fn check(&self, task: Task<'_>) -> Result<()> {
        if !(self.activity > 0.0 && self.activity < 1.0 && self.units >= 2) {
            return Err(task.refuse("expected `activity` between 0 and 1, `units` of at least 2"));
        }
        match self.source {
            Source::Images => Ok(()),
            // Whether the numbers of units are whole shows in a draw.
            _ => self.draw(task, None, 1).map(drop),
        }
    }

    pub(super) fn needs(&self, count: usize) -> Vec<(Split, usize)> {
        match self.source {
            Source::Images => vec![(Split::Train, count)],
            _ => Vec::new(),
        }
    }

    /// `count` patterns by the seed of the cell; the ideal set ignores both.
    pub(super) fn draw(
        &self,
        task: Task<'_>,
        session: Option<&mut dyn Session>,
        count: usize,
    ) -> Result<Bits> {
        let (dim, q, seed) = (self.units, self.activity, task.cell.seed);
        let rows = match self.source {
            Source::Bernoulli => sets::bernoulli(count, dim, q, seed)?,
            Source::FixedCount => sets::fixed_count(count, dim, q, seed)?,
            Source::Ideal => sets::ideal(dim, q)?,
            Source::Correlated => sets::correlated(count, dim, (q, self.overlap), seed)?,
            Source::Images => {
                let session = session.ok_or_else(|| task.refuse("expected no images here"))?;
                return self.images(task, session, count);
            }
        };
        Ok(Bits {
            rows,
            dim,
            shape: None,
        })
    }

    fn images(&self, task: Task<'_>, session: &mut dyn Session, count: usize) -> Result<Bits> {
        let images = session.images(&task.part.dataset, Split::Train)?;
        let order = images.shuffled_order(task.cell.seed);
        task.check_images(Split::Train, count, order.len())?;
        let (channels, dim) = (
            images.shape.channels,
            images.shape.height * images.shape.width,
        );
        let active = (self.activity * dim as f64).round() as usize;
        let mut rows = vec![0.0; count * dim];
        let pixels = images.rows(&order[..count])?;
        for (image, row) in pixels
            .chunks_exact(channels * dim)
            .zip(rows.chunks_exact_mut(dim))
        {
            let light = |i: usize| (0..channels).map(|c| image[c * dim + i]).sum::<f32>();
            let mut places: Vec<usize> = (0..dim).collect();
            // Equally bright pixels in the order of their places.
            places.sort_by(|&a, &b| light(b).total_cmp(&light(a)));
            for &i in &places[..active] {
                row[i] = 1.0;
            }
        }
        Ok(Bits {
            rows,
            dim,
            shape: Some(ImageShape::new(1, images.shape.height, images.shape.width)),
        })
    }
}
