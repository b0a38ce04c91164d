//! The memory.

use attractor_core::kernel::PatternStore;
use attractor_core::{
    AssociativeMemory, Complete, Forget, Identify, KeepsPatterns, Persist, Ranking, Recall, Result,
    check, spans,
};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::KnnConfig;
use crate::input;
use crate::nearest::{nearest_few, ranked};
use crate::persist::persists_patterns;

/// Answers with the mean of the nearest stored patterns; see the [module](super).
#[derive(Debug, Clone)]
pub struct Knn {
    config: KnnConfig,
    store: PatternStore,
}

impl Knn {
    pub(super) fn new(config: KnnConfig, device: &Device) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            store: PatternStore::new(config.dim, device)?,
            config,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &KnnConfig {
        &self.config
    }

    fn recall(&self, cues: Tensor<2>, known: Option<&[f32]>) -> Result<Recall> {
        let (dim, device) = (self.config.dim, self.store.device());
        let cues = check::to_host(cues)?;
        let mut blocks = Vec::new();
        for block in self.store.block_tensors() {
            blocks.push(check::to_host(block)?);
        }
        let answers: Vec<f32> = cues
            .par_chunks_exact(dim)
            .enumerate()
            .flat_map_iter(|(row, cue)| {
                let known = known.map(|known| &known[row * dim..(row + 1) * dim]);
                self.answer(&blocks, cue, known)
            })
            .collect();
        let answers = check::from_host("answers", answers, dim, device)?;
        Ok(Recall::single_pass(answers))
    }

    /// The mean of one cue's neighbours.
    fn answer(&self, blocks: &[Vec<f32>], cue: &[f32], known: Option<&[f32]>) -> Vec<f32> {
        let KnnConfig {
            dim,
            neighbours,
            distance,
        } = self.config;
        let nearest = nearest_few(blocks, cue, known, (distance, neighbours));
        let mut mean = vec![0.0f64; dim];
        for near in &nearest {
            let mut at = near.index * dim;
            for block in blocks {
                if at < block.len() {
                    for (mean, &value) in mean.iter_mut().zip(&block[at..at + dim]) {
                        *mean += f64::from(value) / nearest.len() as f64;
                    }
                    break;
                }
                at -= block.len();
            }
        }
        mean.into_iter().map(|value| value as f32).collect()
    }
}

persists_patterns!(Knn, KnnConfig, "knn");

impl AssociativeMemory for Knn {
    fn name(&self) -> &'static str {
        "knn"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        self.store.push(patterns)
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        let (dim, device) = (self.config.dim, self.store.device());
        self.recall(input::accept_cues(cues, self.len(), dim, device)?, None)
    }

    fn len(&self) -> usize {
        self.store.len()
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        self.store.to_tensor()
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_identify(&self) -> Option<&dyn Identify> {
        Some(self)
    }

    fn as_identify_mut(&mut self) -> Option<&mut dyn Identify> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl KeepsPatterns for Knn {
    fn patterns(&self) -> &PatternStore {
        &self.store
    }

    fn patterns_mut(&mut self) -> &mut PatternStore {
        &mut self.store
    }

    /// By distance, whose sign is changed for a score. Distances are no probabilities.
    fn ranked(&self, cues: Tensor<2>, k: usize) -> Result<Vec<Ranking>> {
        let (dim, device) = (self.config.dim, self.store.device());
        let cues = input::accept_cues(cues, self.len(), dim, device)?;
        ranked(&self.store, cues, (self.config.distance, k))
    }
}

impl Complete for Knn {
    /// Distances count the known entries alone.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let (dim, device) = (self.config.dim, self.store.device());
        let cues = input::accept_cues(cues, self.len(), dim, device)?;
        let known = check::known(&known, cues.dims())?;
        self.recall(cues, Some(&known))
    }
}
