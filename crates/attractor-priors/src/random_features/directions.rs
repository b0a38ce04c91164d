//! Random directions and phases, drawn on the host: equal on every backend.

use std::borrow::Cow;
use std::sync::Arc;

use attractor_core::backend::is_host_device;
use attractor_core::rng::{self, Rng};
use attractor_core::{Error, Result, check};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::{DirectionKind, FeatureKind, RandomFeaturesConfig};

/// Independent directions drawn from one stream. The numbers depend on it, so it is part of the
/// format.
const UNIT: usize = 256;
/// Bytes of one block of directions at most, a unit apart.
const BLOCK_BYTES: usize = 8 << 20;
/// Directions of one block at most.
const BLOCK_ROWS: usize = 4096;

/// `count` directions and, for `cos`, their phases, for indices from `first` on.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) first: usize,
    pub(super) count: usize,
    dim: usize,
    values: Numbers,
    phases: Option<Numbers>,
}

/// Numbers where they are used.
#[derive(Debug, Clone)]
enum Numbers {
    /// In host memory, for the waves of CPU backends.
    Host(Arc<Vec<f32>>),
    /// `[rows, width]`.
    Device(Box<Tensor<2>>),
}

impl Numbers {
    fn on(&self, shape: [usize; 2], device: &Device) -> Tensor<2> {
        match self {
            Self::Host(values) => {
                Tensor::from_data(TensorData::new(values.as_ref().clone(), shape), device)
            }
            Self::Device(tensor) => Tensor::clone(tensor).to_device(device),
        }
    }

    fn host(&self) -> Result<Cow<'_, [f32]>> {
        Ok(match self {
            Self::Host(values) => Cow::Borrowed(values),
            Self::Device(tensor) => Cow::Owned(check::to_host(Tensor::clone(tensor))?),
        })
    }
}

impl Block {
    /// `[y, dim]`.
    pub(super) fn directions(&self, device: &Device) -> Tensor<2> {
        self.values.on([self.count, self.dim], device)
    }

    /// `[1, y]`.
    pub(super) fn phases(&self, device: &Device) -> Option<Tensor<2>> {
        let phases = self.phases.as_ref();
        phases.map(|phases| phases.on([1, self.count], device))
    }

    /// Directions and phases in host memory.
    #[expect(
        clippy::type_complexity,
        reason = "a pair of slices, borrowed where possible"
    )]
    pub(super) fn host(&self) -> Result<(Cow<'_, [f32]>, Option<Cow<'_, [f32]>>)> {
        let phases = self.phases.as_ref().map(Numbers::host).transpose()?;
        Ok((self.values.host()?, phases))
    }
}

/// All directions of a memory.
#[derive(Debug, Clone)]
pub(super) struct Directions {
    kind: DirectionKind,
    seed: u64,
    count: usize,
    dim: usize,
    phased: bool,
    device: Device,
    /// Whether blocks stay in host memory.
    on_host: bool,
    kept: Option<Vec<Block>>,
    /// Directions and phases that were given rather than drawn.
    given: Option<(Vec<f32>, Vec<f32>)>,
}

impl Directions {
    pub(super) fn drawn(config: &RandomFeaturesConfig, dim: usize, device: &Device) -> Self {
        let mut directions = Self {
            kind: config.directions,
            seed: config.seed,
            count: config.count,
            dim,
            phased: config.features == FeatureKind::Cos,
            device: device.clone(),
            on_host: is_host_device(device) && !config.features.is_positive(),
            kept: None,
            given: None,
        };
        if config.keep_directions {
            directions.kept = Some(directions.blocks().collect());
        }
        directions
    }

    /// `values [count, dim]` and `phases [count]`, which only `cos` reads.
    pub(super) fn given(
        config: &RandomFeaturesConfig,
        dim: usize,
        (values, phases): (Vec<f32>, Vec<f32>),
        device: &Device,
    ) -> Result<Self> {
        check::finite("directions", &values, dim)?;
        check::finite("phases", &phases, 1)?;
        let wrong = |what, expected, found| Error::Rows {
            what,
            expected,
            found,
        };
        if values.len() != config.count * dim {
            return Err(wrong("directions", config.count, values.len() / dim));
        }
        let phased = config.features == FeatureKind::Cos;
        if phased && phases.len() != config.count {
            return Err(wrong("phases", config.count, phases.len()));
        }
        let mut directions = Self::drawn(
            &RandomFeaturesConfig {
                keep_directions: false,
                ..config.clone()
            },
            dim,
            device,
        );
        directions.given = Some((values, phases));
        directions.kept = Some(directions.blocks().collect());
        Ok(directions)
    }

    /// Values and phases, if they were given.
    pub(super) fn given_values(&self) -> Option<&(Vec<f32>, Vec<f32>)> {
        self.given.as_ref()
    }

    /// The blocks in order, drawn as they are visited unless they are kept.
    pub(super) fn blocks(&self) -> Box<dyn Iterator<Item = Block> + '_> {
        if let Some(kept) = &self.kept {
            return Box::new(kept.iter().cloned());
        }
        let unit = self.unit();
        let fitting = (BLOCK_BYTES / 4 / self.dim).min(BLOCK_ROWS);
        let rows = (fitting / unit).max(1) * unit;
        Box::new((0..self.count).step_by(rows).map(move |first| {
            let count = rows.min(self.count - first);
            self.block(first, count)
        }))
    }

    fn unit(&self) -> usize {
        match self.kind {
            DirectionKind::Gaussian => UNIT,
            DirectionKind::Orthogonal => self.dim,
        }
    }

    fn block(&self, first: usize, count: usize) -> Block {
        let (values, phases) = match &self.given {
            Some((values, phases)) => (
                values[first * self.dim..(first + count) * self.dim].to_vec(),
                self.phased.then(|| phases[first..first + count].to_vec()),
            ),
            None => (
                self.draw(first, count),
                self.phased.then(|| self.draw_phases(first, count)),
            ),
        };
        let place = |values: Vec<f32>, shape: [usize; 2]| match self.on_host {
            true => Numbers::Host(Arc::new(values)),
            false => {
                let data = TensorData::new(values, shape);
                Numbers::Device(Box::new(Tensor::from_data(data, &self.device)))
            }
        };
        Block {
            first,
            count,
            dim: self.dim,
            values: place(values, [count, self.dim]),
            phases: phases.map(|phases| place(phases, [1, count])),
        }
    }

    /// Directions `first..first + count`; `first` begins a unit.
    fn draw(&self, first: usize, count: usize) -> Vec<f32> {
        let unit = self.unit();
        let units = first / unit..(first + count).div_ceil(unit);
        let mut values: Vec<f32> = units
            .into_par_iter()
            .flat_map_iter(|index| {
                let purpose = match self.kind {
                    DirectionKind::Gaussian => "random directions",
                    DirectionKind::Orthogonal => "orthogonal directions",
                };
                let mut rng = rng::indexed_stream(self.seed, purpose, index as u64);
                match self.kind {
                    DirectionKind::Gaussian => rng::normal_vec(&mut rng, unit * self.dim),
                    DirectionKind::Orthogonal => orthogonal(&mut rng, self.dim),
                }
            })
            .collect();
        values.truncate(count * self.dim);
        values
    }

    fn draw_phases(&self, first: usize, count: usize) -> Vec<f32> {
        let units = first / UNIT..(first + count).div_ceil(UNIT);
        let skipped = first - units.start * UNIT;
        let drawn = units.flat_map(|index| {
            let mut rng = rng::indexed_stream(self.seed, "random phases", index as u64);
            rng::uniform_vec(&mut rng, UNIT, 0.0, std::f32::consts::TAU)
        });
        drawn.skip(skipped).take(count).collect()
    }
}

/// `dim` orthogonal directions, each as long as an independent Gaussian vector.
fn orthogonal(rng: &mut Rng, dim: usize) -> Vec<f32> {
    let gaussian = rng::normal_vec(rng, dim * dim);
    let matrix = faer::Mat::from_fn(dim, dim, |i, j| f64::from(gaussian[i * dim + j]));
    let factors = matrix.qr();
    let (q, r) = (factors.compute_Q(), factors.R());
    // Without the signs, Q would not be uniform over the rotations.
    let signs: Vec<f64> = (0..dim).map(|j| r[(j, j)].signum()).collect();
    let lengths: Vec<f64> = rng::normal_vec(rng, dim * dim)
        .chunks_exact(dim)
        .map(|row| {
            row.iter()
                .map(|&x| f64::from(x).powi(2))
                .sum::<f64>()
                .sqrt()
        })
        .collect();
    let entry = |at: usize| (q[(at / dim, at % dim)] * signs[at % dim] * lengths[at / dim]) as f32;
    (0..dim * dim).map(entry).collect()
}
