//! Stored patterns in blocks below the device's buffer limit.

mod adopt;
mod change;
mod graph;
mod ids;
mod named;
mod precision;

use std::borrow::Cow;
use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::backend::is_host_device;
use crate::kernel::host::Rows;
use crate::{Error, Result, check};
use graph::Graph;

pub use ids::{PatternIds, Tags};
pub use precision::Precision;

use change::erase;
use precision::Half;

/// Bytes of one block at most. wgpu devices cap a storage buffer (128 MiB on software Vulkan), so
/// a memory of any size is held in blocks well below that.
const BLOCK_BYTES: usize = 32 << 20;

/// Patterns `[n, d]` in blocks.
///
/// On a CPU backend the blocks are plain host memory that the host kernel reads in place; on other
/// devices they are tensors. A clone shares them until one of both changes.
///
/// Every pattern has an id that stays its own, and perhaps a label ([`PatternStore::ids`]).
#[derive(Debug, Clone)]
pub struct PatternStore {
    pub(in crate::kernel) dim: usize,
    pub(in crate::kernel) device: Device,
    pub(in crate::kernel) precision: Precision,
    pub(in crate::kernel) block_rows: usize,
    pub(in crate::kernel) blocks: Vec<Block>,
    /// Squared norm of every pattern, accumulated in f64.
    pub(in crate::kernel) squared_norms: Vec<f32>,
    pub(in crate::kernel) ids: PatternIds,
    /// The patterns as parts of a graph, where somebody wants gradients to them.
    pub(in crate::kernel) graph: Option<Graph>,
}

// Blocks are few and large: the difference in size between the variants does not matter. Allowed rather
// than expected, since a build without a backend has a smaller `Tensor`.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// Row-major `[rows, dim]`.
    Host(Arc<Vec<f32>>),
    /// The same in half precision.
    Half(Half),
    /// `[rows, dim]`.
    Device(Tensor<2>),
}

impl Block {
    pub(in crate::kernel) fn rows(&self, dim: usize) -> usize {
        match self {
            Self::Host(values) => values.len() / dim,
            Self::Half(values) => values.rows().numbers() / dim,
            Self::Device(tensor) => tensor.dims()[0],
        }
    }
}

impl PatternStore {
    /// A store without patterns.
    ///
    /// # Errors
    /// [`Error::Config`] if `dim` is 0.
    pub fn new(dim: usize, device: &Device) -> Result<Self> {
        crate::error::require_nonzero("PatternStore.dim", dim)?;
        Ok(Self {
            dim,
            device: device.clone().without_autodiff(),
            precision: Precision::F32,
            block_rows: (BLOCK_BYTES / 4 / dim).max(1),
            blocks: Vec::new(),
            squared_norms: Vec::new(),
            ids: PatternIds::new(),
            graph: None,
        })
    }

    /// The same store with blocks of at most `rows` patterns: a device with a smaller buffer
    /// limit, or a test of block boundaries.
    ///
    /// # Errors
    /// [`Error::Config`] if `rows` is 0.
    pub fn with_block_rows(mut self, rows: usize) -> Result<Self> {
        crate::error::require_nonzero("PatternStore.block_rows", rows)?;
        self.block_rows = rows;
        if self.is_empty() {
            return Ok(self);
        }
        let values = self.to_host()?;
        self.clear_values();
        self.append(values);
        Ok(self)
    }

    /// What is stored, `[n, d]`, as a part of a graph.
    pub(in crate::kernel) fn graph(&self) -> Option<Tensor<2>> {
        self.graph.as_ref().and_then(Graph::rows)
    }

    /// The same outside any graph.
    pub(in crate::kernel) fn outside(&self) -> Self {
        Self {
            graph: None,
            ..self.clone()
        }
    }

    /// Number of patterns.
    pub fn len(&self) -> usize {
        self.squared_norms.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.squared_norms.is_empty()
    }

    /// Entries of a pattern.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Where the patterns live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Squared norm of every pattern.
    pub fn squared_norms(&self) -> &[f32] {
        &self.squared_norms
    }

    /// All patterns as host numbers, row-major.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn to_host(&self) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(self.len() * self.dim);
        for block in &self.blocks {
            match block {
                Block::Host(block) => values.extend_from_slice(block),
                Block::Half(block) => block.rows().extend(&mut values),
                Block::Device(tensor) => values.extend(check::to_host(tensor.clone())?),
            }
        }
        Ok(values)
    }

    /// The patterns as one tensor `[n, d]`. A large memory on a device with a buffer limit should
    /// be visited by [`PatternStore::block_tensors`] instead.
    ///
    /// # Errors
    /// [`Error::EmptyMemory`].
    pub fn to_tensor(&self) -> Result<Tensor<2>> {
        if !self.is_empty() && is_host_device(&self.device) {
            return check::from_host("patterns", self.to_host()?, self.dim, &self.device);
        }
        let blocks: Vec<Tensor<2>> = self.block_tensors().collect();
        match blocks.len() {
            0 => Err(Error::EmptyMemory),
            _ => Ok(Tensor::cat(blocks, 0)),
        }
    }

    /// The patterns at `indices`, in that order, `[indices.len(), d]`.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no such pattern; [`Error::EmptyBatch`] without indices.
    pub fn select(&self, indices: &[usize]) -> Result<Tensor<2>> {
        if indices.is_empty() {
            return Err(Error::EmptyBatch {
                what: "indices",
                width: self.dim,
            });
        }
        if let Some(&index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Index {
                what: "pattern",
                len: self.len(),
                index,
            });
        }
        let rows = match self.host_rows() {
            Some(blocks) => {
                let mut values = Vec::with_capacity(indices.len() * self.dim);
                for &index in indices {
                    let mut at = index * self.dim;
                    for block in &blocks {
                        if at < block.numbers() {
                            block.part(at, self.dim).extend(&mut values);
                            break;
                        }
                        at -= block.numbers();
                    }
                }
                check::from_host("patterns", values, self.dim, &self.device)?
            }
            None => self.gather(indices),
        };
        Ok(rows)
    }

    /// Rows of tensors: block by block, then in the order of `indices`.
    fn gather(&self, indices: &[usize]) -> Tensor<2> {
        let select = |from: Tensor<2>, rows: Vec<i64>| {
            let count = rows.len();
            let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &from.device());
            from.select(0, rows)
        };
        let (mut parts, mut place) = (Vec::new(), vec![0; indices.len()]);
        let (mut first, mut taken) = (0, 0);
        for block in self.block_tensors() {
            let next = first + block.dims()[0];
            let mut rows = Vec::new();
            for (place, &index) in place.iter_mut().zip(indices) {
                if (first..next).contains(&index) {
                    *place = taken + rows.len() as i64;
                    rows.push((index - first) as i64);
                }
            }
            taken += rows.len() as i64;
            if !rows.is_empty() {
                parts.push(select(block, rows));
            }
            first = next;
        }
        select(Tensor::cat(parts, 0), place)
    }

    /// The blocks in order, each `[rows, d]`.
    pub fn block_tensors(&self) -> impl Iterator<Item = Tensor<2>> {
        self.blocks.iter().map(|block| match block {
            Block::Host(values) => upload(values, self.dim, &self.device),
            Block::Half(half) => {
                let mut values = Vec::with_capacity(half.rows().numbers());
                half.rows().extend(&mut values);
                upload(&values, self.dim, &self.device)
            }
            Block::Device(tensor) => tensor.clone(),
        })
    }

    /// The blocks in place, if they live in host memory.
    pub(crate) fn host_rows(&self) -> Option<Vec<Rows<'_>>> {
        self.blocks
            .iter()
            .map(|block| match block {
                Block::Host(values) => Some(Rows::Single(values)),
                Block::Half(half) => Some(half.rows()),
                Block::Device(_) => None,
            })
            .collect()
    }

    /// The same store in single precision; a copy if it is not.
    pub(in crate::kernel) fn single(&self) -> Result<Cow<'_, Self>> {
        match self.precision {
            Precision::F32 => Ok(Cow::Borrowed(self)),
            _ => self.clone().with_precision(Precision::F32).map(Cow::Owned),
        }
    }
}

pub(in crate::kernel) fn upload(values: &[f32], dim: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), [values.len() / dim, dim]),
        device,
    )
}

/// |row|^2, accumulated in f64.
pub(crate) fn squared_norm(row: &[f32]) -> f32 {
    row.iter()
        .map(|&value| f64::from(value) * f64::from(value))
        .sum::<f64>() as f32
}

#[cfg(test)]
mod tests;
