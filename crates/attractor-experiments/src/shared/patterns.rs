//! What all memories store, and what happens to their cues.

use attractor::core::rng;
use attractor::datasets::{Corruption, ImageSet, ImageShape, Split};

use super::misfit;
use crate::{Result, Session, Task};

/// Streams of damage are far from those of other protocols.
const STREAMS: u64 = 1 << 42;

/// Patterns, row by row.
pub(super) struct Patterns {
    pub(super) values: Vec<f32>,
    pub(super) count: usize,
    pub(super) dim: usize,
    /// Of images.
    pub(super) shape: Option<ImageShape>,
    /// The images, and which of them.
    source: Option<(std::sync::Arc<ImageSet>, Vec<usize>)>,
}

/// Cues, and where the damage says so which of their entries are known.
pub(super) struct Damaged {
    pub(super) cues: Vec<f32>,
    pub(super) known: Option<Vec<f32>>,
}

/// What happens to cues.
#[derive(Debug, Clone, Copy)]
pub(super) enum Damage {
    /// A corruption of images.
    Image(Corruption),
    /// A share of bits is turned over.
    Flips(f64),
    /// A share of bits is one half, and known to be unknown.
    Hidden(f64),
}

impl Damage {
    pub(super) fn of(
        task: Task<'_>,
        binary: bool,
        name: &str,
        strength: Option<f64>,
    ) -> Result<Self> {
        Ok(match (binary, name, strength) {
            (false, ..) => {
                let corruption = Corruption::from_task(name, strength);
                Self::Image(corruption.map_err(|error| misfit(task, error))?)
            }
            (true, "flips", Some(share)) => Self::Flips(share),
            (true, "hidden", Some(share)) => Self::Hidden(share),
            (true, ..) => {
                let rule =
                    format!("expected `damage` flips or hidden with a share, found `{name}`");
                return Err(task.refuse(rule));
            }
        })
    }

    pub(super) fn check(self, task: Task<'_>) -> Result<()> {
        match self {
            Self::Flips(share) | Self::Hidden(share) if !(0.0..=1.0).contains(&share) => {
                Err(task.refuse(format!("expected a share from 0 to 1, found {share}")))
            }
            _ => Ok(()),
        }
    }
}

impl Patterns {
    /// Those of a cell.
    pub(super) fn draw(
        task: Task<'_>,
        dim: Option<usize>,
        session: &mut dyn Session,
    ) -> Result<Self> {
        let (count, seed) = (task.cell.n_stored, task.cell.seed);
        if let Some(dim) = dim {
            let mut stream = rng::stream(seed, "shared bits");
            let drawn = rng::uniform_vec(&mut stream, count * dim, 0.0, 1.0);
            return Ok(Self {
                values: drawn
                    .into_iter()
                    .map(|value| f32::from(u8::from(value < 0.5)))
                    .collect(),
                count,
                dim,
                shape: None,
                source: None,
            });
        }
        let set = session.images(&task.part.dataset, Split::Test)?;
        task.check_images(Split::Test, count, set.len())?;
        let mut order = set.shuffled_order(seed);
        order.truncate(count);
        Ok(Self {
            values: set.rows(&order)?,
            count,
            dim: set.dim(),
            shape: Some(set.shape),
            source: Some((set, order)),
        })
    }

    /// The first `cues` of them, damaged.
    pub(super) fn damaged(&self, damage: Damage, cues: usize, seed: u64) -> Result<Damaged> {
        let own = &self.values[..cues * self.dim];
        let share = |share: f64| {
            let mut stream = rng::stream(seed, "shared damage");
            let drawn = rng::uniform_vec(&mut stream, own.len(), 0.0, 1.0);
            drawn.into_iter().map(move |value| f64::from(value) < share)
        };
        Ok(match (damage, &self.source) {
            (Damage::Image(corruption), Some((set, order))) => {
                let corrupted = corruption.of_images(set, &order[..cues], seed, STREAMS)?;
                let known = corrupted.mask().map(<[f32]>::to_vec);
                Damaged {
                    cues: corrupted.cues,
                    known,
                }
            }
            (Damage::Hidden(hidden), _) => {
                let hidden: Vec<bool> = share(hidden).collect();
                let cue = |(value, hidden): (&f32, &bool)| if *hidden { 0.5 } else { *value };
                Damaged {
                    cues: own.iter().zip(&hidden).map(cue).collect(),
                    known: Some(
                        hidden
                            .iter()
                            .map(|hidden| f32::from(u8::from(!hidden)))
                            .collect(),
                    ),
                }
            }
            (Damage::Flips(flips), _) => {
                let cue =
                    |(value, flipped): (&f32, bool)| if flipped { 1.0 - value } else { *value };
                Damaged {
                    cues: own.iter().zip(share(flips)).map(cue).collect(),
                    known: None,
                }
            }
            // Bits have no corruption of images: `Damage::of` gives none.
            (Damage::Image(_), None) => Damaged {
                cues: own.to_vec(),
                known: None,
            },
        })
    }

    /// The pattern that an answer is nearest to.
    pub(super) fn nearest(&self, answer: &[f32]) -> usize {
        let distance = |pattern: &[f32]| -> f64 {
            let pairs = pattern.iter().zip(answer);
            pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum()
        };
        let rows = self.values.chunks_exact(self.dim).map(distance).enumerate();
        let nearest = rows.min_by(|a, b| a.1.total_cmp(&b.1));
        nearest.map_or(0, |(index, _)| index)
    }
}
