//! Memories that learn before they store.

use std::ops::ControlFlow;

use attractor::baselines::{Episode, train_epochs};
use attractor::catalogue::Context;
use attractor::core::AssociativeMemory;
use attractor::core::burn::tensor::{Tensor, TensorData};
use attractor::core::failure::reasons;
use attractor::datasets::Corruption;

use super::cell::{Cells, too_few};
use super::codes::Source;
use super::settings::TrainSpec;
use crate::{Result, Session};

/// Codes stored per training episode of the systems that learn.
const EPISODE: usize = 100;

impl Cells<'_> {
    /// Trains on codes of the training images in episodes of [`EPISODE`] stored codes, each cued by
    /// its corrupted self.
    #[expect(clippy::too_many_arguments, reason = "they are one training")]
    pub(super) fn learn(
        &mut self,
        memory: &mut dyn AssociativeMemory,
        spec: TrainSpec,
        name: &str,
        corruption: Corruption,
        context: &Context,
        seed: u64,
        session: &mut dyn Session,
    ) -> Result<()> {
        let learner = memory.train_for("the experiment's `train`")?;
        let order = self.train.images.shuffled_order(seed);
        let wanted = self.settings.train_images;
        let order = order
            .get(..wanted)
            .ok_or_else(|| too_few(&self.train.images, "training images", wanted))?;
        let source = Source {
            images: &self.train.images,
            order,
            model: &*context.model,
            device: self.device,
            seed,
        };
        let width = context.model.latent_dim();
        let size = EPISODE.min(order.len());
        // The last one is smaller where the images are no multiple of it.
        let episodes = order.len().div_ceil(size);
        let codes = &mut self.shared.codes;
        let clean = codes.clean(&source)?.to_vec();
        let passes = spec.epochs;
        let what = format!("training {name} on {corruption}");
        let rows = |values: &[f32], episode: usize| {
            let end = ((episode + 1) * size * width).min(values.len());
            let values = values[episode * size * width..end].to_vec();
            let shape = [values.len() / width, width];
            Tensor::<2>::from_data(TensorData::new(values, shape), self.device)
        };
        let mut next = |position: attractor::baselines::Position| {
            if position.episode >= episodes {
                return Ok(None);
            }
            let patterns = rows(&clean, position.episode);
            let cues = match corruption {
                Corruption::Clean => patterns.clone(),
                _ => {
                    let cues = codes
                        .corrupted(&source, corruption, position.epoch)
                        .map_err(|error| attractor::core::Error::Device(reasons(&error)))?;
                    rows(cues, position.episode)
                }
            };
            Ok(Some(Episode::auto_associative(patterns, cues)))
        };
        let mut progress = |progress: attractor::baselines::Progress| {
            let position = progress.position;
            let done = position.epoch * episodes + position.episode + 1;
            let note = format!("loss {:.5}", progress.epoch_loss);
            session.progress(&what, done, passes * episodes, &note);
            if session.stopped() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        train_epochs(learner, &mut next, passes, spec.rate, &mut progress)?;
        session.check()
    }
}
