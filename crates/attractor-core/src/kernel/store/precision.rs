//! In how many bits the numbers of a store are kept.

use std::sync::Arc;

use burn::tensor::{bf16, f16};

use super::{Block, PatternStore, erase};
use crate::backend::is_host_device;
use crate::kernel::host::Rows;
use crate::{Error, Result};

/// How the numbers of a store are kept. What is read is computed in single precision or better in any case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits, as they are given.
    #[default]
    F32,
    /// IEEE binary16: 11 significant bits, up to 65504.
    F16,
    /// bfloat16: 8 significant bits, the range of single precision.
    Bf16,
}

impl Precision {
    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The largest number.
    pub fn largest(self) -> f32 {
        match self {
            Self::F32 => f32::MAX,
            Self::F16 => f16::MAX.to_f32(),
            Self::Bf16 => bf16::MAX.to_f32(),
        }
    }

    /// The nearest number that is kept, of two equally near ones the even one; infinite beyond the range.
    pub fn round(self, value: f32) -> f32 {
        match self {
            Self::F32 => value,
            Self::F16 => f16::from_f32(value).to_f32(),
            Self::Bf16 => bf16::from_f32(value).to_f32(),
        }
    }

    /// Rounds finite numbers `[n, dim]`.
    ///
    /// # Errors
    /// [`Error::Config`] if one of them lies beyond the range.
    pub fn round_all(self, values: &mut [f32], dim: usize) -> Result<()> {
        if self == Self::F32 {
            return Ok(());
        }
        if let Some(at) = values
            .iter()
            .position(|&value| !self.round(value).is_finite())
        {
            return Err(Error::config(
                "PatternStore.precision",
                "needs numbers in its range, in f16 up to 65504 either way",
                format!(
                    "{:e} for {self} in row {}, entry {}",
                    values[at],
                    at / dim,
                    at % dim
                ),
            ));
        }
        values
            .iter_mut()
            .for_each(|value| *value = self.round(*value));
        Ok(())
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

/// Numbers of a block in half precision.
#[derive(Debug, Clone)]
pub(crate) enum Half {
    F16(Arc<Vec<f16>>),
    Bf16(Arc<Vec<bf16>>),
}

impl Half {
    /// No numbers; none of single precision.
    fn new(precision: Precision) -> Option<Self> {
        match precision {
            Precision::F32 => None,
            Precision::F16 => Some(Self::F16(Arc::default())),
            Precision::Bf16 => Some(Self::Bf16(Arc::default())),
        }
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        match self {
            Self::F16(numbers) => Rows::F16(numbers),
            Self::Bf16(numbers) => Rows::Bf16(numbers),
        }
    }

    fn extend(&mut self, values: &[f32]) {
        match self {
            Self::F16(numbers) => {
                Arc::make_mut(numbers).extend(values.iter().map(|&value| f16::from_f32(value)));
            }
            Self::Bf16(numbers) => {
                Arc::make_mut(numbers).extend(values.iter().map(|&value| bf16::from_f32(value)));
            }
        }
    }

    /// Takes numbers `from..to` out and overwrites what they leave at the end.
    pub(super) fn remove(&mut self, from: usize, to: usize) {
        match self {
            Self::F16(numbers) => remove(Arc::make_mut(numbers), from, to),
            Self::Bf16(numbers) => remove(Arc::make_mut(numbers), from, to),
        }
    }

    /// Overwrites the numbers, unless another store reads them.
    pub(super) fn wipe(&mut self) {
        match self {
            Self::F16(numbers) => {
                if let Some(numbers) = Arc::get_mut(numbers) {
                    erase(numbers, 0);
                }
            }
            Self::Bf16(numbers) => {
                if let Some(numbers) = Arc::get_mut(numbers) {
                    erase(numbers, 0);
                }
            }
        }
    }
}

/// Takes numbers `from..to` out and overwrites what they leave at the end.
pub(super) fn remove<T: Copy + Default>(values: &mut Vec<T>, from: usize, to: usize) {
    values.copy_within(to.., from);
    erase(values, values.len() - (to - from));
}

impl PatternStore {
    /// How the numbers are kept.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The same store with numbers kept in that precision: half the bytes, and reads of few cues that are faster
    /// where the store lies beyond the caches. Patterns are rounded to the nearest number; a read answers what it would of
    /// the rounded patterns in single precision. Gradients are computed with a copy in single precision.
    ///
    /// # Errors
    /// [`Error::Config`] on a device other than a CPU backend, or if a stored number lies beyond the range.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self> {
        if precision != Precision::F32 && !is_host_device(&self.device) {
            return Err(Error::config(
                "PatternStore.precision",
                "is f32 on devices; half precision needs a CPU backend",
                precision,
            ));
        }
        if precision != Precision::F32 && self.graph.is_some() {
            return Err(Error::config(
                "PatternStore.precision",
                "is f32 for patterns with gradients",
                precision,
            ));
        }
        let mut values = self.to_host()?;
        precision.round_all(&mut values, self.dim)?;
        self.clear_values();
        self.precision = precision;
        self.append(values);
        Ok(self)
    }

    /// Appends numbers that have been rounded.
    pub(super) fn append_half(&mut self, values: &[f32]) {
        let block = self.block_rows * self.dim;
        let mut rest = values;
        while !rest.is_empty() {
            let room = match self.blocks.last() {
                Some(Block::Half(half)) => block.saturating_sub(half.rows().numbers()),
                _ => 0,
            };
            if room == 0 {
                let Some(half) = Half::new(self.precision) else {
                    return;
                };
                self.blocks.push(Block::Half(half));
                continue;
            }
            let (head, tail) = rest.split_at(room.min(rest.len()));
            if let Some(Block::Half(half)) = self.blocks.last_mut() {
                half.extend(head);
            }
            rest = tail;
        }
    }
}
