//! Codes of training images, clean and corrupted, for the systems that learn.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::Result;
use attractor::core::burn::tensor::{Device, Tensor, TensorData};
use attractor::core::{GenerativeModel, check};
use attractor::datasets::{Corruption, ImageSet};

/// Images encoded at once.
const BATCH: usize = 200;
/// Distinct corruptions of each training image; epochs take turns. Encoding the whole training set
/// anew for every epoch costs more than training on it.
const DRAWS: usize = 2;

/// Codes, computed when first asked for.
#[derive(Debug, Default)]
pub(super) struct TrainingCodes {
    clean: HashMap<u64, Vec<f32>>,
    /// By seed, corruption and draw.
    corrupted: HashMap<(u64, String, usize), Vec<f32>>,
}

/// Where the codes come from.
pub(super) struct Source<'a> {
    pub(super) images: &'a ImageSet,
    pub(super) order: &'a [usize],
    pub(super) model: &'a dyn GenerativeModel,
    pub(super) device: &'a Device,
    pub(super) seed: u64,
}

impl TrainingCodes {
    /// Clean codes in order.
    pub(super) fn clean(&mut self, source: &Source<'_>) -> Result<&[f32]> {
        if let Entry::Vacant(slot) = self.clean.entry(source.seed) {
            slot.insert(source.encode(Corruption::Clean, 0)?);
        }
        Ok(&self.clean[&source.seed])
    }

    /// Codes under a corruption, one of [`DRAWS`] draws by turns.
    pub(super) fn corrupted(
        &mut self,
        source: &Source<'_>,
        corruption: Corruption,
        epoch: usize,
    ) -> Result<&[f32]> {
        let draw = epoch % DRAWS;
        let key = (source.seed, corruption.to_string(), draw);
        if let Entry::Vacant(slot) = self.corrupted.entry(key.clone()) {
            slot.insert(source.encode(corruption, 1 + draw as u64)?);
        }
        Ok(&self.corrupted[&key])
    }
}

impl Source<'_> {
    fn encode(&self, corruption: Corruption, draw: u64) -> Result<Vec<f32>> {
        let mut codes = Vec::with_capacity(self.order.len() * self.model.latent_dim());
        // Rows of different draws never share a stream.
        let mut row = draw * self.images.len() as u64;
        for chunk in self.order.chunks(BATCH) {
            let cues = corruption
                .of_images(self.images, chunk, self.seed, row)?
                .cues;
            row += chunk.len() as u64;
            let shape = [chunk.len(), self.images.dim()];
            let cues = Tensor::from_data(TensorData::new(cues, shape), self.device);
            codes.extend(check::to_host(self.model.encode(cues).mean)?);
        }
        Ok(codes)
    }
}
