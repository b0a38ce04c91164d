//! The parts of the network, with packed weights.

use attractor_core::kernel::PackedMatrix;
use attractor_core::{Activation, Result, check};

use crate::pcn::network::links::{Clamped, Dense, Gram, Sensory, TopEnd};

/// What is expected of the memory layer.
#[derive(Debug)]
pub(super) struct Top {
    mean: Vec<f32>,
    /// `V^T` and `V`.
    recurrent: Option<[PackedMatrix; 2]>,
}

/// Prediction and its adjoint.
#[derive(Debug)]
pub(super) struct Wire {
    /// `W^T`.
    down: PackedMatrix,
    /// `W`.
    up: PackedMatrix,
    bias: Option<Vec<f32>>,
    /// Whether there is a rectifier before and after.
    rectified: [bool; 2],
}

/// The pull of the data on the lowest hidden layer.
#[derive(Debug)]
pub(super) enum Sense {
    Direct(Box<Wire>, Vec<f32>, Option<Vec<f32>>),
    Gram {
        gram: PackedMatrix,
        projected: Vec<f32>,
        rectified: bool,
    },
}

/// Arrays of one task.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    input: Vec<f32>,
    pub(super) below: Vec<f32>,
    /// What a rectifier behind the weights was given.
    slope: Vec<f32>,
    pulled: Vec<f32>,
    /// Where momentum leads each block.
    pub(super) ahead: Vec<Vec<f32>>,
}

impl Top {
    pub(super) fn of(end: &TopEnd) -> Result<Self> {
        let recurrent = match &end.recurrent {
            Some(weight) => {
                let (values, shape) = (check::to_host(weight.clone())?, weight.dims());
                Some([
                    PackedMatrix::transposed(&values, shape)?,
                    PackedMatrix::new(&values, shape)?,
                ])
            }
            None => None,
        };
        Ok(Self {
            mean: check::to_host(end.mean.clone())?,
            recurrent,
        })
    }

    /// Sets the drive of the memory layer to minus its error, and what its errors pull back.
    pub(super) fn pull(
        &self,
        values: &[f32],
        drive: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<()> {
        let width = self.mean.len();
        let rows = values
            .chunks_exact(width)
            .zip(drive.chunks_exact_mut(width));
        for (values, drive) in rows {
            for ((drive, value), mean) in drive.iter_mut().zip(values).zip(&self.mean) {
                *drive = mean - value;
            }
        }
        let Some([down, up]) = &self.recurrent else {
            return Ok(());
        };
        scratch.pulled.resize(values.len(), 0.0);
        down.multiply(values, &mut scratch.pulled)?;
        for (drive, expected) in drive.iter_mut().zip(&scratch.pulled) {
            *drive += expected;
        }
        // The drive is minus the error now, and the error pulls back through V.
        up.multiply(drive, &mut scratch.pulled)?;
        for (drive, pulled) in drive.iter_mut().zip(&scratch.pulled) {
            *drive -= pulled;
        }
        Ok(())
    }
}

impl Wire {
    pub(super) fn of(link: &Dense) -> Result<Self> {
        let (weight, shape) = (check::to_host(link.weight.clone())?, link.weight.dims());
        Ok(Self {
            down: PackedMatrix::transposed(&weight, shape)?,
            up: PackedMatrix::new(&weight, shape)?,
            bias: link.bias.clone().map(check::to_host).transpose()?,
            rectified: [link.before, link.after].map(|f| f == Activation::Relu),
        })
    }

    /// Leaves what `values` predict in `scratch.below`.
    pub(super) fn predict(
        &self,
        values: &[f32],
        count: usize,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let width = self.down.shape()[1];
        scratch.below.resize(count * width, 0.0);
        rectify(values, self.rectified[0], &mut scratch.input);
        self.down.multiply(&scratch.input, &mut scratch.below)?;
        if let Some(bias) = &self.bias {
            for row in scratch.below.chunks_exact_mut(width) {
                row.iter_mut().zip(bias).for_each(|(below, c)| *below += c);
            }
        }
        if self.rectified[1] {
            scratch.slope.clear();
            scratch.slope.extend_from_slice(&scratch.below);
            scratch
                .below
                .iter_mut()
                .for_each(|below| *below = relu(*below));
        }
        Ok(())
    }

    /// Adds what the errors in `scratch.below` pull back to the drive.
    pub(super) fn pull(
        &self,
        values: &[f32],
        drive: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<()> {
        if self.rectified[1] {
            let errors = scratch.below.iter_mut().zip(&scratch.slope);
            errors.for_each(|(error, pre)| *error = if *pre <= 0.0 { 0.0 } else { *error });
        }
        scratch.pulled.resize(values.len(), 0.0);
        self.up.multiply(&scratch.below, &mut scratch.pulled)?;
        add(drive, &scratch.pulled, self.rectified[0].then_some(values));
        Ok(())
    }
}

impl Sense {
    pub(super) fn of(sensory: &Sensory, clamped: &Clamped) -> Result<Self> {
        match sensory {
            Sensory::Direct(_) => Ok(Self::Direct(
                Box::new(Wire::of(&clamped.link)?),
                check::to_host(clamped.target.clone())?,
                clamped.known.clone().map(check::to_host).transpose()?,
            )),
            Sensory::Gram(form) => {
                let Gram {
                    before,
                    projected,
                    gram,
                } = form.as_ref();
                Ok(Self::Gram {
                    rectified: *before == Activation::Relu,
                    projected: check::to_host(projected.clone())?,
                    gram: PackedMatrix::new(&check::to_host(gram.clone())?, gram.dims())?,
                })
            }
        }
    }
    /// Adds the pull of the data of `count` rows from `first` on `values` to the drive.
    pub(super) fn pull(
        &self,
        (values, first, count): (&[f32], usize, usize),
        drive: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<()> {
        match self {
            Self::Direct(link, target, known) => {
                let width = link.down.shape()[1];
                let range = first * width..(first + count) * width;
                link.predict(values, count, scratch)?;
                for (below, target) in scratch.below.iter_mut().zip(&target[range.clone()]) {
                    *below = target - *below;
                }
                if let Some(known) = known {
                    for (below, known) in scratch.below.iter_mut().zip(&known[range]) {
                        *below *= known;
                    }
                }
                link.pull(values, drive, scratch)
            }
            Self::Gram {
                gram,
                projected,
                rectified,
            } => {
                rectify(values, *rectified, &mut scratch.input);
                scratch.pulled.resize(values.len(), 0.0);
                gram.multiply(&scratch.input, &mut scratch.pulled)?;
                let width = values.len() / count;
                let projected = &projected[first * width..(first + count) * width];
                for (pulled, projected) in scratch.pulled.iter_mut().zip(projected) {
                    *pulled = projected - *pulled;
                }
                add(drive, &scratch.pulled, rectified.then_some(values));
                Ok(())
            }
        }
    }
}

/// max(x, 0); what is not a number stays so.
fn relu(value: f32) -> f32 {
    if value <= 0.0 { 0.0 } else { value }
}

fn rectify(values: &[f32], rectified: bool, input: &mut Vec<f32>) {
    input.clear();
    match rectified {
        true => input.extend(values.iter().map(|&value| relu(value))),
        false => input.extend_from_slice(values),
    }
}

/// `drive += pulled`, where the values that a rectifier stands behind are above 0.
fn add(drive: &mut [f32], pulled: &[f32], rectified: Option<&[f32]>) {
    let pairs = drive.iter_mut().zip(pulled);
    match rectified {
        Some(values) => pairs.zip(values).for_each(|((drive, pulled), value)| {
            *drive += if *value <= 0.0 { 0.0 } else { *pulled };
        }),
        None => pairs.for_each(|(drive, pulled)| *drive += pulled),
    }
}
