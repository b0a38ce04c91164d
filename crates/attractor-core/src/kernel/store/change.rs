//! How patterns come into a store and out of it.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::graph::Graph;
use super::precision::remove;
use super::{Block, PatternStore, Precision, Tags, squared_norm, upload};
use crate::backend::is_host_device;
use crate::{Error, Result, check};

impl PatternStore {
    /// Appends patterns `[n, d]`, under ids that count up. Gradients end here.
    ///
    /// # Errors
    /// A wrong width, no rows, NaN or infinite entries; nothing is stored then.
    pub fn push(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.push_as(patterns, &Tags::default())
    }

    /// Appends patterns `[n, d]` that keep their place in a graph, if they have one: a read of this store has a
    /// gradient to them. The store then holds them twice, as the kernel reads them and as the graph has them.
    ///
    /// # Errors
    /// As [`PatternStore::push`].
    pub fn push_tracked(&mut self, patterns: Tensor<2>) -> Result<()> {
        self.push_tracked_as(patterns, &Tags::default())
    }

    /// [`PatternStore::push_tracked`] under ids or with labels.
    ///
    /// # Errors
    /// As [`PatternStore::push_as`].
    pub fn push_tracked_as(&mut self, patterns: Tensor<2>, tags: &Tags) -> Result<()> {
        check::shape("patterns", &patterns, self.dim)?;
        if self.precision != Precision::F32 && patterns.is_tracked() {
            return Err(Error::config(
                "PatternStore.precision",
                "is f32 for patterns with gradients",
                self.precision,
            ));
        }
        let mut graph = self.graph.take();
        let before = graph.clone();
        if graph.is_none() && patterns.is_tracked() {
            let mut made = Graph::default();
            if !self.is_empty() {
                made.push(self.to_tensor()?);
            }
            graph = Some(made);
        }
        let Some(mut graph) = graph else {
            return self.push_as(patterns, tags);
        };
        let pushed = self.push_as(patterns.clone(), tags);
        self.graph = match pushed {
            Ok(()) => {
                graph.push(patterns);
                Some(graph)
            }
            Err(_) => before,
        };
        pushed
    }

    pub(in crate::kernel) fn push_values(
        &mut self,
        patterns: Tensor<2>,
        tags: &Tags,
    ) -> Result<()> {
        check::shape("patterns", &patterns, self.dim)?;
        let [rows, _] = patterns.dims();
        let mut values = check::to_host(patterns.without_autodiff())?;
        check::finite("patterns", &values, self.dim)?;
        self.precision.round_all(&mut values, self.dim)?;
        if let Some(graph) = &mut self.graph {
            graph.push(check::from_host(
                "patterns",
                values.clone(),
                self.dim,
                &self.device,
            )?);
        }
        self.ids.push(rows, tags)?;
        self.append(values);
        Ok(())
    }

    pub(in crate::kernel) fn append(&mut self, values: Vec<f32>) {
        self.squared_norms
            .extend(values.chunks_exact(self.dim).map(squared_norm));
        if self.precision != Precision::F32 {
            self.append_half(&values);
        } else if is_host_device(&self.device) {
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
            if head > 0 {
                Arc::make_mut(last).extend_from_slice(&values[..head]);
            }
        }
        let at = self.blocks.len();
        while values.len() > head + block {
            let whole = head + (values.len() - head - 1) / block * block;
            let rest = Arc::new(values.split_off(whole));
            self.blocks.push(Block::Host(rest));
            values.shrink_to_fit();
        }
        values.drain(..head);
        if !values.is_empty() {
            values.shrink_to_fit();
            self.blocks.push(Block::Host(Arc::new(values)));
        }
        self.blocks[at..].reverse();
    }

    pub(in crate::kernel) fn append_device(&mut self, values: &[f32]) {
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

    /// Removes everything. Ids count on.
    pub fn clear(&mut self) {
        self.clear_values();
        self.ids.clear();
        self.graph = None;
    }

    pub(in crate::kernel) fn clear_values(&mut self) {
        for block in self.blocks.drain(..) {
            wipe(block);
        }
        self.squared_norms.clear();
    }

    /// Removes one pattern, its id and its label; those after it move up by one. Its numbers are overwritten, not
    /// merely out of reach, unless a clone of the store shares them.
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
                wipe(self.blocks.remove(position));
            } else {
                match &mut self.blocks[position] {
                    Block::Host(values) => {
                        remove(Arc::make_mut(values), at * self.dim, (at + 1) * self.dim);
                    }
                    Block::Half(half) => half.remove(at * self.dim, (at + 1) * self.dim),
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
        let count = self.len();
        self.squared_norms.copy_within(index + 1.., index);
        erase(&mut self.squared_norms, count - 1);
        self.ids.remove(index)?;
        if let Some(graph) = &mut self.graph {
            graph.remove(index);
        }
        if self.is_empty() {
            self.graph = None;
        }
        Ok(())
    }
}

/// Overwrites the numbers of a block that is given up, unless another store reads them.
fn wipe(block: Block) {
    match block {
        Block::Host(mut values) => {
            if let Some(values) = Arc::get_mut(&mut values) {
                erase(values, 0);
            }
        }
        Block::Half(mut half) => half.wipe(),
        Block::Device(_) => {}
    }
}

/// Cuts numbers off from the end and overwrites them.
pub(super) fn erase<T: Copy + Default>(values: &mut Vec<T>, left: usize) {
    values[left..].fill(T::default());
    // What nobody reads again need not be written, says the compiler otherwise.
    std::hint::black_box(values.as_mut_slice());
    values.truncate(left);
}
