//! Stored patterns in blocks below the device's buffer limit.

use burn::tensor::{Device, Tensor, TensorData};

use crate::backend::is_host_device;
use crate::{Error, Result, check};

/// Bytes of one block at most. wgpu devices cap a storage buffer (128 MiB on software Vulkan), so
/// a memory of any size is held in blocks well below that.
const BLOCK_BYTES: usize = 32 << 20;

/// Patterns `[n, d]` in blocks.
///
/// On a CPU backend the blocks are plain host memory that the host kernel reads in place; on other
/// devices they are tensors.
#[derive(Debug, Clone)]
pub struct PatternStore {
    dim: usize,
    device: Device,
    block_rows: usize,
    blocks: Vec<Block>,
    /// Squared norm of every pattern, accumulated in f64.
    squared_norms: Vec<f32>,
}

// Blocks are few and large: the difference in size between the variants does not matter. Allowed rather
// than expected, since a build without a backend has a smaller `Tensor`.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// Row-major `[rows, dim]`.
    Host(Vec<f32>),
    /// `[rows, dim]`.
    Device(Tensor<2>),
}

impl Block {
    fn rows(&self, dim: usize) -> usize {
        match self {
            Self::Host(values) => values.len() / dim,
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
            block_rows: (BLOCK_BYTES / 4 / dim).max(1),
            blocks: Vec::new(),
            squared_norms: Vec::new(),
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
        self.clear();
        self.append(values);
        Ok(self)
    }

    /// Appends patterns `[n, d]`.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; nothing is stored then.
    pub fn push(&mut self, patterns: Tensor<2>) -> Result<()> {
        check::shape("patterns", &patterns, self.dim)?;
        let values = check::to_host(patterns.without_autodiff())?;
        check::finite("patterns", &values, self.dim)?;
        self.append(values);
        Ok(())
    }

    fn append(&mut self, values: Vec<f32>) {
        self.squared_norms
            .extend(values.chunks_exact(self.dim).map(squared_norm));
        if is_host_device(&self.device) {
            self.append_host(values);
        } else {
            self.append_device(&values);
        }
    }

    /// The numbers move into the store: cut off from the end, block by block, so that at most one
    /// block exists twice.
    fn append_host(&mut self, mut values: Vec<f32>) {
        let block = self.block_rows * self.dim;
        let mut head = 0;
        if let Some(Block::Host(last)) = self.blocks.last_mut() {
            head = block.saturating_sub(last.len()).min(values.len());
            last.extend_from_slice(&values[..head]);
        }
        let at = self.blocks.len();
        while values.len() > head + block {
            let whole = head + (values.len() - head - 1) / block * block;
            self.blocks.push(Block::Host(values.split_off(whole)));
            values.shrink_to_fit();
        }
        values.drain(..head);
        if !values.is_empty() {
            values.shrink_to_fit();
            self.blocks.push(Block::Host(values));
        }
        self.blocks[at..].reverse();
    }

    fn append_device(&mut self, values: &[f32]) {
        let mut rest = values;
        while !rest.is_empty() {
            let filled = self
                .blocks
                .last()
                .map_or(self.block_rows, |block| block.rows(self.dim));
            let room = match self.block_rows.saturating_sub(filled) {
                0 => self.block_rows,
                room => room,
            };
            let (head, tail) = rest.split_at(rest.len().min(room * self.dim));
            let more = upload(head, self.dim, &self.device);
            match self.blocks.last_mut() {
                Some(Block::Device(tensor)) if filled < self.block_rows => {
                    *tensor = Tensor::cat(vec![tensor.clone(), more], 0);
                }
                _ => self.blocks.push(Block::Device(more)),
            }
            rest = tail;
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

    /// Removes everything.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.squared_norms.clear();
    }

    /// Removes one pattern; those after it move up by one.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no such pattern; [`Error::Device`].
    pub fn remove(&mut self, index: usize) -> Result<()> {
        if index >= self.len() {
            return Err(Error::Index {
                what: "pattern",
                len: self.len(),
                index,
            });
        }
        let mut at = index;
        for position in 0..self.blocks.len() {
            let rows = self.blocks[position].rows(self.dim);
            if at >= rows {
                at -= rows;
                continue;
            }
            if rows == 1 {
                self.blocks.remove(position);
            } else {
                match &mut self.blocks[position] {
                    Block::Host(values) => {
                        values.drain(at * self.dim..(at + 1) * self.dim);
                    }
                    Block::Device(tensor) => {
                        let mut parts = Vec::new();
                        if at > 0 {
                            parts.push(tensor.clone().narrow(0, 0, at));
                        }
                        if at + 1 < rows {
                            parts.push(tensor.clone().narrow(0, at + 1, rows - at - 1));
                        }
                        *tensor = Tensor::cat(parts, 0);
                    }
                }
            }
            break;
        }
        self.squared_norms.remove(index);
        Ok(())
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
        let rows: Vec<Tensor<2>> = match self.host_blocks() {
            Some(blocks) => {
                let mut values = Vec::with_capacity(indices.len() * self.dim);
                for &index in indices {
                    let mut at = index * self.dim;
                    for block in &blocks {
                        if at < block.len() {
                            values.extend_from_slice(&block[at..at + self.dim]);
                            break;
                        }
                        at -= block.len();
                    }
                }
                return check::from_host("patterns", values, self.dim, &self.device);
            }
            // Neighbours in the store are one piece.
            None => indices
                .chunk_by(|&a, &b| a + 1 == b)
                .flat_map(|run| {
                    let (mut at, mut left) = (run[0], run.len());
                    self.block_tensors().filter_map(move |block| {
                        let rows = block.dims()[0];
                        if at >= rows || left == 0 {
                            at = at.saturating_sub(rows);
                            return None;
                        }
                        let (start, take) = (at, left.min(rows - at));
                        (at, left) = (0, left - take);
                        Some(block.narrow(0, start, take))
                    })
                })
                .collect(),
        };
        Ok(Tensor::cat(rows, 0))
    }

    /// The blocks in order, each `[rows, d]`.
    pub fn block_tensors(&self) -> impl Iterator<Item = Tensor<2>> {
        self.blocks.iter().map(|block| match block {
            Block::Host(values) => upload(values, self.dim, &self.device),
            Block::Device(tensor) => tensor.clone(),
        })
    }

    /// The blocks in place, if they live in host memory.
    pub(crate) fn host_blocks(&self) -> Option<Vec<&[f32]>> {
        self.blocks
            .iter()
            .map(|block| match block {
                Block::Host(values) => Some(values.as_slice()),
                Block::Device(_) => None,
            })
            .collect()
    }
}

fn upload(values: &[f32], dim: usize, device: &Device) -> Tensor<2> {
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
#[path = "store_tests.rs"]
mod tests;
